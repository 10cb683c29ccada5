"""The section on robustness has as many corruptions as the run was asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.data import corruptions
from benchmarks.report.files.tables import exported_files
from benchmarks.report.page import content, render_page
from benchmarks.store.reading import read_run
from tests.folder import ROWS, build
from tests.folder_extras import ask, pack
from tests.report.pages import text

FOG = replace(
    corruptions.CORRUPTIONS[0], name="fog", title="Fog", severities=(0.1, 0.2), legend="thickness"
)


def test_a_seventh_corruption_is_on_the_page_and_in_every_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corruptions, "CORRUPTIONS", (*corruptions.CORRUPTIONS, FOG))
    run = read_run(ask(build(tmp_path / "run", ROWS[:3], images=60)))
    section = content(run).section("robustness")
    assert section.drops.columns[-1].label == "Fog"
    assert [cell.text for cell in section.severities.rows[6]][1::5] == ["fog", "–"]
    assert "under seven corruptions in two or five strengths" in section.note
    assert section.legend.endswith("fog: thickness")
    assert "fog" in exported_files(run)["robustness-levels.csv"]
    assert "Fog" in text(render_page(run))


def test_a_corruption_that_a_run_was_not_asked_is_not_on_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = read_run(ask(build(tmp_path / "run", ROWS[:2], images=60)))
    before = render_page(run)
    monkeypatch.setattr(corruptions, "CORRUPTIONS", (*corruptions.CORRUPTIONS, FOG))
    assert render_page(run) == before


def test_only_corruptions_that_are_as_the_run_was_asked_are_pictured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))
    run = read_run(ask(build(tmp_path / "run", ROWS[:2], images=60)))
    pack(run.folder, tmp_path / "cache")
    blur, *others = corruptions.CORRUPTIONS
    assert "A training image under blur of strength 5" in render_page(run)
    changed = replace(blur, severities=(*blur.severities[:4], 0.5))
    monkeypatch.setattr(corruptions, "CORRUPTIONS", (changed, *others))
    page = render_page(run)
    assert "A training image under blur" not in page
    assert "A training image under noise of strength 5" in page
    legend = content(run).section("robustness").legend
    assert [part.partition(":")[0] for part in legend.split("; ")] == [c.name for c in others]
