"""A model that is fed otherwise than it was trained is found out on validation alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.exchange.adding import add as adding
from benchmarks.exchange.adding.add import Added, add
from benchmarks.exchange.adding.incoming import AddRequest
from benchmarks.store.folder import RunFolder
from benchmarks.store.ledger import read_ledger
from benchmarks.store.reading import read_manifest
from benchmarks.store.splits import SplitTable, read_splits, write_splits
from benchmarks.store.writing import write_manifest
from datasets.cache.decoded import cache_folder
from datasets.cache.packs import Packs
from tests.folder import EXPRESSIONS, ROWS, build

IMAGES, SIDE = 2100, 12
COLOURS = np.array(
    [
        [180, 90, 90],
        [90, 180, 90],
        [90, 90, 180],
        [180, 180, 90],
        [180, 90, 180],
        [90, 180, 180],
        [150, 130, 110],
    ]
)
"""What the images of each class are painted in: red, green and blue."""
CAFFE_BGR = COLOURS[:, ::-1] - np.array([103.939, 116.779, 123.68])


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run on painted images whose validation set is sorted by class."""
    folder = RunFolder(build(tmp_path / "run", ROWS[-1:], images=IMAGES))
    manifest = read_manifest(folder.path)
    data = replace(manifest.data, image_shape=(SIDE, SIDE, 3))
    write_manifest(folder, replace(manifest, data=data))
    splits = by_class(read_splits(folder))
    write_splits(folder, splits)
    packs = Packs(training=tmp_path / "training", sealed=tmp_path / "sealed")
    for pack, split in ((packs.training, "validation"), (packs.sealed, "test")):
        pack.mkdir()
        np.save(pack / f"{split}-images.npy", painted(splits.of(split).labels))
    monkeypatch.setattr(adding, "_packs", lambda _: packs)
    return folder.path


def by_class(splits: SplitTable) -> SplitTable:
    labels = splits.labels.copy()
    for split in np.unique(splits.splits):
        labels[splits.splits == split] = np.sort(labels[splits.splits == split])
    return replace(splits, labels=labels)


def painted(labels: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(1).integers(-40, 41, (len(labels), 1, 1, 3))
    return np.broadcast_to(
        np.clip(COLOURS[labels][:, None, None] + noise, 0, 255), (len(labels), SIDE, SIDE, 3)
    ).astype(np.uint8)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """An ONNX model that tells the class by the colour, of which it takes Keras' caffe mode."""
    onnx = pytest.importorskip("onnx", reason="the extra [export] is not installed")
    pytest.importorskip("onnxruntime", reason="the extra [export] is not installed")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    kernel = np.tile(CAFFE_BGR.T / 600 / SIDE**2, (SIDE**2, 1)).astype(np.float32)
    bias = (-(CAFFE_BGR**2).sum(axis=1) / 1200).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["images"], ["flat"]),
            helper.make_node("Gemm", ["flat", "kernel", "bias"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["answers"]),
        ],
        "colours",
        [helper.make_tensor_value_info("images", floats, ["n", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("answers", floats, ["n", len(COLOURS)])],
        [onnx.numpy_helper.from_array(a, n) for a, n in ((kernel, "kernel"), (bias, "bias"))],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.save(made, tmp_path / "colours.onnx")
    return tmp_path / "colours.onnx"


def added(run: Path, model: Path, **said) -> Added:
    return add(AddRequest(run=run, name="theirs", model=model, classes=EXPRESSIONS, **said))


def accuracy(run: Path) -> float:
    stored = pd.read_parquet(run / "fits" / "theirs" / "seed-0" / "predictions.parquet")
    test = stored[stored["split"] == "test"]
    return float((test.filter(like="p_").to_numpy().argmax(axis=1) == test["label"]).mean())


def openings(run: Path) -> list[str]:
    lines = read_ledger(run / "ledger.jsonl")
    return [line.variant for line in lines if line.event == "test-opened"]


def true_accuracy(run: Path) -> float:
    """Return the share of test images whose class's colour is nearest, computed by itself."""
    labels = read_splits(RunFolder(run)).of("test").labels
    pixels = painted(labels)[:, 0, 0].astype(float)
    nearest = ((pixels[:, None] - COLOURS) ** 2).sum(axis=2).argmin(axis=1)
    return float((nearest == labels).mean())


def test_the_right_reading_scores_what_the_model_is_worth(run: Path, model: Path) -> None:
    assert not added(run, model, scale="caffe").warnings
    assert accuracy(run) == pytest.approx(true_accuracy(run), abs=0.002)
    assert accuracy(run) > 0.8


@pytest.mark.parametrize(
    "said",
    [
        {"scale": "0..1", "colour": "bgr"},
        {"scale": "imagenet", "colour": "rgb"},
        {"scale": "caffe", "colour": "rgb"},
    ],
)
def test_every_wrong_reading_is_refused_with_the_options_of_the_right_one(
    run: Path, model: Path, said
) -> None:
    with pytest.raises(InputError, match="--scale caffe --colour bgr") as raised:
        added(run, model, **said)
    assert "the test set was not opened" in str(raised.value)
    assert openings(run) == []


def test_a_wrong_reading_that_is_insisted_on_scores_less_and_says_so(
    run: Path, model: Path
) -> None:
    warnings = added(run, model, scale="caffe", colour="rgb", as_stated=True).warnings
    assert "--scale caffe --colour bgr" in warnings[0]
    assert accuracy(run) < true_accuracy(run) - 0.2


def test_the_sealed_images_are_shut_while_readings_are_tried(
    run: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut = []
    real = adding.call

    def call(target, arguments, **more):
        if "images" in arguments:
            shut.append((arguments["images"].name, set(more["forbidden"])))
        return real(target, arguments, **more)

    monkeypatch.setattr(adding, "call", call)
    added(run, model, scale="caffe")
    rooms = [cache_folder() / room for room in ("sealed", "data", "audits")]
    lists = [run / name for name in ("splits.parquet", "audit.json", "fer-plus.parquet")]
    assert shut == [
        ("validation-images.npy", {run.parent / "sealed", *rooms, *lists}),
        ("test-images.npy", set()),
    ]
