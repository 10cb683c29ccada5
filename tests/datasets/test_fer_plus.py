"""FER+: votes become labels by the published rule, joined to FER2013 by the order of the rows."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.cache.decoded import open_data_set
from datasets.fer2013 import fer2013, votes
from datasets.reading.fer_plus import COLUMNS, EIGHT_CLASSES, NONE, VotesTable, majority, shares
from datasets.records import DataError, DataSet
from tests.datasets import samples
from tests.datasets.votes import HEADER, agreeing, ballot, write_votes


@pytest.fixture
def load(tmp_path: Path):
    def load(path: Path, labels: str | None = "fer+") -> DataSet:
        return open_data_set(fer2013, path, {}, labels=labels, cache=tmp_path / "cache")

    return load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return samples.write_fer2013_csv(tmp_path / "fer" / "fer2013.csv").parent


@pytest.mark.parametrize(
    ("counts", "column"),
    [
        ({"happiness": 6, "neutral": 4}, "happiness"),
        ({"happiness": 5, "neutral": 5}, NONE),
        ({"happiness": 5, "neutral": 4, "fear": 1}, "happiness"),
        ({"happiness": 4, "neutral": 3, "fear": 3}, NONE),
        ({"happiness": 2, "neutral": 1, "fear": 1, "anger": 1}, "happiness"),
        (dict.fromkeys(COLUMNS, 1), NONE),
        ({"unknown": 7, "neutral": 3}, "unknown"),
        ({"nf": 10}, "nf"),
        ({"contempt": 6, "anger": 4}, "contempt"),
        ({}, NONE),
    ],
)
def test_a_majority_is_more_than_half_of_the_votes_that_are_no_outliers(counts, column):
    expected = column if column == NONE else COLUMNS.index(column)
    assert majority(np.array([ballot(**counts)])).tolist() == [expected]


@given(st.lists(st.lists(st.integers(0, 10), min_size=10, max_size=10), min_size=1))
def test_a_majority_is_that_of_the_published_rule(ballots):
    for counts, found in zip(ballots, majority(np.array(ballots)).tolist(), strict=True):
        kept = [count if count > 1 else 0 for count in counts]
        most = max(kept)
        expected = kept.index(most) if most > 0.5 * sum(kept) else NONE
        assert found == expected


def test_the_majority_is_the_label_and_what_has_none_is_left_out(folder, load):
    ballots = agreeing()
    ballots[0] = ballot(contempt=8, anger=2)
    ballots[1] = ballot(nf=10)
    ballots[2] = ballot(unknown=9, fear=1)
    ballots[3] = ballot(happiness=5, sadness=5)
    write_votes(folder / "fer2013new.csv", ballots)
    data = load(folder)
    assert data.class_names == (*samples.EMOTIONS, "contempt")
    assert data.class_names[data.labels[0]] == "contempt"
    assert len(data.labels) == 39
    assert [(one.path, one.kind, one.reason, one.split) for one in data.left_out] == [
        ("fer2013.csv:3", "unused", "FER+: not a face by majority", "train"),
        ("fer2013.csv:4", "unused", "FER+: unknown by majority", "train"),
        ("fer2013.csv:5", "unused", "FER+: no majority of the votes", "train"),
    ]
    assert data.provenance.status == "altered"
    assert data.provenance.notes[0] == (
        "labels are the majority of FER+ votes (fer2013new.csv), not FER2013's own; left out: 3 of "
        "42 images (1 no majority of the votes, 1 not a face by majority, 1 unknown by majority)"
    )


def test_shares_are_of_the_votes_for_the_classes_without_single_ones():
    counts = np.array([ballot(happiness=4, sadness=2, fear=1, nf=3), ballot(nf=9, anger=1)])
    found = shares(counts, EIGHT_CLASSES)
    assert found.dtype == np.float32
    assert dict(zip(EIGHT_CLASSES, found[0].tolist(), strict=True)) == pytest.approx(
        dict.fromkeys(EIGHT_CLASSES, 0) | {"happy": 2 / 3, "sad": 1 / 3}
    )
    assert not found[1].any()
    assert shares(counts, ("sad", "angry"))[0].tolist() == [1, 0]


def test_votes_that_are_there_are_offered_and_change_nothing(folder, load):
    without = load(folder, None)
    write_votes(folder / "fer2013new.csv", agreeing())
    offered = load(folder, None)
    assert offered.digest == without.digest
    assert offered.provenance.notes == (
        *without.provenance.notes,
        'FER+ votes are there (fer2013new.csv): [data] labels = "fer+"',
    )


@pytest.mark.parametrize("place", ["beside", "in the folder", "in the zip", "beside the zip"])
def test_votes_are_found_beside_the_table(place, folder, load, tmp_path):
    given = folder / "fer2013.csv" if place == "beside" else folder
    if place == "beside the zip":
        given = samples.zipped(folder)
        write_votes(tmp_path / "fer2013new.csv", agreeing())
    else:
        write_votes(folder / "FER2013new.csv", agreeing())
    if place == "in the zip":
        given = samples.zipped(folder)
    assert len(load(given).labels) == 42
    assert len(votes(given)) == 42


def test_votes_in_the_table_itself_are_taken(folder, load):
    lines = (folder / "fer2013.csv").read_text().splitlines()
    columns = [",".join(COLUMNS), *(",".join(map(str, each)) for each in agreeing())]
    joined = [f"{line},{more}" for line, more in zip(lines, columns, strict=True)]
    (folder / "fer2013.csv").write_text("\n".join(joined))
    assert len(load(folder).labels) == 42


def test_changed_votes_beside_a_file_are_read_again(folder, load):
    file = folder / "fer2013.csv"
    write_votes(folder / "fer2013new.csv", agreeing())
    before = load(file)
    write_votes(folder / "fer2013new.csv", [ballot(nf=10), *agreeing()[1:]])
    assert len(load(file).labels) == len(before.labels) - 1


BROKEN = {
    "another number of rows": (
        lambda: (agreeing()[:-1], HEADER),
        "votes for 41 rows, but 42 images",
    ),
    "no number": (
        lambda: ([["x"] * 10, *agreeing()[1:]], HEADER),
        r"fer2013new.csv:2: neutral has 'x' votes; expected a whole number",
    ),
    "a field too much": (
        lambda: ([[*agreeing()[0], 3], *agreeing()[1:]], HEADER),
        r"fer2013new.csv:2: 13 fields where the first line names 12",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_votes_that_cannot_be_joined_are_refused_if_asked_for_else_told(name, folder, load):
    make, complaint = BROKEN[name]
    write_votes(folder / "fer2013new.csv", *make())
    with pytest.raises(DataError, match=complaint):
        load(folder)
    data = load(folder, None)
    assert len(data.labels) == 42
    assert data.provenance.notes[-1].startswith("FER+ votes are there, but of no use: ")
    with pytest.raises(DataError, match=complaint):
        votes(folder)


def test_votes_in_another_order_of_splits_are_refused_by_line(folder, load):
    file = write_votes(folder / "fer2013new.csv", agreeing())
    header, *lines = file.read_text().splitlines()
    file.write_text("\n".join([header, *reversed(lines)]))
    with pytest.raises(DataError, match=r"new.csv:2: is in test, but fer2013.csv:2 is in train"):
        load(folder)


def test_votes_in_another_order_are_known_by_their_disagreement():
    rng = np.random.default_rng(0)
    columns = rng.integers(0, 7, 5000)
    counts = np.zeros((5000, 10), np.int64)
    counts[np.arange(5000), columns] = 10
    found = VotesTable("v.csv", counts, np.arange(5000), ("train",) * 5000)
    with pytest.raises(DataError, match="are not in the same order"):
        found.joined([""] * 5000, ["train"] * 5000, rng.integers(0, 7, 5000))


def test_labels_that_are_not_known_are_refused(folder, load):
    with pytest.raises(DataError, match=r"data.labels is 'votes'; fer2013 knows \"fer\+\""):
        load(folder, "votes")


def test_votes_that_are_asked_for_and_not_there_are_refused(folder, load):
    with pytest.raises(DataError, match=r"no votes of FER\+ beside fer2013.csv; put fer2013new"):
        load(folder)


def test_votes_cannot_be_joined_to_images_in_folders(tmp_path, load):
    images = samples.write_fer2013_folder(tmp_path / "images")
    with pytest.raises(
        DataError, match=r"joined by the rows of fer2013.csv, and folders have none"
    ):
        load(images)


def test_the_zip_of_a_folder_with_votes_is_the_folder(folder, load):
    write_votes(folder / "fer2013new.csv", agreeing())
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    assert load(folder.with_suffix(".zip")).digest == load(folder).digest
