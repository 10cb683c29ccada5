"""Draws images and the table that labels them, in the ways in which people write tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from random import Random

from tests.fuzz.folders import CLASSES
from tests.fuzz.plan import Brush, Known, Plan, composed, decomposed
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
FOLDERS = ("images", "", "data/pictures", "Ünsere Bilder")
PLACES = ("labels.csv", "labels.csv", "train_labels.csv", "lists/annotations.tsv", "Ünï.CSV")
TRAPS = (
    "contradiction",
    "unknown split",
    "too many fields",
    "too few fields",
    "no name",
)


def label_table(rng: Random, plan: Plan) -> None:
    classes = rng.choice(CLASSES)
    plan.splits, who, folder = rng.choice(GIVEN), rng.random() < 0.4, rng.choice(FOLDERS)
    words = dict(zip(("train", "test", "validation"), rng.choice(WORDS[:-1]), strict=True))
    in_folders = bool(plan.splits) and rng.random() < 0.3
    spelt = rng.choice(sorted(SPELT))
    brush, rows = Brush(rng), list[Row]()
    for split, count in counts(plan.splits).items():
        for number, name in enumerate(classes * count):
            drawn = brush.picture(".png", ".jpg", ".PNG", ".bmp")
            file = f"{brush.name()}{drawn.suffix}"
            parts = (folder, words[split] if in_folders else "", file)
            place = plan.add("/".join(filter(None, parts)), drawn, composed(name), split)
            row = {"path": SPELT[spelt](place), "label": name}
            if split and not in_folders:
                row["split"] = words[split]
            if who:
                row["subject"] = f"{split}{number // len(classes) % 8}"
                known = plan.samples[place]
                plan.samples[place] = Known(name, split, row["subject"], known.pixels)
            rows.append(row)
    rng.shuffle(rows)
    _surplus(rng, plan, brush, rows, "/".join(filter(None, (folder, words["train"] * in_folders))))
    _write(rng, plan, rows, spelt)


def _surplus(rng: Random, plan: Plan, brush: Brush, rows: list[Row], folder: str) -> None:
    """Add images without a row, rows without an image, a row twice, and one without a label."""
    if rng.random() < 0.3:
        drawn = brush.picture(".png")
        plan.leave(f"{folder}/{brush.name()}.png".lstrip("/"), drawn)
    if rng.random() < 0.3:
        rows.append(rows[0] | {"path": "nowhere/at all.png"})
    if rng.random() < 0.2:
        rows.append(rows[1])
    if rng.random() < 0.2:
        drawn, file = brush.picture(".png"), f"{brush.name()}.png"
        plan.leave(f"{folder}/{file}".lstrip("/"), drawn)
        rows.append(rows[0] | {"path": file, "label": ""})


def _write(rng: Random, plan: Plan, rows: list[Row], spelt: str) -> None:
    heads = {"path": rng.choice(PATHS), "label": rng.choice(LABELS)}
    heads |= {"split": rng.choice(SPLITS), "subject": rng.choice(SUBJECTS)}
    columns = list(rows[0])
    rng.shuffle(columns)
    listed = [[heads[one] for one in columns], *([row[one] for one in columns] for row in rows)]
    if rng.random() < 0.2:
        listed = [[str(n - 1) if n else "", *values] for n, values in enumerate(listed)]
    if rng.random() < 0.2:
        listed = [[*values, "note" if not n else "-"] for n, values in enumerate(listed)]
    name, separator, end = rng.choice(PLACES), rng.choice(SEPARATORS), rng.choice(LINE_ENDS)
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    encoding, blank = rng.choice(ENCODINGS), rng.random() < 0.15
    plan.axes.append(
        f"table {name}, columns {[heads[one] for one in columns]}, separator {separator!r}, "
        f"end {end!r}, {encoding}, names {spelt}{', blank lines' * blank}"
    )
    if rng.random() < 0.15 and not blank:
        _trap(rng, plan, listed, columns, f"{name}:")
    content = table(listed, separator, end * (2 if blank else 1), quoting)
    plan.files[name] = encoded(content, encoding)
    if rng.random() < 0.3:
        plan.labels = name


def _trap(
    rng: Random, plan: Plan, listed: list[list[str]], columns: Sequence[str], place: str
) -> None:
    """Make a row one that cannot be taken, and say by which line it is refused."""
    trap, line = rng.choice(TRAPS), rng.randint(2, len(listed) - 1)
    row, shift = list(listed[line]), len(listed[0][:1]) if not listed[0][0] else 0
    at = {one: shift + n for n, one in enumerate(columns)}
    if trap == "unknown split" and "split" in at:
        row[at["split"]] = "often"
    elif trap == "too many fields":
        row.append("more")
    elif trap == "too few fields":
        row.pop()
    elif trap == "no name":
        row[at["path"]] = " "
    elif trap == "contradiction":
        other = list(listed[line])
        other[at["label"]] = f"not {other[at['label']]}"
        listed.append(other)
        plan.refused = f"{place}{len(listed)}"
        return
    else:
        return
    listed[line] = row
    plan.refused = f"{place}{line + 1}"
    plan.axes.append(f"trap: {trap}")


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
