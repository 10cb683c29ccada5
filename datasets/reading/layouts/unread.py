"""Forms of images and labels that are not read, and what to do about each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

from datasets.reading.layouts.label_table import named_none, named_rows, tables_in
from datasets.reading.layouts.lists import MOST, decoded_text, lists_in, read_first_line, read_table
from datasets.reading.listing import Listing
from datasets.records import DataError

FIRST_LINES = 3
"""How many lines at the begin of a text are looked at."""
SHOWN, LONGEST = 4, 30
"""How many values of a first line are shown, and characters of each."""
CLASS_FOLDERS = "write its images into a folder for each class"
LABELS = "write labels.csv with the columns path,label"


@dataclass(frozen=True)
class Form:
    """A kind of file by its suffixes: what it is, and what to do."""

    suffixes: tuple[str, ...]
    what: str
    remedy: str


FORMS = (
    Form((".parquet", ".arrow", ".feather"), "a table in columns", CLASS_FOLDERS),
    Form((".npy", ".npz", ".h5", ".hdf5", ".mat"), "a file of arrays", CLASS_FOLDERS),
    Form((".pkl", ".pickle", ".pt", ".pth"), "a file of Python's objects", CLASS_FOLDERS),
    Form((".tfrecord", ".tfrecords", ".lmdb", ".mdb", ".rec"), "a file of records", CLASS_FOLDERS),
    Form((".mp4", ".avi", ".mov", ".mkv", ".webm"), "a film", "take single images out of it"),
    Form(
        (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".001"),
        "an archive inside what was given and not opened",
        "unpack it and give the folder",
    ),
)
"""By the last suffix."""
LABEL_FORMS = (
    Form((".xlsx", ".xls", ".ods"), "a spreadsheet", "save it as labels.csv"),
    Form((".json", ".jsonl"), "a list of labels in JSON", LABELS),
)
TABLES = (".csv", ".tsv")


def unread_forms(listing: Listing) -> Iterator[str]:
    """Yield a clause on each kind of file in ``listing`` that holds images or labels unread.

    It is for a tree that no layout understands: tables whose first line heads no columns that are
    known, lists without such a line, and files beside the images that are named as they are.
    """
    yield from _tables_of_labels(listing)
    yield from _of_forms(listing, FORMS)
    yield from unread_labels(listing)


def unread_labels(listing: Listing) -> Iterator[str]:
    """Yield a clause on each kind of file in ``listing`` that may hold labels and is not read."""
    names = [other.path for other in listing.others]
    yield from _of_forms(listing, LABEL_FORMS)
    labels = tables_in(listing)
    for name in (one for one in names if one.lower().endswith(TABLES) and one not in labels):
        if heads := _first_values(listing, name):
            yield (
                f"{name} has {heads} in its first line, where a table of labels has path,label "
                "and one of pixels emotion,pixels,Usage"
            )
    yield from _beside_images(listing, names)
    yield from _lists(listing)


def _tables_of_labels(listing: Listing) -> Iterator[str]:
    """Tell of tables that name none, or less than half, of the images."""
    for name in tables_in(listing):
        if not listing.images:
            yield (
                f"{name} ({_first_values(listing, name)}) is a table of labels and none of its "
                "images is here; one of pixels has emotion,pixels,Usage"
            )
            continue
        try:
            read = [read_table(name, listing.tree.read(name))]
            named = named_rows(listing, read)
        except DataError:
            continue
        some = f"names {len(named):,} of the {len(listing.images):,} images"
        yield f"{name} is a table of labels and {some if named else named_none(read)}"


def _of_forms(listing: Listing, forms: Iterable[Form]) -> Iterator[str]:
    names = [other.path for other in listing.others]
    for form in forms:
        yield from _counted(form, [one for one in names if one.lower().endswith(form.suffixes)])


def _counted(form: Form, names: Sequence[str]) -> Iterator[str]:
    if names:
        alike = f" (1 of {len(names):,})" if len(names) > 1 else ""
        yield f"{names[0]}{alike} is {form.what}: {form.remedy}"


def _first_values(listing: Listing, name: str) -> str:
    """Return the first values of a table's first line for a sentence, ``""`` for no table."""
    head = read_first_line(listing, name)
    header = head.header if head else ()
    shown = [repr(value[:LONGEST]) for value in header[:SHOWN]]
    more = len(header) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _beside_images(listing: Listing, names: Sequence[str]) -> Iterator[str]:
    """Tell of files that go with the images one by one, as for the detection of objects."""
    stems = {PurePosixPath(image).stem for image in listing.images}
    for suffix in (".txt", ".xml"):
        found = [one for one in names if one.lower().endswith(suffix) and _stem(one) in stems]
        if found and 2 * len(found) >= len(stems):
            yield f"{found[0]} and {len(found) - 1:,} more go with the images one by one: {LABELS}"


def _lists(listing: Listing) -> Iterator[str]:
    """Tell of the first list of images whose columns nothing heads."""
    images = {PurePosixPath(image).name for image in listing.images}
    for name in lists_in(listing, (".txt", ".lst")):
        lines = _first_lines(listing, name)
        words = [word for line in lines for word in line.replace("\\", "/").split()]
        if any(PurePosixPath(word).name in images for word in words):
            yield (
                f"{name} is a list of images whose first line heads no columns ({lines[0]!r}): "
                f"{LABELS}"
            )
            return


def _first_lines(listing: Listing, name: str) -> list[str]:
    try:
        with listing.tree.opened(name) as file:
            content = b"".join(islice(iter(lambda: file.readline(MOST), b""), FIRST_LINES))
        return decoded_text(name, content).splitlines()
    except DataError:
        return []


def _stem(name: str) -> str:
    return PurePosixPath(name).stem
