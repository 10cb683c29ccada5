"""Python and the packages, by their metadata: nothing is imported."""

from __future__ import annotations

import platform
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path

from benchmarks.engines.libraries import shown_libraries
from benchmarks.errors import Finding
from benchmarks.machine.versions import installed

ROOT = Path(__file__).resolve().parents[2]
INSTALL = "run pip install -c constraints.txt -e . in the checkout"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def examine_python() -> Iterator[Finding]:
    """Name Python and its place."""
    found = f"{platform.python_version()} in {sys.prefix}"
    if sys.prefix == sys.base_prefix:
        advice = "make an environment of its own: python3 -m venv .venv"
        yield Finding("warning", "Python", f"{found}, which other programs share", advice)
    else:
        yield Finding("ok", "Python", found)


def examine_packages(root: Path = ROOT) -> Iterator[Finding]:
    """Compare what is installed with what ferbench needs and with constraints.txt."""
    shown = shown_libraries()
    found = ", ".join(f"{name} {version}" for name in shown if (version := installed(name)))
    if missing := [name for name in needed_packages(root) if installed(name) is None]:
        yield Finding("problem", "packages", f"missing: {', '.join(missing)}", INSTALL)
    else:
        yield Finding("ok", "packages", found)
    pins = read_pins(root / "constraints.txt")
    if not pins:
        advice = "take a whole checkout; results cannot be compared without it"
        yield Finding("warning", "versions", "constraints.txt is missing or empty", advice)
    elif differing := other_versions(pins, installed_versions()):
        advice = f"{INSTALL}; results of other versions are not comparable"
        yield Finding("warning", "versions", "; ".join(differing), advice)
    else:
        yield Finding("ok", "versions", "all as in constraints.txt")


def needed_packages(root: Path) -> list[str]:
    """Return the names of the packages that ferbench cannot do without."""
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    except (OSError, ValueError, KeyError):
        return list(shown_libraries())
    return [found[0] for line in project["dependencies"] if (found := NAME.match(line))]


def read_pins(constraints: Path) -> dict[str, str]:
    """Return the pinned version of each package, by normalised name; empty without the file."""
    try:
        lines = constraints.read_text("utf-8").splitlines()
    except OSError:
        return {}
    pins = (re.split("[#;]", line)[0].partition("==") for line in lines)
    return {_normalised(name): pin.strip() for name, _, pin in pins if pin.strip()}


def installed_versions() -> dict[str, str]:
    """Return the version of every installed distribution, by normalised name."""
    return {_normalised(name): found.version for found in distributions() if (name := found.name)}


def other_versions(pins: Mapping[str, str], versions: Mapping[str, str]) -> list[str]:
    """Name every installed package whose version differs from its pin.

    What follows a ``+`` names a build, not a version: torch 2.15.0+cpu is torch 2.15.0.
    """
    return [
        f"{name} {found} instead of {pins[name]}"
        for name, found in sorted(versions.items())
        if name in pins and found.partition("+")[0] != pins[name].partition("+")[0]
    ]


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
