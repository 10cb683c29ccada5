"""Augmented copies are told by their names, and names that only look like it are not."""

from __future__ import annotations

import pytest

from datasets.audit.augmented import originals

UUID = "0e5493c2-8064-4a35-a886-ba4a754fc28c"


@pytest.mark.parametrize(
    "copies",
    [
        [f"X.jpg{number}.jpg" for number in range(8)],
        ["aug_12_X.png", "aug_3_X.png"],
        ["augmented-X.png"],
        ["X_flip.png", "X_rot15.png", "X-flipped.png", "X_rotated_-10.png"],
        ["X (1).png", "X (2).png"],
        ["X - Copy.png"],
        ["X_aug_0.png", "X_aug1.png"],
        ["X_flip_aug2.png"],
        ["flipped_X.png", "hflip_X.png"],
    ],
)
def test_copies_beside_their_original_are_told(copies):
    paths = ["train/happy/X.png", *(f"train/happy/{name}" for name in copies)]
    assert originals(paths).tolist() == ["", *["train/happy/X.png"] * len(copies)]


@pytest.mark.parametrize(
    "copies",
    [
        [f"happy_original_X.png_{UUID}.png", f"happy_original_X.png_{UUID.replace('0', '1')}.png"],
        ["aug_0_1234.png", "aug_0_9121.png", "aug_0_77.png"],
        ["X_flip.png", "X_rot5.png"],
    ],
)
def test_of_copies_without_their_original_the_first_is_none(copies):
    paths = [f"train/happy/{name}" for name in copies]
    assert originals(paths).tolist() == ["", *paths[:1] * (len(paths) - 1)]


@pytest.mark.parametrize(
    "names",
    [
        ["Training_1.png", "Training_2.png", "PublicTest_3.png"],
        ["S005_001_00000011.png", "S005_001_00000012.png", "S005_002_00000001.png"],
        ["im0.png", "im1.png", "im10.png", "im100.png"],
        ["clip_3_101.png", "clip_3_102.png", "clip_3_103.png"],
        ["KA.AN1.39.png", "KA.AN2.40.png", "KA.AN3.41.png"],
        ["AF01ANS.JPG", "AF01ANFL.JPG"],
        ["train_00001_aligned.jpg", "train_00002_aligned.jpg"],
        ["flip.png", "copy.png", "X_copyright.png", "X.png"],
        [
            "Rafd090_01_Caucasian_female_angry_left.jpg",
            "Rafd090_01_Caucasian_female_angry_frontal.jpg",
        ],
        ["0.png", "1.png", "10.png"],
        [],
    ],
)
def test_other_names_are_no_copies(names):
    assert set(originals([f"a/{name}" for name in names]).tolist()) <= {""}


def test_a_copy_in_another_class_or_split_is_none_of_this_one():
    assert set(originals(["train/a/X.png", "train/b/X_flip.png"]).tolist()) == {""}
