"""Decoding the images of a layout, with an account of those that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from datasets.reading.images import Pixels, decode_picture
from datasets.reading.layouts.layout import Entry
from datasets.reading.trees import Tree
from datasets.records import LeftOut, UnreadableFile


@dataclass
class Decoder:
    """Decodes entries and keeps account of those that cannot be read.

    ``class_names`` are the classes of class folders that have another name than their class.
    """

    channels: int
    class_names: Mapping[str, str] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    _several: list[str] = field(default_factory=list)

    def images(self, tree: Tree, entries: Iterable[Entry]) -> Iterator[tuple[Entry, Pixels]]:
        """Yield each readable entry with its pixels, uint8 H×W×C."""
        for entry in entries:
            try:
                picture = decode_picture(tree.read(entry.name), entry.name, self.channels)
            except UnreadableFile as error:
                self.left_out.append(self._unreadable(entry, error.reason))
                continue
            if picture.frames > 1:
                self._several.append(entry.path)
            yield entry, picture.pixels

    def notes(self) -> tuple[str, ...]:
        """Say of how many files the first of several pictures was taken, and of which first."""
        if not self._several:
            return ()
        return (
            f"animations or files of several pages, of which the first picture was taken: "
            f"{len(self._several):,}; first: {self._several[0]}",
        )

    def _unreadable(self, entry: Entry, reason: str) -> LeftOut:
        return LeftOut(
            path=entry.path,
            kind="unreadable",
            reason=reason,
            split=entry.split,
            class_name=self.class_names.get(entry.class_name, entry.class_name),
        )
