"""A run that was made without votes takes them up from beside the data that it was made from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.data.prepared import prepare_data
from benchmarks.errors import InputError
from benchmarks.execution.progress import Display
from benchmarks.execution.votes import take_up_votes
from benchmarks.protocol.schema import DataChoice
from benchmarks.store.digests import changes, write_digests
from benchmarks.store.folder import RunFolder
from benchmarks.store.splits import read_splits, split_table, write_splits
from benchmarks.store.votes import read_votes
from datasets.reading.fer_plus import EXPRESSIONS
from datasets.records import DataError
from tests.datasets import samples
from tests.datasets.votes import agreeing, write_votes
from tests.folder import build


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))
    return samples.write_fer2013_csv(tmp_path / "data" / "fer2013.csv")


@pytest.fixture
def run(tmp_path: Path, data: Path) -> Path:
    """A finished run on ``data`` in which nothing was ranked."""
    choice = DataChoice(set="fer2013")
    prepared = prepare_data(choice, data, seed=0)
    folder = build(
        tmp_path / "run",
        (),
        classes=prepared.data.class_names,
        split={"digest": prepared.split.digest},
        protocol={"seed": 0, "data": choice.model_dump(mode="json"), "controls": False},
    )
    write_splits(RunFolder(folder), split_table(prepared.table()))
    write_digests(folder)
    return folder


def take_up(run: Path, data: Path) -> Path:
    return take_up_votes(run, data, (), Display(Console(quiet=True)))


def test_each_test_image_gets_its_own_votes_and_the_folder_stays_whole(run: Path, data: Path):
    write_votes(data.with_name("fer2013new.csv"), agreeing())
    assert take_up(run, data) == RunFolder(run).votes
    splits = read_splits(RunFolder(run))
    stored = read_votes(RunFolder(run), splits)
    assert stored is not None
    names = json.loads(RunFolder(run).manifest.read_text("utf-8"))["data"]["class_names"]
    voted = [EXPRESSIONS[column] for column in stored.counts.argmax(axis=1)]
    assert voted == [names[label] for label in splits.of("test").labels]
    assert not list(changes(run))


def test_other_data_are_refused(run: Path, data: Path):
    write_votes(data.with_name("fer2013new.csv"), agreeing())
    table = data.read_text()
    data.write_text(table.replace("PrivateTest", "Training", 1))
    with pytest.raises(InputError, match=r"fer2013.csv: not the data of .*give those"):
        take_up(run, data)


def test_data_without_votes_are_refused_and_votes_that_are_no_use_say_why(run: Path, data: Path):
    with pytest.raises(InputError, match=r"no votes of FER\+ beside it; put fer2013new.csv there"):
        take_up(run, data)
    write_votes(data.with_name("fer2013new.csv"), agreeing()[:-1])
    with pytest.raises(DataError, match="votes for 41 rows, but 42 images"):
        take_up(run, data)
    assert not RunFolder(run).votes.exists()
