"""The leaderboard ranks by mean test accuracy and hides nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.evaluation.chance import did_not_learn, majority_share
from benchmarks.evaluation.gains import gains
from benchmarks.evaluation.leaderboard import columns, leaderboard
from benchmarks.evaluation.records import RunResults
from benchmarks.evaluation.run_results import read_run
from benchmarks.evaluation.statistics import compute_statistics
from tests.report.folder import ROWS, Row, build


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
    assert list(frame.columns) == columns()
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


def test_another_input_size_is_no_control(tmp_path: Path) -> None:
    rows = (
        Row(name="vgg16.scratch", facts={"input_size": 96}),
        Row(name="vgg16.source.frozen"),
    )
    run = read_run(build(tmp_path / "run", rows, seeds=(0,), images=40))
    assert gains(run, compute_statistics(run)) == ()
