"""Examples of each class on the page: training images, never those of the test set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.report.elements.outline import Content
from benchmarks.report.elements.pictures import ImageSheet, Tile
from benchmarks.report.sections.explanations import Gallery

EACH = 7
CLASSES = 40


@dataclass(frozen=True)
class ExamplesSection(Content):
    """A gallery for each class; none without pictures."""

    galleries: tuple[Gallery, ...]


def examples_section(names: Sequence[str], album: ImageSheet) -> ExamplesSection:
    """Return a few training images of each class, spread over the split; none if closed."""
    if not album.open:
        return ExamplesSection(())
    part = album.part("train")
    rows = part.rows["row"].to_numpy()
    galleries = []
    for label, name in enumerate(names[:CLASSES]):
        places = np.flatnonzero(part.labels == label)
        chosen = places[np.unique(np.linspace(0, len(places) - 1, EACH).astype(int))]
        shown = [(int(row), album.stored("train", int(row))) for row in rows[chosen]]
        tiles = tuple(Tile(style, f"Training image {row}, labelled {name}") for row, style in shown)
        galleries.append(Gallery(name, tiles if len(places) else ()))
    return ExamplesSection(tuple(galleries))
