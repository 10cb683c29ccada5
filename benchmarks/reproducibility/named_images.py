"""Looks for images that a text names, by their paths or by their pixels."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from benchmarks.errors import InputError
from benchmarks.store.folder import RunFolder
from benchmarks.store.splits import SplitTable

TABLE = ".parquet"
IDENTITY = re.compile(r"[0-9a-f]{64}")
"""A SHA-256 as it is written."""
MARKS = re.compile(r"[./]")
"""What every path that is looked for holds; the rest of one behind its last mark is its tail."""


class NamedImages:
    """Finds each of ``images`` in a text: its folder and name anywhere, and its SHA-256.

    A path without a folder is looked for if it has a suffix: numbers of rows stand everywhere.
    """

    def __init__(self, images: SplitTable) -> None:
        self._ids = frozenset(images.image_ids.tolist())
        paths = map(PurePosixPath, set(images.paths.tolist()))
        ends = ("/".join(p.parts[-2:]) for p in paths if p.suffix[1:].isalnum() or p.name != str(p))
        self._names = frozenset(ends)
        self._lengths = defaultdict[str, set[int]](set)
        for name in self._names:
            self._lengths[MARKS.split(name)[-1]].add(len(name))
        self._tails = sorted({len(tail) for tail in self._lengths})

    def first_in(self, text: str) -> str | None:
        """Return the first in the alphabet of what ``text`` names, as it is or as it is meant."""
        found = self._ids.intersection(IDENTITY.findall(text))
        for each in {text, _meant(text)}:
            found = found.union(self._named(each))
        return min(found, default=None)

    def _named(self, text: str) -> Iterator[str]:
        """Yield the names in ``text``; it is read once, however many there are to be found."""
        for mark in MARKS.finditer(text):
            for end in (mark.end() + size for size in self._tails):
                for length in self._lengths.get(text[mark.end() : end], ()):
                    start = max(end - length, 0)
                    around = text[max(start - 1, 0) : start], text[end : end + 1]
                    if text[start:end] in self._names and not any(map(str.isalnum, around)):
                        yield text[start:end]


def _meant(text: str) -> str:
    r"""Return ``text`` without the escapes of JSON and HTML: é for ``\u00e9``, & for ``&amp;``."""
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return html.unescape(re.sub(r"\\[bfnrt]", " ", plain).replace("\\/", "/").replace("\\", ""))


def refuse_named(place: RunFolder, images: SplitTable) -> None:
    """Raise ``InputError`` where a text in the folder ``place`` names one of ``images``."""
    known = NamedImages(images)
    for file in place.files():
        content = file.read_bytes()
        if file.suffix == TABLE or b"\0" in content:
            continue
        found = known.first_in(content.decode("utf-8", "replace"))
        if found is not None:
            name = file.relative_to(place.path).as_posix()
            raise InputError(
                f"{name} would name the image {found}, which may tell its label; nothing was kept"
            )
