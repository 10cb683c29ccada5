"""Tuning is told by what it gained over the defaults, and by what it cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.evaluation.search import Search, searches
from benchmarks.report.sections.search import search_sentence, search_table
from benchmarks.store.folder import RunFolder
from benchmarks.store.reading import read_fit, read_manifest, read_run
from benchmarks.store.records import RunResults, TrialRecord
from benchmarks.store.writing import write_fit, write_manifest, write_studies
from tests.folder import ROWS, build

NAME = "plain-cnn"
EPOCH = 500
"""Images of an epoch of the invented trials."""
EPOCHS = 12
"""Those that a fit may train."""


def trial(number: int, state: str, *values: float) -> TrialRecord:
    """Return a trial that reported ``values`` at the rungs 1 and 3."""
    intermediate = dict(zip((1, 3), values, strict=False))
    return TrialRecord(
        number=number,
        state=state,  # type: ignore[arg-type]
        value=values[-1],
        intermediate=intermediate,
        images_seen=EPOCH * max(intermediate),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = build(tmp_path / "run", ROWS[:3], images=40)
    for place in RunFolder(made).trained():
        fit = read_fit(place)
        assert fit.identity is not None
        identity = fit.identity.model_copy(update={"epochs": EPOCHS})
        write_fit(place, replace(fit, identity=identity, key=identity.key))
    return made


def of(folder: Path, *trials: TrialRecord) -> Search | None:
    write_studies(RunFolder(folder), {NAME: trials})
    found = [search for search in searches(read_run(folder)) if search.variant == NAME]
    return found[0] if found else None


def test_defaults_are_compared_after_as_many_epochs_as_they_reached(folder: Path) -> None:
    pruned = of(folder, trial(0, "pruned", 0.40), trial(1, "complete", 0.45, 0.60))
    assert pruned is not None
    assert (pruned.chosen, pruned.epoch, pruned.default, pruned.tuned) == (1, 1, 0.40, 0.45)
    assert pruned.gain == pytest.approx(0.05)


def test_the_best_of_the_last_rung_is_what_was_chosen(folder: Path) -> None:
    found = of(
        folder,
        trial(0, "complete", 0.40, 0.50),
        trial(1, "complete", 0.45, 0.55),
        trial(2, "complete", 0.44, 0.58),
        trial(3, "pruned", 0.30),
    )
    assert found is not None
    assert (found.chosen, found.epoch, found.gain) == (2, 3, pytest.approx(0.08))


def test_a_plain_search_trains_each_trial_as_long_as_the_fit(folder: Path) -> None:
    found = of(folder, trial(0, "complete", 0.4, 0.5), trial(1, "pruned", 0.3))
    assert found is not None
    assert found.images == 4 * EPOCH
    assert found.plain == 2 * EPOCHS * EPOCH
    assert found.share == found.images / found.plain


def test_where_the_defaults_are_best_nothing_is_gained(folder: Path) -> None:
    found = of(folder, trial(0, "complete", 0.5, 0.6), trial(1, "complete", 0.4, 0.5))
    assert found is not None
    assert (found.chosen, found.gain) == (0, 0)


def test_a_lower_log_loss_is_a_gain(folder: Path) -> None:
    manifest = read_manifest(folder)
    protocol = manifest.protocol.model_copy(update={"selection": "log_loss"})
    write_manifest(RunFolder(folder), replace(manifest, protocol=protocol))
    found = of(folder, trial(0, "complete", 1.5, 1.4), trial(1, "complete", 1.3, 1.2))
    assert found is not None
    assert (found.chosen, found.gain) == (1, pytest.approx(0.2))


@pytest.mark.parametrize("trials", [(), (trial(0, "complete", 0.5),), (trial(1, "complete", 0.5),)])
def test_without_trials_beyond_the_defaults_there_is_nothing_to_tell(
    folder: Path, trials: tuple[TrialRecord, ...]
) -> None:
    assert of(folder, *trials) is None


def told(folder: Path) -> RunResults:
    one = (trial(0, "complete", 0.4, 0.5), trial(1, "complete", 0.4, 0.56))
    other = (trial(0, "complete", 0.4, 0.5), trial(1, "pruned", 0.3))
    write_studies(RunFolder(folder), {NAME: one, "augmented-cnn": other})
    return read_run(folder)


def test_the_sentence_counts_rows_gains_and_images(folder: Path) -> None:
    run = told(folder)
    share = sum(s.images for s in searches(run)) / sum(s.plain for s in searches(run))
    assert search_sentence(run) == (
        "better values than the literature's in 1 of 2 rows, by 0.060 of validation accuracy on "
        f"average, with {100 * share:.0f}\N{NO-BREAK SPACE}% of the images of a search without "
        "pruning"
    )
    table = search_table(run)
    assert table is not None
    assert [[cell.text for cell in row][:5] for row in table.rows] == [
        [NAME, "2", "0.500", "0.560", "+0.060"],
        ["augmented-cnn", "2", "0.500", "0.500", "0"],
    ]


def test_a_run_without_tuning_has_no_table(folder: Path) -> None:
    write_studies(RunFolder(folder), {})
    run = read_run(folder)
    assert (search_table(run), search_sentence(run)) == (None, "")
