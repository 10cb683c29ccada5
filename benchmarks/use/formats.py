"""Answers for programs (JSON lines, CSV) and for people (a table)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

from rich.table import Table
from rich.text import Text

from benchmarks.machine.console import Console
from benchmarks.machine.spreadsheets import write_rows
from benchmarks.machine.terminal import printable
from benchmarks.use.faces import Box
from benchmarks.use.pictures import FaceAnswer, File

Answered = Iterable[tuple[File, list[FaceAnswer]]]
BOX = ("face_x", "face_y", "face_side")


def write(answered: Answered, class_names: tuple[str, ...], format: str) -> None:
    """Print every answer to standard output, as it comes; a table once all are there.

    File names that are not Unicode keep their bytes as ``\\udcXX``.
    """
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    WRITERS[format](answered, class_names)


def write_jsonl(answered: Answered, class_names: tuple[str, ...]) -> None:
    """Print one JSON object for each face.

    ``path``; ``face``: ``x``, ``y``, ``side`` in pixels of the picture, or null where it was
    taken whole; ``answer``; ``probabilities``: class → fraction of 1.
    """
    for file, answers in answered:
        for answer in answers:
            line = {"path": str(file.path), **asdict(answer_record(answer, class_names))}
            print(json.dumps(line, ensure_ascii=False), flush=True)


@dataclass(frozen=True)
class AnswerRecord:
    """An answer as programs get it: ``probabilities`` are fractions of 1 by class."""

    face: Box | None
    answer: str
    probabilities: Mapping[str, float]


def answer_record(answer: FaceAnswer, class_names: tuple[str, ...]) -> AnswerRecord:
    """Return one answer with the names of its classes."""
    probabilities = dict(zip(class_names, answer.probabilities.tolist(), strict=True))
    return AnswerRecord(answer.box, answer.best(class_names), probabilities)


def write_csv(answered: Answered, class_names: tuple[str, ...]) -> None:
    """Print a header and one row for each face: path, face, answer, ``p_<class>``.

    A path or class that begins as a formula does has an apostrophe before it.
    """
    heads = ["path", *BOX, "answer", *(f"p_{name}" for name in class_names)]
    write_rows(sys.stdout, [heads])
    for file, answers in answered:
        for answer in answers:
            box = answer.box
            place = (box.x, box.y, box.side) if box else ("", "", "")
            answered_as = answer.best(class_names)
            row = [str(file.path), *place, answered_as, *answer.probabilities.tolist()]
            write_rows(sys.stdout, [row])
        sys.stdout.flush()


def write_table(answered: Answered, class_names: tuple[str, ...]) -> None:
    """Print a table with per cent."""
    table = Table(box=None, pad_edge=False)
    for column in ("picture", "face", "answer"):
        table.add_column(column, overflow="fold")
    for name in class_names:
        table.add_column(Text(printable(name)), justify="right")
    for file, answers in answered:
        for answer in answers:
            shares = (f"{100 * p:.1f} %" for p in answer.probabilities)
            answered_as = printable(answer.best(class_names))
            words = (printable(str(file.path)), place(answer.box), answered_as)
            table.add_row(*map(Text, words), *shares)
    if table.row_count:
        width = None if sys.stdout.isatty() else max(200, 24 * len(table.columns))
        Console(highlight=False, width=width).print(table)


def place(box: Box | None) -> str:
    """Return where a face is, for people."""
    return f"{box.side}×{box.side} at {box.x}, {box.y}" if box else "whole"


WRITERS: dict[str, Callable[[Answered, tuple[str, ...]], None]] = {
    "table": write_table,
    "jsonl": write_jsonl,
    "csv": write_csv,
}
