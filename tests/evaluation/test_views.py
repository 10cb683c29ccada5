"""Views and ensembles stand beside the single rows, and leave these as they were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.evaluation.choice import candidates
from benchmarks.evaluation.fitted import resolve_fit
from benchmarks.evaluation.leaderboard import leaderboard
from benchmarks.evaluation.statistics import compute_statistics, refuse_incomparable
from benchmarks.evaluation.views import view_accuracies, views_of
from benchmarks.store.reading import read_run
from benchmarks.store.records import RunResults
from tests.folder import ROWS, Row, build
from tests.folder_extras import join, view

OUTSIDE = Row(name="theirs", skill=0.9, engine="external")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    return build(folder, (*ROWS[:3], OUTSIDE, ROWS[-1]), seeds=(0, 1), images=80, epochs=2)


@pytest.fixture(scope="module")
def before(plain: Path) -> RunResults:
    return read_run(plain)


@pytest.fixture(scope="module")
def run(before: RunResults) -> RunResults:
    """The same run, which has taken up views and ensembles."""
    both, lost = ("plain-cnn", "augmented-cnn"), (ROWS[-1].name,)
    return read_run(join(view(before.folder), both=both, seeds=both[:1], lost=lost))


def test_ensembles_follow_the_single_rows_without_a_rank(run: RunResults) -> None:
    board = leaderboard(run).set_index("variant")
    assert list(board.index[3:6]) == ["both", "seeds", "theirs"]
    assert list(board["kind"]) == ["variant"] * 3 + ["ensemble"] * 2 + [
        "external",
        "variant",
        "ensemble",
    ]
    assert board.loc[["both", "seeds", "lost"], "rank_low"].isna().all()
    assert board.loc["both", ["train_seconds", "images_seen", "seeds"]].isna().all()
    assert board.loc["lost", "status"] == "not run"


def test_they_change_nothing_of_the_others(before: RunResults, run: RunResults) -> None:
    names = [variant.name for variant in before.variants]
    with_them = leaderboard(run).set_index("variant").loc[names]
    without = leaderboard(before).set_index("variant").loc[names]
    pd.testing.assert_frame_equal(with_them[without.columns], without)
    one, two = compute_statistics(before), compute_statistics(run)
    assert [p.p_holm for p in one.pairs] == [p.p_holm for p in two.pairs]


def test_an_ensemble_is_compared_on_the_same_images_over_images_alone(run: RunResults) -> None:
    statistics = compute_statistics(run)
    pair = statistics.pair("plain-cnn", "both")
    assert pair.test == "difference over images"
    assert not pair.seeds_known
    assert pair.family == len(statistics.ensemble_pairs) == 2 * 3 + 1
    assert {test.told for test in pair.mcnemar} == {"the ensemble and seed 0"}
    together = statistics.pair("both", "seeds")
    assert together.test == "McNemar’s exact test"
    assert together.mcnemar[0].told == "the ensembles"


def test_it_has_scores_without_duplicates_and_intervals_as_others_have(run: RunResults) -> None:
    row = leaderboard(run).set_index("variant").loc["both"]
    for name in ("accuracy", "macro_f1", "log_loss", "accuracy_without_duplicates"):
        assert row[f"{name}_low"] < row[name] < row[f"{name}_high"]


def test_no_ensemble_is_chosen(run: RunResults) -> None:
    offered = candidates(run, leaderboard(run))
    assert {each.variant for each in offered} == {row.name for row in ROWS[:3]}


def test_it_is_no_model(run: RunResults) -> None:
    with pytest.raises(InputError, match="it is an ensemble of plain-cnn and augmented-cnn, with"):
        resolve_fit(f"{run.folder}/both")


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        (("both", "theirs"), "one was added from outside, the other is an ensemble"),
        (("both", "lost"), "lost has no test predictions .not run: its member"),
        (("both", "bot"), "no variant 'bot'; did you mean 'both'"),
    ],
)
def test_what_was_not_compared_is_refused(
    run: RunResults, pair: tuple[str, str], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        refuse_incomparable(run, *pair)
    refuse_incomparable(run, "both", "seeds")


def test_an_accuracy_over_views_is_that_of_their_mean_beside_the_single_one(
    before: RunResults, run: RunResults
) -> None:
    assert (views_of(before), views_of(run)) == ((), ("flip", "ten-crop"))
    plain = next(row for row in run.variants if row.name == "plain-cnn")
    flip, crops = view_accuracies(plain, run.test_shared)
    tests = [fit.views["flip"].test for fit in plain.fits]
    assert flip.test.value == pytest.approx(np.mean([test.accuracy for test in tests]))
    single = np.mean([fit.test.accuracy for fit in plain.fits])
    assert flip.gain.value == pytest.approx(flip.test.value - single)
    assert flip.gain.low < flip.gain.value < flip.gain.high
    assert single < flip.test.value < crops.test.value < crops.test.high < 1
    row = leaderboard(run).set_index("variant").loc["plain-cnn"]
    assert row["accuracy"] == pytest.approx(single)
    assert row["accuracy_flip"] == flip.test.value
    assert row["accuracy_ten_crop_low"] == crops.test.low


def test_an_accuracy_over_views_is_told_without_the_images_of_other_splits(
    run: RunResults,
) -> None:
    alone = np.arange(80) % 4 > 0
    shared = replace(run, test_shared=~alone)
    plain = next(row for row in run.variants if row.name == "plain-cnn")
    flip, _ = view_accuracies(plain, shared.test_shared)
    apart = flip.without_duplicates
    assert apart is not None
    tests = [fit.views["flip"].test for fit in plain.fits]
    assert apart.value == pytest.approx(np.mean([test.correct[alone] for test in tests]))
    assert apart.low < apart.value < apart.high
    assert apart.high - apart.low > flip.test.high - flip.test.low
    row = leaderboard(shared).set_index("variant").loc["plain-cnn"]
    assert row["accuracy_flip_without_duplicates"] == apart.value
    nowhere = view_accuracies(plain, np.ones(len(alone), bool))
    assert nowhere[0].without_duplicates is None


def test_views_that_change_nothing_gain_nothing_with_a_narrow_interval(
    tmp_path: Path,
) -> None:
    floor = Row(name="majority", skill=0.0)
    (variant,) = read_run(view(build(tmp_path / "run", (floor,), seeds=(0,), images=40))).variants
    gain = view_accuracies(variant, np.zeros(len(variant.fits[0].test.labels), bool))[0].gain
    assert gain.value == 0
    assert -0.1 < gain.low < 0 < gain.high < 0.1
