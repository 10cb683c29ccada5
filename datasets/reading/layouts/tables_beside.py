"""Tables of labels beside images that folders or names label: what they say of the same images."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from datasets.reading.layouts.label_table import named_rows, tables_in
from datasets.reading.layouts.layout import Entry, Layout
from datasets.reading.layouts.lists import Row, read_table
from datasets.reading.listing import Listing
from datasets.records import DataError


def tables_beside(listing: Listing, found: Layout) -> Iterator[str]:
    """Say of each table whether it gives the images of ``found`` the same class and split."""
    entries = {entry.name: entry for entry in found.entries}
    for table in tables_in(listing):
        try:
            rows = named_rows(listing, [read_table(table, listing.tree.read(table))])
        except DataError as error:
            yield f"classes are those of {found.name}; a table beside them is not read: {error}"
            continue
        pairs = {name: (row, entries[name]) for name, row in rows.items() if name in entries}
        if pairs:
            yield _compared(table, found.name, pairs)


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
    """Return the rows whose images are not in the folder where most of their label are."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row, entry in pairs.values():
        counts[row.label.casefold()][entry.class_name] += 1
    usual = {label: counter.most_common(1)[0][0] for label, counter in counts.items()}
    return [row for row, entry in pairs.values() if usual[row.label.casefold()] != entry.class_name]


def _of_another_split(pairs: Mapping[str, tuple[Row, Entry]]) -> list[Row]:
    return [row for row, entry in pairs.values() if row.split not in ("", entry.split)]
