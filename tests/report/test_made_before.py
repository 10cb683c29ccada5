"""A page is made once of the same results by the same code, and again of anything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.report import made_before, page
from benchmarks.report.page import render_once
from benchmarks.store.digests import write_digests
from benchmarks.store.folder import RunFolder
from benchmarks.store.reading import read_manifest, read_statuses
from benchmarks.store.records import PluginRecord, VariantOutcome
from benchmarks.store.writing import write_manifest, write_statuses
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
