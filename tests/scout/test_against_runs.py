"""`ferbench scout DATA --against RUN`: DATA is the run's own, and gives a kept run its labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.engines.published import Offer
from benchmarks.reproducibility.keep import keep
from benchmarks.scout import candidates
from benchmarks.scout import scout as scouting
from tests.datasets.samples import write_classes
from tests.folder import Row, build
from tests.kept import faces, run_on
from tests.runs.commands import Done, ferbench_here
from tests.scout.answering import LITE, VGG, Answering

ROWS = (
    Row(name=f"{VGG}.edges.frozen", skill=0.6),
    Row(name=f"{LITE}.imagenet.frozen", skill=0.3, engine="torch"),
    Row(name="plain-cnn", skill=0.4),
)


@pytest.fixture(scope="module", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("FERBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.delenv("FERBENCH_DATA", raising=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return faces(tmp_path_factory.mktemp("data") / "faces")


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_on(data, tmp_path_factory.mktemp("runs") / "run", ROWS)


@pytest.fixture(scope="module")
def kept(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kept") / "kept"
    keep(run, out)
    return out


@pytest.fixture(autouse=True)
def weights_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of weights, and workers that answer at once."""
    listed = ((VGG, "edges"), (LITE, "imagenet"))
    for _, start in listed:
        (tmp_path / start).write_text(start)
    found = [
        Offer(architecture=name, initialisation=start, place="here", file=tmp_path / start)
        for name, start in listed
    ]
    monkeypatch.setattr(candidates, "offers", lambda *_: found)
    monkeypatch.setattr(scouting, "make_executor", Answering)


def scouted(data: object, run: Path) -> Done:
    return ferbench_here("scout", data, "--against", run)


def told(done: Done, run: Path) -> list[str]:
    assert done.status == 0, done.err
    begins = f"{run}, "
    return [line.removeprefix(begins) for line in done.out.splitlines() if begins in line]


def refused(done: Done) -> str:
    assert (done.status, done.out) == (2, ""), done
    (line,) = done.err.splitlines()[-1:]
    return line


def test_a_kept_run_is_ranked_as_the_run_that_was_kept(data: Path, run: Path, kept: Path) -> None:
    lines = told(scouted(data, kept), kept)
    assert len(lines) == 2 and "2 rows: Kendall's tau" in lines[0]
    assert lines == told(scouted(data, run), run)


def test_other_data_of_a_kept_run_are_refused(kept: Path, tmp_path: Path) -> None:
    other = write_classes(tmp_path / "other", {"angry": 20, "happy": 20, "sad": 20})
    assert f"{other}: not the data of {kept}" in refused(scouted(other, kept))


def test_a_place_that_is_not_there_is_told(kept: Path, run: Path, tmp_path: Path) -> None:
    for each in (kept, run):
        assert "absent: no such file or folder" in refused(scouted(tmp_path / "absent", each))


def test_files_of_a_run_on_drawn_faces_are_refused(data: Path, tmp_path: Path) -> None:
    protocol = {"data": {"set": "synthetic-faces"}}
    drawn = build(tmp_path / "drawn", ROWS, seeds=(0,), protocol=protocol)
    line = refused(scouted(data, drawn))
    assert "which ferbench makes; ferbench scout synthetic-faces --against" in line
