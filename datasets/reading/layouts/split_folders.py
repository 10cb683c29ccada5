"""Split folders: which folders are train, validation and test, and what may stand beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from datasets.reading.layouts.folders import Folder, names_below
from datasets.reading.layouts.layout import few
from datasets.reading.words import expression_of, is_person, is_split_word, split_of, splits_of
from datasets.records import DataError, SplitName

PACKED = ("", ".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
"""Suffixes of files that stand for a folder: archives, and links that lead nowhere."""


@dataclass(frozen=True)
class Part:
    """A split and its folder; the split is ``""`` where the tree has none."""

    split: str
    folder: Folder


def enter(folder: Folder) -> Folder:
    """Descend through folders that enclose all others, to split folders or several folders.

    A folder that is named by an expression or as a person encloses nothing.
    """
    while True:
        if len(folder.filled) != 1 or _split_words(folder) or _packed_splits(folder):
            return folder
        ((name, inner),) = folder.filled.items()
        if expression_of(name) or is_person(name) or not inner.filled:
            return folder
        folder = inner


def given_parts(top: Folder, *, classes: bool = True) -> list[Part] | None:
    """Return the split folders directly in ``top``, or ``None`` where it has none.

    ``classes`` tells whether they must have class folders.

    Raises ``DataError`` for a split that cannot be taken as it stands: an empty folder, two
    folders for one split, class folders beside the splits, a packed split, no training folder.
    """
    splits = _split_words(top)
    packed = _packed_splits(top)
    if packed and top.filled:
        raise DataError(
            f"{few(packed)} is named as a split and is no folder that can be read; unpack it "
            "beside the others or remove it"
        )
    if not splits:
        return None
    _refuse_unknown(top, splits, classes=classes)
    for split in set(splits.values()):
        if len(alike := [name for name, one in splits.items() if one == split]) > 1:
            raise DataError(f"{few(alike)} are all {split} folders; leave one of them")
    if "train" not in splits.values():
        raise DataError(
            f"split folders are given ({few(splits)}) and none for training; add train/"
        )
    return [Part(split, top.folders[name]) for name, split in splits.items()]


def find_parts(parts: Iterable[Part]) -> list[Part]:
    """Descend in each part through folders that enclose its class folders.

    ``test/test/`` is one, and so is ``images`` if every part has it. Raises ``DataError`` where a
    split folder has other split folders inside.
    """
    found = [_own(part) for part in parts]
    while all(_encloses(part.folder) for part in found):
        if len(names_below(part.folder for part in found)) != 1:
            break
        found = [Part(part.split, _only(part.folder)) for part in found]
    return found


def folder_packed_in(file: str) -> str:
    """Return the name of the folder that ``file`` stands for by its suffixes, ``""`` for none."""
    packed = all(one.lower() in PACKED for one in PurePosixPath(file).suffixes)
    return file.split(".")[0] if packed else ""


def data_set_in(folder: Folder) -> Folder | None:
    """Return the folder at or below ``folder`` that has split folders or named expressions.

    Persons with expressions inside are one data set.
    """
    inner = enter(folder)
    if inner.filled and all(map(is_person, inner.filled)):
        return inner if any(map(expression_of, names_below(inner.filled.values()))) else None
    for one in (inner, *inner.filled.values()):
        if any(one.filled[name].filled for name in splits_of(one.filled)):
            return one
        if sum(expression_of(name) is not None for name in one.filled) > 1:
            return one
    return None


def _own(part: Part) -> Part:
    own = part.folder.path[-1]
    while _encloses(part.folder) and (
        (inside := _only(part.folder).path[-1]) == own or split_of(inside) == part.split
    ):
        part = Part(part.split, _only(part.folder))
    if inner := splits_of(part.folder.filled):
        raise DataError(
            f"{part.folder.name} is a split folder and holds split folders ({few(inner)}); "
            "give one level of them"
        )
    return part


def _encloses(folder: Folder) -> bool:
    if len(folder.filled) != 1:
        return False
    inner = _only(folder)
    return bool(inner.filled) and not inner.images and not expression_of(inner.path[-1])


def _only(folder: Folder) -> Folder:
    return next(iter(folder.filled.values()))


def _split_words(folder: Folder) -> Mapping[str, SplitName]:
    """Return the split folders in ``folder``; one that stands alone must be a split's bare word."""
    splits = splits_of(folder.folders)
    if len(splits) == 1 and not (folder.filled.keys() - splits):
        return {name: split for name, split in splits.items() if is_split_word(name)}
    return splits


def _packed_splits(folder: Folder) -> list[str]:
    """Return the files in ``folder`` that stand for a split folder."""
    return [file for file in folder.others if _stands_for_split(file, folder)]


def _stands_for_split(file: str, beside: Folder) -> bool:
    stem = folder_packed_in(file)
    return bool(stem) and stem in splits_of([stem, *beside.folders])


def _refuse_unknown(top: Folder, splits: Mapping[str, SplitName], *, classes: bool) -> None:
    """Raise ``DataError`` for folders beside the splits that hold class folders, or are some.

    A second copy of the split folders, as one published copy of FER2013 has it, is none.
    """
    inner = names_below(top.folders[name] for name in splits)
    unknown = [
        name
        for name, folder in top.filled.items()
        if name not in splits
        and (folder.filled or expression_of(name) or name in inner)
        and not _repeats(folder, top, splits)
    ]
    classless = top.filled.keys() - splits if not classes or not inner else set()
    if not unknown and not classless:
        _refuse_empty(top, splits)
        return
    enclosed = [found for name in unknown if (found := data_set_in(top.folders[name]))]
    if enclosed and classes and not inner:
        raise DataError(
            f"the split folders {few(splits)} hold no class folders; a data set lies in "
            f"{few([folder.name for folder in enclosed])}: give that folder"
        )
    _refuse_empty(top, splits)
    raise DataError(
        f"beside the split folders {few(splits)} stand {few(unknown or classless)}, "
        "which hold images and are no split's word; name them by their split (train, "
        "validation, test), or move them away"
    )


def _repeats(folder: Folder, top: Folder, splits: Iterable[str]) -> bool:
    """Tell whether ``folder`` holds the same paths again as the split folders beside it."""
    depth = len(top.path)
    given = {_below(name, depth) for split in splits for name in top.folders[split].all_images()}
    return {_below(name, depth + 1) for name in folder.all_images()} == given


def _below(name: str, depth: int) -> str:
    return name.split("/", depth)[-1]


def _refuse_empty(top: Folder, splits: Mapping[str, SplitName]) -> None:
    for name in splits:
        if not (folder := top.folders[name]).count:
            others = folder.other_count
            held = f"{others:,} files, none an image that can be read" if others else "nothing"
            raise DataError(
                f"{folder.name} is a split folder and holds {held}; fill it, or remove it to "
                "have a split made here"
            )
