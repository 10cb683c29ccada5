"""Weights that lie apart from what they are for are put together, or refused with what to do."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from benchmarks.engines.keras.files import configuration_beside
from benchmarks.errors import InputError
from benchmarks.exchange.adding.architectures import record_of, source_of
from benchmarks.exchange.adding.incoming import AddRequest, IncomingModel
from benchmarks.exchange.adding.row import write_row
from benchmarks.store.folder import RunFolder
from benchmarks.store.reading import read_run, stored_fit
from benchmarks.store.records import ExternalArchitecture, InputSpec
from benchmarks.store.splits import read_splits
from datasets.files import sha256_of
from models.registry import ModelError
from tests.engine_process import call
from tests.folder import EXPRESSIONS, ROWS, build

CONFIGURATION = {"class_name": "Sequential", "config": {"name": "m", "layers": []}}


def answers_are_the_sources(differences: dict[str, float], files: int) -> None:
    assert differences == pytest.approx(dict.fromkeys(differences, 0), abs=1e-6)
    assert len(differences) == files


def refusals_say(refusals: dict[str, str], expected: dict[str, str]) -> None:
    for name, said in refusals.items():
        assert expected[name.partition(",")[0]] in said, (name, said)
        assert "\n" not in said


def test_keras_weights_answer_as_the_network_that_they_were_saved_from(tmp_path: Path) -> None:
    tried = call("tests.exchange.outside_weights_keras:trials", folder=tmp_path)
    answers_are_the_sources(tried.differences, 6)
    expected = {
        "wider": "1×1×4×8",
        "shorter": "does not fit: ",
        "longer": "does not fit: ",
        "lambda": "lambda.json: cannot be opened as a model",
        "foreign": "no configuration",
        "custom": "SpatialTransformer",
    }
    refusals_say(tried.refusals, expected)


def test_torch_weights_answer_as_the_network_that_they_were_saved_from(tmp_path: Path) -> None:
    tried = call("tests.exchange.outside_weights_torch:trials", folder=tmp_path)
    answers_are_the_sources(tried.differences, 7)
    expected = {
        "module.pth": "would run code (torch.nn.modules.container.Sequential)",
        "empty.pth": "holds no weights",
        "eight.pth": "fc.weight is 8×4 in the file and 7×4 in the network",
        "other.pth": "1 too many (fc2.weight)",
        "half.pth": "4 missing (first: norm.weight)",
        "both.pth": "several sets of weights (student, teacher)",
        "script.pt": "TorchScript",
        "cut.pth": "is the file whole?",
        "unnamed": "say --architecture NAME",
    }
    assert tried.refusals.keys() == expected.keys()
    refusals_say(tried.refusals, expected)


def weights(file: Path) -> Path:
    with h5py.File(file, "w") as opened:
        opened.attrs["layer_names"] = [b"conv"]
    return file


@pytest.mark.parametrize(
    ("lying", "expected"),
    [
        (("model.json",), "model.json"),
        (("architecture.json",), "architecture.json"),
        (("fer.json", "other.json"), "fer.json"),
        ((), "no model.json lies beside it"),
        (("one.json", "two.json"), r"several architectures \(one.json, two.json\)"),
    ],
)
def test_the_configuration_is_the_one_of_the_weights_name_or_the_only_one(
    tmp_path: Path, lying: tuple[str, ...], expected: str
) -> None:
    (tmp_path / "history.json").write_text('{"loss": [1, 2]}')
    (tmp_path / "notes.json").write_text("none")
    for name in lying:
        (tmp_path / name).write_text(json.dumps(CONFIGURATION))
    file = weights(tmp_path / "fer.weights.h5")
    if expected.endswith(".json"):
        assert configuration_beside(file) == tmp_path / expected
    else:
        with pytest.raises(InputError, match=expected):
            configuration_beside(file)


def test_a_whole_model_needs_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps(CONFIGURATION))
    with h5py.File(weights(tmp_path / "whole.h5"), "r+") as opened:
        opened.attrs["model_config"] = "{}"
    assert configuration_beside(tmp_path / "whole.h5") is None


@pytest.mark.parametrize(
    ("file", "architecture", "reason"),
    [
        ("w.pth", "mini-xception", "a network of Keras, whose weights come as .keras, .h5"),
        ("w.h5", "timm:resnet18", "w.h5 is another kind of file"),
        ("w.onnx", "timm:resnet18", "w.onnx is another kind of file"),
        ("w.h5", "majority", "weights of scikit-learn cannot be opened"),
        ("w.pth", "model.json", "is not put into a configuration"),
        ("w.h5", "absent.json", "no such file"),
        ("w.h5", "mini-exception", "did you mean mini-xception"),
    ],
)
def test_an_architecture_that_is_not_for_the_file_is_refused(
    file: str, architecture: str, reason: str
) -> None:
    request = AddRequest(run=Path("r"), name="n", model=Path(file), architecture=architecture)
    with pytest.raises((InputError, ModelError), match=reason):
        source_of(request, classes=7, own_channels=1)


def test_a_named_architecture_is_built_for_what_was_stated(tmp_path: Path) -> None:
    request = AddRequest(run=Path("r"), name="n", model=Path("w.pth"), architecture="timm:vgg11")
    open_colour = source_of(request, classes=8, own_channels=1).blueprint
    assert open_colour is not None
    assert (open_colour.classes, open_colour.channels) == (8, (1, 3))
    with pytest.raises(InputError, match="say --input-size"):
        next(open_colour.networks())


def test_the_row_names_both_files_and_keeps_them(tmp_path: Path) -> None:
    run = build(tmp_path / "run", ROWS[:2], images=20)
    folder, model = RunFolder(run), weights(tmp_path / "fer.h5")
    (tmp_path / "model.json").write_text(json.dumps(CONFIGURATION))
    request = AddRequest(run=run, name="theirs", model=model)
    source = source_of(request, classes=7, own_channels=1)
    architecture = record_of(source)
    sha256 = sha256_of(tmp_path / "model.json")
    assert architecture == ExternalArchitecture(file="model.json", sha256=sha256)
    reading = InputSpec(
        scale="0..1", classes=EXPRESSIONS, colour="grey", height=48, width=48, logits=False
    )
    incoming = IncomingModel(
        request=request,
        run=read_run(run),
        folder=folder,
        splits=read_splits(folder),
        sha256=sha256_of(model),
        key="k",
        reading=reading,
        source=source,
        architecture=architecture,
        versions={},
    )
    write_row(incoming, np.full((len(incoming.requested), 7), 1 / 7), (), None)
    place = folder.fit("theirs", 0)
    stored = stored_fit(place)
    assert stored and stored.external and stored.external.architecture == architecture
    assert sha256_of(place / "architecture.json") == sha256
    assert configuration_beside(place / "model.h5") == place / "architecture.json"
    row = next(each for each in read_run(run).variants if each.name == "theirs")
    assert f"weights of model.json, SHA-256 {sha256}" in row.record.source
