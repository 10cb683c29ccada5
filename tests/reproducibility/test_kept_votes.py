"""The votes of a kept run are those that its page was made with, or it says that they are not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.reproducibility.keep import keep
from benchmarks.store.contents import contents
from benchmarks.store.digests import write_digests
from benchmarks.store.files import write_record
from benchmarks.store.folder import RunFolder
from benchmarks.store.kept import read_kept
from benchmarks.store.reading import read_manifest
from benchmarks.store.writing import write_manifest
from tests.datasets import samples
from tests.datasets.votes import agreeing, write_votes
from tests.folder import ROWS
from tests.kept import run_on
from tests.runs.commands import ferbench_here


@pytest.fixture(scope="module", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("FERBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.delenv("FERBENCH_DATA", raising=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV with votes beside it."""
    file = samples.write_fer2013_csv(tmp_path_factory.mktemp("data") / "fer2013.csv")
    write_votes(file.with_name("fer2013new.csv"), agreeing())
    return file


@pytest.fixture(scope="module")
def bare(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same CSV without votes."""
    return Path(shutil.copy(data, tmp_path_factory.mktemp("bare") / data.name))


@pytest.fixture(scope="module")
def made(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    keep(run_on(data, folder / "run", ROWS[:1], name="fer2013"), folder / "kept")
    return folder / "kept"


@pytest.fixture
def kept(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "kept"))


@pytest.fixture
def other(data: Path, tmp_path: Path) -> Path:
    """The same CSV with other votes."""
    copy = Path(shutil.copytree(data.parent, tmp_path / "other")) / data.name
    write_votes(copy.with_name("fer2013new.csv"), agreeing(most=6))
    return copy


def test_with_its_own_votes_every_number_holds(kept: Path, data: Path) -> None:
    done = ferbench_here("verify", kept, "--data", data)
    assert (done.status, done.out) == (0, ""), done
    assert "every number and every digest holds" in done.err


@pytest.mark.parametrize("command", [("verify",), ("report",), ("choose",)])
def test_other_votes_are_refused_and_nothing_is_written(
    command: tuple[str, ...], kept: Path, other: Path
) -> None:
    before = {path: path.read_bytes() for path in kept.rglob("*") if path.is_file()}
    done = ferbench_here(*command, kept, "--data", other)
    assert (done.status, done.out) == (2, "")
    assert "its page was made with other votes of FER+ than those beside the data" in done.err
    assert {path: path.read_bytes() for path in kept.rglob("*") if path.is_file()} == before


def test_a_run_that_was_kept_before_votes_had_a_digest_is_read(kept: Path, data: Path) -> None:
    record = read_kept(contents(kept))
    write_record(RunFolder(kept).kept, replace(record, votes_digest=""))
    write_digests(kept)
    assert ferbench_here("verify", kept, "--data", data).status == 0


def test_without_votes_the_run_that_needs_them_is_named(kept: Path, bare: Path) -> None:
    done = ferbench_here("verify", kept, "--data", bare)
    assert done.status == 2
    assert f"{kept}: its page was made with the votes of FER+; put fer2013new.csv" in done.err


def test_other_targets_are_refused(kept: Path, data: Path) -> None:
    manifest = replace(read_manifest(kept), targets_digest="ab" * 32)
    write_manifest(RunFolder(kept), manifest)
    write_digests(kept)
    done = ferbench_here("verify", kept, "--data", data)
    assert done.status == 2
    assert "but the votes that it was trained on are others (digest abababababab" in done.err


def test_runs_with_and_without_votes_are_joined_in_either_order(
    kept: Path, data: Path, bare: Path, tmp_path: Path
) -> None:
    without = tmp_path / "without"
    keep(run_on(bare, tmp_path / "run", ROWS[1:2], name="fer2013"), without)
    for number, parts in enumerate([(without, kept), (kept, without)]):
        out = tmp_path / f"out-{number}"
        done = ferbench_here("merge", *parts, "-o", out, "--data", data)
        assert done.status == 0, done.err
        assert not read_kept(contents(out)).voted
        assert ferbench_here("verify", out, "--data", bare).status == 0


def test_the_joined_run_knows_its_votes(
    kept: Path, data: Path, other: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    keep(run_on(data, tmp_path / "run", ROWS[1:2], name="fer2013"), second)
    out = tmp_path / "out"
    assert ferbench_here("merge", kept, second, "-o", out, "--data", data).status == 0
    assert ferbench_here("verify", out, "--data", data).status == 0
    assert ferbench_here("verify", out, "--data", other).status == 2
