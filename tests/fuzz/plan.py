"""What is drawn: the files of a tree, and what has to be known of every image among them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import numpy as np
from numpy.typing import NDArray

from tests.fuzz.pictures import Picture, picture

SHOWN = 60
"""Files of a tree that a failing law prints."""


@dataclass(frozen=True)
class Known:
    """What was drawn for one sample; ``pixels`` are those of grey, where the format keeps them."""

    class_name: str
    split: str = ""
    subject: str = ""
    pixels: NDArray[np.uint8] | None = None


@dataclass
class Plan:
    """A tree of files, and what must come of it.

    ``samples`` are by their place in the tree, which is a file's name, or that and ``#face``;
    ``told`` are the images, by the same names, that are given and must be told as left out.
    ``splits`` are those that the tree gives. Where ``refused`` is not empty the whole must be
    refused, in a message that holds it. ``labels`` is what ``[data] labels`` says.
    """

    layout: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    samples: dict[str, Known] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    splits: tuple[str, ...] = ()
    refused: str = ""
    labels: str = ""
    axes: list[str] = field(default_factory=list)

    def add(self, name: str, drawn: Picture, class_name: str, split: str, subject: str = "") -> str:
        """Put an image that must be taken at ``name``, and return that."""
        assert name not in self.files, name
        self.files[name] = drawn.content
        self.samples[name] = Known(class_name, split, subject, drawn.pixels)
        return name

    def leave(self, name: str, drawn: Picture) -> str:
        """Put an image that must be told as left out at ``name``, and return that."""
        assert name not in self.files, name
        self.files[name] = drawn.content
        self.told.add(name)
        return name

    def below(self, prefix: str) -> Plan:
        """Return the same tree in the enclosing folders ``prefix``."""
        if not prefix:
            return self
        return Plan(
            self.layout,
            {f"{prefix}/{name}": content for name, content in self.files.items()},
            {f"{prefix}/{name}" for name in self.folders},
            {f"{prefix}/{name}": known for name, known in self.samples.items()},
            {f"{prefix}/{name}" for name in self.told},
            self.splits,
            self.refused,
            self.labels,
            self.axes,
        )

    def spoilable(self) -> list[str]:
        """Return the files whose samples are all free to be lost: those of training."""
        kept = {file_of(n) for n, one in self.samples.items() if one.split not in ("", "train")}
        return sorted({file_of(name) for name in self.samples} - kept)

    def __str__(self) -> str:
        lines = [f"layout {self.layout}, splits {self.splits or 'none'}", *self.axes]
        return "\n  ".join((*lines, *self._lines()))

    def _lines(self) -> Iterator[str]:
        faces: dict[str, list[str]] = {}
        for name, one in self.samples.items():
            faces.setdefault(file_of(name), []).append(
                " ".join(filter(None, (one.class_name, one.split, one.subject)))
            )
        for name in sorted(self.files)[:SHOWN]:
            fate = "; ".join(faces.get(name, ())) or ("left out" if name in self.told else "-")
            yield f"{name!a} [{len(self.files[name])} bytes]: {fate}"
        if len(self.files) > SHOWN:
            yield f"and {len(self.files) - SHOWN} more"
        yield from (f"{name!a}/" for name in sorted(self.folders))


def file_of(sample: str) -> str:
    """Return the file of the sample at the place ``sample``."""
    return sample.partition("#")[0]


def composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def decomposed(name: str) -> str:
    return unicodedata.normalize("NFD", name)


@dataclass
class Brush:
    """Draws pictures for a plan, each with a name of its own."""

    rng: Random
    side: int = 10
    number: int = 0

    def picture(self, *suffixes: str) -> Picture:
        """Draw a picture; with ``suffixes`` its suffix is one of them, whatever the format."""
        return picture(self.rng, self.side, suffixes)

    def name(self) -> str:
        """Return a stem that no other image has."""
        self.number += 1
        return f"{self.rng.choice(('im', 'Ünï', 'a b', '写', 'x,y', 'é'))}{self.number:04}"
