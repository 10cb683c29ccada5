"""Nothing that comes in runs: each file here would touch a marker if something in it were run."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.engines.opened import Source
from benchmarks.errors import InputError
from benchmarks.exchange.adding.given_table import read_table
from benchmarks.exchange.adding.loaders import OnnxModel, open_model
from benchmarks.exchange.adding.openers import suffixes
from benchmarks.protocol.reading import load_protocol
from datasets.cache.decoded import open_data_set
from datasets.image_folder import image_folder
from datasets.records import DataError
from tests.engine_process import call
from tests.exchange.armed_files import MARKER, Armed

SOUND = {"member-escaped.keras", "member-__init__.keras"}
"""Models that hold something beside them, which is not looked at."""


@pytest.fixture(autouse=True)
def nothing_fires(tmp_path: Path) -> Iterator[None]:
    yield
    assert not (tmp_path / MARKER).exists()
    assert not (tmp_path.parent / "escaped.py").exists()


def test_the_payload_fires_where_it_is_unpickled(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Armed(tmp_path)))
    (tmp_path / MARKER).unlink()


@pytest.mark.parametrize("engine", ["torch", "keras"])
def test_no_model_runs_what_it_holds(engine: str, tmp_path: Path) -> None:
    said = call(f"tests.exchange.armed_files:{engine}_files", folder=str(tmp_path))
    opened = {name for name, refusal in said.items() if refusal == "it was opened"}
    assert opened <= SOUND
    assert len(said) > 25
    for name, refusal in said.items():
        assert "\n" not in refusal, name


def test_formats_that_are_code_are_none_of_those_that_are_opened() -> None:
    assert not {".pkl", ".pickle", ".joblib", ".npy", ".npz", ".py", ".pb"} & set(suffixes())


def onnx_model(node, **graph):
    onnx = pytest.importorskip("onnx")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    made = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", floats, ["n", 1, 1, 7])],
        [helper.make_tensor_value_info("y", floats, ["n", 7])],
        **graph,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("evil", 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=10)


def outside(onnx, place: str):
    tensor = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=[7])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
    return tensor


@pytest.mark.parametrize("place", ["/etc/passwd", "../secret", "secret", "file:///etc/passwd"])
@pytest.mark.parametrize("held_by", ["graph", "constant", "branch", "sparse"])
def test_an_onnx_model_reads_no_other_file(held_by: str, place: str, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    helper, tensor = onnx.helper, outside(onnx, place)
    node, graph = helper.make_node("Add", ["x", "w"], ["y"]), {}
    if held_by == "graph":
        graph["initializer"] = [tensor]
    elif held_by == "sparse":
        sparse = onnx.SparseTensorProto(values=tensor, indices=tensor, dims=[7])
        graph["sparse_initializer"] = [sparse]
    elif held_by == "constant":
        node = helper.make_node("Constant", [], ["y"], value=tensor)
    else:
        inner = helper.make_graph([node], "inner", [], [], initializer=[tensor])
        node = helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner)
    (tmp_path / "secret").write_bytes(np.ones(7, np.float32).tobytes())
    (tmp_path / "m.onnx").write_bytes(onnx_model(node, **graph).SerializeToString())
    with pytest.raises(InputError, match=r"its weights lie in other files"):
        OnnxModel(Source(file=tmp_path / "m.onnx"))


@pytest.mark.parametrize(("domain", "kind"), [("evil", "Run"), ("com.microsoft", "EPContext")])
def test_an_operator_of_somebody_else_is_refused(domain: str, kind: str, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    node = onnx.helper.make_node(kind, ["x"], ["y"], domain=domain)
    (tmp_path / "m.onnx").write_bytes(onnx_model(node).SerializeToString())
    with pytest.raises(InputError, match="cannot be opened as a model"):
        open_model(Source(file=tmp_path / "m.onnx"))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_pickle_is_no_table(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"given{suffix}").write_bytes(pickle.dumps(Armed(tmp_path)))
    with pytest.raises(InputError):
        read_table(tmp_path / f"given{suffix}")


def test_a_table_with_the_marks_of_pickled_objects_is_read_as_numbers(tmp_path: Path) -> None:
    """Parquet's own metadata can name Python's classes, which pandas must not follow."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"row": [0], "p_a": [b"x"]})
    kind = {"name": "p_a", "field_name": "p_a", "pandas_type": "object", "numpy_type": "pickle"}
    said = {"index_columns": [], "columns": [kind], "pandas_version": pd.__version__}
    named = {b"pandas": repr(said).replace("'", '"').encode(), b"PYTHON": b"os.system"}
    pq.write_table(table.replace_schema_metadata(named), tmp_path / "given.parquet")
    assert read_table(tmp_path / "given.parquet")["row"].tolist() == [0]


@pytest.mark.parametrize("name", ["image.png", "image", "labels.csv", "label.npy", "fer2013.csv"])
def test_a_pickle_among_the_data_is_not_read_as_one(name: str, tmp_path: Path) -> None:
    for label in "ab":
        (tmp_path / "mine" / label).mkdir(parents=True)
        (tmp_path / "mine" / label / name).write_bytes(pickle.dumps(Armed(tmp_path)))
    with pytest.raises(DataError):
        open_data_set(image_folder, tmp_path / "mine", {}, cache=tmp_path / "cache")


@pytest.mark.parametrize(
    "text",
    [
        "name = \"{{{{ cycler.__init__.__globals__.os.system('{touch}') }}}}\"",
        "name = \"$({touch})\"\n[data]\nset = '`{touch}`'",
        '!!python/object/apply:os.system ["{touch}"]',
        'name = "x"\n[data]\nset = "image-folder"\npath = "| {touch}"',
    ],
)
def test_a_protocol_is_text(text: str, tmp_path: Path) -> None:
    marker = tmp_path / MARKER
    (tmp_path / "mine.toml").write_text(text.format(touch=f"touch {marker}"))
    with pytest.raises(InputError):
        load_protocol(str(tmp_path / "mine.toml"))
    assert [file.name for file in tmp_path.iterdir()] == ["mine.toml"]
