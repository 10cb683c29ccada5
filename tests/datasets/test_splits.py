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


@settings(max_examples=60)
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


@settings(max_examples=30)
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


@settings(max_examples=30)
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
    with pytest.raises(DataError, match=r"'class-1' has 3 different images .*too few"):
        make_split(data, seed=0)


@pytest.mark.parametrize("count", [1, 21])
def test_an_impossible_number_of_training_images_is_refused(count):
    with pytest.raises(DataError, match=r"expected between 2 .* and 20"):
        make_split(official([0, 1]), seed=0, train_images=count)


def leaky():
    """An official split whose test set repeats pictures 0, 1 and 1 of train, 21 of validation."""
    labels = [0, 1] * 10 + [0, 1] * 3 + [1, 0, 0, 1, 1]
    split = ["train"] * 20 + ["validation"] * 6 + ["test"] * 5
    return in_memory(labels, split, [*range(26), 0, 1, 1, 21, 99])


def test_dropping_takes_out_of_train_and_validation_what_the_test_set_holds():
    data = leaky()
    kept = make_split(data, seed=0)
    split = make_split(data, seed=0, duplicates="drop-train-duplicates")
    assert split.train.tolist() == list(range(2, 20))
    assert split.validation.tolist() == [20, 22, 23, 24, 25]
    assert (split.test == kept.test).all()
    assert (split.policy, split.dropped) == (
        "drop-train-duplicates",
        {"train": 2, "validation": 1},
    )
    assert split.training_digest != kept.training_digest


def test_dropping_does_not_look_at_test_labels():
    data = leaky()
    labels = data.labels.copy()
    labels[26:] = 1 - labels[26:]
    one, other = (
        make_split(each, seed=0, duplicates="drop-train-duplicates")
        for each in (data, replace(data, labels=labels))
    )
    assert one.training_digest == other.training_digest


def test_a_subset_is_taken_of_what_dropping_leaves():
    split = make_split(leaky(), seed=0, duplicates="drop-train-duplicates", train_images=18)
    assert split.train.tolist() == list(range(2, 20))


def test_dropping_every_validation_image_is_refused():
    data = in_memory(
        [0, 1, 0, 1, 0, 1], ["train"] * 2 + ["validation"] * 2 + ["test"] * 2, [0, 1, 2, 3, 2, 3]
    )
    with pytest.raises(DataError, match="the test set holds every validation image"):
        make_split(data, seed=0, duplicates="drop-train-duplicates")


@st.composite
def people(draw: st.DrawFn):
    """Unsplit data of 25 to 40 groups, each with 4 to 12 images of both classes."""
    sizes = draw(st.lists(st.integers(4, 12), min_size=25, max_size=40))
    group = np.repeat(np.arange(len(sizes)), sizes)
    labels = [row % 2 for row in range(len(group))]
    return in_memory(labels, [""] * len(group), list(range(len(group)))), group


@settings(max_examples=30)
@given(people(), st.integers(0, 2**32 - 1))
def test_a_group_is_on_one_side(data_and_group, seed):
    data, group = data_and_group
    split = make_split(data, seed=seed, duplicates="group", groups=group)
    parts = [set(group[rows]) for rows in (split.train, split.validation, split.test)]
    assert sum(map(len, parts)) == len(set(group))
    assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]
    rows = np.concatenate([split.train, split.validation, split.test])
    assert sorted(rows) == list(range(len(group)))
    assert abs(len(split.test) / len(group) - 0.2) < 0.15
    assert abs(len(split.validation) / len(group) - 0.1) < 0.15


def test_groups_are_dealt_the_same_in_any_order_of_the_files_and_of_the_groups():
    group = np.repeat(np.arange(30), 6)
    data = in_memory([0, 1] * 90, [""] * 180, list(range(180)))
    order = np.random.default_rng(0).permutation(180)
    shuffled = replace(
        data,
        images=data.images[order],
        labels=data.labels[order],
        image_ids=data.image_ids[order],
    )
    one = make_split(data, seed=3, duplicates="group", groups=group)
    other = make_split(shuffled, seed=3, duplicates="group", groups=(29 - group)[order])
    assert sorted(data.image_ids[one.test]) == sorted(shuffled.image_ids[other.test])
    again = make_split(data, seed=4, duplicates="group", groups=group)
    assert again.digest != one.digest


def test_grouping_an_official_split_is_refused():
    data = official([0, 1, 1, 0])
    with pytest.raises(DataError, match='has an official split: duplicates = "group" is for'):
        make_split(data, seed=0, duplicates="group", groups=np.arange(len(data.labels)))


def test_too_few_groups_are_refused():
    data = in_memory([0, 1] * 30, [""] * 60, list(range(60)))
    with pytest.raises(DataError, match="2 groups of images that belong together"):
        make_split(data, seed=0, duplicates="group", groups=np.repeat([0, 1], 30))


def test_a_class_without_training_images_is_refused():
    data = in_memory([0, 0, 1, 0, 1], ["train"] * 2 + ["validation"] + ["test"] * 2, [*range(5)])
    with pytest.raises(DataError, match="no training image of class 'class-1'"):
        make_split(data, seed=0)


@settings(max_examples=30)
@given(people(), st.integers(0, 2**32 - 1), st.sampled_from(["keep", "drop-train-duplicates"]))
def test_a_subject_is_on_one_side_under_every_policy(data_and_group, seed, policy):
    data, group = data_and_group
    data = replace(data, subjects=np.array([f"S{who:03}" for who in group]))
    split = make_split(data, seed=seed, duplicates=policy)
    parts = [set(group[rows]) for rows in (split.train, split.validation, split.test)]
    assert sum(map(len, parts)) == len(set(group))
    assert all(len(set(data.labels[rows])) == 2 for rows in (split.train, split.test))


def test_subjects_of_a_given_split_are_left_where_they_are():
    data = official([0, 1, 1, 0])
    known = replace(data, subjects=np.full(len(data.labels), "S001"))
    assert make_split(known, seed=0).digest == make_split(data, seed=0).digest


def test_a_class_that_too_few_subjects_show_is_refused():
    subjects = np.repeat([f"S{who:03}" for who in range(30)], 4)
    labels = [1 if row < 8 else 0 for row in range(120)]
    data = replace(in_memory(labels, [""] * 120, list(range(120))), subjects=subjects)
    with pytest.raises(DataError, match="class 'class-1' is in 2 groups of images that belong"):
        make_split(data, seed=0)


def test_one_subject_without_a_class_does_not_stand_in_the_way_of_a_split():
    labels = [0, 0] + [0, 0, 1, 1] * 6
    subjects = np.repeat([f"S{who:03}" for who in range(7)], [2] + [4] * 6)
    data = replace(in_memory(labels, [""] * 26, list(range(26))), subjects=subjects)
    split = make_split(data, seed=0)
    for rows in (split.train, split.validation, split.test):
        assert set(data.labels[rows]) == {0, 1}
