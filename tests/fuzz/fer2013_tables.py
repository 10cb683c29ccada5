"""Draws FER2013 as tables of pixels, in the ways in which copies of it are written."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from tests.fuzz.label_table import encoded, table
from tests.fuzz.plan import Known, Plan

NAME = "FER2013's tables"
CODES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
USAGES = {"train": "Training", "validation": "PublicTest", "test": "PrivateTest"}
HEADS = {
    "emotion": ("emotion", "Emotion", "EMOTION", " emotion", "emotions", "label"),
    "pixels": ("pixels", "Pixels", " pixels ", "PIXELS"),
    "usage": ("Usage", "usage", " Usage", "USAGE", "split"),
}
DIALECTS = (
    USAGES,
    USAGES,
    {split: word.upper() for split, word in USAGES.items()},
    {"train": "train", "validation": "val", "test": "test"},
    {"train": "TRAIN", "validation": "Valid", "test": "eval"},
)
"""Words for the splits in the column Usage; the last two are not the published ones."""
WHOLE = ("fer2013.csv", "fer2013.csv", "icml_face_data.csv", "FER2013.CSV", "faces.csv", "my.tsv")
PARTS = (
    ("training.csv", "publictest.csv", "privatetest.csv"),
    ("train.csv", "val.csv", "test.csv"),
    ("fer2013_train.csv", "fer2013_valid.csv", "fer2013_test.csv"),
)
SURPLUS = (
    "none",
    "none",
    "separators end rows",
    "separators end all",
    "numbers without a name",
    "numbers in an unnamed column",
    "a further column",
)
BLANK = ("none", "none", "first", "every second line", "the header twice")


@dataclass(frozen=True)
class Style:
    """How the tables of one copy are written."""

    heads: dict[str, str]
    order: tuple[str, ...]
    separator: str
    end: str
    encoding: str
    quoting: int
    surplus: str
    blank: str
    words: bool
    dialect: dict[str, str]


@dataclass(frozen=True)
class Face:
    """A row before it is written: its split, class and image."""

    split: str
    code: int
    known: Known


def draw(seed: int) -> Plan:
    """Draw the tables of ``seed``."""
    rng, plan = Random(seed), Plan(NAME)
    parts, usage = rng.random() < 0.3, rng.random() < 0.7
    plan.splits = tuple(USAGES) if parts or usage else ()
    style = _style(rng, usage=usage)
    plan.axes.append(str(style))
    faces = [_face(rng, split, code) for split in USAGES for code in (*range(7), *range(7))]
    rng.shuffle(faces)
    if parts:
        for split, name in zip(USAGES, rng.choice(PARTS), strict=True):
            _write(plan, style, name, [face for face in faces if face.split == split])
    else:
        _write(plan, style, rng.choice(("", "fer2013/")) + rng.choice(WHOLE), faces)
        if rng.random() < 0.3:
            plan.files["test.csv"] = f"pixels\n{_text(faces[0])}\n".encode()
            plan.told.add("test.csv")
    if rng.random() < 0.3:
        plan.files["README"] = b"about FER2013\n"
    if rng.random() < 0.15:
        _trap(rng, plan, style)
    return plan


def _style(rng: Random, *, usage: bool) -> Style:
    order = ["emotion", "pixels", *(["usage"] if usage else [])]
    if rng.random() < 0.4:
        rng.shuffle(order)
    return Style(
        heads={column: rng.choice(names) for column, names in HEADS.items()},
        order=tuple(order),
        separator=rng.choice((",", ",", ",", ";", "\t", "|")),
        end=rng.choice(("\n", "\n", "\r\n", "\r")),
        encoding=rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be")),
        quoting=rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
        surplus=rng.choice(SURPLUS),
        blank=rng.choice(BLANK),
        words=rng.random() < 0.2,
        dialect=rng.choice(DIALECTS),
    )


def _face(rng: Random, split: str, code: int) -> Face:
    pixels = np.random.default_rng(rng.randrange(2**32)).integers(0, 256, (48, 48), np.uint8)
    return Face(split, code, Known(CODES[code], split, pixels=pixels))


def _text(face: Face) -> str:
    assert face.known.pixels is not None
    return " ".join(map(str, face.known.pixels.ravel().tolist()))


def _write(plan: Plan, style: Style, name: str, faces: Sequence[Face]) -> None:
    """Write a table of ``faces``, and note the line of each."""
    head, *rows = _surplus(style, [_fields(style, face) for face in faces])
    lines = [[], head] if style.blank == "first" else [head]
    for number, (face, row) in enumerate(zip(faces, rows, strict=True)):
        if style.blank == "every second line":
            lines.append([])
        elif style.blank == "the header twice" and number == 5:
            lines.append(head)
        lines.append(row)
        known = face.known if plan.splits else replace(face.known, split="")
        plan.samples[f"{name}:{len(lines)}"] = known
    content = table(lines, style.separator, style.end, style.quoting)
    plan.files[name] = encoded(content, style.encoding)


def _fields(style: Style, face: Face) -> list[str]:
    written = {
        "emotion": CODES[face.code].title() if style.words else str(face.code),
        "pixels": _text(face),
        "usage": style.dialect[face.split],
    }
    return [written[column] for column in style.order]


def _surplus(style: Style, rows: list[list[str]]) -> list[list[str]]:
    """Return the header and ``rows``, each with what it has too much."""
    head = [style.heads[column] for column in style.order]
    numbered = [[str(number), *row] for number, row in enumerate(rows)]
    return {
        "none": [head, *rows],
        "separators end rows": [head, *([*row, ""] for row in rows)],
        "separators end all": [[*head, ""], *([*row, ""] for row in rows)],
        "numbers without a name": [head, *numbered],
        "numbers in an unnamed column": [["", *head], *numbered],
        "a further column": [[*head, "note"], *([*row, "-"] for row in rows)],
    }[style.surplus]


FAULTS = {
    "pixels": ("", "1 2 3", "300 " * 2304, "1.5 " * 2304, "NaN"),
    "emotion": ("", "7", "bored", "-1", "3.0"),
    "usage": ("PublicTest PrivateTest", "often"),
}
"""What no row may say, by its column."""


def _trap(rng: Random, plan: Plan, style: Style) -> None:
    """Put a row that cannot be read at the end of a table, and say by which line it is refused."""
    place = max(plan.samples, key=lambda name: (name.split(":")[0], int(name.split(":")[1])))
    name, _, line = place.partition(":")
    column = rng.choice(style.order)
    face = Face("train", 3, plan.samples[place])
    row = _fields(style, face)
    row[style.order.index(column)] = rng.choice(FAULTS[column])
    *_, last = _surplus(style, [row] * (len(plan.samples) + 1))
    mark = len(encoded("", style.encoding))
    plan.files[name] += encoded(
        table([last], style.separator, style.end, style.quoting), style.encoding
    )[mark:]
    plan.refused = f"{name}:{int(line) + 1}"
    plan.axes.append(f"trap: {column} in the last row")
