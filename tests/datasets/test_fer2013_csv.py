"""FER2013 as tables: read rightly however they are written, or refused by line."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from datasets.cache.decoded import open_data_set
from datasets.fer2013 import fer2013
from datasets.reading.fer2013_rows import labelled_rows
from datasets.reading.fer2013_tables import find_tables
from datasets.reading.trees import open_tree
from datasets.reading.words import CONTEMPT, EXPRESSIONS, SPLITS
from datasets.records import DataError, DataSet
from tests.datasets import samples

PIXELS = " ".join(["9"] * 2304)
USAGES = ("Training", "PublicTest", "PrivateTest")
PUBLISHED = tuple(map(str.lower, USAGES))
HEADER = ("emotion", "pixels", "Usage")
Rows = list[tuple[str, str, str]]


@pytest.fixture
def load(tmp_path: Path):
    def load(path: Path, labels: str | None = None) -> DataSet:
        return open_data_set(fer2013, path, {}, labels=labels, cache=tmp_path / "cache")

    return load


def rows() -> Rows:
    """Emotion's code, pixels and usage of a row for each of FER2013's small images."""
    return [
        (str(samples.CSV_CODES[emotion]), " ".join(map(str, image.ravel())), usage)
        for (usage, emotion, _), image in samples.fer2013_images().items()
    ]


def text(table: list[list[str]] | Rows, header=HEADER, *, separator=",", end="\n") -> str:
    return "".join(separator.join(row) + end for row in (header, *table))


def put(file: Path, content: str | bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def content(data: DataSet) -> set[tuple[str, str, str]]:
    names = [data.class_names[label] for label in data.labels]
    return set(zip(data.split.tolist(), names, data.image_ids.tolist(), strict=True))


@pytest.fixture(scope="module")
def expected() -> set[tuple[str, str, str]]:
    splits = dict(zip(USAGES, ("train", "validation", "test"), strict=True))
    return {
        (splits[usage], emotion, samples.image_id(image))
        for (usage, emotion, _), image in samples.fer2013_images().items()
    }


def quoted(row: tuple[str, ...]) -> list[str]:
    return [f'"{field}"' for field in row]


def word(row: tuple[str, str, str], emotions=tuple(samples.CSV_CODES)) -> list[str]:
    return [emotions[int(row[0])].title(), *row[1:]]


WRITTEN = {
    "header in capitals": lambda: text(rows(), ("EMOTION", "PIXELS", "USAGE")),
    "header in lower case": lambda: text(rows(), ("emotion", "pixels", "usage")),
    "other words in the header": lambda: text(rows(), ("label", "pixel", "set")),
    "spaces in the header": lambda: text(rows(), ("emotion", " pixels ", " Usage")),
    "quotes": lambda: text([quoted(row) for row in rows()], quoted(HEADER)),
    "byte order mark": lambda: "\ufeff" + text(rows()),
    "UTF-16": lambda: text(rows()).encode("utf-16"),
    "carriage returns": lambda: text(rows(), end="\r"),
    "Windows line ends": lambda: text(rows(), end="\r\n"),
    "semicolons": lambda: text(rows(), separator=";"),
    "tabs": lambda: text(rows(), separator="\t"),
    "comma at the end of rows": lambda: text([[*row, ""] for row in rows()]),
    "comma at the end of all": lambda: text([[*row, ""] for row in rows()], (*HEADER, "")),
    "comma at the end of the header": lambda: text(rows(), (*HEADER, "")),
    "unnamed numbers": lambda: text([[str(n), *row] for n, row in enumerate(rows())]),
    "unnamed numbers from 1": lambda: text([[str(n), *row] for n, row in enumerate(rows(), 1)]),
    "numbers in a blank column": lambda: text(
        [[str(n), *row] for n, row in enumerate(rows())], ("", *HEADER)
    ),
    "a further column": lambda: text([[*row, "x"] for row in rows()], (*HEADER, "note")),
    "pixels first": lambda: text([[p, u, e] for e, p, u in rows()], ("pixels", "Usage", "emotion")),
    "pixels as a list": lambda: text([[e, f'"[{p.replace(" ", ", ")}]"', u] for e, p, u in rows()]),
    "words for classes": lambda: text([word(row) for row in rows()]),
    "Usage in lower case": lambda: text([[*row[:2], row[2].lower()] for row in rows()]),
    "Usage in other words": lambda: text(
        [
            [*row[:2], dict(zip(USAGES, ("train", "Val", "TEST"), strict=True))[row[2]]]
            for row in rows()
        ]
    ),
    "Usage half in other words": lambda: text(
        [
            [
                *row[:2],
                dict(zip(USAGES, ("Training", "Validation", "Testing"), strict=True))[row[2]],
            ]
            for row in rows()
        ]
    ),
    "blank lines": lambda: text(rows()).replace("\n", "\n\n"),
    "blank lines first": lambda: "\n\n" + text(rows()),
    "the header twice": lambda: text([*rows()[:9], HEADER, *rows()[9:]]),
    "no line end at the end": lambda: text(rows()).rstrip("\n"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_table_is_read_however_it_is_written(name, expected, tmp_path, load):
    assert content(load(put(tmp_path / "fer2013.csv", WRITTEN[name]()))) == expected


def told(file: Path) -> list[tuple[str, str]]:
    """Return the class and the split of each row."""
    with open_tree(file) as tree:
        tables = find_tables(tree, any_name=True)
        assert tables is not None
        rows = list(labelled_rows(tree, tables.tables))
    return [(samples.EMOTIONS[row.label], row.split) for row in rows]


def test_labels_may_be_every_word_of_the_field(tmp_path):
    words = {word: name for word, name in EXPRESSIONS.items() if name != CONTEMPT}
    table = [(word.title(), PIXELS, "Training") for word in words]
    found = told(put(tmp_path / "fer2013.csv", text(table)))
    assert [name for name, _ in found] == list(words.values())


def test_usages_may_be_every_word_for_a_split(tmp_path):
    words = {word: split for word, split in SPLITS.items() if word not in PUBLISHED}
    words |= {"Train_Set": "train", "fer2013 valid": "validation", "Test-Images": "test"}
    found = told(put(tmp_path / "fer2013.csv", text([("3", PIXELS, word) for word in words])))
    assert [split for _, split in found] == list(words.values())


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_the_path_of_an_image_is_its_line(end, tmp_path, load):
    data = load(put(tmp_path / "fer2013.csv", text(rows(), end=end)))
    assert data.paths.tolist() == [f"fer2013.csv:{line}" for line in range(2, 44)]


REFUSED = {
    f"3,{PIXELS},Training,x": r":3: 4 fields where the first line names 3 .*; remove what is too",
    f"7,3,{PIXELS},Training": r":3: 4 fields where the first line names 3",
    f"3,{PIXELS}": r":3: 2 fields where the first line names 3 .*; the line is cut off",
    "3": r":3: 1 field where the first line names 3",
    f"3,{PIXELS},": r":3: Usage is missing",
    f",{PIXELS},Training": r":3: emotion is missing",
    f"nan,{PIXELS},Training": r":3: emotion is 'nan'",
    f"3.0,{PIXELS},Training": r":3: emotion is '3.0'",
    f"-1,{PIXELS},Training": r":3: emotion is '-1'",
    f"contempt,{PIXELS},Training": r":3: emotion is 'contempt'",
    "3,,Training": r":3: pixels are missing",
    "3,NaN,Training": r":3: pixels are 'NaN'",
    f"3,{PIXELS.replace(' ', ';')},Training": r":3: pixels are not whole .*first: '(9;){10}'",
    f"3,{PIXELS.replace('9', '9.5', 1)},Training": r":3: pixels are not whole .*first: '9.5'",
    f"3,{PIXELS.replace('9', '256', 1)},Training": r":3: pixel values must lie in 0 to 255",
    f"3,{PIXELS.replace('9', '-9', 1)},Training": r":3: pixel values must lie in 0 to 255",
    f"3,{PIXELS[:-300]}": r":3: 2 fields",
    f"3,{PIXELS[:-300]},Training": r":3: 2,154 pixel values; expected 2,304",
    f"3,{PIXELS},Tset": r":3: Usage is 'Tset'; expected one of Training",
    f'3,"{PIXELS},Training': r":3: is no row of a table",
}


@pytest.mark.parametrize("row", REFUSED, ids=range(len(REFUSED)))
def test_a_row_that_cannot_be_read_is_refused_by_its_line(row, tmp_path, load):
    file = put(tmp_path / "fer2013.csv", text([["3", PIXELS, "Training"]]) + row + "\n")
    with pytest.raises(DataError, match="fer2013.csv" + REFUSED[row]):
        load(file)


def test_a_running_number_has_to_run(tmp_path, load):
    table = [[str(number), *row] for number, row in zip((0, 1, 5), rows(), strict=False)]
    with pytest.raises(DataError, match=r"csv:4: 4 fields .* begin with a running number"):
        load(put(tmp_path / "fer2013.csv", text(table)))


@pytest.mark.parametrize("header", [("emotion", "Usage"), ("1", "2", "3"), ("pixels", "Usage")])
def test_a_table_without_the_columns_says_which_are_needed(header, tmp_path, load):
    with pytest.raises(DataError, match="first line must name the columns emotion,pixels,Usage"):
        load(put(tmp_path / "fer2013.csv", text([["3", PIXELS, "Training"]], header)))


def parts(folder: Path, names, *, usage: bool) -> Path:
    for name, wanted in zip(names, USAGES, strict=True):
        table = [row if usage else row[:2] for row in rows() if row[2] == wanted]
        put(folder / name, text(table, HEADER if usage else HEADER[:2]))
    return folder


@pytest.mark.parametrize("usage", [True, False])
@pytest.mark.parametrize(
    "names",
    [
        ("training.csv", "publictest.csv", "privatetest.csv"),
        ("Training.csv", "PublicTest.csv", "PrivateTest.csv"),
        ("train.csv", "val.csv", "test.csv"),
        ("fer2013_train.csv", "fer2013_valid.csv", "fer2013_test.csv"),
        ("mine_train.csv", "mine_val.csv", "mine_test.csv"),
    ],
)
def test_a_table_for_each_split_is_one_data_set(names, usage, expected, tmp_path, load):
    data = load(parts(tmp_path / "fer", names, usage=usage))
    assert content(data) == expected
    assert data.provenance.status == "altered"


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("test.csv", "", "test.csv is named as the test split and is no table of images"),
        ("test.csv", "version https://git-lfs", "test.csv is named as the test split"),
        ("test.zip", "PK\3\4", "test.zip is named as the test split .* mend or unpack it"),
        ("test.xlsx", "PK\3\4", "test.xlsx is named as the test split"),
        ("test.csv", "emotion,pixels\n", "test.csv: is the table of test and holds no image"),
        ("holdout.csv", f"emotion,pixels\n3,{PIXELS}\n", "beside tables of splits stands holdout"),
        ("val (1).csv", f"emotion,pixels\n3,{PIXELS}\n", r"val \(1\).csv and val.csv are both"),
    ],
)
def test_a_table_of_a_split_that_cannot_be_taken_is_refused(
    name, given, message, tmp_path, load
) -> None:
    for own in ("train.csv", "val.csv"):
        put(tmp_path / "fer" / own, text([row[:2] for row in rows()[:14]], HEADER[:2]))
    put(tmp_path / "fer" / name, given)
    with pytest.raises(DataError, match=message):
        load(tmp_path / "fer")


def test_tables_of_splits_without_training_are_refused(tmp_path, load):
    for name in ("PublicTest.csv", "PrivateTest.csv"):
        put(tmp_path / "fer" / name, text([row[:2] for row in rows()[:14]], HEADER[:2]))
    with pytest.raises(DataError, match=r"PublicTest.csv\) and none for training"):
        load(tmp_path / "fer")


def test_utf16_without_its_mark_is_refused_by_that(tmp_path, load):
    file = put(tmp_path / "fer2013.csv", text(rows()).encode("utf-16-le"))
    with pytest.raises(DataError, match=r"fer2013.csv:1: holds zero bytes, as UTF-16 without"):
        load(file)


def test_a_row_of_another_split_than_its_table_is_refused(tmp_path, load):
    folder = parts(
        tmp_path / "fer", ("training.csv", "publictest.csv", "privatetest.csv"), usage=True
    )
    put(folder / "training.csv", text([row for row in rows() if row[2] != "PublicTest"]))
    with pytest.raises(DataError, match=r"training.csv:16: Usage is 'PrivateTest' in a table"):
        load(folder)


@pytest.mark.parametrize(
    ("suffix", "packed"),
    [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)],
)
def test_a_compressed_table_is_read(suffix, packed, expected, tmp_path, load):
    file = put(tmp_path / "fer" / f"fer2013.csv{suffix}", packed(text(rows()).encode()))
    assert content(load(file.parent)) == expected


def test_a_truncated_compressed_table_is_refused(tmp_path, load):
    packed = gzip.compress(text(rows()).encode())
    with pytest.raises(DataError, match=r"fer2013.csv.gz: cannot be"):
        load(put(tmp_path / "fer" / "fer2013.csv.gz", packed[: len(packed) // 2]).parent)


def test_a_table_of_any_name_in_a_zip_is_read(expected, tmp_path, load):
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("data/faces.csv", text(rows()))
        archive.writestr("data/readme.csv", "a,b\n1,2\n")
    assert content(load(tmp_path / "archive.zip")) == expected


def test_tables_beside_the_whole_one_are_told_as_left_out(expected, tmp_path, load):
    folder = tmp_path / "kaggle"
    put(
        folder / "icml_face_data.csv",
        text([[e, u, p] for e, p, u in rows()], ("emotion", " Usage", " pixels")),
    )
    put(folder / "train.csv", text([row[:2] for row in rows()[:14]], HEADER[:2]))
    put(folder / "test.csv", text([[row[1]] for row in rows()[14:]], ("pixels",)))
    put(folder / "example_submission.csv", "id,emotion\n1,3\n")
    data = load(folder)
    assert content(data) == expected
    assert {(one.path, one.kind, one.reason) for one in data.left_out} == {
        ("train.csv", "unused", "another table of images"),
        ("test.csv", "unused", "28 images without labels (no column emotion)"),
    }
    assert any("test.csv: 28 images without labels" in note for note in data.provenance.notes)


def test_a_training_table_beside_images_without_labels_is_read_alone(tmp_path, load):
    put(tmp_path / "kaggle" / "train.csv", text([row[:2] for row in rows()[:14]], HEADER[:2]))
    put(tmp_path / "kaggle" / "test.csv", text([[row[1]] for row in rows()[14:]], ("pixels",)))
    data = load(tmp_path / "kaggle")
    assert Counter(data.split.tolist()) == {"": 14}
    assert data.provenance.status == "unofficial"
    assert data.provenance.notes[0] == "no Usage column in train.csv, so no official split"
    assert [one.path for one in data.left_out] == ["test.csv"]


def test_images_and_archives_beside_the_table_are_told(expected, tmp_path, load):
    folder = put(tmp_path / "fer" / "fer2013.csv", text(rows())).parent
    samples.write_image(folder / "train" / "happy" / "1.png", samples.noise(0))
    put(folder / "fer2013.tar.gz", gzip.compress(b"x"))
    data = load(folder)
    assert content(data) == expected
    assert {(one.path, one.reason) for one in data.left_out} == {
        ("train/happy/1.png", "an image beside the table, which is read"),
        ("fer2013.tar.gz", "an archive"),
    }


def test_several_tables_that_nothing_tells_apart_are_refused_by_name(tmp_path, load):
    for name in ("a.csv", "b.csv"):
        put(tmp_path / "fer" / name, text(rows()))
    with pytest.raises(DataError, match=r"several tables of images \(a.csv, b.csv\); give the one"):
        load(tmp_path / "fer")


def test_splits_in_two_dialects_are_refused(tmp_path, load):
    usages = ("Training", "PublicTest", "test")
    table = [["3", PIXELS, usage] for usage in usages]
    with pytest.raises(DataError, match="csv:4: Usage is 'test'"):
        load(put(tmp_path / "fer2013.csv", text(table)))


@pytest.mark.parametrize("name", ["fer2013.csv", "faces.csv"])
def test_images_and_links_beside_a_table_are_told(name, expected, tmp_path, load):
    folder = put(tmp_path / "fer" / "in" / name, text(rows())).parent
    samples.write_image(folder / "1.png", samples.noise(1))
    (folder / "back").symlink_to(".")
    data = load(tmp_path / "fer")
    assert content(data) == expected
    assert {one.path: one.kind for one in data.left_out} == {
        "in/1.png": "unused",
        "in/back": "unused",
    }
