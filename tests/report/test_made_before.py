"""A page is made once of the same results by the same code, and again of anything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.machine.templates import TEMPLATES
from benchmarks.protocol.reading import presets
from benchmarks.report import made_before, page
from benchmarks.report.page import render_once
from benchmarks.report.writing import references
from benchmarks.store.digests import write_digests
from benchmarks.store.folder import RunFolder
from benchmarks.store.reading import read_manifest, read_statuses
from benchmarks.store.records import PluginRecord, VariantOutcome
from benchmarks.store.writing import write_manifest, write_statuses
from datasets.files import code_files
from tests.folder import ROWS, build

Count = Callable[[], int]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))
    return build(tmp_path / "run", ROWS[:3], images=40)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> Count:
    """Count how often a page is made."""
    render, made = page.render, []

    def counted(folder: Path) -> pd.DataFrame:
        made.append(folder)
        return render(folder)

    monkeypatch.setattr(page, "render", counted)
    return lambda: len(made)


def test_the_same_page_is_not_made_twice(folder: Path, rendered: Count) -> None:
    first = render_once(folder)
    written = RunFolder(folder).page.stat().st_mtime_ns
    second = render_once(folder)
    assert rendered() == 1
    assert RunFolder(folder).page.stat().st_mtime_ns == written
    names = ["variant", "status", "reason", "accuracy", "parameters"]
    pd.testing.assert_frame_equal(first[names], second[names], check_dtype=False)


@pytest.mark.parametrize("file", ["leaderboard.html", "leaderboard.csv", "leaderboard.json"])
def test_a_file_that_was_changed_or_removed_is_made_again(
    folder: Path, rendered: Count, file: str
) -> None:
    render_once(folder)
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(whole + b" ")
    render_once(folder)
    assert (folder / file).read_bytes() == whole
    (folder / file).unlink()
    render_once(folder)
    assert (folder / file).read_bytes() == whole
    assert rendered() == 3


def test_other_results_make_another_page(folder: Path, rendered: Count) -> None:
    render_once(folder)
    statuses = dict(read_statuses(folder))
    statuses["plain-cnn"] = VariantOutcome("failed", "a test")
    write_statuses(RunFolder(folder), statuses)
    render_once(folder)
    assert rendered() == 2


def test_digests_alone_make_no_other_page(folder: Path, rendered: Count) -> None:
    render_once(folder)
    write_digests(folder)
    render_once(folder)
    assert rendered() == 1


def test_other_code_makes_another_page(
    folder: Path, rendered: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    render_once(folder)
    monkeypatch.setattr(made_before, "_code", lambda: "another")
    render_once(folder)
    assert rendered() == 2


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in made_before.SOURCES:
        (tmp_path / "checkout" / name / "room").mkdir(parents=True)
        (tmp_path / "checkout" / name / "room" / "code.py").write_text("")
    return tmp_path / "checkout"


@pytest.mark.parametrize("file", ["benchmarks/a/refs.bib", "benchmarks/b/a.toml", "models/a.py"])
def test_every_file_of_the_checkouts_code_decides_a_page(checkout: Path, file: str) -> None:
    place = checkout / file
    place.parent.mkdir(exist_ok=True)
    before = made_before._digest_of(checkout)
    place.write_text("one")
    one = made_before._digest_of(checkout)
    place.write_text("another")
    assert len({before, one, made_before._digest_of(checkout)}) == 3


def test_where_a_file_lies_decides_a_page(checkout: Path) -> None:
    before = made_before._digest_of(checkout)
    (checkout / "models/room").rename(checkout / "models/hall")
    assert made_before._digest_of(checkout) != before


def test_what_python_compiled_decides_no_page(checkout: Path) -> None:
    before = made_before._digest_of(checkout)
    (checkout / "models/__pycache__").mkdir()
    (checkout / "models/__pycache__/code.cpython-312.pyc").write_bytes(b"compiled")
    assert made_before._digest_of(checkout) == before


def test_bibliography_presets_and_templates_are_among_them() -> None:
    root = Path(made_before.__file__).parents[2]
    found = {file for name in made_before.SOURCES for file in code_files(root / name)}
    assert {references.FILE, *presets().values(), *TEMPLATES.glob("*.j2")} <= found


def test_with_code_from_outside_a_page_is_always_made(
    folder: Path, rendered: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = [EntryPoint("more", "more:models", "ferbench.models")]
    monkeypatch.setattr(made_before, "entry_points", lambda *, group: brought)
    render_once(folder)
    render_once(folder)
    assert rendered() == 2


def test_with_a_plugin_file_a_page_is_always_made(folder: Path, rendered: Count) -> None:
    manifest = read_manifest(folder)
    plugins = (PluginRecord(file="more.py", digest="0" * 64),)
    write_manifest(RunFolder(folder), replace(manifest, plugins=plugins))
    render_once(folder)
    render_once(folder)
    assert rendered() == 2
