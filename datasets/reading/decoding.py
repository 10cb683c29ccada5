"""Decoding the images of a layout, with an account of those that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from datasets.reading.images import Pixels, decode
from datasets.reading.layouts.layout import Entry
from datasets.reading.trees import Tree
from datasets.records import DataError, LeftOut


@dataclass
class Decoder:
    """Decodes entries and keeps account of those that cannot be read."""

    channels: int
    left_out: list[LeftOut] = field(default_factory=list)

    def images(self, tree: Tree, entries: Iterable[Entry]) -> Iterator[tuple[Entry, Pixels]]:
        """Yield each readable entry with its pixels, uint8 H×W×C."""
        for entry in entries:
            try:
                yield entry, decode(tree.read(entry.name), entry.name, self.channels)
            except DataError as error:
                self.left_out.append(
                    LeftOut(
                        path=entry.path,
                        kind="unreadable",
                        reason=str(error),
                        split=entry.split,
                        class_name=entry.class_name,
                    )
                )

    def notes(self) -> tuple[str, ...]:
        """Say how many images were left out, and which was the first."""
        if not self.left_out:
            return ()
        count = len(self.left_out)
        return (f"unreadable images, left out: {count:,}; first: {self.left_out[0].path}",)
