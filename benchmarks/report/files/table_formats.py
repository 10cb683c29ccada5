"""One table as CSV, Markdown and LaTeX, with whatever it says kept text.

``scripts/export.js`` does the same in the browser with what `for_script` gives it; a test holds
both to the same characters.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator

from benchmarks.machine.spreadsheets import FORMULA, NUMBER, write_rows
from benchmarks.report.elements.elements import Cell, Table
from benchmarks.report.elements.numbers import MINUS, MISSING

CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
LINES = re.compile(r"[\n\r\u2028\u2029]+")
SPACES = re.compile(r"[\s\ufeff]+")
NUMERIC = re.compile(rf"[-+{MINUS}<(]?\s*[0-9]")
SINGLE = re.compile(r"-(?=-)|[^-]")
MARKDOWN = {c: f"\\{c}" for c in "\\`*_[]|~$^#"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "-": "-{}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    "–": "--",
    "…": r"\dots{}",
    MINUS: "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "→": r"$\to$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
}


def csv_of(shown: Table) -> str:
    """Return ``shown`` as CSV: what stands small beside a number has a column of its own.

    What is missing is blank. A text that a spreadsheet would take for a formula begins with
    an apostrophe.
    """
    noted = _noted(shown)
    buffer = io.StringIO()
    lines = (_csv_heads(shown, noted), *(_csv_row(row, noted) for row in shown.rows))
    write_rows(buffer, ([_csv_text(text) for text in line] for line in lines))
    return buffer.getvalue()


def markdown_of(shown: Table) -> str:
    """Return ``shown`` as a Markdown table under its caption."""
    sides = [":---" if side == "l" else "---:" for side in _sides(shown)]
    heads = [escape_markdown(column.label) for column in shown.columns]
    rows = [[_with_note(cell, escape_markdown, " ({})") for cell in _spread(r)] for r in shown.rows]
    lines = [f"| {' | '.join(line)} |\n" for line in (heads, sides, *rows)]
    return f"{escape_markdown(shown.caption)}\n\n{''.join(lines)}"


def latex_of(shown: Table) -> str:
    """Return ``shown`` as a LaTeX table for the packages booktabs and adjustbox.

    One that is wider than the text or higher than nine tenths of it is set smaller.
    """
    heads = " & ".join(escape_latex(column.label) for column in shown.columns)
    rows = [" & ".join(_latex_cell(cell) for cell in row) for row in shown.rows]
    lines = [
        r"% in the preamble: \usepackage{booktabs,adjustbox}",
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{escape_latex(shown.caption)}}}",
        r"\begin{adjustbox}{max width=\linewidth, max totalheight=0.9\textheight}",
        rf"\begin{{tabular}}{{{''.join(_sides(shown))}}}",
        r"\toprule",
        rf"{heads} \\",
        r"\midrule",
        *(rf"{row} \\" for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{adjustbox}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


FORMATS = {"csv": csv_of, "md": markdown_of, "tex": latex_of}
"""Each format by the ending of its files."""


def for_script() -> str:
    """Return the patterns and escapes of this file as a statement of the page's script."""
    patterns = {
        "control": CONTROL.pattern,
        "lines": LINES.pattern,
        "spaces": SPACES.pattern,
        "single": SINGLE.pattern,
        "formula": FORMULA,
        "number": f"^{NUMBER.pattern}$",
        "numeric": f"^{NUMERIC.pattern}",
    }
    known = {
        "latex": LATEX,
        "markdown": MARKDOWN,
        "minus": MINUS,
        "missing": MISSING,
        "patterns": patterns,
    }
    return f"const TABLE_FORMATS = {json.dumps(known)};\n"


def escape_latex(text: str) -> str:
    """Return ``text`` such that LaTeX sets it as it is; line breaks become semicolons."""
    return SINGLE.sub(lambda found: LATEX.get(found[0], found[0]), flat(text))


def escape_markdown(text: str) -> str:
    """Return ``text`` such that Markdown shows it as it is, also within a table's cell."""
    return "".join(MARKDOWN.get(character, character) for character in flat(text))


def flat(text: str) -> str:
    """Return ``text`` in one line without control characters, its lines parted by semicolons."""
    lines = (SPACES.sub(" ", CONTROL.sub("", line)).strip() for line in LINES.split(text))
    return "; ".join(line for line in lines if line)


def _noted(shown: Table) -> list[bool]:
    noted = [False] * len(shown.columns)
    for row in shown.rows:
        for place, cell in enumerate(_spread(row)):
            noted[place] = noted[place] or bool(cell.note)
    return noted


def _csv_heads(shown: Table, noted: list[bool]) -> Iterator[str]:
    for column, note in zip(shown.columns, noted, strict=True):
        yield column.label
        if note:
            yield f"{column.label} (note)"


def _csv_row(row: tuple[Cell, ...], noted: list[bool]) -> Iterator[str]:
    for cell, note in zip(_spread(row), noted, strict=True):
        yield cell.text
        if note:
            yield cell.note


def _csv_text(text: str) -> str:
    plain = flat(text)
    number = plain.replace(MINUS, "-")
    if NUMBER.fullmatch(number):
        return number
    return "" if plain == MISSING else plain


def _spread(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Return one cell for each column: what takes several leaves the others blank."""
    return tuple(each for cell in row for each in (cell, *[Cell("")] * (cell.span - 1)))


def _with_note(cell: Cell, escape: Callable[[str], str], form: str) -> str:
    text = escape(cell.text)
    return text + form.format(escape(cell.note)) if cell.note else text


def _latex_cell(cell: Cell) -> str:
    text = _with_note(cell, escape_latex, r" {{\footnotesize ({})}}")
    return rf"\multicolumn{{{cell.span}}}{{l}}{{{text}}}" if cell.span > 1 else text


def _sides(shown: Table) -> list[str]:
    """Return ``r`` for each column after the first that holds numbers only, else ``l``."""
    columns = zip(*(_spread(row) for row in shown.rows), strict=True)
    sides = ["r" if _numbers([flat(cell.text) for cell in column]) else "l" for column in columns]
    return ["l", *(sides or ["l"] * len(shown.columns))[1:]]


def _numbers(texts: list[str]) -> bool:
    filled = [text for text in texts if text not in ("", MISSING)]
    return bool(filled) and all(NUMERIC.match(text) for text in filled)
