"""One cache, one unbroken run and one small run for all tests of whole runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from datasets.cache.decoded import open_data_set
from datasets.registry import discover
from tests.runs.commands import SMALL, TINY, TWO_FACED, ferbench, temporary_of
from tests.use.portraits import save

Once = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Make a folder once for all workers of pytest; nobody may change it."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def once(name: str, make: Callable[[Path], None]) -> Path:
        place, made = root / name, root / f"{name}.made"
        with FileLock(root / f"{name}.lock"):
            if not made.exists():
                make(place)
                made.touch()
        return place

    return once


@pytest.fixture(scope="session")
def cache(once: Once) -> Path:
    return once("cache", lambda place: place.mkdir())


@pytest.fixture(scope="session", autouse=True)
def private_cache(cache: Path) -> pytest.MonkeyPatch:
    """Keep the user's own cache out of the tests."""
    patch = pytest.MonkeyPatch()
    patch.setenv("FERBENCH_CACHE", str(cache))
    patch.delenv("FERBENCH_DATA", raising=False)
    return patch


def carry_out(run: Path, *arguments: object) -> None:
    temporary = temporary_of(run)
    temporary.mkdir()
    done = ferbench("run", *arguments, "--out", run, TMPDIR=str(temporary))
    assert done.status == 0, done.err


@pytest.fixture(scope="session")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("protocol") / "tiny.toml"
    path.write_text(TINY, "utf-8")
    return path


@pytest.fixture(scope="session")
def unbroken(protocol: Path, once: Once) -> Path:
    """A run with one worker that nothing interrupted."""
    return once("unbroken", lambda run: carry_out(run, protocol, "--workers", 1))


@pytest.fixture(scope="session")
def small_protocol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A protocol of one variant for each engine, and a plugin ``p.py`` beside it."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "p.py").write_text(TWO_FACED, "utf-8")
    path = folder / "small.toml"
    path.write_text(SMALL, "utf-8")
    return path


@pytest.fixture(scope="session")
def small(small_protocol: Path, once: Once) -> Path:
    """A run of `small_protocol`."""
    plugin = small_protocol.parent / "p.py"
    return once("small", lambda run: carry_out(run, small_protocol, "--plugin", plugin))


@pytest.fixture(scope="session")
def test_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run's test images as PNG files, named in their order."""
    data = open_data_set(discover()["synthetic-faces"], None, {"scale": 0.1})
    folder = tmp_path_factory.mktemp("test-images")
    for index, row in enumerate(np.flatnonzero(data.split == "test")):
        save(folder / f"{index:05d}.png", np.asarray(data.images[row][..., 0]))
    return folder
