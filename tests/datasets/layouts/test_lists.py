"""Lists and names that tell labels: rows are joined to files, counted, or refused by line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from datasets.cache.decoded import open_data_set
from datasets.image_folder import image_folder
from datasets.reading.layouts.fer_plus import label_of
from datasets.records import DataError, DataSet
from tests.datasets.layouts.trees import (
    TWO,
    affectnet,
    ck_plus,
    exp_w,
    fer_plus,
    in_folders,
    jaffe,
    kdef,
    label_table,
    raf_db,
    read,
    table,
    told,
    write,
)

HEAD = ("path", "label", "split")
IMAGES = [f"images/{number}.png" for number in range(4)]
FIRST = 'fer0.png,"(0, 0, 48, 48)",9,1,0,0,0,0,0,0,0,0\n'
LABELS = {f"{number}.png": ("", TWO[number % 2], "") for number in range(4)}


def rows(names: list[str]) -> list[tuple[str, str]]:
    return [(name, TWO[number % 2]) for number, name in enumerate(names)]


@pytest.mark.parametrize(
    "content",
    [
        table([("path", "label"), *rows(IMAGES)]),
        table([("Image Name", "Emotion"), *rows(IMAGES)], ";"),
        table([("file_name", "class"), *rows(["0", "1", "2", "3"])], "\t"),
        table([("images", "target"), *rows(IMAGES)], "|"),
        table([("path", "label"), *((*row, "") for row in rows(IMAGES))]),
        table([("path", "label"), *rows(["./" + name for name in IMAGES])]),
        table([("path", "label"), *rows([name.replace("/", "\\") for name in IMAGES])]),
        table([("path", "label"), *rows([f"/home/you/{name}" for name in IMAGES])]),
        table([("", "pth", "label"), *((n, *row) for n, row in enumerate(rows(IMAGES)))]),
        "\ufeff" + table([("path", "label"), *rows(IMAGES)]).replace("\n", "\r\n"),
        table([("path", "label"), *rows(IMAGES)]).replace("\n", "\r"),
        table([("path", "label"), *rows(IMAGES)]).replace("\n", "\n\n"),
        "\n" + table([("path", "label"), *rows(IMAGES)], ";"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_table_is_read_however_it_is_written(content, encoding, tmp_path) -> None:
    root = write(tmp_path, IMAGES, {"labels.csv": content.lstrip("\ufeff").encode(encoding)})
    assert told(read(root)) == LABELS


def test_accents_in_a_table_are_those_of_the_files_however_they_are_composed(tmp_path) -> None:
    images = [f"gesch\u00fctzt/{number}.png" for number in range(4)]
    listed = rows([name.replace("\u00fc", "u\u0308") for name in images])
    root = write(tmp_path, images, {"labels.csv": table([("path", "label"), *listed])})
    assert told(read(root)) == LABELS


def test_the_folders_around_table_and_images_may_have_another_name_in_the_rows(tmp_path) -> None:
    listed = rows([f"C:\\faces\\{name}" for name in IMAGES])
    others = {"mine/labels.csv": table([("path", "label"), *listed])}
    root = write(tmp_path, [f"mine/{name}" for name in IMAGES], others)
    assert told(read(root)) == LABELS


@pytest.mark.parametrize("other", ["id", "name", "image id"])
def test_the_column_of_the_file_names_comes_before_numbers_and_names(other, tmp_path) -> None:
    listed = [(3 - number, *row, number, 0.5) for number, row in enumerate(rows(IMAGES))]
    others = {"labels.csv": table([(other, "image", "emotion", "label", "relFCs"), *listed])}
    found = read(write(tmp_path, IMAGES, others))
    assert told(found) == LABELS
    assert found.notes[1:] == (
        f"labels.csv: paths are its column 'image', not {other!r}",
        "labels.csv: labels are its column 'emotion', not 'label'",
        "labels.csv: columns that are not read: relFCs",
    )


def test_rows_without_image_and_images_without_row_are_counted(tmp_path) -> None:
    listed = [*rows(IMAGES), ("images/9.png", "sad"), (IMAGES[0], "happy")]
    others = {"labels.csv": table([("path", "label"), *listed])}
    found = read(write(tmp_path, [*IMAGES, "images/more.png"], others))
    assert found.notes == (
        "labels are those of labels.csv",
        "rows that name no image here: 1; first: labels.csv:6 (images/9.png)",
        "rows that repeat another: 1; first: labels.csv:7 (images/0.png)",
    )
    (left,) = found.left_out
    assert (left.path, left.reason) == ("images/more.png", "no row of labels.csv names it")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("path,label\nimages/0.png,happy\nimages/0.png,sad\n", "labels.csv:3: .*labels.csv:2"),
        ("path,label\nimages/0.png,happy,x\nimages/1.png,sad\n", "labels.csv:2: 3 values"),
        ("path,label\nimages/0.png\nimages/1.png,sad\n", "labels.csv:2: 1 values"),
        ("path,label\n,happy\nimages/1.png,sad\n", "labels.csv:2: it names no image"),
        ("path,label,split\nimages/0.png,happy,often\n", "labels.csv:2: split is 'often'"),
        (
            "path,label,split\nimages/0.png,happy,\nimages/1.png,sad,test\n",
            "some rows have a split and some none",
        ),
        (
            "path,label,split\nimages/0.png,happy,train\nimages/1.png,sad,test\n",
            "no training image of sad",
        ),
        ("path,label\n1.png,happy\n2.png,sad\n", "labels.csv:2: '1.png' names 2 images"),
        ("a,b\n1.png,happy\n2.png,sad\n", "its first line names no path column; it has 'a', 'b'"),
        ("path,label\n8.png,happy\n9.png,sad\n", "none of its 2 rows names an image here"),
        ("path,label\nimages/0.png,happy\nimages/1.png,happy\n", "all images are of one class"),
        (b"path,label\nimages/0.png,\xff\n", "labels.csv:2: not UTF-8"),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_by_its_line(content, message, tmp_path) -> None:
    root = write(tmp_path, [*IMAGES, "more/1.png"])
    given = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(DataError, match=message):
        read(root, {"labels.csv": given})


def test_a_row_without_a_label_is_left_out_and_told(tmp_path) -> None:
    listed = [*rows(IMAGES)[:3], (IMAGES[3], "")]
    found = read(write(tmp_path, IMAGES, {"labels.csv": table([("path", "label"), *listed])}))
    assert found.left_out[0].reason == "labels.csv:5: the row has no label"
    assert "rows without a class: 1; first: labels.csv:5 (images/3.png)" in found.notes


def test_split_folders_are_the_split_of_a_table_without_one(tmp_path) -> None:
    images = in_folders(["train", "test"], count=4)
    root = write(tmp_path, images, {"labels.csv": table([("path", "label"), *rows(images)])})
    assert {e.path: e.split for e in read(root).entries} == {i: i.split("/")[0] for i in images}


def test_a_split_folder_that_a_table_leaves_out_is_a_refusal(tmp_path) -> None:
    images = in_folders(["train", "test"], count=4)
    listed = rows([name for name in images if name.startswith("train")])
    root = write(tmp_path, images, {"labels.csv": table([("path", "label"), *listed])})
    with pytest.raises(DataError, match="none of the test images has a label"):
        read(root)


@pytest.mark.parametrize("make", [raf_db, label_table])
def test_a_split_that_a_list_gives_and_whose_images_are_missing_is_a_refusal(
    make, tmp_path
) -> None:
    root = make(tmp_path)
    for pattern in ("test_*", "[45].png"):
        for file in root.rglob(pattern):
            file.unlink()
    with pytest.raises(DataError, match="none of the test rows names an image here"):
        read(root)


def test_tables_named_by_splits_are_those_splits(tmp_path) -> None:
    parts = {"train.csv": IMAGES[:2], "test.csv": IMAGES[2:]}
    others = {name: table([("path", "label"), *rows(part)]) for name, part in parts.items()}
    found = read(write(tmp_path, IMAGES, others))
    assert [entry.split for entry in found.entries] == ["train", "train", "test", "test"]


@pytest.mark.parametrize("place", ["{}.csv", "{}_labels.csv", "{}/labels.csv", "{}/_labels.txt"])
def test_an_image_of_a_table_for_a_split_is_that_in_its_folder(place, tmp_path) -> None:
    images = in_folders(["train", "test"], count=4)
    listed = [(f"{number}.png", TWO[number % 2]) for number in range(4)]
    content = table([("image", "label"), *listed])
    others = {place.format(part): content for part in ("train", "test")}
    found = read(write(tmp_path, images, others))
    assert {e.path: (e.split, e.class_name) for e in found.entries} == {
        name: (name.split("/")[0], TWO[int(name.split("/")[1][0]) % 2]) for name in images
    }


def test_an_image_that_a_split_lacks_is_not_taken_from_another(tmp_path) -> None:
    images = [*in_folders(["train"], count=4), "test/0.png"]
    others = {
        "train.csv": table([("image", "label"), *rows(["0.png", "1.png"])]),
        "test.csv": table([("image", "label"), *rows(["0.png", "3.png"])]),
    }
    found = read(write(tmp_path, images, others))
    assert [entry.path for entry in found.entries] == ["test/0.png", "train/0.png", "train/1.png"]
    assert "rows that name no image here: 1; first: test.csv:3 (3.png)" in found.notes


def test_the_form_of_a_submission_is_no_table_of_labels(tmp_path) -> None:
    names = ("train.csv", "sample_submission.csv")
    others = {name: table([("image", "label"), *rows(["0.png", "1.png"])]) for name in names}
    with pytest.raises(DataError, match=r"none of the test images has a label \(first: test/0"):
        read(write(tmp_path, in_folders(["train", "test"]), others))


def test_labels_in_several_cases_are_one_class(tmp_path) -> None:
    listed = [("0.png", "HAPPY"), ("1.png", "sad"), ("2.png", "happy"), ("3.png", "sad")]
    listed += [("2.png", "Happy"), ("0.png", "happy")]
    others = {"legend.csv": table([("user.id", "image", "emotion"), *((1, *r) for r in listed)])}
    found = read(write(tmp_path, IMAGES, others))
    assert told(found) == LABELS
    assert "spellings of one class: HAPPY, Happy, happy" in found.notes


def test_one_number_as_programs_write_it_is_one_class(tmp_path) -> None:
    listed = [("0.png", "3"), ("1.png", "4.0"), ("2.png", "3.0"), ("3.png", "04"), ("0.png", "3")]
    found = read(write(tmp_path, IMAGES, {"a.csv": table([("path", "label"), *listed])}))
    assert [entry.class_name for entry in found.entries] == ["3", "4.0", "3", "4.0"]
    assert "spellings of one class: 3, 3.0" in found.notes


@pytest.mark.parametrize("nothing", ["", "nan", "NaN", "NA", "N/A", "#N/A", "<NA>", "NULL"])
def test_a_label_or_a_subject_that_is_missing_is_none(nothing, tmp_path) -> None:
    listed = [(name, TWO[n % 2], f"p{n}") for n, name in enumerate(IMAGES)]
    listed[0] = (IMAGES[0], nothing, "p0")
    listed[1] = (IMAGES[1], TWO[1], nothing)
    head = ("path", "label", "subject")
    found = read(write(tmp_path, IMAGES, {"labels.csv": table([head, *listed])}))
    assert [(e.class_name, e.subject) for e in found.entries] == [
        ("sad", ""),
        ("happy", "p2"),
        ("sad", "p3"),
    ]
    assert [one.reason for one in found.left_out] == ["labels.csv:2: the row has no label"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("path,label\n0.png,sad\n".encode("utf-16-le"), "labels.csv: holds zero bytes, as UTF-16"),
        (b"PK\x03\x04" + bytes(99), "labels.csv: is packed, as spreadsheets are, and no text"),
    ],
)
def test_a_table_that_is_no_text_is_refused_by_what_it_is(content, message, tmp_path) -> None:
    with pytest.raises(DataError, match=message):
        read(write(tmp_path, IMAGES), {"labels.csv": content})


def test_labels_that_part_a_class_are_no_classes_of_the_same(tmp_path) -> None:
    images = in_folders(["batch1", "batch2"], count=5)
    others = {"a.csv": table([("path", "label"), *rows(images[:4])])}
    assert (
        read(write(tmp_path, images, others))
        .notes[0]
        .startswith("a.csv names 4 of these images and has another class for 2 (first: a.csv:3")
    )


def test_several_tables_are_a_question(tmp_path) -> None:
    others = {f"{name}.csv": table([("path", "label"), *rows(IMAGES)]) for name in "ab"}
    with pytest.raises(DataError, match=r"several tables name images: a.csv, b.csv"):
        read(write(tmp_path, IMAGES, others))


def test_class_folders_that_say_the_same_as_a_table_are_read(tmp_path) -> None:
    images = in_folders(["cat", "dog"])
    listed = [(name, name.split("/")[0]) for name in images]
    root = write(tmp_path, images, {"labels.csv": table([("path", "label"), *listed])})
    found = read(root)
    assert found.name == "class folders"
    assert found.notes == ("labels.csv says the same of 4 images as class folders",)


def test_what_a_table_says_otherwise_than_class_folders_is_told(tmp_path) -> None:
    images = in_folders(["train", "test"], TWO, count=3)
    listed = [(name, *name.split("/")[1::-1]) for name in images]
    listed[0] = (images[0], "sad", "train")
    listed[-1] = (images[-1], "sad", "train")
    others = {"a.csv": table([("path", "label", "split"), *listed]), "b.csv": "path,label\na\n"}
    found = read(write(tmp_path, images, others))
    assert {e.path: e.class_name for e in found.entries} == {n: n.split("/")[1] for n in images}
    assert found.notes == (
        "a.csv names 12 of these images and has another class for 1 (first: a.csv:2, "
        "train/happy/0.png) and another split for 1 (first: a.csv:13, test/sad/2.png); class "
        'folders decide, data.labels = "a.csv" takes the table',
        "classes are those of class folders; a table beside them is not read: b.csv:2: 1 values; "
        "its first line has 2; mend the row, or head every column",
    )


def test_a_table_gives_class_folders_the_splits_that_they_lack(tmp_path) -> None:
    images = in_folders(TWO)
    codes = {"happy": 3, "sad": 4}
    parts = {"0": "train", "1": "test"}
    listed = [(name, codes[name.split("/")[0]], parts[name[-5]]) for name in images]
    others = {"labels.csv": table([("path", "label", "split"), *listed])}
    found = read(write(tmp_path, images, others))
    assert {e.path: (e.split, e.class_name) for e in found.entries} == {
        name: (split, name.split("/")[0]) for name, _, split in listed
    }


@pytest.mark.parametrize("classes", [("cat", "dog"), TWO])
@pytest.mark.parametrize("column", ["split", "subject"])
def test_splits_and_subjects_of_a_table_are_taken_beside_class_folders(
    column, classes, tmp_path
) -> None:
    images = in_folders(classes)
    told_there = ["train", "test"]
    listed = [(name, name.split("/")[0], told_there[n % 2]) for n, name in enumerate(images)]
    root = write(tmp_path, images, {"labels.csv": table([("path", "label", column), *listed])})
    found = read(root)
    assert found.class_names == classes
    assert [getattr(entry, column) for entry in found.entries] == told_there * 2


def test_a_table_beside_names_that_tell_labels_is_read(tmp_path) -> None:
    names = [file.name for file in sorted(jaffe(tmp_path / "jaffe").rglob("*.tiff"))]
    parts = ["train" if name.startswith("KA") else "test" for name in names]
    listed = [(name, name[3:5], part) for name, part in zip(names, parts, strict=True)]
    found = read(write(tmp_path / "mine", names, {"labels.csv": table([HEAD, *listed])}))
    assert [(e.split, e.class_name, e.subject) for e in found.entries] == [
        (part, name[3:5], name[:2]) for name, part in zip(names, parts, strict=True)
    ]


@pytest.mark.parametrize("classes", [("cat", "dog"), ("batch1", "batch2"), TWO])
def test_a_table_with_splits_that_cannot_be_read_is_no_reason_to_make_one(
    classes, tmp_path
) -> None:
    content = "path,label,split\ncat/0.png,d\u00e9go\u00fbt,test\n".encode("latin-1")
    with pytest.raises(DataError, match=r"labels.csv:2: not UTF-8"):
        read(write(tmp_path, in_folders(classes), {"labels.csv": content}))


def test_folders_that_are_no_classes_give_way_to_a_table(tmp_path) -> None:
    images = in_folders(["batch1", "batch2"], count=4)
    root = write(tmp_path, images, {"labels.csv": table([("path", "label"), *rows(images)])})
    assert read(root).class_names == TWO


@pytest.fixture
def load(tmp_path):
    def load(path: Path, **options: object) -> DataSet:
        labels = options.pop("labels", None)
        cache = tmp_path / "cache"
        return open_data_set(image_folder, path, options, labels=labels, cache=cache)  # type: ignore[arg-type]

    return load


@pytest.mark.parametrize("place", ["tree/mine.csv", "mine.csv"])
def test_the_table_that_a_protocol_names_is_read(place, tmp_path, load) -> None:
    root = write(
        tmp_path / "tree", IMAGES, {"other.csv": table([("path", "label"), *rows(IMAGES)])}
    )
    turned = [(name, TWO[::-1][number % 2]) for number, name in enumerate(IMAGES)]
    write(tmp_path, [], {place: table([("path", "label"), *turned])})
    name = "mine.csv" if place.startswith("tree") else str(tmp_path / place)
    data = load(root, labels=name)
    assert [data.class_names[label] for label in data.labels] == ["sad", "happy", "sad", "happy"]


def test_a_table_outside_the_images_is_read_again_when_it_changes(tmp_path, load) -> None:
    root = write(tmp_path / "tree", IMAGES)
    outside = tmp_path / "mine.csv"
    outside.write_text(table([("path", "label"), *rows(IMAGES)]))
    before = load(root, labels=str(outside))
    outside.write_text(table([("path", "label"), *rows(IMAGES[::-1])]))
    assert load(root, labels=str(outside)).digest != before.digest


def test_a_table_that_is_not_there_is_told_with_the_place_where_it_was_sought(
    tmp_path, load
) -> None:
    root = write(tmp_path / "tree", IMAGES)
    with pytest.raises(
        DataError, match=r"no such table in it, and .*tree/nowhere\.csv: no such file"
    ):
        load(root, labels="nowhere.csv")


def test_raf_dbs_original_images_give_way_to_the_aligned_ones(tmp_path) -> None:
    root = raf_db(tmp_path)
    assert {one.reason for one in read(root).left_out} == {"its aligned copy is read"}
    for file in (root / "basic/Image/aligned").iterdir():
        file.unlink()
    assert {entry.path for entry in read(root).entries} >= {"train_00000.jpg", "test_00003.jpg"}


def test_a_face_of_expw_is_cut_out_of_its_picture(tmp_path, load) -> None:
    data = load(exp_w(tmp_path / "tree"))
    assert data.image_shape == (4, 4, 1)
    assert len(data.labels) == 8
    assert (data.images[0] == data.images[1]).all()
    assert data.paths[:2].tolist() == ["a_0.jpg#0", "a_0.jpg#1"]


def test_a_box_outside_its_picture_is_left_out(tmp_path, load) -> None:
    root = exp_w(tmp_path / "tree")
    assert load(root).image_shape == (4, 4, 1)
    file = root / "label/label.lst"
    file.write_text(file.read_text().replace("a_0.jpg 1 1 2 6 5", "a_0.jpg 1 90 2 6 96"))
    data = load(root)
    (left,) = (one for one in data.left_out if one.path == "a_0.jpg#1")
    assert "lies outside the picture" in left.reason
    assert (len(data.labels), data.image_shape) == (7, (4, 4, 1))


@pytest.mark.parametrize(
    ("make", "place", "wrong", "message"),
    [
        (raf_db, "basic/EmoLabel/list_patition_label.txt", "train_00001.jpg 9", "label.txt:1: "),
        (exp_w, "label/label.lst", "a_0.jpg 0 1 2 6 5 22.9 7", "label.lst:1: "),
        (exp_w, "label/label.lst", "a_0.jpg 0 6 2 1 5 22.9 3", "label.lst:1: "),
        (fer_plus, "FER2013Test/label.csv", f"{FIRST}fer1.png,box,x", "label.csv:2: expected an"),
        (
            ck_plus,
            "Emotion/S005/001/S005_001_00000005_emotion.txt",
            "9.0",
            "emotion.txt: .* is no emotion",
        ),
    ],
)
def test_a_published_list_with_a_wrong_line_is_refused_by_it(
    make, place, wrong, message, tmp_path
) -> None:
    root = make(tmp_path)
    (root / place).write_text(wrong)
    with pytest.raises(DataError, match=message):
        read(root)


def test_affectnets_rows_without_an_expression_are_told(tmp_path) -> None:
    found = read(affectnet(tmp_path))
    assert {one.path.split("/", 1)[1]: one.reason for one in found.left_out} == {
        "2/2.jpg": "training.csv:4: no expression",
        "3/3.jpg": "training.csv:5: no face",
    }


def test_affectnets_validation_table_has_no_heading_as_published(tmp_path) -> None:
    headed, published = affectnet(tmp_path / "a"), affectnet(tmp_path / "b", headed=False)
    assert told(read(headed)) == told(read(published))


def test_votes_without_a_majority_for_an_expression_give_no_label() -> None:
    assert label_of((9, 1, 0, 0, 0, 0, 0, 0, 0, 0)) == ("neutral", "")
    assert label_of((5, 4, 1, 0, 0, 0, 0, 0, 0, 0)) == ("neutral", "")
    assert label_of((4, 4, 1, 1, 0, 0, 0, 0, 0, 0)) == ("", "FER+: no majority of the votes")
    assert label_of((0, 0, 0, 0, 0, 0, 0, 0, 8, 2)) == ("", "FER+: unknown by majority")
    assert label_of((0, 0, 0, 0, 0, 0, 0, 0, 2, 8)) == ("", "FER+: not a face by majority")
    assert label_of((1,) * 10) == ("", "FER+: no majority of the votes")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_fer_plus_is_known_by_its_votes_however_they_are_written(end, encoding, tmp_path) -> None:
    root = fer_plus(tmp_path)
    for file in root.rglob("label.csv"):
        file.write_bytes(file.read_text().replace("\n", end).encode(encoding))
    assert (read(root).name, len(read(root).entries)) == ("FER+", 6)


def test_ck_plus_leaves_out_frames_before_the_peak_and_sequences_without_emotion(tmp_path) -> None:
    found = read(ck_plus(tmp_path))
    reasons = [one.reason for one in found.left_out]
    assert reasons.count("not among the last 3 frames of its sequence") == 4
    assert reasons.count("its sequence has no emotion") == 10
    assert found.notes[0].startswith("CK+: the last 3 frames of the 2 sequences with an emotion")


def test_kdef_in_session_folders_is_still_kdef(tmp_path) -> None:
    names = [file.name for file in sorted(kdef(tmp_path / "kdef").rglob("*.JPG"))]
    found = read(write(tmp_path / "sessions", [f"KDEF_{name[0]}/{name}" for name in names]))
    assert (found.name, found.class_names) == ("KDEF", ("fear", "happy"))


def test_kdef_in_folders_of_expressions_has_the_folders_names(tmp_path) -> None:
    names = [file.name for file in sorted(kdef(tmp_path / "kdef").rglob("*.JPG"))]
    folders = {"AF": "afraid", "HA": "happy"}
    found = read(write(tmp_path / "mine", [f"{folders[name[4:6]]}/{name}" for name in names]))
    assert (found.name, found.class_names) == ("class folders", ("afraid", "happy"))
    assert {entry.subject for entry in found.entries} == {"F01", "M35"}


@pytest.mark.parametrize("sign", "-_")
def test_jaffes_names_with_other_signs_are_still_jaffes(sign, tmp_path) -> None:
    names = [file.stem for file in sorted(jaffe(tmp_path / "jaffe").rglob("*.tiff"))]
    found = read(write(tmp_path / "mine", [f"{name.replace('.', sign)}.jpg" for name in names]))
    assert (found.name, {entry.subject for entry in found.entries}) == ("JAFFE", {"KA", "KL"})


def test_labels_in_names_go_with_split_folders(tmp_path) -> None:
    names = [file.name for file in sorted(jaffe(tmp_path / "jaffe").rglob("*.tiff"))]
    parts = ["train" if name.startswith("KA") else "test" for name in names]
    paths = [f"{part}/{name}" for part, name in zip(parts, names, strict=True)]
    found = read(write(tmp_path / "mine", paths))
    assert [entry.split for entry in found.entries] == [e.path.split("/")[0] for e in found.entries]
    assert np.unique([entry.split for entry in found.entries]).tolist() == ["test", "train"]
