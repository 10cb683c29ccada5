"""Tuning is told by what it gained over the defaults, and by what it cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri

from benchmarks.evaluation.search import Search, by_chance, searches
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
"""Those that a fit trained."""


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
        identity = fit.identity.model_copy(update={"epochs": 5 * EPOCHS})
        seen = EPOCHS * EPOCH
        write_fit(place, replace(fit, identity=identity, key=identity.key, images_seen=seen))
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


def test_trials_are_held_against_as_many_of_the_last_rung_and_of_a_final_fit(folder: Path) -> None:
    found = of(folder, trial(0, "complete", 0.4, 0.5), trial(1, "pruned", 0.3))
    assert found is not None
    assert found.images == (3 + 1) * EPOCH
    assert found.unpruned == 2 * 3 * EPOCH
    assert found.full == 2 * EPOCHS * EPOCH


def test_a_fit_that_stopped_early_counts_with_what_it_saw(folder: Path) -> None:
    for place in RunFolder(folder).trained():
        write_fit(place, replace(read_fit(place), epochs_run=5, images_seen=5 * EPOCH))
    found = of(folder, trial(0, "complete", 0.4, 0.5), trial(1, "complete", 0.3, 0.4))
    assert found is not None
    assert found.full == 2 * 5 * EPOCH


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


def told(folder: Path, **tuning: Any) -> RunResults:
    manifest = read_manifest(folder)
    asked = manifest.protocol.tuning.model_copy(update={"rungs": (1, 3), **tuning})
    protocol = manifest.protocol.model_copy(update={"tuning": asked})
    write_manifest(RunFolder(folder), replace(manifest, protocol=protocol))
    one = (trial(0, "complete", 0.4, 0.5), trial(1, "complete", 0.4, 0.56))
    other = (trial(0, "pruned", 0.3), trial(1, "complete", 0.28, 0.4))
    write_studies(RunFolder(folder), {NAME: one, "augmented-cnn": other})
    return read_run(folder)


def test_the_sentence_is_of_all_rows_and_says_what_chance_gives_and_what_was_saved(
    folder: Path,
) -> None:
    run = told(folder)
    chance = (by_chance(2, 0.5, 40) + by_chance(2, 0.3, 40)) / 2
    assert search_sentence(run) == (
        "better values than trial 0 (the defaults) in 1 of 2 rows, +0.020 of validation accuracy "
        "on average over all rows, after 1 to 3 epochs and on the images that chose them (of "
        f"equally good trials, chance alone makes up to {chance:.3f}); the trials saw "
        "21\N{NO-BREAK SPACE}% of the images of as many trials trained as long as the final fits "
        "were, and 83\N{NO-BREAK SPACE}% of those of as many trials without pruning"
    )
    table = search_table(run)
    assert table is not None
    assert [[cell.text for cell in row] for row in table.rows] == [
        [NAME, "2", "0.500", "0.560", "+0.060", "0.045", "3", "3,000", "1.00", "0.25"],
        ["augmented-cnn", "2", "0.300", "0.280", "-0.020", "0.041", "1", "2,000", "0.67", "0.17"],
    ]


def test_with_one_rung_nothing_is_said_of_pruning(folder: Path) -> None:
    run = told(folder, rungs=(3,))
    assert "pruning" not in search_sentence(run)
    table = search_table(run)
    assert table is not None
    assert [column.label for column in table.columns][-2:] == ["Images", "Of full trainings"]


def test_of_another_metric_nothing_is_said_of_chance(folder: Path) -> None:
    run = told(folder)
    protocol = run.manifest.protocol.model_copy(update={"selection": "macro_f1"})
    write_manifest(RunFolder(folder), replace(run.manifest, protocol=protocol))
    run = read_run(folder)
    table = search_table(run)
    assert table is not None
    assert "By chance" not in [column.label for column in table.columns]
    assert "chance" not in search_sentence(run)


@pytest.mark.parametrize("trials", [2, 3, 6])
def test_equally_good_trials_gain_by_chance_what_is_said(trials: int) -> None:
    images, accuracy, studies = 3589, 0.4, 20_000
    right = np.random.default_rng(0).binomial(images, accuracy, (studies, trials)) / images
    gains = right.max(axis=1) - right[:, 0]
    assert by_chance(trials, accuracy, images) == pytest.approx(gains.mean(), rel=0.02)


@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0])
def test_pruning_adds_nothing_to_what_chance_gives(alike: float) -> None:
    """Studies of equally good trials of two rungs, whose scores are ``alike`` from rung to rung."""
    random, images, studies = np.random.default_rng(0), 4000, 40_000
    first, own = random.normal(size=(2, studies, 3)) * np.sqrt(0.5 * 0.5 / images)
    last = alike * first + np.sqrt(1 - alike**2) * own
    kept = np.argsort(-first, axis=1)[:, :2]
    best = np.take_along_axis(last, kept, 1).argmax(axis=1)[:, None]
    chosen, complete = np.take_along_axis(kept, best, 1), (kept == 0).any(axis=1)
    values = np.where(complete[:, None], last, first)
    gains = np.take_along_axis(values, chosen, 1)[:, 0] - values[:, 0]
    bound = by_chance(3, 0.5, images)
    assert 0.9 * bound < gains.mean() < 1.02 * bound


def test_a_pruned_trial_counts_among_those_that_chance_chose_from(folder: Path) -> None:
    pruned = [trial(number, "pruned", 0.3) for number in (2, 3)]
    found = of(folder, trial(0, "complete", 0.4, 0.5), trial(1, "complete", 0.4, 0.6), *pruned)
    assert found is not None
    assert found.chance == by_chance(4, 0.5, 40)


def test_trials_that_err_alike_gain_less_by_chance() -> None:
    images, accuracy, alike = 400, 0.4, 0.5
    random = np.random.default_rng(0)
    shared = random.normal(size=(2000, 1, images)) * np.sqrt(alike)
    own = random.normal(size=(2000, 3, images)) * np.sqrt(1 - alike)
    right = (shared + own < ndtri(accuracy)).mean(axis=2)
    gained = (right.max(axis=1) - right[:, 0]).mean()
    assert 0 < gained < 0.9 * by_chance(3, accuracy, images)


def test_a_run_without_tuning_has_no_table(folder: Path) -> None:
    write_studies(RunFolder(folder), {})
    run = read_run(folder)
    assert (search_table(run), search_sentence(run)) == (None, "")
