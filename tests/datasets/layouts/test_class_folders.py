"""Class folders, with splits and persons above or below; what is no class is refused."""

from __future__ import annotations

from collections import Counter

import pytest

from datasets.reading.listing import list_images
from datasets.reading.trees import open_tree
from datasets.records import DataError
from tests.datasets.layouts.trees import PARTS, TWO, in_folders, read, told, write


@pytest.mark.parametrize(
    "names",
    [
        ("train", "val", "test"),
        ("Training", "PublicTest", "PrivateTest"),
        ("FER2013Train", "FER2013Valid", "FER2013Test"),
        ("train_set", "dev_set", "Test_Images"),
        ("fer2013_train", "fer2013_validation", "fer2013_test"),
        ("TRAIN", "VALID", "EVAL"),
        ("mine-train", "mine-val", "mine-test"),
        ("trainset", "valset", "testset"),
    ],
)
def test_the_words_for_splits_are_understood(names, tmp_path) -> None:
    found = read(write(tmp_path, in_folders(names, TWO)))
    expected = dict(zip(names, ("train", "validation", "test"), strict=True))
    assert {e.path.split("/")[0]: e.split for e in found.entries} == expected
    assert found.class_names == TWO


@pytest.mark.parametrize(
    ("levels", "split", "who"),
    [
        ((TWO, ("train", "val", "test")), 1, None),
        ((("cat", "dog"), ("train", "val", "test")), 1, None),
        ((TWO, ("person0", "person1")), None, 1),
        ((("S005", "S010"), TWO), None, 0),
        ((("1", "2"), TWO), None, 0),
        ((PARTS, ("S005", "S010"), TWO), 0, 1),
        ((PARTS, ("images",), TWO), 0, None),
        ((("faces",), PARTS, TWO), 1, None),
        ((TWO, ("indoor", "outdoor")), None, None),
    ],
)
def test_splits_and_persons_stand_above_or_below_the_class(levels, split, who, tmp_path) -> None:
    found = read(write(tmp_path, in_folders(*levels)))
    classes = next(level for level in levels if set(level) in (set(TWO), {"cat", "dog"}))
    assert set(found.class_names) == set(classes)
    words = {"train": "train", "val": "validation", "test": "test"}
    for entry in found.entries:
        places = entry.name.split("/")
        assert entry.class_name in places
        assert entry.split == ("" if split is None else words[places[split]])
        assert entry.subject == ("" if who is None else places[who])


@pytest.mark.parametrize("prefix", ["", "mine-"])
def test_a_class_without_a_test_folder_has_its_split_folder(prefix, tmp_path) -> None:
    images = [f"happy/{prefix}{part}/{n}.png" for part in PARTS for n in range(2)]
    found = read(write(tmp_path, [*images, f"sad/{prefix}train/0.png"]))
    assert Counter((e.class_name, e.split) for e in found.entries) == {
        ("happy", "train"): 2,
        ("happy", "test"): 2,
        ("sad", "train"): 1,
    }


@pytest.mark.parametrize("prefix", ["", "mine-"])
def test_a_split_folder_may_hold_another_of_its_name(prefix, tmp_path) -> None:
    names = [prefix + part for part in PARTS]
    images = [image for name in names for image in in_folders([name], [name], TWO)]
    assert {entry.split for entry in read(write(tmp_path, images)).entries} == set(PARTS)


TRAIN = in_folders(["train"], TWO)
FLAT = in_folders(TWO)


@pytest.mark.parametrize(
    ("images", "others", "message"),
    [
        (TRAIN, ["test/"], "test is a split folder and holds nothing"),
        (TRAIN, ["test/happy/", "test/sad/"], "test is a split folder and holds nothing"),
        (TRAIN, ["test/happy/1.txt"], "test is a split folder and holds 1 files, none an image"),
        (FLAT, ["PrivateTest/"], "PrivateTest is a split folder and holds nothing"),
        (TRAIN, ["test.zip"], "test.zip is named as a split and is no folder"),
        (FLAT, ["val.tar.gz"], "val.tar.gz is named as a split and is no folder"),
        ([*TRAIN, "test/1.png"], [], "test is a split folder with 1 images and no class folders"),
        (FLAT, ["fear.zip"], "fear.zip is named as a class and is no folder that can be read"),
        (TRAIN, ["train/Fear"], "train/Fear is named as a class and is no folder"),
        (in_folders(["train", "holdout"], TWO), [], "beside the split folders train stand holdout"),
        ([*FLAT, *in_folders(["test"], TWO)], [], "the split folders test stand happy, sad"),
        (in_folders(["test", "PrivateTest", "train"], TWO), [], "PrivateTest, test are all test"),
        (in_folders(["val", "test"], TWO), [], "none for training"),
        (in_folders(PARTS, PARTS, TWO), [], "is a split folder and holds split folders"),
        (in_folders(["fold1", "fold2"], TWO), [], "fold1, fold2 above the class folders"),
        (in_folders(["S005", "S010"], ["001", "002"]), [], "S005, S010 are persons, not classes"),
        (in_folders(["AF01", "BM35"]), [], "AF01, BM35 are persons, not classes"),
        ([*TRAIN, *in_folders(["test"], ["fear"])], [], "no training image of fear"),
        (in_folders(["happy"], ["person0", "person1"]), [], "only one class folder, happy"),
        ([*in_folders(["cat"], PARTS), *in_folders(["dog"])], [], "cat have split folders"),
        (in_folders(["cat", "dog"], ["val", "test"]), [], "split folders of train"),
        (in_folders(["entrenamiento", "prueba"], ["feliz", "triste"]), [], "which of them are the"),
        (in_folders(["Anna", "Bob"], ["Freude", "Wut"]), [], "which of them are the classes; name"),
        (in_folders(PARTS, ["Anna", "Bob"], ["Freude", "Wut"]), [], "hold the same folders Freude"),
    ],
)
def test_what_was_given_and_cannot_be_taken_is_refused(images, others, message, tmp_path) -> None:
    root = write(tmp_path, images, dict.fromkeys(others, "x"))
    with pytest.raises(DataError, match=message) as refused:
        read(root)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("images", "others", "place"),
    [
        (in_folders(["dataset"], PARTS, TWO), ["report/a.png"], "dataset"),
        (in_folders(["dataset"], PARTS, ["cat", "dog"]), ["docs/x/b.png"], "dataset"),
        (in_folders(["src"], ["faces"], TWO), ["docs/a.png", "results/b.png"], "src/faces"),
        (in_folders(["data"], PARTS, TWO), ["test/test_a.py", "docs/a.png"], "data"),
        (in_folders(["VL"], ["P001", "P002"], TWO), ["docs/a.png"], "VL"),
    ],
)
def test_at_the_root_of_a_repository_the_folder_that_works_is_named(
    images, others, place, tmp_path
) -> None:
    root = write(tmp_path, [*images, *(o for o in others if o.endswith("png"))])
    write(root, [], {other: "x" for other in others if not other.endswith("png")})
    with pytest.raises(DataError, match=rf"a data set lies in {place}\b.*: give that folder"):
        read(root)
    assert read(root / place).entries


def test_what_is_understood_by_nobody_is_told_with_the_nearest_layouts(tmp_path) -> None:
    root = write(tmp_path, ["a1.png", "a2.png"], {"notes.txt": "x"})
    with pytest.raises(DataError) as refused:
        read(root)
    assert "2 images such as a1.png" in str(refused.value)
    assert "the nearest layouts are words in names (happy_1.png); or " in str(refused.value)


def test_one_class_in_two_spellings_is_one_class_between_splits(tmp_path) -> None:
    images = in_folders(["train"], ["anger", "Happy", "de\u0301gou\u0302t"])
    images += in_folders(["test"], ["Angry", "happy", "d\u00e9go\u00fbt"])
    found = read(write(tmp_path, images))
    assert found.class_names == ("Happy", "anger", "d\u00e9go\u00fbt")
    assert Counter(entry.split for entry in found.entries) == {"train": 6, "test": 6}
    assert "spellings of one class: Angry, anger" in found.notes


def test_one_class_in_two_spellings_in_one_split_is_two(tmp_path) -> None:
    found = read(write(tmp_path, in_folders(["a", "A", "b"])))
    assert found.class_names == ("A", "a", "b")
    assert found.notes == ("different classes in spite of their names: A, a",)


@pytest.mark.parametrize(
    "below", [["indoor"], ["S001", "S002"], ["train", "test"]], ids=["one", "persons", "splits"]
)
def test_folders_below_classes_of_any_name_leave_them_classes(below, tmp_path) -> None:
    found = read(write(tmp_path, in_folders(["cat", "dog"], below)))
    assert found.class_names == ("cat", "dog")


@pytest.mark.parametrize("copy", ["happy - Copy", "happy (2)", "Copy of happy", "happy copy 2"])
def test_a_copy_of_a_class_folder_is_told(copy, tmp_path) -> None:
    found = read(write(tmp_path, in_folders([*TWO, copy])))
    names = ", ".join(sorted(["happy", copy]))
    assert found.notes == (f"different classes in spite of their names: {names}",)


@pytest.mark.parametrize(
    "service", ["@eaDir", "$RECYCLE.BIN", "System Volume Information", "#recycle"]
)
def test_images_in_a_systems_own_folder_are_left_out_by_its_name(service, tmp_path) -> None:
    hidden = f"train/happy/{service}/0.png"
    root = write(tmp_path, [*in_folders(PARTS, TWO), hidden])
    with open_tree(root) as tree:
        listing = list_images(tree)
    assert [(one.path, one.kind, one.reason) for one in listing.others] == [
        (hidden, "unused", f"in {service}, a system's own folder")
    ]
    assert len(read(root).entries) == 8


@pytest.mark.parametrize(
    ("below", "told"), [(["Anna", "Bo"], 1), (["Anna"], 0), (["person 1", "person 2"], 0)]
)
def test_folders_below_several_classes_that_may_be_persons_are_told(below, told, tmp_path) -> None:
    found = read(write(tmp_path, in_folders(PARTS, TWO, below)))
    assert sum("Anna, Bo; if they are, name them so" in note for note in found.notes) == told
    assert found.class_names == TWO


def test_class_folders_without_images_are_told(tmp_path) -> None:
    found = read(write(tmp_path, FLAT, {"fear/": ""}))
    assert found.notes == ("class folders without an image, no classes: 1; first: fear",)


def test_a_class_that_is_packed_and_unpacked_is_taken(tmp_path) -> None:
    assert read(write(tmp_path, FLAT, {"happy.zip": "x"})).class_names == TWO


def test_a_class_without_test_images_is_taken(tmp_path) -> None:
    images = [*in_folders(["train"], [*TWO, "fear"]), *in_folders(["test"], TWO)]
    assert read(write(tmp_path, images)).class_names == ("fear", *TWO)


def test_numbers_are_classes_with_the_names_that_they_have(tmp_path) -> None:
    found = read(write(tmp_path, in_folders(PARTS, ["0_angry", "1_happy", "2"])))
    assert found.class_names == ("0_angry", "1_happy", "2")


def test_images_outside_the_class_folders_are_left_out(tmp_path) -> None:
    images = [*in_folders(PARTS, TWO), "cover.png", "train/cover.png", "examples/1.png"]
    found = read(write(tmp_path, images))
    assert len(found.entries) == 8
    assert {one.path for one in found.left_out} == {
        "cover.png",
        "train/cover.png",
        "examples/1.png",
    }


@pytest.mark.parametrize("classes", [TWO, ("cat", "dog"), ("0", "1")])
def test_an_enclosing_folder_changes_nothing(classes, tmp_path) -> None:
    images = [*in_folders(classes), "cover.png"]
    bare = read(write(tmp_path / "bare", images))
    enclosed = read(write(tmp_path / "enclosed", [f"data/faces/{name}" for name in images]))
    assert told(bare) == told(enclosed)
    assert len(bare.left_out) == len(enclosed.left_out) == 1


def test_a_second_copy_of_the_split_folders_is_left_out(tmp_path) -> None:
    images = in_folders(PARTS, TWO)
    found = read(write(tmp_path, [*images, *(f"images/{name}" for name in images)]))
    assert sorted(told(found)) == sorted(images)


def test_persons_are_known_from_the_names_of_files_in_class_folders(tmp_path) -> None:
    images = [f"{word}/S0{n:02}_001_0000001{n}.png" for n, word in enumerate(TWO)]
    found = read(write(tmp_path, images))
    assert [entry.subject for entry in found.entries] == ["S000", "S001"]
