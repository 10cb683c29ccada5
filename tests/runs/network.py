"""Carries out commands where the network is forbidden and each attempt at it is counted."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

WATCHED = Path(__file__).with_name("watched")
ROOT = WATCHED.parents[2]
COMMANDS = """
import json, sys
from benchmarks.cli import main

for command in json.loads(sys.argv[1]):
    sys.argv = ["ferbench", *command]
    try:
        main()
    except SystemExit as end:
        print(f"status {end.code}: ferbench {' '.join(command)}", file=sys.stderr, flush=True)
"""
COUNTED = '"$@"; status=$?; cat /proc/net/snmp /proc/net/snmp6 >"$FERBENCH_COUNTERS"; exit $status'


@dataclass(frozen=True)
class Watched:
    """Where the attempts of processes with this environment are counted."""

    folder: Path
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        paths = [str(WATCHED), str(ROOT), os.environ.get("PYTHONPATH", "")]
        told = {
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "FERBENCH_ATTEMPTS": str(self.folder / "attempts"),
            "FERBENCH_COUNTERS": str(self.folder / "counters"),
        }
        object.__setattr__(self, "environment", {**os.environ, **told})

    def run(self, *command: str) -> str:
        """Run a program to its end, in a network namespace of its own where that is allowed."""
        apart = ("unshare", "-rn", "sh", "-c", COUNTED, "sh") if has_namespaces() else ()
        done = subprocess.run(
            [*apart, *command],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=3000,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    def ferbench(self, *commands: Sequence[object]) -> None:
        """Run commands one after the other in one process; each must end with 0."""
        given = json.dumps([[str(argument) for argument in command] for command in commands])
        said = self.run(sys.executable, "-c", COMMANDS, given)
        assert re.findall(r"^status (\d+)", said, re.MULTILINE) == ["0"] * len(commands), said

    @property
    def attempts(self) -> list[str]:
        """What Python code has tried."""
        file = self.folder / "attempts"
        return file.read_text("utf-8").splitlines() if file.exists() else []

    @property
    def unroutable(self) -> int:
        """What the kernel of the namespace could send nowhere, whoever tried."""
        file = self.folder / "counters"
        return sum(unroutable(file.read_text("utf-8"))) if file.exists() else 0


@cache
def has_namespaces() -> bool:
    """Tell whether this machine lets a process have a network of its own, without any link."""
    try:
        return subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def unroutable(counters: str) -> Iterator[int]:
    """Yield the numbers of packets without a route, of IPv4 and of IPv6."""
    names, numbers = re.findall(r"^Ip: (.*)$", counters, re.MULTILINE)
    yield int(dict(zip(names.split(), numbers.split(), strict=True))["OutNoRoutes"])
    yield from map(int, re.findall(r"^Ip6OutNoRoutes\s+(\d+)$", counters, re.MULTILINE))
