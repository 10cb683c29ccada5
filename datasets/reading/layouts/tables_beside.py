"""Tables of labels beside images that folders or names label: what they say of the same images."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from datasets.reading.layouts.label_table import named_none, named_rows, tables_in
from datasets.reading.layouts.layout import Entry, Layout
from datasets.reading.layouts.lists import Row, read_table
from datasets.reading.listing import Listing
from datasets.reading.words import expression_of
from datasets.records import DataError


def tables_beside(listing: Listing, found: Layout) -> Iterator[str]:
    """Say of each table whether it gives the images of ``found`` the same class and split."""
    entries = {entry.name: entry for entry in found.entries}
    for table in tables_in(listing):
        try:
            read = [read_table(table, listing.tree.read(table))]
            rows = named_rows(listing, read)
        except DataError as error:
            yield f"classes are those of {found.name}; a table beside them is not read: {error}"
            continue
        pairs = {name: (row, entries[name]) for name, row in rows.items() if name in entries}
        if pairs:
            yield _compared(table, found.name, pairs)
        elif not rows:
            yield f"{table} is a table of labels and {named_none(read)}; {found.name} decide"


def _compared(table: str, layout: str, pairs: Mapping[str, tuple[Row, Entry]]) -> str:
    classes, splits = _of_another_class(pairs), _of_another_split(pairs)
    if not classes and not splits:
        return f"{table} says the same of {len(pairs):,} images as {layout}"
    differ = [
        f"another {what} for {len(rows):,} (first: {rows[0].place}, {rows[0].image})"
        for what, rows in (("class", classes), ("split", splits))
        if rows
    ]
    return (
        f"{table} names {len(pairs):,} of these images and has {' and '.join(differ)}; {layout} "
        f'decide, data.labels = "{table}" takes the table'
    )


def _of_another_class(pairs: Mapping[str, tuple[Row, Entry]]) -> list[Row]:
    """Return the rows that part the images otherwise than the classes do.

    A label is of the class where most of it is, and a class has one label, its most frequent one.
    """
    of_class: defaultdict[str, Counter[str]] = defaultdict(Counter)
    of_label: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row, entry in pairs.values():
        of_class[entry.class_name][_label(row)] += 1
        of_label[_label(row)][entry.class_name] += 1
    return [
        row
        for row, entry in pairs.values()
        if of_label[_label(row)].most_common(1)[0][0] != entry.class_name
        or of_class[entry.class_name].most_common(1)[0][0] != _label(row)
    ]


def _label(row: Row) -> str:
    return expression_of(row.label) or row.label.casefold()


def _of_another_split(pairs: Mapping[str, tuple[Row, Entry]]) -> list[Row]:
    return [row for row, entry in pairs.values() if row.split not in ("", entry.split)]
