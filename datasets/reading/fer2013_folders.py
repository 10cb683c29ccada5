"""FER2013 as images in class folders: its official split told by pixels, file names or folders."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from datasets.reading.decoding import Decoder
from datasets.reading.fer2013_classes import labels_of_folders
from datasets.reading.fer2013_official import (
    CLASS_NAMES,
    COUNTS,
    SIDE,
    TOTAL,
    USAGES,
    Comparison,
    usage_split,
)
from datasets.reading.fer2013_recovery import (
    RECOVERED,
    some_are_official,
    told_evaluation_images,
    with_official_split,
)
from datasets.reading.images import fit, image_id
from datasets.reading.layouts.layout import Entry, Layout
from datasets.reading.trees import open_tree
from datasets.records import SPLIT_NAMES, LeftOut, Provenance, SplitError
from datasets.registry import Decoded, Sample

LOOKED_AT = 200
"""Images that are decoded to see whether some are FER2013's."""


@dataclass(frozen=True)
class _Plan:
    """The entries with the split that names or folders give them, and why.

    ``published`` tells that it is the published split by name, so that a copy is compared split
    by split; ``notes`` say why it is not.
    """

    entries: tuple[Entry, ...]
    published: bool
    notes: tuple[str, ...] = ()


def read_folders(path: Path, layout: Layout, others: tuple[LeftOut, ...] = ()) -> Decoded:
    """Read the images of ``layout`` in the folder or archive ``path``.

    The official split is taken where the pixels prove it, whatever files are called; next where
    all names begin with ``Training_``, ``PublicTest_`` or ``PrivateTest_`` and the folders agree,
    or are named so themselves. Otherwise the folders' own split is taken, and the data set is
    unofficial. ``others`` are the files that are no images. Raises ``SplitError`` where names give
    a split without a class and folders none.
    """
    labels, coding = labels_of_folders(path, layout)
    plan = _planned(path, layout, labels)
    names = {folder: CLASS_NAMES[label] for folder, label in labels.items()}
    comparison, decoder, resized = Comparison(), Decoder(1, names), list[str]()

    def decoded() -> Iterator[Sample]:
        with open_tree(path) as tree:
            for entry, pixels in decoder.images(tree, plan.entries):
                if pixels.shape != (SIDE, SIDE, 1):
                    resized.append(entry.path)
                label = labels[entry.class_name]
                yield Sample(fit(pixels, SIDE, SIDE), label, entry.path, entry.split)

    def samples() -> Iterator[Sample]:
        given = decoded()
        found = given if plan.published else with_official_split(given)
        return map(comparison.add, found)

    def provenance() -> Provenance:
        found = _provenance(plan, comparison)
        notes = found.notes + coding + _resized(resized) + decoder.notes() + layout.notes
        return replace(found, notes=notes)

    return Decoded(
        class_names=CLASS_NAMES,
        image_shape=(SIDE, SIDE, 1),
        count=len(plan.entries),
        samples=samples,
        provenance=provenance,
        left_out=lambda: (*others, *layout.left_out, *decoder.left_out),
        likely=lambda: plan.published or _is_likely(path, layout),
    )


def _is_likely(path: Path, layout: Layout) -> bool:
    """Tell whether names, the number of images or the pixels of some speak for FER2013."""
    entries = layout.entries
    if any(map(_named, entries)) or TOTAL <= 2 * len(entries) <= 2 * TOTAL:
        return True
    chosen = entries[:: max(1, len(entries) // LOOKED_AT)]
    with open_tree(path) as tree:
        images = Decoder(1).images(tree, chosen)
        return some_are_official(image_id(pixels) for _, pixels in images)


def _planned(path: Path, layout: Layout, labels: Mapping[str, int]) -> _Plan:
    nameless = [entry for entry in layout.entries if not _named(entry)]
    if nameless:
        return _by_folders(layout, nameless)
    named = tuple(replace(entry, split=_named(entry)) for entry in layout.entries)
    has_own_split = len({entry.split for entry in layout.entries}) > 1
    mixed = _mixed(layout) if has_own_split else ""
    if _has_published_counts(named, labels):
        note = f"the folders hold another split ({mixed}); that of the file names is used"
        return _Plan(named, published=True, notes=(note,) if mixed else ())
    if mixed:
        return _Plan(
            layout.entries,
            published=False,
            notes=(
                f"file names tell another split than the folders ({mixed}); the folders' own is "
                "used, so scores do not compare with published ones",
            ),
        )
    if lacking := _lacking(named, labels):
        if not has_own_split:
            raise SplitError(
                f"{path}: by the file names {lacking}; add these images, or put all into train/, "
                "val/ and test/ folders and name them without Training_, PublicTest_, PrivateTest_"
            )
        note = f"by the file names {lacking}; the folders' own split is used"
        return _Plan(layout.entries, published=False, notes=(note,))
    missing = [split for split in SPLIT_NAMES if split not in {entry.split for entry in named}]
    note = f"by the file names there are no {' and no '.join(missing)} images"
    return _Plan(named, published=not missing, notes=(note,) if missing else ())


def _by_folders(layout: Layout, nameless: list[Entry]) -> _Plan:
    if {entry.split for entry in layout.entries} == set(SPLIT_NAMES) and _named_by_usage(layout):
        return _Plan(layout.entries, published=True)
    note = (
        f"{len(nameless):,} of {len(layout.entries):,} file names have no Training_, PublicTest_ "
        f"or PrivateTest_ prefix (first: {nameless[0].path}), so the official split cannot be "
        "recovered and scores do not compare with published ones"
    )
    return _Plan(layout.entries, published=False, notes=(note,))


def _provenance(plan: _Plan, comparison: Comparison) -> Provenance:
    if comparison.proved:
        whole = {entry.split for entry in plan.entries} == set(SPLIT_NAMES)
        return Provenance(
            "official", plan.notes if plan.published else () if whole else (RECOVERED,)
        )
    if plan.published or comparison.counts_agree:
        found = comparison.official_or_altered()
        return replace(found, notes=(*plan.notes, *found.notes) if plan.published else found.notes)
    told = comparison.of_the_whole()
    if not any("official images are in it" in note for note in told):
        told = [*told_evaluation_images(comparison.identities), *told]
    return Provenance("unofficial", (*plan.notes, *told))


def _named(entry: Entry) -> str:
    """Return the split that a file's name tells, ``""`` where it tells none."""
    prefix, underscore, _ = PurePosixPath(entry.name).name.partition("_")
    return usage_split(prefix) if underscore else ""


def _named_by_usage(layout: Layout) -> bool:
    """Tell whether the images lie in folders named PublicTest and PrivateTest."""
    folders = {part for entry in layout.entries for part in PurePosixPath(entry.path).parts[:-1]}
    return {usage_split(folder) for folder in folders} >= {"validation", "test"}


def _has_published_counts(entries: tuple[Entry, ...], labels: Mapping[str, int]) -> bool:
    counts = Counter((entry.split, labels[entry.class_name]) for entry in entries)
    return len(entries) == TOTAL and all(
        counts[split, label] == count
        for split, every in COUNTS.items()
        for label, count in enumerate(every)
    )


def _mixed(layout: Layout) -> str:
    """Name the first usage whose images lie in several of the folders, ``""`` if there is none."""
    folders: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for entry in layout.entries:
        folders[_named(entry)][entry.split] += 1
    for usage, split in USAGES.items():
        if len(folders[split]) > 1:
            where = ", ".join(f"{count:,} in {name}" for name, count in folders[split].items())
            return f"{usage}_: {where}"
    return ""


def _lacking(entries: tuple[Entry, ...], labels: Mapping[str, int]) -> str:
    """Say which class lacks images in training or in another split that is there, or ``""``."""
    there = {(entry.split, labels[entry.class_name]) for entry in entries}
    given = {"train", *(entry.split for entry in entries)}
    present = sorted({label for _, label in there})
    lacking = {
        split: ", ".join(CLASS_NAMES[label] for label in present if (split, label) not in there)
        for split in SPLIT_NAMES
        if split in given
    }
    return " and ".join(
        f"{split} has no image of {names}" for split, names in lacking.items() if names
    )


def _resized(paths: list[str]) -> tuple[str, ...]:
    if not paths:
        return ()
    return (f"{len(paths):,} images are not {SIDE}×{SIDE} and were resized; first: {paths[0]}",)
