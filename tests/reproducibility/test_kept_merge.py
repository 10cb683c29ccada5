"""Kept runs are joined as what they hold: their rows so far, their digits and their models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.errors import InputError
from benchmarks.reproducibility import keep as keeping
from benchmarks.reproducibility.keep import keep
from benchmarks.reproducibility.merge import merge
from benchmarks.reproducibility.verify import verify
from benchmarks.store.contents import contents
from benchmarks.store.digests import write_digests
from benchmarks.store.files import read_table, table_attributes, write_table
from benchmarks.store.folder import RunFolder
from benchmarks.store.kept import Labels, read_kept
from benchmarks.store.reading import read_manifest, read_run, read_statuses
from benchmarks.store.writing import write_manifest
from tests.folder import ROWS
from tests.kept import faces, labels_in, run_on, under_way
from tests.report.pages import text

NAMES = tuple(row.name for row in ROWS[:4])


@pytest.fixture(scope="module", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("FERBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return faces(tmp_path_factory.mktemp("data") / "faces")


@pytest.fixture(scope="module")
def first(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_on(data, tmp_path_factory.mktemp("runs") / "first", ROWS[:3])


@pytest.fixture(scope="module")
def second(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_on(data, tmp_path_factory.mktemp("runs") / "second", ROWS[3:4])


@pytest.fixture(scope="module")
def labels(first: Path) -> Labels:
    return labels_in(first)


def statuses(run: Path) -> list[str]:
    return [outcome.status for outcome in read_statuses(run).values()]


def test_what_was_kept_again_with_more_rows_is_not_joined_already(
    first: Path, second: Path, labels: Labels, tmp_path: Path
) -> None:
    night, other, out = tmp_path / "night", tmp_path / "other", tmp_path / "out"
    keep(second, other)
    keep(under_way(first, tmp_path / "evening", *NAMES[1:3]), night)
    merge([night, other], out, labels)
    assert statuses(out) == ["ok", "not run", "not run", "ok"]
    assert "joins these runs already" in merge([night, other], out, labels)[0]
    before = read_manifest(night)
    keep(under_way(first, tmp_path / "midnight", NAMES[2]), night)
    assert read_manifest(night) == before
    with pytest.raises(InputError, match="not empty"):
        merge([night, other], out, labels)
    merge([night, other], tmp_path / "again", labels)
    assert statuses(tmp_path / "again") == ["ok", "ok", "not run", "ok"]
    assert verify(tmp_path / "again", labels) == []


def test_a_joined_run_is_finished_when_all_its_parts_are(
    first: Path, second: Path, labels: Labels, tmp_path: Path
) -> None:
    night, whole, other = tmp_path / "night", tmp_path / "whole", tmp_path / "other"
    keep(under_way(first, tmp_path / "evening", NAMES[2]), night)
    keep(first, whole)
    keep(second, other)
    for part, finished in ((night, None), (whole, read_manifest(first).finished)):
        out = tmp_path / f"out-{part.name}"
        merge([part, other], out, labels)
        assert read_manifest(out).finished == finished
        told = "Not finished when they were joined: night." in text(RunFolder(out).page.read_text())
        assert told == (finished is None)


@pytest.fixture
def twice(
    first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[Path]]:
    """Keep one run twice, with other digits each time."""

    def make(*runs: Path) -> list[Path]:
        places = []
        for bits, run in zip((11, 14), runs or (first, first), strict=True):
            monkeypatch.setattr(keeping, "PRECISIONS", (bits,))
            places.append(tmp_path / f"bits-{bits}")
            keep(run, places[-1])
        return places

    return make


@pytest.mark.parametrize("order", [1, -1])
def test_one_fit_to_other_digits_is_the_same_fit(
    twice: Callable[..., list[Path]], labels: Labels, order: int, tmp_path: Path
) -> None:
    parts, out = twice()[::order], tmp_path / "out"
    merge(parts, out, labels)
    bits = read_kept(contents(out)).significant_bits
    assert bits == read_kept(contents(parts[0])).significant_bits
    assert len(read_run(out, labels=labels).ranked) == 3
    assert verify(out, labels) == []


def test_another_result_is_refused_to_other_digits_too(
    first: Path, labels: Labels, tmp_path: Path, twice: Callable[..., list[Path]]
) -> None:
    other = under_way(first, tmp_path / "other")
    write_manifest(RunFolder(other), read_manifest(first))
    file = RunFolder(other).fit("plain-cnn", 1) / "predictions.parquet"
    content = file.read_bytes()
    table = read_table(content, file)
    columns = [name for name in table if str(name).startswith("p_")]
    table.loc[40, columns] = table.loc[40, columns].to_numpy()[::-1].copy()
    table.attrs = table_attributes(content)
    write_table(file, table)
    for name in ("views.parquet", "robustness.parquet", "attention.npz"):
        for path in other.rglob(name):
            path.unlink()
    write_digests(other)
    with pytest.raises(InputError, match="with other results: seed 1: accuracy"):
        merge(twice(first, other), tmp_path / "out", labels)


def test_the_run_with_the_model_gives_the_fit(
    twice: Callable[..., list[Path]], labels: Labels, tmp_path: Path
) -> None:
    parts, out = twice(), tmp_path / "out"
    model = RunFolder(parts[1]).fit("plain-cnn", 0) / "model.keras"
    model.write_bytes(b"weights")
    write_digests(parts[1])
    merge(parts, out, labels)
    assert (RunFolder(out).fit("plain-cnn", 0) / "model.keras").read_bytes() == b"weights"
    assert read_kept(contents(out)).significant_bits["plain-cnn"] == 11
    assert verify(out, labels) == []
