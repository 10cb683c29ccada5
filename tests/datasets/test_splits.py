"""A split keeps what the source gives, makes what is missing, and leaks nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.records import DataError
from datasets.splits import make_split
from tests.datasets.samples import in_memory


@st.composite
def unsplit(draw: st.DrawFn):
    """Data without a split: two to four classes of 11 to 40 images, some of them copied."""
    sizes = draw(st.lists(st.integers(11, 40), min_size=2, max_size=4))
    labels = [label for label, size in enumerate(sizes) for _ in range(size)]
    pictures = list(range(len(labels)))
    for row in draw(st.lists(st.sampled_from(pictures), max_size=15)):
        labels.append(labels[row])
        pictures.append(row)
    return in_memory(labels, [""] * len(labels), pictures)


@settings(max_examples=60, deadline=None)
@given(unsplit(), st.integers(0, 2**32 - 1))
def test_a_made_split_is_whole_disjoint_stratified_and_free_of_leaks(data, seed):
    split = make_split(data, seed=seed)
    parts = (split.train, split.validation, split.test)
    assert sorted(np.concatenate(parts)) == list(range(len(data.labels)))
    ids = [set(data.image_ids[rows]) for rows in parts]
    assert not ids[0] & ids[1]
    assert not ids[0] & ids[2]
    assert not ids[1] & ids[2]
    for label in range(len(data.class_names)):
        different = len(set(data.image_ids[data.labels == label]))
        for share, rows in ((0.1, split.validation), (0.2, split.test)):
            taken = len(set(data.image_ids[rows][data.labels[rows] == label]))
            assert taken >= 1
            assert abs(taken - share * different) <= 1.5


@settings(max_examples=30, deadline=None)
@given(unsplit(), st.integers(0, 2**32 - 1), st.randoms())
def test_a_split_does_not_depend_on_the_order_of_the_files(data, seed, random):
    order = list(range(len(data.labels)))
    random.shuffle(order)
    shuffled = replace(
        data,
        images=data.images[order],
        labels=data.labels[order],
        image_ids=data.image_ids[order],
    )
    one, other = make_split(data, seed=seed), make_split(shuffled, seed=seed)
    for name in ("train", "validation", "test"):
        assert sorted(data.image_ids[getattr(one, name)]) == sorted(
            shuffled.image_ids[getattr(other, name)]
        )


@settings(max_examples=30, deadline=None)
@given(unsplit(), st.integers(0, 9), st.data())
def test_a_subset_of_train_leaves_validation_and_test_whole(data, seed, more):
    whole = make_split(data, seed=seed)
    count = more.draw(st.integers(2 * len(data.class_names), len(whole.train)))
    part = make_split(data, seed=seed, train_images=count)
    assert len(part.train) == count
    assert set(part.train) <= set(whole.train)
    assert (part.validation == whole.validation).all()
    assert (part.test == whole.test).all()


def official(test_labels: list[int]):
    labels = [0, 1] * 10 + [0, 1] * 3 + test_labels
    split = ["train"] * 20 + ["validation"] * 6 + ["test"] * len(test_labels)
    return in_memory(labels, split, list(range(len(labels))))


def test_an_official_split_is_kept():
    split = make_split(official([0, 1, 1, 0]), seed=3)
    assert not split.made
    assert split.train.tolist() == list(range(20))
    assert split.test.tolist() == list(range(26, 30))


def test_a_missing_validation_split_comes_out_of_train():
    data = in_memory([0, 1] * 30, ["train"] * 50 + ["test"] * 10, list(range(60)))
    split = make_split(data, seed=0)
    assert split.made
    assert len(split.validation) == 5
    assert split.test.tolist() == list(range(50, 60))


def test_other_test_labels_change_the_digest_but_not_what_training_sees():
    one, other = (make_split(official(labels), seed=3) for labels in ([0, 1, 1, 0], [1, 0, 0, 1]))
    assert one.digest != other.digest
    assert one.training_digest == other.training_digest


def test_another_seed_makes_another_split():
    data = in_memory([0, 1] * 50, [""] * 100, list(range(100)))
    assert make_split(data, seed=0).digest != make_split(data, seed=1).digest
    assert make_split(data, seed=0).digest == make_split(data, seed=0).digest


def test_a_class_too_small_to_be_split_is_named():
    data = in_memory([0] * 50 + [1] * 3, [""] * 53, list(range(53)))
    with pytest.raises(DataError, match="'class-1' has 3 different images, too few"):
        make_split(data, seed=0)


@pytest.mark.parametrize("count", [1, 21])
def test_an_impossible_number_of_training_images_is_refused(count):
    with pytest.raises(DataError, match=r"expected between 2 .* and 20"):
        make_split(official([0, 1]), seed=0, train_images=count)


def test_a_class_without_training_images_is_refused():
    data = in_memory([0, 0, 1, 0, 1], ["train"] * 2 + ["validation"] + ["test"] * 2, [*range(5)])
    with pytest.raises(DataError, match="no training image of class 'class-1'"):
        make_split(data, seed=0)
