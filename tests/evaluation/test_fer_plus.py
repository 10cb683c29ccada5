"""FER+ beside the labels: what fits and annotators reach, from stored predictions and votes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.data.prepared import prepare_data, votes_on
from benchmarks.errors import InputError
from benchmarks.evaluation.fer_plus import agreement, annotator_agreement
from benchmarks.evaluation.leaderboard import standings
from benchmarks.evaluation.statistics import compute_statistics
from benchmarks.protocol.schema import DataChoice
from benchmarks.report.page import render
from benchmarks.store.folder import RunFolder
from benchmarks.store.reading import read_run
from benchmarks.store.records import Predictions
from benchmarks.store.splits import read_splits, split_table
from benchmarks.store.votes import VotesOnTest, read_votes, write_votes
from datasets.reading.fer_plus import COLUMNS, EXPRESSIONS, classes, majority
from tests.datasets import samples
from tests.datasets.votes import agreeing
from tests.datasets.votes import write_votes as write_fer_plus
from tests.folder import EXPRESSIONS as CLASSES
from tests.folder import ROWS, build


def votes_of(*ballots: dict[str, int]) -> VotesOnTest:
    counts = [[ballot.get(column, 0) for column in COLUMNS] for ballot in ballots]
    return VotesOnTest(np.arange(len(ballots)), np.array(counts, np.int64))


def answers(*names: str) -> Predictions:
    chosen = np.array([CLASSES.index(name) for name in names])
    rows = np.arange(len(names))
    return Predictions(
        rows, rows.astype(np.str_), np.zeros_like(rows), np.eye(len(CLASSES))[chosen]
    )


def test_agreement_counts_images_whose_majority_is_a_class_of_the_run():
    votes = votes_of(
        {"happiness": 10},
        {"anger": 6, "fear": 4},
        {"contempt": 10},
        {"happiness": 5, "sadness": 5},
        {"nf": 10},
    )
    found = agreement([answers("happy", "fear", "angry", "happy", "happy")], votes, CLASSES)
    assert found is not None
    assert found.value == pytest.approx(1 / 2)
    assert found.low < 1 / 2 < found.high
    assert agreement([answers("happy")], votes_of({"nf": 10}), CLASSES) is None


def test_annotators_are_held_against_the_others():
    assert annotator_agreement(votes_of({"happiness": 10}), CLASSES) == 1
    assert annotator_agreement(votes_of({"happiness": 9, "nf": 1}), CLASSES) == 0.9
    assert annotator_agreement(votes_of({"nf": 10}, {"contempt": 10}), CLASSES) is None


def test_an_annotator_does_not_make_the_majority_that_he_is_held_against():
    """Six of ten happy: without one of them it is five of nine, without another six of nine."""
    assert annotator_agreement(votes_of({"happiness": 6, "sadness": 4}), CLASSES) == 6 / 10
    """Five of nine happy: without one of them four of eight, no majority."""
    assert annotator_agreement(votes_of({"happiness": 5, "sadness": 4}), CLASSES) == 0


def test_the_annotators_agreement_is_that_of_leaving_each_vote_out_by_hand():
    rng = np.random.default_rng(0)
    counts = rng.multinomial(10, [0.4, 0.2, 0.1, 0.1, 0.05, 0.05, 0.04, 0.02, 0.02, 0.02], 200)
    met = []
    for row in counts[classes(majority(counts), CLASSES) >= 0]:
        for column in np.repeat(np.arange(10), row):
            others = [count - (k == column) for k, count in enumerate(row)]
            kept = [count if count > 1 else 0 for count in others]
            best = int(np.argmax(kept))
            if 2 * kept[best] > sum(kept) and best < 7:
                met.append(best == column)
    found = annotator_agreement(VotesOnTest(np.arange(200), counts.astype(np.int64)), CLASSES)
    assert found == pytest.approx(np.mean(met))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return build(tmp_path / "run", ROWS[:2], images=40)


def as_labelled(run: Path) -> dict[str, tuple[int, ...]]:
    """Votes of ten for each test image's own label, by path."""
    test = read_splits(RunFolder(run)).of("test")
    columns = [EXPRESSIONS.index(CLASSES[label]) for label in test.labels]
    return {
        path: tuple(10 * (k == column) for k in range(len(COLUMNS)))
        for path, column in zip(test.paths.tolist(), columns, strict=True)
    }


def test_the_leaderboard_has_the_columns_where_the_run_has_votes(run: Path):
    write_votes(RunFolder(run), as_labelled(run), read_splits(RunFolder(run)))
    render(run)
    results = read_run(run)
    frame = standings(results, compute_statistics(results))
    assert frame["fer_plus_accuracy"].tolist() == pytest.approx(frame["accuracy"].tolist())
    assert frame["fer_plus_annotator"].tolist() == [1, 1]
    for end in ("low", "high"):
        accuracy = frame[f"accuracy_{end}"].tolist()
        assert frame[f"fer_plus_accuracy_{end}"].tolist() == pytest.approx(accuracy, abs=5e-3)
    stored = RunFolder(run).csv.read_text("utf-8").partition("\n")[0]
    assert "fer_plus_accuracy,fer_plus_accuracy_low,fer_plus_accuracy_high" in stored
    page = RunFolder(run).page.read_text("utf-8")
    assert "FER+, %</button>" in page
    assert "FER+ annotator, %</button>" in page


def test_a_run_without_votes_has_neither_column_nor_file(run: Path):
    write_votes(RunFolder(run), {}, read_splits(RunFolder(run)))
    assert not RunFolder(run).votes.exists()
    render(run)
    assert "FER+" not in RunFolder(run).page.read_text("utf-8")


def test_votes_on_other_images_are_refused(run: Path):
    folder, splits = RunFolder(run), read_splits(RunFolder(run))
    write_votes(folder, as_labelled(run), splits)
    with pytest.raises(InputError, match=r"fer-plus.parquet: holds other images; remove it"):
        read_votes(folder, splits.only(splits.rows != splits.of("test").rows[0]))


def test_a_csv_with_votes_beside_it_gives_each_test_image_its_own(
    tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))
    file = samples.write_fer2013_csv(tmp_path / "fer" / "fer2013.csv")
    write_fer_plus(file.with_name("fer2013new.csv"), agreeing())
    prepared = prepare_data(DataChoice(set="fer2013"), file, seed=0)
    images = split_table(prepared.table())
    write_votes(RunFolder(run), votes_on(prepared, ()), images)
    stored = read_votes(RunFolder(run), images)
    assert stored is not None
    voted = [EXPRESSIONS[column] for column in stored.counts.argmax(axis=1)]
    assert voted == [prepared.data.class_names[label] for label in images.of("test").labels]
