"""The contract that every data set keeps, and how data sets are found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from benchmarks.testing.data_sets import DataSetContract
from datasets.cache.decoded import open_data_set
from datasets.records import DataError
from datasets.registry import discover
from tests.datasets import samples
from tests.engine_process import ROOT

PLUGIN = """
from datasets.records import Provenance
from datasets.registry import Decoded, Sample, data_set
import numpy as np

@data_set(name={name!r}, summary="two dots", origin="here", licence="MIT", needs_path=False)
def dots(path, options):
    black = np.zeros((8, 8, 1), np.uint8)
    return Decoded(
        class_names=("off", "on"),
        image_shape=(8, 8, 1),
        count=2,
        samples=lambda: (Sample(black + label, label, str(label), "") for label in range(2)),
        provenance=lambda: Provenance("unofficial"),
    )
"""


class TestFer2013(DataSetContract):
    name = "fer2013"

    @classmethod
    def write(cls, folder: Path) -> Path:
        return samples.write_fer2013_folder(folder / "fer2013")


class TestImageFolder(DataSetContract):
    name = "image-folder"

    @classmethod
    def write(cls, folder: Path) -> Path:
        return samples.write_classes(folder / "mine", {"a": 3, "b": 4})


class TestSyntheticFaces(DataSetContract):
    name = "synthetic-faces"
    options = MappingProxyType({"scale": 0.02})


def test_every_data_set_is_examined():
    examined = {contract.name for contract in (TestFer2013, TestImageFolder, TestSyntheticFaces)}
    assert examined == set(discover())


def test_a_plugin_file_adds_a_data_set(tmp_path):
    plugin = tmp_path / "dots.py"
    plugin.write_text(PLUGIN.format(name="dots"))
    sources = discover([plugin])
    assert set(sources) == {*discover(), "dots"}
    data = open_data_set(sources["dots"], None, {}, cache=tmp_path / "cache")
    assert data.class_names == ("off", "on")


def test_two_data_sets_of_one_name_are_refused(tmp_path):
    plugin = tmp_path / "mine.py"
    plugin.write_text(PLUGIN.format(name="fer2013"))
    with pytest.raises(DataError, match="two data sets are named 'fer2013'"):
        discover([plugin])


def test_a_broken_plugin_is_named(tmp_path):
    plugin = tmp_path / "mine.py"
    plugin.write_text("import nothing_of_this_name")
    with pytest.raises(DataError, match=r"plugin .*mine\.py: ModuleNotFoundError"):
        discover([plugin])


def test_finding_the_data_sets_imports_no_engine():
    program = (
        "import sys; from datasets.registry import discover; discover(); "
        "print([e for e in ('torch', 'tensorflow', 'keras', 'sklearn') if e in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
