"""Random folders with links and odd names, and archives of them, for tests of what reads them."""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from hypothesis import strategies

NAMES = strategies.sampled_from(
    ["a", "b", "Happy", "x y", "ü", "é", "日本", "1.png", "2.PNG", "3", "q'.jpg", "w#%.gif"]
)
PLANS: Any = strategies.recursive(
    strategies.binary(max_size=3),
    lambda inner: strategies.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
"""Folders as dictionaries, files as bytes."""
LINKS = strategies.lists(
    strategies.tuples(
        strategies.integers(0, 50), strategies.integers(0, 50), strategies.booleans()
    ),
    max_size=4,
)
"""Which place of a folder a link stands in, to which it leads, and whether it is hard."""


def write(folder: Path, plan: dict[str, Any] | bytes) -> None:
    """Write a plan below ``folder``."""
    if isinstance(plan, bytes):
        folder.write_bytes(plan)
        return
    folder.mkdir()
    for name, inner in plan.items():
        write(folder / name, inner)


def link(folder: Path, links: list[tuple[int, int, bool]]) -> None:
    """Add links between the places of ``folder``; some lead to folders, some in circles."""
    for number, (at, to, hard) in enumerate(links):
        places = sorted(folder.rglob("*"), key=str)
        folders = [folder, *(p for p in places if p.is_dir() and not p.is_symlink())]
        target = [folder, *places][to % (len(places) + 1)]
        place = folders[at % len(folders)] / f"link{number}.png"
        if hard and target.is_file() and not target.is_symlink():
            os.link(target, place)
        else:
            place.symlink_to(os.path.relpath(target, place.parent))


def tarred(folder: Path, mode: str = "w") -> Path:
    """Pack ``folder``, links as links, into a file without a suffix."""
    file = folder.with_name(f"{folder.name}-tar-{mode.partition(':')[2]}")
    with tarfile.open(file, mode) as archive:  # type: ignore[call-overload]
        archive.add(folder, ".")
    return file


def zipped(folder: Path) -> Path:
    """Pack ``folder``, symbolic links as links as Info-ZIP does, into a file without a suffix."""
    file = folder.with_name(f"{folder.name}-zip")
    with zipfile.ZipFile(file, "w") as archive:
        for place in sorted(folder.rglob("*"), key=str):
            name = place.relative_to(folder).as_posix()
            if place.is_symlink():
                info = zipfile.ZipInfo(name)
                info.create_system = 3
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
                archive.writestr(info, str(place.readlink()))
            else:
                archive.write(place, name)
    return file
