"""Class folders: a folder for each class, with splits and persons above or below, or without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from datasets.reading.layouts.folders import Folder, folder_of, names_below
from datasets.reading.layouts.layout import Entry, Layout, LayoutSpec, counted, few, unused
from datasets.reading.layouts.spellings import one_spelling
from datasets.reading.layouts.split_folders import (
    Part,
    data_set_in,
    enter,
    find_parts,
    folder_packed_in,
    given_parts,
)
from datasets.reading.listing import Listing
from datasets.reading.subjects import subjects
from datasets.reading.words import expression_of, is_person, splits_of
from datasets.records import DataError, Incomplete

NAME = "class folders"


@dataclass(frozen=True)
class _Classes:
    """The class folders of one part: by class and person (``""`` where no folder tells one)."""

    part: Part
    folders: tuple[tuple[str, str, Folder], ...]


def class_folders(listing: Listing) -> Layout:
    """Recognise class folders below any number of enclosing folders.

    Splits may stand above the class or below it, persons above it or below it. A tree that has no
    class folders gives a layout without entries. Raises ``DataError`` where a split was given
    that cannot be taken as it stands, and where folders are no classes.
    """
    top = enter(folder_of(listing))
    parts = given_parts(top)
    if parts is None:
        parts = [Part("", top)]
        _refuse_enclosed(top)
    below = find_parts(parts) if parts[0].split else parts
    if not parts[0].split and (crossed := _splits_below_classes(top)):
        classes = crossed
    else:
        classes = [_classes_of(part, below) for part in below]
        _refuse_flat(classes)
        _refuse_packed(classes)
    entries, notes = one_spelling(list(_entries(classes, len(top.path))))
    entries = with_subjects(entries)
    left_out = unused(listing, entries, lambda _: "outside the class folders")
    return Layout(
        name=NAME,
        entries=tuple(sorted(entries, key=lambda entry: entry.name)),
        left_out=left_out,
        notes=(*notes, *_empty(classes, entries), *_persons_perhaps(classes, entries)),
    )


def candidate(listing: Listing) -> Layout | None:
    """Return what `class_folders` recognises if it has two classes or more, or ``None``."""
    try:
        found = class_folders(listing)
    except DataError:
        return None
    return found if len(found.class_names) > 1 else None


def told_by_folders(listing: Listing, labels: Mapping[str, str]) -> bool:
    """Tell whether class folders say as much as ``labels``, which go by the images' names.

    They do where they are named by expressions, or part the images just as the labels do.
    """
    found = candidate(listing)
    if found is None:
        return False
    if sum(expression_of(name) is not None for name in found.class_names) > 1:
        return True
    pairs = {(e.class_name, labels[e.name]) for e in found.entries if e.name in labels}
    folders, words = {folder for folder, _ in pairs}, {word for _, word in pairs}
    return len(pairs) == len(folders) == len(words) > 1


def with_subjects(entries: Iterable[Entry]) -> list[Entry]:
    """Return ``entries`` with the subjects that their file names tell, if no folder does."""
    given = list(entries)
    if any(entry.subject for entry in given):
        return given
    named = subjects([entry.path for entry in given])
    if named is None:
        return given
    return [replace(entry, subject=str(who)) for entry, who in zip(given, named.of, strict=True)]


def _classes_of(part: Part, parts: Iterable[Part]) -> _Classes:
    """Find the class level of ``part``, judged by all ``parts`` together."""
    folders = [one.folder for one in parts]
    heads = names_below(folders)
    below = names_below(head for folder in folders for head in folder.filled.values())
    expressions = len(below) > 1 and all(map(expression_of, below))
    inner = part.folder.filled.items()
    if (heads and all(map(is_person, heads))) or (expressions and all(map(str.isdigit, heads))):
        if not expressions:
            raise Incomplete(
                f"the folders {few(heads)} are persons, not classes, and no labels for their "
                "images are there; add the data set's labels or a labels.csv"
            )
        found = [(name, who, one) for who, head in inner for name, one in head.filled.items()]
    elif expressions and not any(map(expression_of, heads)):
        raise DataError(
            f"the folders {few(heads)} above the class folders are neither splits nor persons; "
            "name them by their split (train, validation, test), or give one of them alone"
        )
    else:
        _refuse_two_levels(folders)
        found = [(name, "", one) for name, one in inner]
    return _Classes(part, tuple(found))


def _refuse_two_levels(parts: Iterable[Folder]) -> None:
    """Raise ``DataError`` where either of two levels of folders may be the classes.

    Each upper folder holds the same two folders or more, and no words tell persons or expressions.
    """
    heads = [head for part in parts for head in part.filled.values()]
    if len({head.path[-1] for head in heads}) < 2 or any(head.images for head in heads):
        return
    shared = set.intersection(*(set(head.filled) for head in heads))
    if len(shared) < 2 or any(map(is_person, shared)):
        return
    if not any(expression_of(head.path[-1]) for head in heads):
        raise DataError(
            f"the folders {few({head.path[-1] for head in heads})} hold the same folders "
            f"{few(shared)}, and no words tell which of them are the classes; name the upper ones "
            "by their split (train, validation, test) or as persons (S001, person 1), or put the "
            "images of each class directly into its folder"
        )


def _splits_below_classes(top: Folder) -> list[_Classes]:
    """Return the parts of ``class/split/image``, or nothing where the splits are not there."""
    words = splits_of({name for head in top.filled.values() for name in head.folders})
    found = {
        name: {folder: words[folder] for folder in head.folders if folder in words}
        for name, head in top.filled.items()
    }
    if len(found) < 2 or not any(found.values()):
        return []
    if without := [name for name, splits in found.items() if not splits]:
        raise DataError(
            f"{few(found.keys() - without)} have split folders inside and {few(without)} have "
            "none; put the split folders above the class folders"
        )
    named: dict[str, list[tuple[str, str, Folder]]] = {}
    for name, splits in found.items():
        if beside := top.filled[name].filled.keys() - splits:
            raise DataError(
                f"{name} holds {few(beside)} beside its split folders {few(splits)}; name them "
                "by their split (train, validation, test)"
            )
        for folder, split in splits.items():
            named.setdefault(split, []).append((name, "", top.filled[name].folders[folder]))
    empty = [split for split, all_of in named.items() if not any(f.count for *_, f in all_of)]
    if empty or "train" not in named:
        raise DataError(f"no image in the split folders of {few(empty or ['train'])}; add them")
    return [_Classes(Part(split, top), tuple(folders)) for split, folders in named.items()]


def _entries(classes: Iterable[_Classes], depth: int) -> Iterator[Entry]:
    """Yield an entry for each image, its path that below the folder at ``depth``."""
    for found in classes:
        for name, person, folder in found.folders:
            for image in folder.all_images():
                parts = image.split("/")
                inner = parts[len(folder.path) : -1]
                below = inner[0] if inner and is_person(inner[0]) else ""
                yield Entry(
                    name=image,
                    path="/".join(parts[depth:]),
                    split=found.part.split,
                    class_name=name,
                    subject=person or below,
                )


def _refuse_flat(classes: Iterable[_Classes]) -> None:
    """Raise ``DataError`` for a split folder that has images and no class folders."""
    for found in classes:
        if found.part.split and not found.folders:
            raise Incomplete(
                f"{found.part.folder.name} is a split folder with {found.part.folder.count:,} "
                "images and no class folders; put them into a folder for each class or give a "
                "labels.csv; if nobody knows their labels, move it away to have a split made here"
            )


def _refuse_packed(classes: Iterable[_Classes]) -> None:
    """Raise ``DataError`` for a file beside class folders that stands for one more of them."""
    for found in classes:
        known = {expression_of(name) for name, _, _ in found.folders} - {None}
        for file in found.part.folder.others if known else ():
            if expression_of(folder_packed_in(file)) not in {None, *known}:
                raise DataError(
                    f"{'/'.join((*found.part.folder.path, file))} is named as a class and is no "
                    "folder that can be read; unpack it beside the others or remove it"
                )


def _refuse_enclosed(top: Folder) -> None:
    """Raise ``DataError`` where a folder beside others is a data set of its own."""
    enclosed = [
        inner
        for name, head in top.filled.items()
        if not expression_of(name) and not is_person(name) and (inner := data_set_in(head))
    ]
    if enclosed and len(top.filled) > 1 and not _all_alike(top):
        others = top.filled.keys() - {folder.path[len(top.path)] for folder in enclosed}
        beside = f" beside {few(others)}" if others else ""
        raise DataError(
            f"it holds the folders {few(top.filled)}, which are no classes; a data set lies "
            f"in {few([folder.name for folder in enclosed])}{beside}: give "
            f"{'that folder' if len(enclosed) == 1 else 'one of these folders'}"
        )


def _all_alike(top: Folder) -> bool:
    """Tell whether all folders hold the same expressions, or splits of classes of their own."""
    words = names_below(top.filled.values())
    if not all(head.filled for head in top.filled.values()):
        return False
    if all(map(expression_of, words)):
        return True
    below = [names_below(head.filled.values()) for head in top.filled.values()]
    shared = sum(map(len, below)) > len(set().union(*below))
    return len(splits_of(words)) == len(words) and not shared


def _empty(classes: Iterable[_Classes], entries: Iterable[Entry]) -> tuple[str, ...]:
    """Tell the class folders that have no image in any split."""
    known = {entry.class_name for entry in entries}
    empty = {
        name
        for found in classes
        for name, folder in found.part.folder.folders.items()
        if found.folders and found.folders[0][2].path[:-1] == found.part.folder.path
        if not folder.count and name not in known
    }
    return tuple(counted([("class folders without an image, no classes", empty)]))


def _persons_perhaps(classes: Iterable[_Classes], entries: Iterable[Entry]) -> Iterator[str]:
    """Tell the folders that lie below several classes, as those of persons do, and name none."""
    if any(entry.subject for entry in entries):
        return
    below = {(name, one) for found in classes for name, _, f in found.folders for one in f.filled}
    held = Counter(one for _, one in below)
    if len(several := [one for one, times in held.items() if times > 1]) > 1:
        yield (
            f"folders below several classes, not known to be persons: {few(several)}; if they "
            "are, name them so (person 1), or give a labels.csv with a subject column"
        )


def _recognise(listing: Listing) -> Layout | None:
    found = class_folders(listing)
    return found if len(found.class_names) > 1 else None


SPEC = LayoutSpec(
    name=NAME,
    example=("train/happy/1.png", "train/sad/2.png", "test/happy/3.png", "test/sad/4.png"),
    images="every image below a class folder, below any enclosing folders",
    labels="the class folder's name",
    splits="folders above or below the class, by the words for splits; none is needed",
    subjects="folders of persons above or below the class, else known file names",
    recognise=_recognise,
)
