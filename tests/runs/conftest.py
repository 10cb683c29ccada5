"""One cache, one unbroken run and one small run for all tests of whole runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runs.commands import SMALL, TINY, TWO_FACED, ferbench


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session", autouse=True)
def private_cache(cache: Path) -> pytest.MonkeyPatch:
    """Keep the user's own cache out of the tests."""
    patch = pytest.MonkeyPatch()
    patch.setenv("FERBENCH_CACHE", str(cache))
    patch.delenv("FERBENCH_DATA", raising=False)
    return patch


@pytest.fixture(scope="session")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("protocol") / "tiny.toml"
    path.write_text(TINY, "utf-8")
    return path


@pytest.fixture(scope="session")
def unbroken(protocol: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with one worker that nothing interrupted."""
    run = tmp_path_factory.mktemp("runs") / "unbroken"
    done = ferbench("run", protocol, "--out", run, "--workers", 1)
    assert done.status == 0, done.err
    return run


@pytest.fixture(scope="session")
def small_protocol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A protocol of one variant for each engine, and a plugin ``p.py`` beside it."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "p.py").write_text(TWO_FACED, "utf-8")
    path = folder / "small.toml"
    path.write_text(SMALL, "utf-8")
    return path


@pytest.fixture(scope="session")
def small(small_protocol: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of `small_protocol`."""
    run = tmp_path_factory.mktemp("runs") / "small"
    plugin = small_protocol.parent / "p.py"
    done = ferbench("run", small_protocol, "--out", run, "--plugin", plugin)
    assert done.status == 0, done.err
    return run
