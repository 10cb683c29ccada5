"""What each mistake puts into train, validation and test, and that its counterpart does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.data import mistakes
from benchmarks.data.mistakes import (
    ALTERED,
    COUNTERPARTS,
    MISTAKES,
    Mistake,
    Reported,
    apply_mistake,
    check_experiment,
    treated,
)
from benchmarks.data.prepared import PreparedData
from benchmarks.errors import InputError
from benchmarks.protocol.schema import Protocol
from datasets.cache.packs import pack, splits_table
from datasets.records import DataError, DataSet, Split
from datasets.splits import make_split, record_split
from tests.datasets.samples import in_memory
from tests.protocol.protocols import CONTENT

COUNTERPART_NAMES = [counterpart.name for counterpart in COUNTERPARTS]
TRAINED = [mistake.name for mistake in MISTAKES if mistake.trained]
COUNT = 400


def data_set() -> DataSet:
    """200 images of class 0, 100 of classes 1 and 2 each; every fifth repeats the one before it."""
    labels = [0] * 200 + [1] * 100 + [2] * 100
    pictures = [row - 1 if row % 5 == 4 else row for row in range(COUNT)]
    split = (["train"] * 6 + ["validation"] * 2 + ["test"] * 2) * (COUNT // 10)
    return in_memory(labels, split, pictures)


DATA = data_set()
HONEST = make_split(DATA, seed=0)


def made(treatment: str, seed: int = 0) -> tuple[DataSet, Split]:
    return treated(DATA, HONEST, treatment, seed)


def originals(data: DataSet, rows: np.ndarray) -> set[str]:
    return {path.removesuffix(ALTERED) for path in data.paths[rows].tolist()}


def pictures(data: DataSet, rows: np.ndarray) -> set[str]:
    """The pixels of the images, or of the images that they are altered copies of."""
    known = dict(zip(data.paths.tolist(), data.image_ids.tolist(), strict=True))
    return {known[path] for path in originals(data, rows)}


@pytest.mark.parametrize("treatment", ["select-on-test", "tune-on-test"])
def test_the_test_images_stand_in_for_validation_and_are_not_trained_on(treatment: str) -> None:
    _, split = made(treatment)
    assert split.train.tolist() == HONEST.train.tolist()
    assert split.validation.tolist() == split.test.tolist() == HONEST.test.tolist()


def test_training_on_the_test_images_leaves_validation_and_test_as_they_were() -> None:
    _, split = made("test-in-training")
    assert set(split.train) == set(range(COUNT))
    assert split.validation.tolist() == HONEST.validation.tolist()
    assert split.test.tolist() == HONEST.test.tolist()


def test_a_random_re_split_parts_copies_and_keeps_sizes_and_classes() -> None:
    data, split = made("random-re-split")
    parts = (split.train, split.validation, split.test)
    assert sorted(np.concatenate(parts).tolist()) == list(range(COUNT))
    assert [len(part) for part in parts] == [240, 80, 80]
    assert np.bincount(data.labels[split.test]).tolist() == [40, 20, 20]
    assert pictures(data, split.train) & pictures(data, split.test)


@pytest.mark.parametrize("treatment", sorted(COUNTERPART_NAMES))
def test_no_counterpart_has_a_picture_on_two_sides(treatment: str) -> None:
    data, split = made(treatment)
    parts = [pictures(data, rows) for rows in (split.train, split.validation, split.test)]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]


def test_the_counterparts_are_tested_on_the_same_untouched_images() -> None:
    grouped = made("grouped-re-split")[1]
    for treatment in ("oversample-after-split", "augment-after-split"):
        split = made(treatment)[1]
        assert split.test.tolist() == grouped.test.tolist()
        assert split.validation.tolist() == grouped.validation.tolist()
        assert set(grouped.train) <= set(split.train)


def test_oversampling_before_the_split_makes_classes_equal_and_copies_test_images() -> None:
    data, split = made("oversample-before-split")
    every = np.concatenate([split.train, split.validation, split.test])
    assert np.bincount(data.labels[every]).tolist() == [200, 200, 200]
    assert np.bincount(data.labels[split.test]).tolist() == [40, 40, 40]
    rare = split.test[data.labels[split.test] > 0]
    assert np.isin(rare, split.train).mean() > 0.3


def test_oversampling_after_the_split_fills_up_the_training_images_alone() -> None:
    data, split = made("oversample-after-split")
    counts = np.bincount(data.labels[split.train])
    assert len(set(counts)) == 1
    assert len(set(split.test)) == len(split.test)


def test_augmenting_before_the_split_parts_an_image_from_its_altered_copy() -> None:
    data, split = made("augment-before-split")
    every = np.concatenate([split.train, split.validation, split.test])
    assert sorted(every.tolist()) == list(range(2 * COUNT))
    copies = [row for row in every if data.paths[row].endswith(ALTERED)]
    assert len(copies) == COUNT
    assert originals(data, split.train) & originals(data, split.test)


def test_augmenting_after_the_split_alters_training_images_alone() -> None:
    data, split = made("augment-after-split")
    assert len(split.train) == 2 * len(made("grouped-re-split")[1].train)
    for rows in (split.validation, split.test):
        assert not any(path.endswith(ALTERED) for path in data.paths[rows])


def test_an_altered_copy_has_the_label_of_its_original_and_other_pixels() -> None:
    images = np.random.default_rng(0).integers(0, 256, (COUNT, 12, 12, 1), np.uint8)
    drawn = DataSet(**{**vars(DATA), "images": images})
    data, _ = treated(drawn, HONEST, "augment-before-split", 0)
    assert data.images.shape == (2 * COUNT, 12, 12, 1)
    assert (data.images[:COUNT] == images).all()
    assert data.labels[COUNT:].tolist() == data.labels[:COUNT].tolist()
    assert all((data.images[COUNT + row] != images[row]).any() for row in range(COUNT))
    assert data.paths[COUNT] == f"{data.paths[0]}{ALTERED}"
    assert data.digest not in (
        drawn.digest,
        treated(drawn, HONEST, "augment-before-split", 1)[0].digest,
    )


@pytest.mark.parametrize("treatment", [*TRAINED, *COUNTERPART_NAMES])
def test_the_seed_alone_decides_and_images_out_of_the_split_stay_out(treatment: str) -> None:
    part = make_split(DATA, seed=0, train_images=100)
    data, split = treated(DATA, part, treatment, 3)
    assert split.digest == treated(DATA, part, treatment, 3)[1].digest
    used = {f"{row}.png" for row in np.concatenate([part.train, part.validation, part.test])}
    for rows in (split.train, split.validation, split.test):
        assert originals(data, rows) <= used


def test_a_class_too_small_to_be_split_is_named() -> None:
    labels, split = [0] * 21 + [1] * 3, ["train", "validation", "test"] * 8
    data = in_memory(labels, split, list(range(24)))
    with pytest.raises(DataError, match="class-1"):
        treated(data, make_split(data, seed=0), "grouped-re-split", 0)


def test_a_class_of_one_image_cannot_be_split_at_random() -> None:
    labels, split = [0] * 20 + [1], [*["train", "validation", "test"] * 6, "test", "test", "train"]
    data = in_memory(labels, split, list(range(21)))
    with pytest.raises(DataError, match="cannot be split at random"):
        treated(data, make_split(data, seed=0), "random-re-split", 0)


def prepared(cache: Path) -> PreparedData:
    return PreparedData(DATA, HONEST, pack(DATA, HONEST, cache=cache), None)


def protocol(**changes: str) -> Protocol:
    return Protocol.model_validate({**CONTENT, **changes})


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path))
    return tmp_path


def test_an_honest_protocol_keeps_its_data(cache: Path) -> None:
    honest = prepared(cache)
    assert apply_mistake(honest, protocol()) is honest


@pytest.mark.parametrize("mistake", [name for name in TRAINED if name != "tune-on-test"])
def test_a_mistaken_pack_is_one_of_its_own_under_the_mistakes_name(
    cache: Path, mistake: str
) -> None:
    honest = prepared(cache)
    laid = apply_mistake(honest, protocol(mistake=mistake))
    assert laid.packs.training.parent == cache / "mistakes" / mistake
    assert laid.split.training_digest != honest.split.training_digest
    table = splits_table(laid.data, laid.split)
    labels = np.load(laid.packs.training / "train-labels.npy")
    assert labels.tolist() == table[table["split"] == "train"]["label"].tolist()
    assert not list(laid.packs.training.glob("test-*"))


def test_an_altered_copy_has_the_targets_of_its_original() -> None:
    targets = np.random.default_rng(0).random((len(DATA.labels), 2)).astype(np.float32)
    data, split = treated(replace(DATA, targets=targets), HONEST, "augment-after-split", 0)
    assert data.targets is not None
    original = {path: row for row, path in enumerate(DATA.paths.tolist())}
    rows = [original[path.removesuffix(ALTERED)] for path in data.paths[split.train].tolist()]
    assert (data.targets[split.train] == targets[rows]).all()


def test_tuning_on_the_test_set_leaves_the_final_fits_on_honest_data(cache: Path) -> None:
    honest = prepared(cache)
    laid = apply_mistake(honest, protocol(mistake="tune-on-test"))
    assert (laid.split, laid.packs) == (honest.split, honest.packs)
    assert laid.tuning is not None
    seen = np.load(laid.tuning.packs.training / "validation-images.npy")
    assert (seen == DATA.images[HONEST.test]).all()


def test_a_counterpart_lies_apart_from_mistakes(cache: Path) -> None:
    laid = apply_mistake(prepared(cache), protocol(counterpart="grouped-re-split"))
    assert laid.packs.training.parent == cache / "counterparts" / "grouped-re-split"


def swapped(data: DataSet, split: Split, seed: int) -> tuple[DataSet, Split]:
    """Train on the validation images and validate on the training images."""
    parts = {"train": split.validation, "validation": split.train, "test": split.test}
    return data, record_split(data, parts, made=split.made)


def test_a_mistake_is_added_by_one_row(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = Mistake(name="swap", title="Swapping", description="it swaps", treatment=swapped)
    with pytest.raises(InputError, match="mistake: should be"):
        apply_mistake(prepared(cache), protocol(mistake="swap"))
    monkeypatch.setattr(mistakes, "MISTAKES", (*MISTAKES, row))
    laid = apply_mistake(prepared(cache), protocol(mistake="swap"))
    assert laid.split.train.tolist() == HONEST.validation.tolist()
    assert laid.packs.training.parent == cache / "mistakes" / "swap"
    assert mistakes.announcement("swap", None).startswith("This run makes a known mistake on")
    assert "it swaps" in mistakes.announcement("swap", None)


def test_a_mistake_of_reporting_needs_no_training_and_cannot_be_asked_for() -> None:
    reporting = [mistake for mistake in MISTAKES if mistake.reporting is not None]
    assert reporting == [mistake for mistake in MISTAKES if not mistake.trained]
    for mistake in reporting:
        with pytest.raises(InputError, match="mistake: should be"):
            check_experiment(protocol(mistake=mistake.name))


def test_what_is_reported_is_chosen_by_the_honest_answers() -> None:
    told = {m.name: m.reporting for m in MISTAKES if m.reporting is not None}
    correct = np.array([[True, False], [True, True]])
    assert told["best-of-seeds"](correct) == Reported("test", (1,))
    assert told["validation-as-test"](correct) == Reported("validation", (0, 1))


def test_an_unknown_name_is_answered_with_the_known_ones_and_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        check_experiment(protocol(mistake="select-on-tset"))
    said = str(caught.value)
    assert said.startswith("mistake: should be 'select-on-test', 'tune-on-test', ")
    assert said.endswith("(got 'select-on-tset'); did you mean 'select-on-test'?")
    with pytest.raises(InputError, match="counterpart: should be 'grouped-re-split', "):
        check_experiment(protocol(counterpart="honest"))


def test_a_mistake_that_is_unknown_here_is_announced_by_its_name() -> None:
    assert "on purpose: of-old" in mistakes.announcement("of-old", None)
