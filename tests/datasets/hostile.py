"""Places that are no files to be read, made for tests of whatever opens what it is given."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

HUGE = 20 * 2**30


def pipe(place: Path) -> None:
    os.mkfifo(place)


def bound_socket(place: Path) -> None:
    """A path of a socket may be no longer than about 100 bytes, so it is bound from its folder."""
    here = Path.cwd()
    os.chdir(place.parent)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(place.name)
    finally:
        os.chdir(here)


def endless(place: Path) -> None:
    place.symlink_to("/dev/zero")


def terminal(place: Path) -> None:
    place.symlink_to("/dev/tty")


def huge(place: Path) -> None:
    """A file of 20 GiB that takes no room."""
    with place.open("wb") as file:
        file.truncate(HUGE)


def in_a_circle(place: Path) -> None:
    place.symlink_to(place.name)


SPECIAL = "a pipe, socket or device, which is never opened"
PLACES: MappingProxyType[str, tuple[Callable[[Path], None], str]] = MappingProxyType(
    {
        "pipe": (pipe, SPECIAL),
        "socket": (bound_socket, SPECIAL),
        "endless": (endless, SPECIAL),
        "terminal": (terminal, SPECIAL),
        "circle": (in_a_circle, "Too many levels of symbolic links"),
        "folder": (Path.mkdir, "Is a directory"),
        "huge": (huge, "larger than"),
    }
)
"""By name: what makes such a place, and what is said of it."""
