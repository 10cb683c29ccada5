"""Draws images and the table that labels them, in the ways in which people write tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from tests.fuzz.folders import CLASSES
from tests.fuzz.plan import Brush, Plan, composed, decomposed
from tests.fuzz.published import GIVEN, LINE_ENDS, WORDS, counts

Row = dict[str, str]
PATHS = ("path", "Image", "file name", "FILENAME", "img_path", "filepath", "image_id", "pth")
LABELS = ("label", "Emotion", "expression", "CLASS", "class_name", "target", "emotion label")
SPLITS = ("split", "Usage", "subset", "set")
SUBJECTS = ("subject", "person_id", "Participant", "subject name")
SEPARATORS = (",", ";", "\t")
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be")
SPELT: dict[str, Callable[[str], str]] = {
    "from the root": lambda name: name,
    "with a dot": lambda name: f"./{name}",
    "rooted": lambda name: f"/home/you/data/{name}",
    "backslashes": lambda name: name.replace("/", "\\"),
    "a drive": lambda name: "C:\\data\\" + name.replace("/", "\\"),
    "file name": lambda name: name.rpartition("/")[2],
    "no suffix": lambda name: name.rpartition(".")[0],
    "decomposed": decomposed,
}
"""How a row writes the name of its image."""
FOLDERS = ("images/", "", "data/pictures/", "Ünsere Bilder/", "batch{}/", "a{}/b/", "{label}/")
"""Where images lie; some are parted among two folders, or by their class."""
PLACES = ("labels.csv", "labels.csv", "train_labels.csv", "lists/annotations.tsv", "Ünï.CSV")
TRAPS = (
    "contradiction",
    "unknown split",
    "too many fields",
    "too few fields",
    "no name",
    "Latin-1",
)
ABSENT = "nowhere/at all.png"
"""What a row names that has no image; nobody minds what else is said of it."""


@dataclass(frozen=True)
class Style:
    """How the tables of one tree are written."""

    heads: dict[str, str]
    separator: str
    end: str
    encoding: str
    quoting: int
    numbered: bool
    noted: bool


def label_table(rng: Random, plan: Plan) -> None:
    classes, place_of = rng.choice(CLASSES), rng.choice(FOLDERS)
    plan.splits, who, spelt = rng.choice(GIVEN), rng.random() < 0.4, rng.choice(sorted(SPELT))
    words = dict(zip(("train", "test", "validation"), rng.choice(WORDS[:-1]), strict=True))
    tells = rng.choice(("column", "column", "folders", "tables")) if plan.splits else "nothing"
    brush, rows = Brush(rng), list[Row]()
    for split, count in counts(plan.splits).items():
        for number, name in enumerate(classes * count):
            drawn = brush.picture(".png", ".jpg", ".PNG", ".bmp")
            where = f"{words[split]}/" if tells == "folders" else place_of
            folder = where.format(rng.randint(1, 2), label=name)
            row = {"label": name, "split": words.get(split, "")}
            row["subject"] = f"{split}{number // len(classes) % 8}" if who else ""
            file = f"{folder}{brush.name()}{drawn.suffix}"
            plan.add(file, drawn, composed(name), split, row["subject"])
            rows.append(row | {"path": SPELT[spelt](file)})
    rng.shuffle(rows)
    _surplus(rng, plan, brush, rows, words["train"] + "/" if tells == "folders" else "")
    columns = ["path", "label", *["split"] * (tells == "column"), *["subject"] * who]
    rng.shuffle(columns)
    plan.axes.append(f"images in {place_of!r}, names {spelt}, {tells} tell the split")
    tables = {rng.choice(PLACES): rows}
    if tells == "tables":
        named = {row["split"] for row in rows}
        tables = {f"{word}.csv": [row for row in rows if row["split"] == word] for word in named}
    elif rng.random() < 0.3:
        (plan.labels,) = tables
    _write(rng, plan, tables, columns, place_of)


def _surplus(rng: Random, plan: Plan, brush: Brush, rows: list[Row], folder: str) -> None:
    """Add images without a row, rows without an image, a row twice, and one without a label."""
    train = next(row for row in rows if row["split"] == rows[0]["split"])
    if rng.random() < 0.3:
        plan.leave(f"{folder}{brush.name()}.png", brush.picture(".png"))
    if rng.random() < 0.3:
        rows.append(train | {"path": ABSENT})
    if rng.random() < 0.2:
        rows.append(rows[1])
    if rng.random() < 0.2:
        file = f"{brush.name()}.png"
        plan.leave(f"{folder}{file}", brush.picture(".png"))
        rows.append(train | {"path": file, "label": ""})


def _write(
    rng: Random, plan: Plan, tables: Mapping[str, list[Row]], columns: list[str], place_of: str
) -> None:
    """Write ``tables``, the rows of each by its name, in one style."""
    style = _style(rng)
    plan.axes.append(f"tables {sorted(tables)}, columns {columns}, {style}")
    trapped = "" if rng.random() < 0.85 or "{label}" in place_of else rng.choice(sorted(tables))
    for name, rows in sorted(tables.items()):
        listed = _listed(style, rows, columns)
        encoding = style.encoding
        if name == trapped:
            at = {one: style.numbered + n for n, one in enumerate(columns)}
            encoding = _trap(rng, plan, listed, at, name) or encoding
        content = table(listed, style.separator, style.end, style.quoting)
        plan.files[name] = encoded(content, encoding)


def _style(rng: Random) -> Style:
    names = {"path": PATHS, "label": LABELS, "split": SPLITS, "subject": SUBJECTS}
    return Style(
        heads={column: rng.choice(heads) for column, heads in names.items()},
        separator=rng.choice(SEPARATORS),
        end=rng.choice(LINE_ENDS),
        encoding=rng.choice(ENCODINGS),
        quoting=rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
        numbered=rng.random() < 0.2,
        noted=rng.random() < 0.2,
    )


def _listed(style: Style, rows: list[Row], columns: Sequence[str]) -> list[list[str]]:
    """Return the header and a line for each of ``rows``."""
    listed = [
        [style.heads[one] for one in columns],
        *([row[one] for one in columns] for row in rows),
    ]
    if style.numbered:
        listed = [[str(n - 1) if n else "", *values] for n, values in enumerate(listed)]
    if style.noted:
        listed = [[*values, "-" if n else "note"] for n, values in enumerate(listed)]
    return listed


def _trap(
    rng: Random, plan: Plan, listed: list[list[str]], at: Mapping[str, int], name: str
) -> str:
    """Make a row one that cannot be taken, and note by which line it is refused.

    Returns the encoding that the table then has, ``""`` where it keeps its own.
    """
    trap, line = rng.choice(TRAPS), rng.randint(2, len(listed) - 1)
    row = list(listed[line])
    plan.axes.append(f"trap: {trap}")
    plan.refused = f"{name}:{line + 1}"
    if trap == "unknown split" and "split" in at:
        row[at["split"]] = "often"
    elif trap == "too few fields":
        row.pop()
    elif trap == "no name":
        row[at["path"]] = " "
    elif trap == "contradiction":
        row = list(next(values for values in (*listed[line:], *listed[1:]) if ABSENT not in values))
        row[at["label"]] = f"not {row[at['label']]}"
        listed.append(row)
        plan.refused = f"{name}:{len(listed)}"
        return ""
    elif trap == "Latin-1":
        listed[:] = [
            [value.encode("latin-1", "ignore").decode("latin-1") for value in values]
            for values in listed
        ]
        row = list(listed[line])
        row[at["label"]] = "dégoût"
        plan.refused = f"{name}:"
    else:
        row.append("more")
    listed[line] = row
    return "latin-1" if trap == "Latin-1" else ""


def table(rows: Sequence[Sequence[str]], separator: str, end: str, quoting: int) -> str:
    """Return ``rows`` as the text of a table."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows(rows)
    return file.getvalue()


def encoded(content: str, encoding: str) -> bytes:
    """Return ``content`` in ``encoding``, with a mark at its begin where it is UTF-16."""
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    return (mark + content).encode(encoding)
