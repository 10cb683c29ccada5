"""Models taken out of a run, and models brought into it, as a user does both."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.protocol.names import slug
from benchmarks.store.ledger import read_ledger
from datasets.cache.packs import stored_packs
from tests.engine_process import call
from tests.runs.commands import Done, ferbench, ferbench_here
from tests.runs.outside_models import onnx_file

TIMM = "timm:resnet10t.scratch@32"
NAMES = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
ORDER = [3, 0, 6, 1, 5, 2, 4]
CLASSES = ",".join(NAMES[place] for place in ORDER)


def export(run: Path, variant: str, form: str, file: Path, *more: object) -> Done:
    return ferbench_here("export", f"{run}/{variant}", "--format", form, "-o", file, *more)


def card(file: Path) -> dict:
    return json.loads(file.with_name(f"{file.name}.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("variant", "form", "suffix"),
    [
        ("emotionnet", "keras", "keras"),
        ("emotionnet", "h5", "h5"),
        ("emotionnet", "tflite", "tflite"),
        (TIMM, "torch-export", "pt2"),
        (TIMM, "safetensors", "safetensors"),
        ("pixel-logistic", "joblib", "joblib"),
        ("pixel-logistic", "safetensors", "safetensors"),
    ],
)
def test_a_model_leaves_with_a_card_that_tells_what_it_is(
    small: Path, tmp_path: Path, variant: str, form: str, suffix: str
) -> None:
    file = tmp_path / f"Gesichter ä.{suffix}"
    done = export(small, variant, form, file)
    assert done.status == 0, done.err
    assert done.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name, f"{file.name}.json"]
    told, fit = (
        card(file),
        small.glob(f"fits/{slug(variant)}/seed-3/fit.json"),
    )
    assert told["key"] == json.loads(next(fit).read_text("utf-8"))["key"]
    assert told["file"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert told["check"]["largest_difference"] <= 1e-4
    assert told["classes"][3] == "happy"
    assert told["input"]["shape"] == [None, 48, 48, 1] and told["input"]["range"] == [0, 255]
    table = pd.read_parquet(small / "fits" / slug(variant) / "seed-3" / "predictions.parquet")
    test = table[table["split"] == "test"]
    right = test.filter(like="p_").to_numpy().argmax(axis=1) == test["label"]
    assert told["test"]["accuracy"] == pytest.approx(right.mean())
    assert told["test"]["accuracy_low"] < told["test"]["accuracy"] < told["test"]["accuracy_high"]


@pytest.mark.parametrize("variant", ["emotionnet", TIMM])
def test_onnx_answers_to_raw_images_as_the_run_did(
    small: Path, tmp_path: Path, variant: str
) -> None:
    onnx = pytest.importorskip("onnx", reason="the extra [export] is not installed")
    onnxruntime = pytest.importorskip("onnxruntime", reason="the extra [export] is not installed")
    file = tmp_path / "model.onnx"
    done = export(small, variant, "onnx", file)
    assert done.status == 0, done.err
    assert "it computes in float32; the run scored the model in bfloat16" in done.err

    split = json.loads((small / "manifest.json").read_text("utf-8"))["split"]
    packs = stored_packs(split["training_digest"], split["digest"])
    assert packs is not None
    images = np.load(packs.training / "validation-images.npy").astype(np.float32)
    session = onnxruntime.InferenceSession(str(file))
    assert [i.shape for i in session.get_inputs()] == [["batch", 48, 48, 1]]
    given = session.run(["probabilities"], {"images": images})[0]
    table = pd.read_parquet(small / "fits" / slug(variant) / "seed-3" / "predictions.parquet")
    stored = table[table["split"] == "validation"].filter(like="p_").to_numpy()
    assert given == pytest.approx(stored, abs=0.02)

    told = {each.key: json.loads(each.value) for each in onnx.load(file).metadata_props}
    assert told["class_names"] == [c.removeprefix("p_") for c in table.filter(like="p_")]
    assert told["input_range"] == [0, 255]
    assert told["ferbench"]["variant"] == variant


def test_a_file_that_answers_otherwise_than_the_model_is_not_left(
    small: Path, small_protocol: Path, tmp_path: Path
) -> None:
    plugin = ("--plugin", small_protocol.parent / "p.py")
    done = export(small, "two-faced", "torch-export", tmp_path / "model.pt2", *plugin)
    assert done.status == 2
    assert "its probabilities differ from the model's own by up to" in done.err
    assert not list(tmp_path.iterdir())
    kept = export(small, "two-faced", "safetensors", tmp_path / "model.safetensors", *plugin)
    assert kept.status == 0, kept.err


@pytest.fixture(scope="session")
def answers(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the validation and test images of the run, and their labels."""
    split = json.loads((small / "manifest.json").read_text("utf-8"))["split"]
    packs = stored_packs(split["training_digest"], split["digest"])
    assert packs is not None
    folder = tmp_path_factory.mktemp("answers")
    for kind in ("images", "labels"):
        parts = [
            np.load(pack / f"{name}-{kind}.npy")
            for pack, name in ((packs.training, "validation"), (packs.sealed, "test"))
        ]
        np.save(folder / f"{kind}.npy", np.concatenate(parts))
    return folder


@pytest.fixture
def run(small: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small, tmp_path / "Lauf")


def openings(run: Path) -> list[str]:
    lines = read_ledger(run / "ledger.jsonl")
    return [line.variant for line in lines if line.event == "test-opened"]


def board(run: Path) -> pd.DataFrame:
    return pd.read_csv(run / "leaderboard.csv").set_index("variant")


def stored(run: Path, name: str) -> np.ndarray:
    table = pd.read_parquet(run / "fits" / name / "seed-0" / "predictions.parquet")
    return table[[f"p_{class_name}" for class_name in NAMES]].to_numpy()


def accuracy_on_test(run: Path, probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of right answers among the test images, which come last."""
    splits = pd.read_parquet(run / "splits.parquet", columns=["split"])
    right = probabilities.argmax(axis=1) == labels
    return float(right[-(splits["split"] == "test").sum() :].mean())


@pytest.mark.slow
def test_a_keras_model_joins_and_the_run_goes_on_as_before(
    small_protocol: Path, run: Path, answers: Path, tmp_path: Path
) -> None:
    file = tmp_path / "Modell für Gesichter.h5"
    expected = call(
        "tests.runs.outside_models:keras_file",
        file=str(file),
        images=str(answers / "images.npy"),
        labels=str(answers / "labels.npy"),
        order=ORDER,
    )
    before = {p: p.stat().st_mtime_ns for p in run.glob("fits/*/seed-*/*")}
    command = ("add", run, "--name", "theirs", "--model", file)

    wrong = ferbench_here(*command, "--scale", "0..255", "--classes", ",".join(NAMES))
    assert wrong.status == 2
    assert f"scale 0..1 and classes {CLASSES} instead of" in wrong.err
    assert "theirs" not in openings(run)

    stated = (*command, "--scale", "0..1", "--classes", CLASSES)
    done = ferbench_here(*stated)
    assert done.status == 0, done.err
    right = np.array(expected)[:, [ORDER.index(place) for place in range(len(NAMES))]]
    assert stored(run, "theirs") == pytest.approx(right, abs=1e-4)
    assert openings(run).count("theirs") == 1
    row = board(run).loc["theirs"]
    labels = np.load(answers / "labels.npy")
    assert row["accuracy"] == accuracy_on_test(run, right, labels)
    assert row["parameters"] == 24 * 24 * 7 + 7
    assert row["macs"] == pytest.approx(24 * 24 * 7, rel=0.01)
    assert row["latency_ms"] > 0
    assert "theirs was brought in from outside" in (run / "leaderboard.html").read_text("utf-8")
    verified = ferbench_here("verify", run)
    assert verified.status == 0, verified.out + verified.err

    again = ferbench_here(*stated)
    assert again.status == 0 and "was in the run already" in again.err
    assert openings(run).count("theirs") == 1

    resumed = ferbench(
        "run", small_protocol, "--out", run, "--plugin", small_protocol.parent / "p.py"
    )
    assert resumed.status == 0, resumed.err
    assert board(run).loc["theirs"].equals(row)
    assert {p: p.stat().st_mtime_ns for p in before} == before


def test_an_onnx_model_of_single_rgb_images_to_logits_joins(
    run: Path, answers: Path, tmp_path: Path
) -> None:
    pytest.importorskip("onnxruntime", reason="the extra [export] is not installed")
    file = tmp_path / "model.onnx"
    labels = np.load(answers / "labels.npy")
    expected = onnx_file(file, np.load(answers / "images.npy"), labels)
    command = ("add", run, "--name", "linear", "--model", file, "--scale=-1..1")
    stated = (*command, "--classes", ",".join(NAMES))
    refused = ferbench_here(*stated)
    assert refused.status == 2 and "say --logits" in refused.err
    done = ferbench_here(*stated, "--logits")
    assert done.status == 0, done.err
    assert stored(run, "linear") == pytest.approx(expected, abs=1e-4)
    assert board(run).loc["linear", "accuracy"] == accuracy_on_test(run, expected, labels)
    assert board(run).loc["linear", "parameters"] == 3 * 24 * 24 * 7 + 7
    assert stored(run, "linear").sum(axis=1) == pytest.approx(1)
