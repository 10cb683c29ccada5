"""CSV that a spreadsheet takes for what it is: no text in it is a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import IO

import pandas as pd

FORMULA = r"^'*[=+\-@\t\r\n＝＋－＠]"
"""How a text begins that a spreadsheet would reckon with, or that is guarded from it."""
NUMBER = re.compile(r"[-+]?[0-9][0-9.,]*(?: to [-+]?[0-9][0-9.,]*)?")
_FORMULA = re.compile(FORMULA)


def guarded(text: str) -> str:
    """Return ``text`` with an apostrophe before it where it could pass for a formula.

    Numbers and intervals (``-0.3 to +2.1``) are none.
    """
    is_formula = _FORMULA.match(text) and not NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def unguarded(field: str) -> str:
    """Return the text that was `guarded` as ``field``."""
    return field[1:] if field.startswith("'") and _FORMULA.match(field) else field


def write_rows(file: IO[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows of texts and numbers as CSV; texts are guarded, and what is missing is blank."""
    for row in rows:
        file.write(_line(_field(value) for value in row))


def frame_csv(frame: pd.DataFrame) -> str:
    """Return a table as CSV, written as `write_rows` does, under the names of its columns."""
    file, held = io.StringIO(), frame.astype(object).where(frame.notna(), None)
    write_rows(file, [list(frame.columns), *held.itertuples(index=False, name=None)])
    return file.getvalue()


def _field(value: object) -> object:
    return guarded(value) if isinstance(value, str) else value


def _line(fields: Iterable[object]) -> str:
    """Return one line; a field with either end of a line in it is quoted."""
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(fields)
    return line.getvalue().removesuffix("\r\n") + "\n"
