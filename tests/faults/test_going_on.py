"""A run that is gone on with adopts nothing that is not as it was written."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from benchmarks.errors import InputError
from benchmarks.execution.progress import Display
from benchmarks.execution.run import RunRequest, run
from benchmarks.store.digests import write_digests
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.ledger import openings
from benchmarks.store.reading import read_run
from tests.faults.work import ONE_FLOOR


def carry_out(folder: Path) -> str:
    """Carry the protocol out in ``folder``, or go on with it; return what the user is told."""
    said = io.StringIO()
    request = RunRequest(protocol=ONE_FLOOR, data=None, out=folder, workers=1)
    run(request, Display(Console(file=said, width=400)))
    return said.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of a floor."""
    place = tmp_path_factory.mktemp("going-on")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FERBENCH_CACHE", str(place / "cache"))
        carry_out(place / "run")
    write_digests(place / "run")
    return place / "run"


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A copy of the run that passes for one under way."""
    monkeypatch.setenv("FERBENCH_CACHE", str(made.parent / "cache"))
    folder = RunFolder(Path(shutil.copytree(made, tmp_path / "run")))
    folder.digests.unlink()
    return folder


def better(file: Path) -> None:
    """Answer everything rightly, and keep the key, as somebody with pandas may."""
    table = pd.read_parquet(file)
    columns = [name for name in table if name.startswith("p_")]
    for place, name in enumerate(columns):
        table[name] = (table["label"] == place).astype("float64")
    table.to_parquet(file)
    assert pd.read_parquet(file).attrs["key"]


def test_changed_predictions_are_scored_again(made: Path, folder: RunFolder) -> None:
    file = FitFolder(folder.fit("majority", 0)).predictions
    better(file)
    with pytest.raises(InputError, match=r"predictions\.parquet: has no digest"):
        read_run(folder.path)
    said = carry_out(folder.path)
    assert f"{file}: damaged, or changed since it was written; it is made again" in said
    assert file.read_bytes() == (made / file.relative_to(folder.path)).read_bytes()
    assert [each.repeated for each in openings(read_run(folder.path))] == [False, True]


def test_a_changed_model_is_trained_again(made: Path, folder: RunFolder) -> None:
    place = folder.fit("majority", 0)
    model = next(file for file in sorted(place.iterdir()) if file.suffix == ".safetensors")
    model.write_bytes(model.read_bytes()[:-1])
    said = carry_out(folder.path)
    assert f"{model}: damaged, or changed since it was written; it is made again" in said
    assert model.read_bytes() == (made / model.relative_to(folder.path)).read_bytes()


def test_what_holds_is_neither_made_again_nor_told(folder: RunFolder) -> None:
    before = {file: file.stat().st_mtime_ns for file in folder.fits.rglob("*") if file.is_file()}
    said = carry_out(folder.path)
    assert "damaged" not in said and "ledger" not in said
    assert {file: file.stat().st_mtime_ns for file in before} == before
