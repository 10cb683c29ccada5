"""The table of layouts, and which of them a tree has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from datasets.left_out import because
from datasets.reading.layouts import (
    affectnet,
    affectnet_arrays,
    ck_plus,
    class_folders,
    exp_w,
    fer_plus,
    jaffe,
    kdef,
    label_table,
    raf_db,
    rafd,
    words_in_names,
)
from datasets.reading.layouts.layout import Layout, LayoutSpec, few
from datasets.reading.layouts.sketch import nearest, sketch
from datasets.reading.layouts.split_lists import with_split_lists
from datasets.reading.layouts.tables_beside import tables_beside
from datasets.reading.layouts.unread import unread_forms, unread_labels
from datasets.reading.listing import Listing
from datasets.reading.words import expression_of
from datasets.records import DataError, Incomplete

LAYOUTS: tuple[LayoutSpec, ...] = (
    raf_db.SPEC,
    exp_w.SPEC,
    affectnet.SPEC,
    affectnet_arrays.SPEC,
    fer_plus.SPEC,
    label_table.SPEC,
    ck_plus.SPEC,
    kdef.SPEC,
    jaffe.SPEC,
    rafd.SPEC,
    words_in_names.SPEC,
    class_folders.SPEC,
)
"""In the order in which they are tried: lists come before names, and names before folders."""


LISTED = tuple(
    layout.NAME for layout in (raf_db, exp_w, affectnet, affectnet_arrays, fer_plus, label_table)
)
"""Layouts whose labels are those of a list; the others' are told by folders or names."""
MOST_FORMS = 2
"""How many kinds of files that are not read a refusal names."""
EXPECTED = "expected a folder for each of two classes or more, or a labels.csv"


def recognise_layout(listing: Listing, tables: Mapping[str, bytes] | None = None) -> Layout:
    """Return the layout of ``listing``: that of ``tables`` of labels if given, else the first.

    Raises ``DataError`` where it is none of `LAYOUTS`, with what was seen and the nearest ones,
    and where what was given cannot be taken as given.
    """
    found = label_table.read_labels(listing, tables) if tables else _first(listing)
    if not any(entry.split for entry in found.entries):
        found = with_split_lists(listing, found)
    if not tables and found.name not in LISTED:
        beside = (*tables_beside(listing, found), *_unread_beside(listing, found))
        found = replace(found, notes=(*found.notes, *beside))
    _refuse_one_class(found)
    _refuse_untrained(found)
    return found


def _first(listing: Listing) -> Layout:
    recognised = (spec.recognise(listing) for spec in LAYOUTS)
    try:
        found = next((one for one in recognised if one), None)
    except Incomplete as error:
        told = islice(unread_forms(listing), MOST_FORMS)
        raise DataError("; ".join((str(error), *told))) from error
    return found or _refuse(listing)


def _unread_beside(listing: Listing, found: Layout) -> Iterator[str]:
    """Tell of labels that are not read, where folders without words for classes or splits are."""
    expressions = sum(expression_of(name) is not None for name in found.class_names) > 1
    splits = any(entry.split for entry in found.entries)
    if found.name == class_folders.NAME and not (expressions and splits):
        yield from (f"not read: {told}" for told in unread_labels(listing))


def _refuse(listing: Listing) -> Layout:
    classes = class_folders.class_folders(listing).class_names
    told = "; ".join(islice(unread_forms(listing), MOST_FORMS))
    if not listing.images:
        seen = f"there are {sketch(listing)}" if listing.others else "it is empty"
        raise DataError(f"no images in it; {told or seen + '; ' + EXPECTED}")
    if classes:
        seen = f"images in only one class folder, {classes[0]}"
    else:
        seen = "no images in class folders"
    close = "; or ".join(f"{spec.name} ({spec.example[0]})" for spec in nearest(listing, LAYOUTS))
    near = f"there are {sketch(listing)}; {EXPECTED}; the nearest layouts are {close}"
    raise DataError("; ".join(filter(None, (seen, told, near))))


def _refuse_one_class(layout: Layout) -> None:
    if len(names := layout.class_names) < 2:
        told = f"{layout.name}: all images are of one class, {names[0]}; two are needed"
        raise DataError("; ".join(filter(None, (told, because(layout.left_out)))))


def _refuse_untrained(layout: Layout) -> None:
    """Raise ``DataError`` where splits are given and a class, or all, have no training image."""
    trained = {entry.class_name for entry in layout.entries if entry.split in ("", "train")}
    if not trained:
        given = {entry.split for entry in layout.entries}
        raise DataError(f"{few(given)} images are given and none for training; add them")
    if untrained := set(layout.class_names) - trained:
        raise DataError(
            f"no training image of {few(untrained)}, which other splits hold; training has "
            f"{few(trained, 12)}: name the classes alike, or leave the class out"
        )
