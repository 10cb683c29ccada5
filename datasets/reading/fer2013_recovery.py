"""The official split of FER2013 recovered from the images themselves, whatever they are called.

A table of truncated hashes proposes which images are PublicTest's and PrivateTest's; the digests
of the published splits prove it, or nothing is recovered.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product

from datasets.reading.fer2013_official import COUNTS, DIGESTS, TOTAL, rows_of, split_digest
from datasets.reading.fer2013_places import HEX, evaluation_ids
from datasets.reading.images import image_id
from datasets.reading.numbers import in_natural_order
from datasets.registry import Sample

TRIED = 256
"""Ways to part identical images of unlike labels that are tried against the digests."""
SEVERAL = 4
"""Evaluation images that speak for FER2013."""
RECOVERED = "the official split is told by the pixels of the images"
SPLITS = ("train", "validation", "test")
Choice = tuple[str, ...]


def some_are_official(identities: Iterable[str]) -> bool:
    """Tell whether several of ``identities`` are those of evaluation images.

    One or two may be so by chance: some of those are black or white all over.
    """
    parts = evaluation_ids().values()
    found = {one for one in identities if any(one[:HEX] in part for part in parts)}
    return len(found) >= SEVERAL


def told_evaluation_images(held: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Say how many evaluation images stand unchanged in each split of a copy, if several do.

    ``held`` is split → image ids.
    """
    table = evaluation_ids()
    official = table["validation"] + table["test"]
    there = {
        name or "no split": Counter(i[:HEX] for i in held.get(name, ())) & official
        for name in (*SPLITS, "")
    }
    found = sum((each for each in there.values()), Counter[str]()) & official
    if len(found) < SEVERAL:
        return ()
    where = ", ".join(f"{n.total():,} in {name}" for name, n in there.items() if n)
    return (
        f"{found.total():,} of the {official.total():,} official evaluation images are in it "
        f"unchanged ({where})",
    )


def with_official_split(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Yield ``samples`` in their order, in the official split where their pixels prove it.

    Only as many images as were published can be; of any other number they are yielded as they
    come. A split that was given is kept unless the official one only parts it: images given as
    train stay there, and where all three splits were given nothing is changed.
    """
    rest = iter(samples)
    every = list(islice(rest, TOTAL + 1))
    found = _recovered(every)
    for sample, split in zip(every, found or [sample.split for sample in every], strict=True):
        yield replace(sample, split=split)
    yield from rest


def _recovered(samples: Sequence[Sample]) -> Sequence[str] | None:
    """Return the official split of each sample; ``None`` where it cannot be proved."""
    allowed = _allowed({sample.split for sample in samples})
    if len(samples) != TOTAL or allowed is None:
        return None
    rows = [(sample.label, image_id(sample.image)) for sample in samples]
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place in _in_published_order(samples):
        groups[rows[place][1]].append(place)
    found, open_groups = [""] * len(rows), list[tuple[list[int], list[Choice]]]()
    for identity, places in groups.items():
        ways = _ways(identity, [(rows[p][0], allowed[samples[p].split]) for p in places])
        if not ways:
            return None
        for place, split in zip(places, ways[0], strict=True):
            found[place] = split
        if len(ways) > 1:
            open_groups.append((places, ways))
    for chosen in islice(product(*(ways for _, ways in open_groups)), TRIED):
        for (places, _), way in zip(open_groups, chosen, strict=True):
            for place, split in zip(places, way, strict=True):
                found[place] = split
        if _proved(rows, found):
            return found
    return None


def _in_published_order(samples: Sequence[Sample]) -> list[int]:
    """Return the places as training, validation and test images would follow each other.

    In each class images follow by the numbers in their paths; classes are laid side by side.
    """
    by_class: defaultdict[int, list[int]] = defaultdict(list)
    names = [in_natural_order(sample.path) for sample in samples]
    for place in sorted(range(len(samples)), key=names.__getitem__):
        by_class[samples[place].label].append(place)
    ranked = (
        (rank / len(places), place)
        for places in by_class.values()
        for rank, place in enumerate(places)
    )
    return [place for _, place in sorted(ranked)]


def _allowed(given: set[str]) -> Mapping[str, tuple[str, ...]] | None:
    """Return given split → the official ones that its images may be in; ``None``: all is given."""
    if given >= set(SPLITS) or ("" in given and len(given) > 1):
        return None
    held_out = tuple(name for name in ("validation", "test") if name in given)
    if not held_out:
        return dict.fromkeys(given, SPLITS)
    return {"train": ("train",)} | dict.fromkeys(held_out, ("validation", "test"))


def _ways(identity: str, members: Sequence[tuple[int, tuple[str, ...]]]) -> list[Choice]:
    """Return the ways to part identical images among the splits, one for each way of labels."""
    quota = Counter(
        {name: evaluation_ids()[name][identity[:HEX]] for name in ("validation", "test")}
    )
    quota["train"] = len(members) - quota.total()
    if quota["train"] < 0:
        return []
    ways: dict[tuple[tuple[int, str], ...], Choice] = {}

    def deal(taken: Choice, left: Counter[str]) -> None:
        if len(ways) >= TRIED:
            return
        if len(taken) == len(members):
            labels = sorted((label, s) for (label, _), s in zip(members, taken, strict=True))
            ways.setdefault(tuple(labels), taken)
            return
        for split in members[len(taken)][1]:
            if left[split]:
                deal((*taken, split), left - Counter({split: 1}))

    deal((), quota)
    return list(ways.values())


def _proved(rows: Sequence[tuple[int, str]], found: Sequence[str]) -> bool:
    counts = Counter(zip(found, (label for label, _ in rows), strict=True))
    if any(counts[split, k] != n for split, each in COUNTS.items() for k, n in enumerate(each)):
        return False
    return all(
        split_digest(rows_of(rows[k] for k in range(len(rows)) if found[k] == split)) == digest
        for split, digest in DIGESTS.items()
    )
