"""What is installed is pinned once: requirements.txt by hash, constraints.txt by version alone."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from benchmarks.doctor.packages import read_pins

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.txt").read_text("utf-8")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def entries(lock: str) -> list[list[str]]:
    """Return each requirement of a lock, followed by its options."""
    joined = lock.replace("\\\n", " ").splitlines()
    lines = (line for line in joined if not line.startswith("#"))
    return [[part.strip() for part in re.split(r"\s(?=--)", line)] for line in lines]


def declared() -> dict[str, list[str]]:
    """Return the dependencies of pyproject.toml: the project's, of each extra and each group."""
    written = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = written["project"]
    extras, groups = project["optional-dependencies"], written["dependency-groups"]
    return {"": project["dependencies"], **extras, **groups}


def test_both_files_pin_the_same_versions() -> None:
    locked = [Requirement(entry[0]) for entry in entries(LOCK)]
    assert len(locked) > 100
    versions = {it.name: str(it.specifier).removeprefix("==") for it in locked}
    assert versions == read_pins(ROOT / "constraints.txt")


def test_every_entry_has_a_hash_and_nothing_but_hashes() -> None:
    for requirement, *options in entries(LOCK):
        assert options, f"{requirement}: no hash"
        assert all(HASH.fullmatch(option) for option in options), requirement


@pytest.mark.parametrize("file", ["requirements.txt", "constraints.txt"])
def test_no_place_is_named_that_a_package_must_come_from(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert not re.search(r"://|index-url|find-links| @ ", text)


@pytest.mark.parametrize("extra", declared())
def test_what_is_declared_is_pinned_in_a_version_that_it_allows(extra: str) -> None:
    pins = read_pins(ROOT / "constraints.txt")
    for wanted in map(Requirement, declared()[extra]):
        if wanted.name != "ferbench":
            assert pins[wanted.name] in wanted.specifier, wanted
