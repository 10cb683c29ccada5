"""A section of the page is one row and a template: with them it is shown, linked and taken out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from jinja2 import ChoiceLoader, DictLoader

from benchmarks.evaluation import leaderboard, statistics
from benchmarks.machine.templates import templates
from benchmarks.report import page
from benchmarks.report.elements import inputs
from benchmarks.report.elements.elements import Column, Table, table
from benchmarks.report.elements.outline import Content, Section
from benchmarks.report.files.collection import tables
from benchmarks.store.reading import read_run
from benchmarks.store.records import RunResults
from tests.folder import ROWS, build

TEMPLATE = """<section aria-labelledby="length">
<h2 id="length">How long it took</h2>
{{ parts.table(section.epochs, "method-table") }}
</section>
"""


@dataclass(frozen=True)
class Length(Content):
    epochs: Table

    def exports(self) -> Iterator[tuple[str, Table]]:
        yield "epochs", self.epochs


def length(given: inputs.PageInputs) -> Length | None:
    rows = [(v.name, str(fit.record.epochs_run)) for v in given.run.ranked for fit in v.fits]
    columns = ["Variant", Column("Epochs", "How often it saw every image.")]
    return Length(table("Epochs of each fit", columns, rows)) if rows else None


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunResults:
    row = Section("length", "How long", "_length.html.j2", length)
    monkeypatch.setattr(page, "SECTIONS", (*page.SECTIONS, row))
    environment = templates()
    loaders = [DictLoader({"_length.html.j2": TEMPLATE}), environment.loader]
    monkeypatch.setattr(environment, "loader", ChoiceLoader(loaders))
    return read_run(build(tmp_path / "run", ROWS[:2], seeds=(0,), images=40))


def test_a_section_that_is_added_is_shown_linked_explained_and_taken_out(run: RunResults) -> None:
    shown = page.render_page(run)
    assert '<a href="#length">How long</a>' in shown
    assert '<h2 id="length">How long it took</h2>' in shown
    assert "<strong>Epochs</strong> How often it saw every image." in shown
    assert tables(page.content(run))["length-epochs"].caption == "Epochs of each fit"


def test_a_section_that_has_nothing_is_left_out(run: RunResults, tmp_path: Path) -> None:
    bare = page.render_page(read_run(build(tmp_path / "bare", ROWS[-2:])))
    assert "How long" not in bare
    assert 'href="#comparison"' not in bare


def test_statistics_and_leaderboard_are_computed_once(
    run: RunResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def counted(name, function):
        return lambda *arguments: calls.append(name) or function(*arguments)

    for name, function in (
        ("compute_statistics", statistics.compute_statistics),
        ("standings", leaderboard.standings),
    ):
        monkeypatch.setattr(inputs, name, counted(name, function))
    page.render_page(run)
    assert sorted(calls) == ["compute_statistics", "standings"]
