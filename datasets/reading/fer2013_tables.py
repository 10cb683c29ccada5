"""Which tables of a folder or archive hold FER2013, and the rows of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from datasets.reading.delimited import Header, Placed, read_header, read_rows
from datasets.reading.trees import Tree
from datasets.reading.words import splits_of
from datasets.records import SPLIT_NAMES, DataError, LeftOut, SplitError, SplitName

PUBLISHED = ("fer2013", "icml_face_data")
"""The published names of the whole table, without suffixes."""
SUFFIXES = (".csv", ".tsv", ".csv.gz", ".csv.bz2", ".csv.xz")
OTHER_FORMS = (".zip", ".tar", ".tgz", ".gz", ".7z", ".rar", ".xlsx", ".xls", ".parquet", ".npy")
"""Files that may be a split as `SUFFIXES` are, and are not read beside a table."""
PIXELS = ("pixels", "pixel")
USAGE = ("usage", "split", "subset", "partition", "set", "phase")
EMOTION = ("emotion", "emotions", "expression", "label", "class")


@dataclass(frozen=True)
class Table:
    """A table of images: its name in the tree, its header, and the split that its name tells.

    ``split`` is ``""`` where its name tells none.
    """

    name: str
    header: Header
    split: str = ""

    @property
    def has_usage(self) -> bool:
        """Whether a column says which split a row is in."""
        return self.header.place(*USAGE) is not None


@dataclass(frozen=True)
class Tables:
    """The tables to read, in order, and what is left out beside them."""

    tables: tuple[Table, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Say which other tables are left out and why."""
        if not self.left_out:
            return ()
        read = ", ".join(table.name for table in self.tables)
        told = "; ".join(f"{one.path}: {one.reason}" for one in self.left_out)
        return (f"read from {read}; left out: {told}",)


@dataclass(frozen=True)
class TableRow:
    """A row of a table: its place ``<file>:<line>`` and what its columns say.

    ``usage`` is ``None`` without such a column.
    """

    place: str
    emotion: str
    pixels: str
    usage: str | None


def is_table(name: str) -> bool:
    """Tell whether a file is a text table by its name."""
    return name.lower().endswith(SUFFIXES)


def find_tables(tree: Tree, *, any_name: bool) -> Tables | None:
    """Choose the tables of FER2013 in ``tree``; ``None`` where there are none.

    A table of a published name comes first, the least deep one; then the only one with a Usage
    column; then those named after a split (``training.csv``, ``publictest.csv``), the least deep
    of each; then the only one. The last three are looked for with ``any_name``. Raises
    ``DataError`` for what is ambiguous, for a published name without the columns, and for a file
    that is named after a split that no table gives.
    """
    alone = len(tree.names) == 1
    names = sorted((n for n in tree.names if is_table(n) or alone), key=lambda n: (n.count("/"), n))
    published = [n for n in names if _stem(n) in PUBLISHED and (is_table(n) or _header(tree, n))]
    if published:
        header = _header(tree, published[0])
        if header is None or header.place(*EMOTION) is None:
            raise DataError(
                f"{published[0]}: its first line must name the columns emotion,pixels,Usage"
            )
        whole = (Table(published[0], header),)
        return Tables(whole, _others(tree, names, whole))
    if not any_name:
        return None
    found = [Table(n, header) for n in names if (header := _header(tree, n)) is not None]
    labelled = [table for table in found if table.header.place(*EMOTION) is not None]
    if not labelled:
        if found or (alone and names and is_table(names[0])):
            what = names[0] if not found else found[0].name
            raise DataError(f"{what}: its first line must name the columns emotion,pixels,Usage")
        return None
    chosen = _chosen(labelled)
    _refuse_unread_splits(tree, chosen, {table.name for table in found})
    return Tables(chosen, _others(tree, names, chosen))


def table_rows(tree: Tree, table: Table) -> Iterator[TableRow]:
    """Yield the rows of a table that have an image; raises ``DataError`` naming the line."""
    header = table.header
    pixels, emotion = header.place(*PIXELS), header.place(*EMOTION)
    usage = header.place(*USAGE)
    if pixels is None or emotion is None:
        raise ValueError(f"{table.name} has no images with labels")
    placed = Placed(table.name, header, lambda fields: " " in fields[pixels])
    with tree.opened(table.name) as file:
        for row in read_rows(file, table.name, header.separator):
            fields = placed(row)
            if fields is not None:
                yield TableRow(
                    f"{table.name}:{row.line}",
                    fields[emotion],
                    fields[pixels],
                    None if usage is None else fields[usage],
                )


def _chosen(labelled: Sequence[Table]) -> tuple[Table, ...]:
    if len(labelled) == 1:
        return (labelled[0],)
    with_usage = [table for table in labelled if table.has_usage]
    if len(with_usage) == 1:
        return (with_usage[0],)
    parts = _by_split(labelled)
    if len(parts) < 2:
        names = ", ".join(table.name for table in labelled)
        told = "give the one that is meant with --data"
        raise DataError(f"several tables of images ({names}); {told}")
    if "train" not in parts:
        named = ", ".join(table.name for table in parts.values())
        raise SplitError(f"tables of splits are given ({named}) and none for training; add it")
    unnamed = [table.name for table in labelled if not _splits_of(labelled).get(table.name)]
    if unnamed and len(parts) < len(SPLIT_NAMES):
        raise SplitError(
            f"beside tables of splits stands {unnamed[0]}, whose name is no split's word; name it "
            "by its split (train, validation, test), or move it away"
        )
    return tuple(parts[split] for split in SPLIT_NAMES if split in parts)


def _by_split(labelled: Sequence[Table]) -> dict[str, Table]:
    """Return the table of each split, the least deep one; raises ``DataError`` where two are it."""
    parts: dict[str, Table] = {}
    for name, split in _splits_of(labelled).items():
        table = next(one for one in labelled if one.name == name)
        first = parts.setdefault(split, replace(table, split=split))
        if first.name != name and first.name.count("/") == name.count("/"):
            raise SplitError(
                f"{first.name} and {name} are both tables of {split}; leave one of them"
            )
    return parts


def _splits_of(tables: Sequence[Table]) -> dict[str, SplitName]:
    words = splits_of(_stem(table.name) for table in tables)
    return {one.name: words[_stem(one.name)] for one in tables if _stem(one.name) in words}


def _refuse_unread_splits(tree: Tree, chosen: Sequence[Table], tables: Collection[str]) -> None:
    """Raise ``DataError`` for a file that by its name is a split, and is none of ``tables``.

    It is asked where tables are splits by their names, of which no column Usage tells more.
    """
    words = splits_of([_stem(one.name) for one in chosen] + [_stem(name) for name in tree.names])
    given = {words.get(_stem(table.name)) for table in chosen if not table.has_usage}
    for name in tree.names if given - {None} else ():
        split = words.get(_stem(name))
        if split and split not in given and name not in tables and _may_hold_images(name):
            raise SplitError(
                f"{name} is named as the {split} split and is no table of images that can be read; "
                "mend or unpack it, or remove it to have a split made here"
            )


def _may_hold_images(name: str) -> bool:
    return is_table(name) or name.lower().endswith(OTHER_FORMS)


def _others(tree: Tree, names: Sequence[str], chosen: Sequence[Table]) -> tuple[LeftOut, ...]:
    """Return the tables of images that are not chosen, each with its reason."""
    taken = {table.name for table in chosen}
    left_out = []
    for name in names:
        header = None if name in taken else _header(tree, name)
        if header is None:
            continue
        if header.place(*EMOTION) is None:
            reason = f"{_count(tree, name, header):,} images without labels (no column emotion)"
        else:
            reason = "another table of images"
        left_out.append(LeftOut(path=name, kind="unused", reason=reason))
    return tuple(left_out)


def _header(tree: Tree, name: str) -> Header | None:
    with tree.opened(name) as file:
        return read_header(file, name, *PIXELS)


def _count(tree: Tree, name: str, header: Header) -> int:
    with tree.opened(name) as file:
        return sum(not row.blank for row in read_rows(file, name, header.separator)) - 1


def _stem(name: str) -> str:
    return PurePosixPath(name).name.partition(".")[0].lower()
