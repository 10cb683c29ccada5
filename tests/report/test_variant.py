"""A variant's section says its numbers in words, and what cannot be told with its reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.evaluation.leaderboard import leaderboard
from benchmarks.evaluation.statistics import compute_statistics
from benchmarks.report.page import render_page
from benchmarks.report.sections.variant import VariantSection, variant_section
from benchmarks.store.reading import read_run
from benchmarks.store.records import Predictions, RunResults
from tests.evaluation.simulated import run_of
from tests.folder import ROWS, build


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunResults:
    place = build(tmp_path_factory.mktemp("runs") / "run", ROWS[:3], seeds=(0, 1), images=90)
    return read_run(place)


@pytest.fixture(scope="module")
def plain(run: RunResults) -> VariantSection:
    return section(run)


def section(run: RunResults, name: str = "plain-cnn") -> VariantSection:
    statistics = compute_statistics(run)
    board = leaderboard(run, statistics).set_index("variant", drop=False)
    variant = next(each for each in run.variants if each.name == name)
    return variant_section(run, variant, board.loc[name], "variant-1", statistics)


def test_the_text_of_each_figure_says_its_numbers(run: RunResults, plain: VariantSection) -> None:
    found = plain
    fits = next(each for each in run.ranked if each.name == "plain-cnn").fits
    areas = [roc_auc_score(fit.test.labels == 3, fit.test.probabilities[:, 3]) for fit in fits]
    assert found.thresholds is not None and found.reliability is not None
    assert f"happy {np.mean(areas):.3f} and" in found.thresholds.alternative
    assert "temperatures of" in found.reliability.caption
    assert "all seeds pooled" in found.reliability.caption
    assert found.selective is not None
    accuracy = np.mean([fit.test.correct.mean() for fit in fits])
    assert f"of all, {100 * accuracy:.1f}\N{NO-BREAK SPACE}%" in found.selective.caption
    assert found.tuning is not None and "0: 0." in found.tuning.alternative
    assert found.curves is not None and "seed 1, train loss" in found.curves.alternative


def test_each_class_has_its_scores_with_intervals_and_its_areas(plain: VariantSection) -> None:
    found = plain.classes
    assert found is not None
    labels = [column.label for column in found.columns]
    assert labels == [
        *("Class", "Precision, %", "Recall, %", "F1, %", "AUC", "Average precision", "Support")
    ]
    for row in found.rows:
        for cell in row[1:4]:
            low, high = map(float, cell.note.split(" to "))
            assert low <= float(cell.text) <= high


def test_a_recall_of_nothing_has_an_interval_and_a_precision_of_no_answer_none() -> None:
    labels = np.repeat([0, 1, 2], [40, 40, 20])
    found = section(run_of(labels, {"net": [labels % 2]}, 3), "net").classes
    assert found is not None
    precision, recall = found.rows[2][1:3]
    assert (precision.text, precision.note) == ("0.0", "")
    assert (recall.text, recall.note) == ("0", "0 to 16")


def test_a_class_without_test_images_is_left_out_with_a_word() -> None:
    labels = np.repeat([0, 1], [40, 40])
    found = section(run_of(labels, {"net": [labels]}, 3), "net")
    assert found.thresholds is not None and found.classes is not None
    assert "has none of it or nothing else: class 2" in found.thresholds.caption
    assert [cell.text for cell in found.classes.rows[2][4:]] == ["–", "–", "0"]


def test_without_validation_answers_there_is_no_temperature_and_no_diagram() -> None:
    labels = np.repeat([0, 1], [40, 40])
    found = section(run_of(labels, {"net": [labels]}, 2), "net")
    assert found.reliability is None
    assert found.seeds is not None
    assert "Temperature" not in [column.label for column in found.seeds.columns]


def test_importance_is_told_where_there_are_trials_enough(
    run: RunResults, plain: VariantSection
) -> None:
    few = plain
    assert few.hyperparameters is not None
    assert "complete trials: 3, and it takes 8" in few.about_importance
    assert len(few.hyperparameters.columns) == 4
    many = section(with_complete_trials(run))
    assert many.hyperparameters is not None
    assert many.hyperparameters.columns[4].label == "Importance, %"
    shares = {row[0].text: float(row[4].text) for row in many.hyperparameters.rows}
    assert shares["dropout"] == 100
    assert "8 complete trials: a hint" in many.about_importance


def with_complete_trials(run: RunResults) -> RunResults:
    """Let every trial end well, its score being its dropout."""
    variants = []
    for variant in run.variants:
        trials = [
            replace(trial, state="complete", value=trial.params["dropout"])
            for trial in variant.trials
        ]
        variants.append(replace(variant, trials=tuple(trials)))
    return replace(run, variants=tuple(variants))


def test_what_did_not_run_has_neither_scores_nor_costs(tmp_path: Path) -> None:
    found = section(read_run(build(tmp_path / "run", ROWS[5:], images=40)), "timm:resnet18")
    assert found.remark == "out of memory at batch 64"
    assert found.matrix is found.classes is found.thresholds is found.reliability is None
    assert found.costs == ()


def test_the_page_holds_the_counts_of_every_scored_variant_as_data(run: RunResults) -> None:
    page = render_page(run)
    start = page.index('id="confusions">') + len('id="confusions">')
    data = json.loads(page[start : page.index("</script>", start)])
    assert [each["name"] for each in data] == list(leaderboard(run)["variant"])
    assert all(sum(map(sum, each["counts"])) == 2 * 90 for each in data)


def test_answers_that_are_all_alike_separate_nothing_and_break_nothing(run: RunResults) -> None:
    variant = run.ranked[0]
    alike = [
        replace(fit, test=constant(fit.test), validation=constant(fit.validation))
        for fit in variant.fits
    ]
    found = section(replace(run, variants=(replace(variant, fits=tuple(alike)),)), variant.name)
    assert found.thresholds is not None
    assert "Mean AUC of the classes 0.500" in found.thresholds.caption


def constant(answered: Predictions) -> Predictions:
    shares = np.full_like(answered.probabilities, 1 / answered.probabilities.shape[1])
    return replace(answered, probabilities=shares)
