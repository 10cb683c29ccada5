"""Somebody's predictions become a row that everybody can tell from the run's own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.evaluation.budget import budgets, had_more
from benchmarks.evaluation.conditions import conditions
from benchmarks.evaluation.fitted import resolve_fit
from benchmarks.evaluation.leaderboard import leaderboard
from benchmarks.evaluation.statistics import compute_statistics
from benchmarks.exchange.adding.add import add, close
from benchmarks.exchange.adding.incoming import AddRequest
from benchmarks.report.page import render_page
from benchmarks.store.digests import changes, write_digests
from benchmarks.store.ledger import read_ledger
from benchmarks.store.reading import read_run
from datasets.records import DataError
from tests.folder import EXPRESSIONS, ROWS, build
from tests.folder_extras import join


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return build(tmp_path / "run", ROWS[:2] + ROWS[-2:], seeds=(0, 1), images=200)


def given(run: Path, file: Path, *, skill: float = 4.0, order: tuple[int, ...] = ()) -> Path:
    """Write predictions for ``run`` that are mostly right, with columns named in ``order``."""
    splits = pd.read_parquet(run / "splits.parquet")
    asked = splits[splits["split"] != "train"]
    logits = np.random.default_rng(5).normal(size=(len(asked), len(EXPRESSIONS)))
    logits[np.arange(len(asked)), asked["label"]] += skill
    numbers = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    table = asked[["row"]].copy()
    for place, column in enumerate(order or range(len(EXPRESSIONS))):
        table[EXPRESSIONS[column]] = numbers[:, place]
    table.to_csv(file, index=False)
    return file


def added(run: Path, file: Path, name: str = "theirs", **changes):
    return add(AddRequest(run=run, name=name, predictions=file, **changes))


def openings(run: Path) -> list[str]:
    lines = read_ledger(run / "ledger.jsonl")
    return [line.variant for line in lines if line.event == "test-opened"]


def test_it_stands_below_the_runs_own_rows_whatever_it_scores(run: Path) -> None:
    own = list(leaderboard(read_run(run))["variant"])
    added(run, given(run, run.with_name("theirs.csv")))
    board = leaderboard(read_run(run))
    assert list(board["variant"]) == [*own[:2], "theirs", *own[2:]]
    row = board[board["variant"] == "theirs"].iloc[0]
    assert row["accuracy"] > board["accuracy"].iloc[0]
    assert row[["accuracy_low", "accuracy_high", "macro_f1", "log_loss"]].notna().all()
    assert row[["train_seconds", "images_seen", "parameters", "latency_ms"]].isna().all()


def test_its_probabilities_are_those_of_the_file(run: Path) -> None:
    file = given(run, run.with_name("theirs.csv"))
    added(run, file)
    stored = pd.read_parquet(run / "fits" / "theirs" / "seed-0" / "predictions.parquet")
    table = pd.read_csv(file).set_index("row").loc[stored["row"]]
    for name in EXPRESSIONS:
        assert stored[f"p_{name}"].to_numpy() == pytest.approx(table[name].to_numpy())


def test_the_page_says_what_it_is_and_gives_it_no_rank(run: Path) -> None:
    before = render_page(read_run(run))
    added(run, given(run, run.with_name("theirs.csv")))
    page = render_page(read_run(run))
    assert "theirs was brought in from outside and has no rank" in page
    assert "external: its training is unknown, so it has no rank" in page
    assert "may have seen the test images" not in before
    best = "plain-cnn has the highest test accuracy"
    assert best in before and best in page


def test_its_opening_of_the_test_set_is_in_the_ledger_once(run: Path) -> None:
    file = given(run, run.with_name("theirs.csv"))
    before = openings(run)
    assert not added(run, file).already
    assert added(run, file).already
    assert openings(run) == [*before, "theirs"]


def test_another_file_of_the_same_name_is_refused(run: Path) -> None:
    added(run, given(run, run.with_name("theirs.csv")))
    other = given(run, run.with_name("other.csv"), skill=3.0)
    with pytest.raises(InputError, match=r"has this row from theirs\.csv"):
        added(run, other)
    assert openings(run).count("theirs") == 1


def test_columns_in_a_wrong_order_are_found_before_the_test_set_is_opened(run: Path) -> None:
    file = given(run, run.with_name("theirs.csv"), order=(0, 1, 2, 3, 6, 4, 5))
    with pytest.raises(InputError, match="the test set was not opened") as raised:
        added(run, file)
    assert "classes angry,disgust,fear,happy,sad,surprise,neutral instead of angry," in str(
        raised.value
    )
    assert "theirs" not in openings(run)
    assert "theirs" not in (run / "manifest.json").read_text("utf-8")


def test_as_stated_goes_on_and_the_page_keeps_the_doubt(run: Path) -> None:
    file = given(run, run.with_name("theirs.csv"), order=(1, 0, 2, 3, 4, 5, 6))
    (warning,) = added(run, file, as_stated=True).warnings
    assert "on validation it scores" in warning
    assert warning.partition(" as stated")[0] in render_page(read_run(run))


def test_a_guess_joins_with_a_warning(run: Path) -> None:
    (warning,) = added(run, given(run, run.with_name("theirs.csv"), skill=0.0)).warnings
    assert "no better than always answering" in warning


def test_per_cent_score_as_the_shares_they_are_and_the_page_tells(run: Path) -> None:
    shares = given(run, run.with_name("shares.csv"))
    table = pd.read_csv(shares)
    table[list(EXPRESSIONS)] = (table[list(EXPRESSIONS)] * 100).round(6)
    table.to_csv(run.with_name("cents.csv"), index=False)
    added(run, shares, "shares")
    (note,) = added(run, run.with_name("cents.csv"), "cents").warnings
    board = leaderboard(read_run(run)).set_index("variant")
    for score in ("accuracy", "log_loss", "calibration_error"):
        assert board.loc["cents", score] == pytest.approx(board.loc["shares", score], abs=1e-6)
    assert "per cent" in note and note in render_page(read_run(run))


def test_sigmoid_outputs_leave_the_test_set_shut(run: Path) -> None:
    file = given(run, run.with_name("theirs.csv"))
    table = pd.read_csv(file)
    table[list(EXPRESSIONS)] = table[list(EXPRESSIONS)] ** 0.5
    table.to_csv(file, index=False)
    with pytest.raises(InputError, match=r"to row .* sigmoid outputs .*divide each by its sum"):
        added(run, file)
    assert "theirs" not in openings(run)


def test_an_interrupted_addition_is_finished_by_the_same_command(run: Path) -> None:
    file = given(run, run.with_name("theirs.csv"))
    added(run, file)
    (run / "fits" / "theirs" / "seed-0").rename(run / "gone")
    assert read_run(run).variants[-1].outcome.status == "not run"
    assert not added(run, file).already
    names = [v["name"] for v in json.loads((run / "manifest.json").read_text())["variants"]]
    assert names.count("theirs") == 1
    assert read_run(run).variants[-1].ranked


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../up", "a/b", "a b", "-x", "plain-cnn", "PLAIN-CNN", "Ä", "x" * 101]
)
def test_a_name_that_is_taken_or_no_name_is_refused(run: Path, name: str) -> None:
    with pytest.raises(InputError, match="--name"):
        added(run, given(run, run.with_name("theirs.csv")), name=name)


def test_the_name_of_an_ensemble_is_taken(run: Path) -> None:
    join(run, both=tuple(row.name for row in ROWS[:2]))
    with pytest.raises(InputError, match="--name Both: the run has a variant 'both'"):
        added(run, given(run, run.with_name("theirs.csv")), name="Both")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"predictions": None}, "give either --model FILE or --predictions FILE"),
        ({"model": Path("x.h5")}, "give either --model FILE or --predictions FILE"),
        ({"scale": "0..1"}, "--scale is for a model"),
        ({"predictions": Path("absent.csv")}, "no such file"),
        ({"predictions": None, "model": Path(__file__)}, "a model comes as one of"),
        ({"run": Path("nowhere")}, "not a results folder"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(run: Path, changes, reason: str) -> None:
    file = given(run, run.with_name("theirs.csv"))
    request = {"run": run, "name": "theirs", "predictions": file}
    with pytest.raises((InputError, DataError), match=reason):
        add(AddRequest(**{**request, **changes}))
    assert not Path("nowhere").exists()


def test_the_row_has_no_part_in_what_the_run_shared(run: Path) -> None:
    before = read_run(run)
    added(run, given(run, run.with_name("theirs.csv")))
    after = read_run(run)
    assert "theirs" in {variant.name for variant in after.ranked}
    assert budgets(after) == budgets(before)
    assert had_more(after) == had_more(before)
    assert conditions(after) == conditions(before)


def test_its_file_has_to_be_used_by_itself(run: Path) -> None:
    added(run, given(run, run.with_name("theirs.csv")))
    with pytest.raises(InputError, match="came from outside; use its own file"):
        resolve_fit(f"{run}/theirs")


def test_digests_of_a_finished_run_hold_again_afterwards(run: Path) -> None:
    write_digests(run)
    added(run, given(run, run.with_name("theirs.csv")))
    assert not (run / "digests.json").exists()
    close(run)
    assert not list(changes(run))


def test_a_run_that_was_changed_takes_no_new_row(run: Path) -> None:
    write_digests(run)
    with (run / "ledger.jsonl").open("a", encoding="utf-8") as ledger:
        ledger.write("{}\n")
    with pytest.raises(InputError, match="changed since the run ended"):
        added(run, given(run, run.with_name("theirs.csv")))


def test_a_row_from_outside_is_no_rival_of_the_best(run: Path) -> None:
    own = compute_statistics(read_run(run))
    added(run, given(run, run.with_name("theirs.csv")))
    statistics = compute_statistics(read_run(run))
    assert statistics.ranks == own.ranks
    assert statistics.pairs == own.pairs
    page = render_page(read_run(run))
    assert "plain-cnn has the highest test accuracy" in page
    assert "tied with theirs" not in page
