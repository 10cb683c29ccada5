"""Breaks a command at its writes: at each place once, with a signal or as a full disk would.

A process with `PLAN` in its environment that finds ``hooked/`` on its ``PYTHONPATH`` counts as
broken: an audit hook sees each file that is opened for writing, made, renamed or removed below
the watched folders, before it happens. The product knows nothing of it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PLAN = "FERBENCH_TEST_BREAKING"
"""The environment variable that names the file of a plan."""
COORDINATOR = "FERBENCH_TEST_COORDINATOR"
"""The one that holds the number of the process of the command itself."""
WORKER = "FERBENCH_WORKER"
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
REMOVING = ("os.remove", "os.rmdir")
PLACES = {"open": 0, "os.mkdir": 0, "os.rename": 1, "os.symlink": 1, **dict.fromkeys(REMOVING, 0)}
"""The events that write, and which of their arguments is the place."""
FOLDERS = {"os.mkdir": 2, "os.rename": 3, "os.symlink": 2, "os.remove": 1, "os.rmdir": 1}
"""Which of their arguments is the folder that the place is named from, -1 for none."""
RANDOM = re.compile(
    r"(?<=\.)[a-z0-9_]{8}(?=\.half)|(?<=ferbench-)[a-z0-9_]{8}|(?<=/tmp)[a-z0-9_]{8}"
    r"|[0-9a-f]{8}-[0-9a-f-]{27}"
)
"""What of a name is drawn anew each time."""
PROBE = re.compile(r"(/ferbench-[a-z0-9_]{8})?/[a-z0-9_]{8}")
"""A file by which Python finds out whether a temporary folder can be used."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What happens where: ``fate`` names a signal or an error, as ``SIGKILL`` or ``ENOSPC``.

    It happens to ``whom``: any process, the ``coordinator``, a ``worker``, or ``all`` at once.

    Of all places one in ``every`` is taken, drawn by ``seed``, and ``most`` of them. A place is
    broken once; ``seen`` is the file of those that were. A disk that is ``full`` stays so until the
    command has ended.
    """

    fate: str
    watched: tuple[str, ...]
    seen: str
    whom: str = "any"
    full: bool = False
    every: int = 1
    most: int = 1_000_000
    seed: int = 0

    def write(self, file: Path) -> Path:
        """Write the plan where a process finds it."""
        file.write_text(json.dumps(asdict(self)), "utf-8")
        return file

    def places(self) -> list[str]:
        """Return the places that were broken."""
        seen = Path(self.seen)
        return seen.read_text("utf-8").splitlines() if seen.exists() else []

    @property
    def no_room(self) -> Path:
        """What is there as long as the disk is full."""
        return Path(f"{self.seen}.full")


def install() -> None:
    """Break this process as its environment says."""
    if PLAN in os.environ:
        plan = Plan(**json.loads(Path(os.environ[PLAN]).read_text("utf-8")))
        sys.addaudithook(lambda event, arguments: _see(plan, event, arguments))


def _see(plan: Plan, event: str, arguments: tuple[Any, ...]) -> None:
    place = _written(event, arguments)
    if place is None:
        return
    for watched in plan.watched:
        if PROBE.fullmatch(place[len(watched) :]):
            return
        if place == watched or place.startswith(f"{watched}/"):
            who = "worker" if WORKER in os.environ else "coordinator"
            if plan.whom in (who, "any", "all"):
                name = f"{who} {event} {_named(place, watched)}"
                _break(plan, name, event, place)
            return


def _named(place: str, watched: str) -> str:
    """Return a place as it is called in every run: without what is random in its name."""
    return Path(watched).name + RANDOM.sub("*", place[len(watched) :])


def _written(event: str, arguments: tuple[Any, ...]) -> str | None:
    """Return the path that an event writes, or ``None``."""
    if event not in PLACES or (event == "open" and not arguments[2] & WRITING):
        return None
    place = arguments[PLACES[event]]
    if not isinstance(place, str | bytes | os.PathLike):
        return None
    place = os.fsdecode(place)
    folder = arguments[FOLDERS[event]] if event in FOLDERS else -1
    begin = Path(f"/proc/self/fd/{folder}").readlink() if folder not in (-1, None) else Path.cwd()
    return os.path.normpath(begin / place)


def _break(plan: Plan, name: str, event: str, place: str) -> None:
    number = getattr(errno, plan.fate, 0)
    with Path(f"{plan.seen}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if event not in REMOVING and plan.no_room.exists():
            raise OSError(number, os.strerror(number), place)
        if not _chosen(plan, name, event):
            return
        with Path(plan.seen).open("a", encoding="utf-8") as seen:
            seen.write(f"{name}\n")
        if plan.full:
            plan.no_room.touch()
    if number:
        raise OSError(number, os.strerror(number), place)
    _send(getattr(signal, plan.fate), everybody=plan.whom == "all")


def _chosen(plan: Plan, name: str, event: str) -> bool:
    if plan.fate == "ENOSPC" and event in REMOVING:
        return False
    number = hashlib.sha256(f"{plan.seed} {name}".encode()).digest()[:4]
    drawn, seen = int.from_bytes(number) % plan.every == 0, plan.places()
    return drawn and name not in seen and len(seen) < plan.most


def _send(number: int, *, everybody: bool) -> None:
    """End this process, and first ``everybody`` who works for the same command."""
    if everybody:
        import psutil

        first = psutil.Process(int(os.environ[COORDINATOR]))
        for other in (*first.children(recursive=True), first):
            if other.pid != os.getpid():
                other.send_signal(number)
    os.kill(os.getpid(), number)
