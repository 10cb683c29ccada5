"""The members of an archive as folders, files and links, in which links lead to members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from datasets.reading.folders import LOOP, NOT_THERE, count_link
from datasets.reading.names import leads_out, parts_of

Opener = Callable[[], IO[bytes]]
OUT = "its name, or what it links to, leads out of the archive"
REPLACED = "another member of its name follows in the archive"
BELOW_A_FILE = "its name is below that of a file or link in the archive"
LINKS = 40
"""Links that may lead to one another, as in Linux."""


@dataclass(frozen=True)
class Member:
    """A file in an archive: its name, as there, and how it is opened, or why it cannot be.

    ``dropped`` ones stand in no place where they could be read.
    """

    name: str
    open: Opener | None
    reason: str = ""
    dropped: bool = False


@dataclass(frozen=True)
class Link:
    """A member that stands for another: from its folder, or from the root where it is ``hard``."""

    target: str
    hard: bool = False


@dataclass(frozen=True)
class File:
    """A member with content: how it is opened, or why it cannot be."""

    open: Opener | None
    reason: str = ""


Place = tuple[str, ...]


@dataclass
class Archive:
    """The members of an archive as folders, files and links between them."""

    _root: dict[str, Any] = field(default_factory=dict)
    _dropped: list[Member] = field(default_factory=list)

    def add(self, name: str, node: File | Link | None) -> None:
        """Put a file or link, or a folder (``None``), where its ``name`` says."""
        if leads_out(name):
            if node is not None:
                self._dropped.append(Member(name, None, OUT, dropped=True))
            return
        *folders, last = parts_of(name) or ("",)
        at = self._root
        for folder in folders:
            at = at.setdefault(folder, {})
            if not isinstance(at, dict):
                self._dropped.append(Member(name, None, BELOW_A_FILE, dropped=True))
                return
        if node is None:
            if last:
                at.setdefault(last, {})
            return
        if isinstance(at.get(last), dict):
            self._dropped.append(Member(name, None, BELOW_A_FILE, dropped=True))
            return
        if last in at:
            self._dropped.append(Member(name, None, REPLACED, dropped=True))
        at[last] = node

    def members(self) -> Iterator[Member]:
        """Yield every file, through links too, and what was dropped.

        Raises ``OSError`` where more links lead to one folder than
        `datasets.reading.folders.MOST_LINKS`.
        """
        for found in self._walk((), "", ((),), Counter()):
            if isinstance(found, Member):
                yield found
        yield from self._dropped

    def folders(self) -> Iterator[str]:
        """Yield the name of every folder, through links too; raises as `members` does."""
        return (one for one in self._walk((), "", ((),), Counter()) if isinstance(one, str))

    def _walk(
        self, place: Place, shown: str, above: tuple[Place, ...], reached: Counter[Place]
    ) -> Iterator[Member | str]:
        """Yield files, and folders by their names, below the folder at ``place``."""
        for entry, found in self._entries(place):
            name = shown + entry
            if isinstance(found, str):
                yield Member(name, None, found)
                continue
            node = self._at(found)
            if not isinstance(node, dict):
                yield Member(name, node.open, node.reason)
            elif found in above:
                yield Member(name, None, LOOP, dropped=True)
            else:
                if found != (*place, entry):
                    count_link(reached, found, name)
                yield name
                yield from self._walk(found, f"{name}/", (*above, found), reached)

    def _entries(self, place: Place) -> Iterator[tuple[str, Place | str]]:
        """Yield each name in a folder and where its content is, or why that cannot be told."""
        for name, node in sorted(self._at(place).items()):
            if isinstance(node, Link):
                yield name, self._follow(place, node)
            else:
                yield name, (*place, name)

    def _follow(self, folder: Place, link: Link, depth: int = 0) -> Place | str:
        """Return the place that ``link`` in ``folder`` leads to, or why there is none."""
        if link.target[:1] in ("/", "\\"):
            return OUT
        at = () if link.hard else folder
        for part in parts_of(link.target):
            if part == "..":
                if not at:
                    return OUT
                at = at[:-1]
                continue
            inside = self._at(at)
            if not isinstance(inside, dict) or part not in inside:
                return NOT_THERE
            node = inside[part]
            if not isinstance(node, Link):
                at = (*at, part)
                continue
            if depth == LINKS:
                return LOOP
            followed = self._follow(at, node, depth + 1)
            if isinstance(followed, str):
                return followed
            at = followed
        return at

    def _at(self, place: Place) -> Any:
        node: Any = self._root
        for part in place:
            node = node[part]
        return node
