"""Fixtures that several rooms of the tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from datasets.reading import trees
from datasets.reading.folders import Item, walk

ROOT = Path(__file__).resolve().parent.parent
LONG = {"runs", "training", "models"}

settings.register_profile("any processor", deadline=None)
settings.load_profile("any processor")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files first, so that no worker begins one when the others have ended."""
    items.sort(key=lambda item: not LONG & set(item.path.relative_to(ROOT).parts))


@pytest.fixture(scope="session")
def fer2013_zip() -> Path:
    """The whole FER2013 as a zip; tests that need it are skipped where it is missing."""
    chosen = os.environ.get("FERBENCH_TEST_FER2013")
    path = Path(chosen) if chosen else ROOT.parent / "shared" / "data" / "fer2013.zip"
    if not path.is_file():
        pytest.skip(f"no FER2013 at {path}; set FERBENCH_TEST_FER2013 to its zip")
    return path


@pytest.fixture
def listings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Each folder that is listed as a tree, in order."""
    listed: list[Path] = []

    def walked(folder: Path) -> Iterator[Item]:
        listed.append(folder)
        return walk(folder)

    monkeypatch.setattr(trees, "walk", walked)
    return listed
