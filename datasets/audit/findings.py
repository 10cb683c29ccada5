"""What an audit found, in sentences: each count that speaks against the data is a warning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from datasets.audit.duplicates import Duplicates, NearDuplicates, Place, Shared
from datasets.audit.levelled import Levelled
from datasets.records import SPLIT_NAMES


def leaks(same: Duplicates, near: NearDuplicates, tests: int) -> Iterator[str]:
    """Say how many of the ``tests`` test images are in training or validation, and what is shared.

    The first two sentences are those of test images.
    """
    for what, images in (
        ("an identical copy", same.test_images),
        ("a near duplicate", near.test_images),
    ):
        if any(images.values()):
            yield f"test images with {what}: " + _counted(images, f" of {tests:,} in")
    between = [pair for pair in same.shared if "test" not in (pair.one, pair.other)]
    if any(pair.pictures for pair in between):
        yield "identical pictures in two splits: " + _shared(between)
    between = [pair for pair in near.shared if "test" not in (pair.one, pair.other)]
    if any(pair.pictures for pair in between):
        yield "near duplicates in two splits: " + _shared(between)


def unlike_sharpness(level: Levelled, tests: int) -> str:
    """Say that copies cannot be told by their pixels, and what a fair comparison found."""
    near = level.near_duplicates
    unknown = (
        f"{level.softest} images are softer than {' and '.join(level.sharper)} images: copies "
        "between them have other pixels and cannot be seen as identical; compared at the same "
        "sharpness, "
    )
    if near.not_searched:
        return f"{unknown}they were not searched: {near.not_searched}"
    pairs = [pair for pair in near.shared if {pair.one, pair.other} & {level.softest}]
    if not any(pair.pictures for pair in pairs):
        return f"{unknown}none was found, which does not rule them out"
    found = f"{unknown}near duplicates in two splits: {_shared(pairs)}"
    if any(near.test_images.values()):
        found += "; test images with one: " + _counted(near.test_images, f" of {tests:,} in")
    return found


def findings(
    same: Duplicates,
    near: NearDuplicates,
    blank: Sequence[Place],
    unreadable: Sequence[str],
) -> Iterator[str]:
    """Say what was found inside the splits: copies, contradictions, blank and unreadable images."""
    if any(same.redundant.values()):
        yield "redundant copies: " + _counted(same.redundant, " in")
    inside = _by_split(pair.one for pair in near.pairs if pair.one.split == pair.other.split)
    if inside:
        yield "pairs of near duplicates inside a split: " + _counted(inside, " in")
    if same.contradicting_images:
        groups = "group" if same.contradicting_groups == 1 else "groups"
        yield (
            f"{same.contradicting_images:,} identical images in {same.contradicting_groups:,} "
            f"{groups} have contradicting labels"
        )
    if near.contradicting:
        pairs = "pair" if near.contradicting == 1 else "pairs"
        have = "has" if near.contradicting == 1 else "have"
        yield f"{near.contradicting:,} {pairs} of near duplicates {have} different labels"
    if blank:
        yield "blank or nearly blank images: " + _counted(_by_split(blank), " in")
    if unreadable:
        images, were = ("image", "was") if len(unreadable) == 1 else ("images", "were")
        yield f"{len(unreadable):,} {images} cannot be read and {were} left out"


def _by_split(places: Iterable[Place]) -> dict[str, int]:
    splits = [place.split for place in places]
    return {name: splits.count(name) for name in SPLIT_NAMES if name in splits}


def _counted(counts: Mapping[str, int], words: str) -> str:
    return ", ".join(f"{number:,}{words} {name}" for name, number in counts.items() if number)


def _shared(pairs: Iterable[Shared]) -> str:
    return ", ".join(f"{pair.pictures:,} {pair.one}/{pair.other}" for pair in pairs)
