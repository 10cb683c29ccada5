"""A model from outside is opened if it maps images to classes and holds no code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.engines.opened import Source
from benchmarks.errors import InputError
from benchmarks.exchange.adding.incoming import AddRequest
from benchmarks.exchange.adding.statement import complete_statement
from benchmarks.store.reading import read_run
from tests.engine_process import call
from tests.folder import EXPRESSIONS, ROWS, build


def test_keras_files_that_hold_code_or_do_another_task_are_refused(tmp_path: Path) -> None:
    said = call("tests.exchange.outside_files:refusals", folder=str(tmp_path))
    expected = {
        "lambda.keras": "bring its answers with --predictions",
        "lambda.h5": "`Lambda` layer",
        "noise.h5": "cannot be opened as a model",
        "twins.h5": "one input and one output",
        "map.h5": "is no row of classes an image",
        "vector.h5": "is no batch of images",
    }
    assert said.keys() == expected.keys()
    for name, reason in expected.items():
        assert reason in said[name], (name, said[name])
        assert "\n" not in said[name]


def test_files_of_keras_2_answer_as_the_same_network_does_today(tmp_path: Path) -> None:
    today, single, mixed, *sequences = call(
        "tests.exchange.outside_files:keras_2", folder=str(tmp_path)
    )
    assert np.array(mixed) == pytest.approx(np.array(today), abs=5e-3)
    for answers in (single, *sequences):
        assert np.array(answers) == pytest.approx(np.array(today), abs=1e-6)


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    return Path(call("tests.exchange.outside_files:write", folder=str(folder)))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("runs") / "run", ROWS[:2], images=20)


def statement(run: Path, file: Path, **said):
    request = AddRequest(run=run, name="theirs", model=file, **said)
    return complete_statement(request, read_run(run)).reading


FULL = {"scale": "0..1", "classes": EXPRESSIONS[::-1]}


def test_what_the_file_says_need_not_be_stated(run: Path, linear: Path) -> None:
    reading = statement(run, linear, **FULL)
    assert (reading.height, reading.width, reading.colour) == (24, 24, "grey")
    assert reading.classes == EXPRESSIONS[::-1]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "say how it reads images"),
        ({"scale": "0..1"}, "say how it reads images"),
        ({"classes": EXPRESSIONS}, "say how it reads images"),
        ({"scale": "0..1", "classes": ("angry", "happy")}, "name each of the run's classes once"),
        ({"scale": "0..1", "classes": (*EXPRESSIONS, "sad")}, "name each of the run's classes"),
        ({**FULL, "input_size": 48}, "the model takes 24 pixels"),
        ({**FULL, "colour": "rgb"}, "takes images of 1 channel"),
    ],
)
def test_what_is_not_stated_or_contradicts_the_file_is_refused(
    run: Path, linear: Path, said, reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        statement(run, linear, **said)


def test_another_number_of_classes_is_refused(tmp_path: Path, linear: Path) -> None:
    two = build(tmp_path / "two", ROWS[:2], classes=("no", "yes"), images=20)
    with pytest.raises(InputError, match="it has 7 outputs and the run 2 classes"):
        statement(two, linear, scale="0..1", classes=("no", "yes"))


@pytest.fixture
def onnx():
    return pytest.importorskip("onnx", reason="the extra [export] is not installed")


def onnx_model(onnx, file: Path, shape: list, kind: int | None = None) -> Path:
    """Write an ONNX model that flattens its input of ``shape``."""
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["x"], ["c"], to=floats),
            helper.make_node("Flatten", ["c"], ["f"]),
            helper.make_node("MatMul", ["f", "k"], ["y"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", kind or floats, shape)],
        [helper.make_tensor_value_info("y", floats, ["n", 7])],
        [onnx.numpy_helper.from_array(np.ones((12, 7), np.float32), "k")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), file
    )
    return file


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (["n", 2, 2, 3], (2, 2, 3, False)),
        (["n", 3, 2, 2], (2, 2, 3, True)),
        (["n", 1, "h", "w"], (None, None, 1, True)),
    ],
)
def test_the_layout_is_read_from_the_shape(onnx, tmp_path: Path, shape, expected) -> None:
    from benchmarks.exchange.adding.loaders import OnnxModel

    found = OnnxModel(Source(file=onnx_model(onnx, tmp_path / "m.onnx", shape))).shapes
    assert (found.height, found.width, found.channels, found.channels_first) == expected
    assert found.batch is None


@pytest.mark.parametrize("shape", [["n", 12], ["n", 2, 3, 2], ["n", 1, 4, 3], ["n", "c", "h", "w"]])
def test_an_input_that_leaves_open_what_it_is_is_refused(onnx, tmp_path: Path, shape) -> None:
    from benchmarks.exchange.adding.loaders import OnnxModel

    with pytest.raises(InputError, match="no batch of images"):
        OnnxModel(Source(file=onnx_model(onnx, tmp_path / "m.onnx", shape)))


def test_an_input_of_text_is_refused(onnx, tmp_path: Path) -> None:
    from benchmarks.exchange.adding.loaders import OnnxModel

    file = onnx_model(onnx, tmp_path / "m.onnx", ["n", 2, 2, 3], onnx.TensorProto.INT64)
    with pytest.raises(InputError, match="images are needed"):
        OnnxModel(Source(file=file))


def test_weights_in_another_file_are_refused_with_the_cure(onnx, tmp_path: Path) -> None:
    from benchmarks.exchange.adding.loaders import OnnxModel

    model = onnx.load(onnx_model(onnx, tmp_path / "m.onnx", ["n", 2, 2, 3]))
    file = tmp_path / "parted.onnx"
    onnx.save_model(model, file, save_as_external_data=True, location="w", size_threshold=0)
    with pytest.raises(InputError, match=r"save it as one with onnx\.save"):
        OnnxModel(Source(file=file))
