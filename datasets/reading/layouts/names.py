"""Labels that stand in the names of the image files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from re import Match, Pattern
from types import MappingProxyType

from datasets.reading.layouts.class_folders import told_by_folders
from datasets.reading.layouts.folders import folder_of
from datasets.reading.layouts.layout import Entry, Layout, below_their_root, unused
from datasets.reading.layouts.split_folders import Part, enter, given_parts
from datasets.reading.listing import Listing
from datasets.reading.subjects import ENOUGH, stem_of
from datasets.records import DataError

CODES = MappingProxyType(
    {
        "AF": "fear",
        "AN": "angry",
        "DI": "disgust",
        "FE": "fear",
        "HA": "happy",
        "NE": "neutral",
        "SA": "sad",
        "SU": "surprise",
    }
)
"""The expressions in the file names of KDEF and JAFFE."""
Named = Match[str]


def named_images(listing: Listing, pattern: Pattern[str]) -> dict[str, Named]:
    """Return the images whose names fit ``pattern``, or none where fewer than 90 % do."""
    found = {name: match for name in listing.images if (match := pattern.fullmatch(stem_of(name)))}
    return found if len(found) >= ENOUGH * len(listing.images) else {}


def labelled_by_names(
    listing: Listing,
    layout: str,
    pattern: Pattern[str],
    label: Callable[[Named], str | None],
) -> Layout | None:
    """Read labels and subjects from names that fit ``pattern``.

    ``label`` returns the class of a name, or ``None``. Split folders are taken over. ``None`` where
    the names do not fit, tell fewer than two classes, or class folders tell the same.
    """
    named = named_images(listing, pattern)
    labels = {name: found for name, match in named.items() if (found := label(match))}
    if len(set(labels.values())) < 2 or told_by_folders(listing, labels):
        return None
    entries = labelled_entries(
        listing, labels, labels.__getitem__, lambda name: named[name]["subject"].upper()
    )
    left_out = unused(listing, entries, lambda _: f"its name is none of {layout}'s")
    return Layout(name=layout, entries=entries, left_out=left_out, notes=_views(named))


def of_code(named: Named) -> str:
    """Return the class whose code, one of `CODES` in any case, a name holds."""
    return CODES[named["expression"].upper()]


def labelled_entries(
    listing: Listing,
    names: Iterable[str],
    label: Callable[[str], str],
    subject: Callable[[str], str] = lambda _: "",
) -> tuple[Entry, ...]:
    """Return the images ``names`` as entries, each with its ``label`` and ``subject`` by name.

    Splits are those of split folders; where there are such, images outside of them are no
    entries. Raises ``DataError`` where a split has no entry.
    """
    splits = given_splits(listing)
    entries = below_their_root(
        Entry(
            name=name,
            path=name,
            split=splits.get(name, ""),
            class_name=label(name),
            subject=subject(name),
        )
        for name in names
        if not splits or name in splits
    )
    refuse_unlabelled(splits, entries)
    return entries


def given_splits(listing: Listing) -> Mapping[str, str]:
    """Return the split of each image that stands in a split folder; raises ``DataError``.

    The split folders need no class folders.
    """
    parts: list[Part] = given_parts(enter(folder_of(listing)), classes=False) or []
    return {name: part.split for part in parts for name in part.folder.all_images()}


def refuse_unlabelled(splits: Mapping[str, str], entries: Iterable[Entry]) -> None:
    """Raise ``DataError`` where none of the images of a split folder has a label."""
    labelled = {entry.split for entry in entries}
    for name, split in splits.items():
        if split not in labelled:
            raise DataError(
                f"none of the {split} images has a label (first: {name}); add the labels, or "
                "remove the folder to have a split made here"
            )


def _views(named: Mapping[str, Named]) -> tuple[str, ...]:
    """Tell from which sides the faces are seen, where the names say so."""
    views = Counter((match.groupdict().get("view") or "").upper() for match in named.values())
    if len(views) < 2:
        return ()
    counts = ", ".join(f"{view} {count:,}" for view, count in sorted(views.items(), key=str))
    return (f"faces are seen from several sides, all are taken: {counts}",)
