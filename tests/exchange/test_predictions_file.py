"""A table of predictions is put in the order of the split, or refused in one line."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.exchange.adding.given_table import read_table
from benchmarks.exchange.adding.predictions_file import read_predictions
from benchmarks.store.splits import split_table
from datasets.records import DataError
from tests.datasets.hostile import PLACES

NAMES = ("angry", "happy", "sad")
SPLITS = pd.DataFrame(
    {
        "row": range(6),
        "image_id": ["00", "11", "22", "22", "33", "00"],
        "path": [f"gesicht/Ä{place}.png" for place in range(6)],
        "label": [0, 1, 2, 2, 0, 0],
        "split": ["train", "train", "validation", "validation", "test", "test"],
    }
)
ASKED = SPLITS[SPLITS["split"] != "train"].reset_index(drop=True)
NUMBERS = np.arange(12).reshape(4, 3) / 100


def table(key: str = "row") -> pd.DataFrame:
    frame = ASKED[[key]].copy()
    for place, name in enumerate(NAMES):
        frame[f"p_{name}"] = NUMBERS[:, place]
    return frame


def read(file: Path, content: pd.DataFrame) -> np.ndarray:
    if file.suffix == ".csv":
        content.to_csv(file, index=False)
    else:
        content.to_parquet(file, index=False)
    return read_predictions(file, split_table(SPLITS), split_table(ASKED), NAMES).numbers


def refusal(file: Path, content: pd.DataFrame) -> str:
    with pytest.raises(InputError) as raised:
        read(file, content)
    assert "\n" not in str(raised.value)
    assert file.name in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("key", ["row", "path"])
def test_lines_and_columns_may_come_in_any_order(tmp_path: Path, key: str, suffix: str) -> None:
    shuffled = table(key).iloc[[2, 0, 3, 1]][["p_sad", key, "p_angry", "p_happy"]]
    assert (read(tmp_path / f"given{suffix}", shuffled) == NUMBERS).all()


def test_columns_may_have_the_fields_other_names(tmp_path: Path) -> None:
    named = {"p_angry": "Anger", "p_happy": "p_HAPPINESS", "p_sad": "sadness"}
    assert (read(tmp_path / "given.csv", table().rename(columns=named)) == NUMBERS).all()


def test_contempt_comes_along_to_be_left_out_where_the_run_lacks_it(tmp_path: Path) -> None:
    content = table().assign(p_contempt=0.5)
    content.to_csv(tmp_path / "given.csv", index=False)
    given = read_predictions(tmp_path / "given.csv", split_table(SPLITS), split_table(ASKED), NAMES)
    assert given.dropped == ("contempt",)
    assert (given.numbers[:, -1] == 0.5).all()


def test_columns_may_be_named_like_the_classes_whatever_the_case(tmp_path: Path) -> None:
    named = table().rename(columns={"p_angry": "Angry", "p_happy": " happy", "p_sad": "P_Sad"})
    assert (read(tmp_path / "given.csv", named) == NUMBERS).all()


def test_an_image_id_answers_for_all_images_of_its_pixels(tmp_path: Path) -> None:
    once = table("image_id").iloc[[0, 2, 3]]
    found = read(tmp_path / "given.csv", once)
    assert (found == NUMBERS[[0, 0, 2, 3]]).all()


def test_lines_for_training_images_are_left_out(tmp_path: Path) -> None:
    everything = pd.concat([table(), table().iloc[:2].assign(row=[0, 1])])
    assert (read(tmp_path / "given.csv", everything) == NUMBERS).all()


def test_a_second_name_of_an_image_must_agree(tmp_path: Path) -> None:
    both = table().assign(path=ASKED["path"])
    assert (read(tmp_path / "right.csv", both) == NUMBERS).all()
    both["path"] = both["path"].to_numpy()[::-1]
    assert "path of row 2 is not that of the run's split" in refusal(tmp_path / "wrong.csv", both)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t.drop(columns="p_sad"), "no column sad or p_sad"),
        (lambda t: t.assign(Sad=0.1), "several columns sad or p_sad"),
        (lambda t: t.assign(sadness=0.1), "several columns sad or p_sad"),
        (
            lambda t: t.assign(row=["a", "b", "c", "d"]),
            "4 lines .* as the run's splits.parquet does .for instance row 5",
        ),
        (lambda t: t.assign(label=[0, 2, 2, 0]), "contradicts the run's labels on 2 of 4"),
        (lambda t: t.drop(columns="row"), "no column row, path or image_id"),
        (lambda t: t.iloc[:3], "1 of 4 validation and test images have no line .first: row 5"),
        (lambda t: t.iloc[:0], "4 of 4 validation and test images have no line"),
        (lambda t: t.assign(row=[2, 3, 4, 99]), "images that the run does not have .first: row 99"),
        (lambda t: t.assign(row=[3, 4, 5, 6]), "counted from 0, and these perhaps from 1: then"),
        (
            lambda t: t.assign(row=[2, 3, 4, 4]),
            r"row 4 has several lines that differ \(data rows 3, 4\)",
        ),
        (lambda t: t.assign(row=[2, 3, 4, None]), "is blank"),
        (lambda t: t.assign(p_sad=[0.1, np.nan, 0, 0]), "data row 2, p_sad"),
        (lambda t: t.assign(p_sad=[0.1, 0, np.inf, 0]), "data row 3, p_sad"),
        (lambda t: t.assign(p_sad=["0.1", "much", "0", "0"]), "'much' is no finite number"),
    ],
)
def test_what_cannot_be_right_is_named(tmp_path: Path, change, reason: str) -> None:
    assert re.search(reason, refusal(tmp_path / "given.csv", change(table())))


@pytest.mark.parametrize("written", ["{}", "./{}", "/home/me/{}", "C:\\faces\\{}", "{file}"])
@pytest.mark.parametrize("column", ["path", "Path", "filename", "image"])
def test_an_image_may_be_named_by_the_end_of_its_path(
    tmp_path: Path, written: str, column: str
) -> None:
    named = table("path").rename(columns={"path": column})
    paths = [path.replace("/", "\\") if "\\" in written else path for path in ASKED["path"]]
    named[column] = [written.format(path, file=path[len("gesicht/") :]) for path in paths]
    assert (read(tmp_path / "given.csv", named) == NUMBERS).all()


def test_labels_beside_the_answers_may_be_in_any_code(tmp_path: Path) -> None:
    for number, labels in enumerate(([2, 2, 0, 0], ["x", "x", "y", "y"])):
        given = table().assign(label=labels)
        assert (read(tmp_path / f"given{number}.csv", given) == NUMBERS).all()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("blank", [0, 2])
def test_a_table_may_be_as_spreadsheets_write_it(
    tmp_path: Path, blank: int, end: str, encoding: str
) -> None:
    lines = [",".join(("row", *NAMES)), *(f"{row},{line}" for row, line in enumerate(ANSWERS, 2))]
    text = "".join(line + end for line in [*lines, *blank * [",,,"]])
    (tmp_path / "given.csv").write_bytes(text.encode(encoding))
    found = read_predictions(tmp_path / "given.csv", split_table(SPLITS), split_table(ASKED), NAMES)
    assert found.numbers == pytest.approx(NUMBERS)


ANSWERS = ["0,.01,.02", ".03,.04,.05", ".06,.07,.08", ".09,.1,.11"]


@pytest.mark.parametrize(
    "lines",
    [
        [
            f"{row};{line}".replace(",", ";").replace(".", "0,")
            for row, line in enumerate(ANSWERS, 2)
        ],
        [f"{row}\t{line}".replace(",", "\t") for row, line in enumerate(ANSWERS, 2)],
        [f"{row},{line}," for row, line in enumerate(ANSWERS, 2)],
        [f"{row - 2},{row},{line}" for row, line in enumerate(ANSWERS, 2)],
    ],
)
def test_fields_are_parted_as_programs_part_them(tmp_path: Path, lines: list[str]) -> None:
    separator = next(mark for mark in ";\t," if mark in lines[0])
    header = separator.join(("row", *NAMES))
    (tmp_path / "given.csv").write_text("\n".join([header, *lines]), "utf-8")
    found = read_predictions(tmp_path / "given.csv", split_table(SPLITS), split_table(ASKED), NAMES)
    assert found.numbers == pytest.approx(NUMBERS)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("given.parquet", b"PAR1", "not readable as .parquet"),
        ("given.csv", b"", "not readable as .csv"),
        ("given.csv", b"\xff\xfe\x00", "not readable as .csv"),
        ("given.xlsx", b"", "is .csv or .parquet"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=reason):
        read_predictions(tmp_path / name, SPLITS, ASKED, NAMES)


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_that_is_no_ordinary_file_is_refused(
    tmp_path: Path, suffix: str, kind: str
) -> None:
    make, told = PLACES[kind]
    make(tmp_path / f"given{suffix}")
    with pytest.raises((InputError, DataError), match=f"given{suffix}: cannot be read: {told}"):
        read_table(tmp_path / f"given{suffix}")


MANY = "9" * 5000


@pytest.mark.parametrize(
    "text",
    [
        f"row,p_angry,p_happy,p_sad\n2,{MANY},0,0\n",
        f"row,p_angry,p_happy,p_sad\n{MANY},0.1,0,0\n",
        f"row,p_angry,p_happy,p_sad\n2,{'x' * 200_000},0,0\n",
        f"row,{'x' * 200_000}\n2,1\n",
        f"row{',a' * 200_000}\n2{',a' * 200_000}\n",
        "row\x00,p_angry\n\x00\n",
        '"' * 9999,
    ],
)
def test_a_table_of_nonsense_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "given.csv").write_text(text)
    with pytest.raises(InputError) as told:
        read_predictions(tmp_path / "given.csv", split_table(SPLITS), split_table(ASKED), NAMES)
    assert "\n" not in str(told.value) and len(str(told.value)) < 1000
