"""What a layout is: its images, each with class, split and subject, and what it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from posixpath import commonpath

from datasets.reading.listing import Listing
from datasets.records import LeftOut


@dataclass(frozen=True)
class Box:
    """A part of an image, in pixels: rows ``top`` to ``bottom``, columns ``left`` to ``right``."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An image: its file's name in the tree, its path below the root, what is known of it.

    ``split`` is ``""`` where the layout tells none, ``subject`` where it does not say who is on
    the image. ``box`` is the part to be cut out, the whole image if ``None``.
    """

    name: str
    path: str
    split: str
    class_name: str
    subject: str = ""
    box: Box | None = None


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The images of a tree as its layout ``name`` reads them.

    ``left_out`` are the images that it does not take: with the files of ``entries`` they are all
    images of the listing. ``notes`` are sentences on what the layout had to decide.
    """

    name: str
    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, sorted."""
        return tuple(sorted({entry.class_name for entry in self.entries}))


@dataclass(frozen=True, kw_only=True)
class LayoutSpec:
    """A row of the table of layouts.

    ``recognise`` returns ``None`` where the layout is another one, and raises ``DataError`` where
    it is this one and cannot be read as given. ``example``: paths of a tree; ``images``,
    ``labels``, ``splits`` and ``subjects``: what is taken for each, for the documentation.
    """

    name: str
    example: tuple[str, ...]
    images: str
    labels: str
    splits: str
    subjects: str
    recognise: Callable[[Listing], Layout | None]


def unused(
    listing: Listing, used: Iterable[Entry], reason: Callable[[str], str]
) -> tuple[LeftOut, ...]:
    """Return the images of ``listing`` that are not among ``used``, each with its ``reason``."""
    taken = {entry.name for entry in used}
    return tuple(
        LeftOut(path=name, kind="unused", reason=reason(name))
        for name in listing.images
        if name not in taken
    )


def below_their_root(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return ``entries`` by name, their paths without the folders that enclose all of them."""
    given = sorted(entries, key=lambda entry: entry.name)
    root = commonpath([entry.path.rpartition("/")[0] for entry in given]) if given else ""
    depth = root.count("/") + 1 if root else 0
    return tuple(replace(e, path=e.path.split("/", depth)[-1]) for e in given)


def few(names: Collection[str], most: int = 5) -> str:
    """Return ``names`` for a sentence: sorted, the first ``most``, and how many more there are."""
    first = sorted(names)[:most]
    more = len(names) - len(first)
    return ", ".join(first) + (f" and {more:,} more" if more else "")


def counted(sentences: Iterable[tuple[str, Collection[str]]]) -> Iterator[str]:
    """Yield each sentence that names somebody, with how many and the first."""
    for what, names in sentences:
        if names:
            yield f"{what}: {len(names):,}; first: {min(names)}"
