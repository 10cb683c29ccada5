"""The leaderboard ranks by mean test accuracy and hides nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from benchmarks.evaluation.gains import gains
from benchmarks.evaluation.guessing import did_not_learn, majority_share
from benchmarks.evaluation.leaderboard import columns, leaderboard, stored_names
from benchmarks.evaluation.statistics import compute_statistics
from benchmarks.metrics import METRICS
from benchmarks.store.files import write_table
from benchmarks.store.reading import read_run
from benchmarks.store.records import RunResults
from tests.folder import ROWS, Row, build


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunResults:
    return read_run(build(tmp_path_factory.mktemp("runs") / "run", images=200))


def test_the_best_mean_accuracy_comes_first_and_what_did_not_run_last(run: RunResults) -> None:
    frame = leaderboard(run)
    assert frame["accuracy"].dropna().is_monotonic_decreasing
    assert list(frame["status"]) == ["ok"] * 6 + ["not run", "failed"]
    assert len(frame) == len(ROWS)


def test_the_columns_are_the_documented_ones(run: RunResults) -> None:
    frame = leaderboard(run)
    optional = {column.name for column in columns() if column.optional}
    everywhere = [name for name in stored_names() if name not in optional]
    assert list(frame.columns) == everywhere
    assert {"accuracy_low", "accuracy_high", "macro_f1_sd", "log_loss", "macs"} < set(frame)


def test_mean_and_spread_are_over_seeds(run: RunResults) -> None:
    variant = run.ranked[1]
    shares = [np.mean(fit.test.correct) for fit in variant.fits]
    row = leaderboard(run).set_index("variant").loc[variant.name]
    assert row["accuracy"] == pytest.approx(np.mean(shares))
    assert row["accuracy_sd"] == pytest.approx(np.std(shares, ddof=1))
    assert row["seeds"] == 3


def test_images_seen_are_those_of_all_trials_and_fits(run: RunResults) -> None:
    row = leaderboard(run).set_index("variant").loc["plain-cnn"]
    assert row["images_seen"] == 8 * 3000 + 3 * 12_000


def test_one_seed_has_no_spread(tmp_path: Path) -> None:
    frame = leaderboard(read_run(build(tmp_path / "run", ROWS[:2], seeds=(0,), images=40)))
    assert frame["accuracy_sd"].isna().all()


def test_the_interval_holds_the_score_and_its_sources_add_up(run: RunResults) -> None:
    frame = leaderboard(run).dropna(subset="accuracy")
    for metric in (each.name for each in METRICS if each.resampled is not None):
        known = frame.dropna(subset=f"{metric}_low")
        assert (known[f"{metric}_low"] <= known[metric]).all()
        assert (known[f"{metric}_high"] >= known[metric]).all()
        assert len(known) >= 4
    images, seeds = frame["accuracy_se_images"], frame["accuracy_se_seeds"]
    assert (images > 0).all()
    assert (seeds >= 0).all()


def test_with_one_seed_the_interval_is_nearly_wilsons(tmp_path: Path) -> None:
    run = read_run(build(tmp_path / "run", ROWS[:3], seeds=(0,), images=400))
    row = leaderboard(run).iloc[0]
    theirs = proportion_confint(round(row["accuracy"] * 400), 400, method="wilson")
    assert (row["accuracy_low"], row["accuracy_high"]) == pytest.approx(theirs, abs=0.002)
    assert pd.isna(row["accuracy_se_seeds"])


def test_ranks_are_tied_where_images_do_not_part_the_variants(tmp_path: Path) -> None:
    rows = (Row(name="good", skill=0.7), Row(name="as-good", skill=0.7), Row(name="bad", skill=0.1))
    board = leaderboard(read_run(build(tmp_path / "run", rows, images=300))).set_index("variant")
    ranks = {name: (board["rank_low"][name], board["rank_high"][name]) for name in board.index}
    assert ranks == {"good": (1, 2), "as-good": (1, 2), "bad": (3, 3)}


def test_the_part_without_duplicates_stands_beside_the_whole(tmp_path: Path) -> None:
    place = build(tmp_path / "run", ROWS[1:2], images=40)
    splits = pd.read_parquet(place / "splits.parquet")
    in_test = splits.index[splits["split"] == "test"]
    splits.loc[splits.index[:10], "image_id"] = splits.loc[in_test[:10], "image_id"].to_numpy()
    write_table(place / "splits.parquet", splits)
    run = read_run(place)
    row = leaderboard(run).iloc[0]
    assert (row["test_images"], row["test_images_without_duplicates"]) == (40, 30)
    rest = [fit.test.correct[10:].mean() for fit in run.ranked[0].fits]
    assert row["accuracy_without_duplicates"] == pytest.approx(np.mean(rest))


def test_a_network_that_always_gives_one_answer_did_not_learn(run: RunResults) -> None:
    lost = {variant.name for variant in run.ranked if did_not_learn(run, variant)}
    assert lost == {"vgg16.scratch"}


def test_the_majority_share_is_that_of_the_test_set(run: RunResults) -> None:
    labels = pd.Series(run.ranked[0].fits[0].test.labels)
    name, share = majority_share(run)
    assert share == labels.value_counts(normalize=True).max()
    assert run.class_names.index(name) in labels.mode().to_list()


def test_a_gain_is_the_paired_difference_to_the_control(run: RunResults) -> None:
    transfer, augmentation = gains(run, compute_statistics(run))
    assert (transfer.variant, transfer.control) == ("resnet50.source.fine-tune", "resnet50.scratch")
    assert (augmentation.variant, augmentation.control) == ("augmented-cnn", "plain-cnn")
    mean = np.mean([difference for _, difference in transfer.by_seed])
    assert transfer.pair.difference == pytest.approx(mean)
    assert transfer.pair.low < mean < transfer.pair.high
    assert transfer.pair.p < 0.05


def test_another_input_size_is_no_control(tmp_path: Path) -> None:
    rows = (
        Row(name="vgg16.scratch", facts={"input_size": 96}),
        Row(name="vgg16.source.frozen"),
    )
    run = read_run(build(tmp_path / "run", rows, seeds=(0,), images=40))
    assert gains(run, compute_statistics(run)) == ()
