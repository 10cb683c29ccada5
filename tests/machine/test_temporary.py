"""Temporary folders: one of a killed process goes at the next start, nobody else's does."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from benchmarks.machine.temporary import TemporaryFolder, remove_abandoned, temporary_folder
from tests.engine_process import ROOT

OWNER = """
import sys
from benchmarks.machine.temporary import TemporaryFolder
folder = TemporaryFolder()
(folder.path / "left").mkdir()
print(folder.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_goes_with_its_owner(place: Path) -> None:
    with temporary_folder() as folder:
        (folder / "file").touch()
        assert folder.name.startswith("ferbench-")
    assert not list(place.iterdir())


def test_that_of_a_killed_process_goes_at_the_next_start_and_not_while_it_lives(
    place: Path,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(place), "PYTHONPATH": str(ROOT)},
    ) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        remove_abandoned()
        assert (folder / "left").is_dir()
        owner.kill()
        owner.wait()
    TemporaryFolder().close()
    assert not list(place.iterdir())


def test_one_that_was_killed_while_it_began_leaves_none(place: Path) -> None:
    (place / ".ferbench-12345678").mkdir()
    (place / ".ferbench-23456789").mkdir()
    (place / ".ferbench-23456789" / ".owner").touch()
    (place / ".ferbench-of-somebody").mkdir()
    (place / ".ferbench-of-somebody" / "file").touch()
    TemporaryFolder().close()
    assert [path.name for path in place.iterdir()] == [".ferbench-of-somebody"]


def test_what_is_not_ours_stays(place: Path) -> None:
    (place / "ferbench-of-somebody").mkdir()
    (place / "elsewhere").mkdir()
    (place / "elsewhere" / ".owner").touch()
    (place / "ferbench-link").symlink_to(place / "elsewhere")
    (place / "ferbench-file").touch()
    before = sorted(place.rglob("*"))
    remove_abandoned()
    assert sorted(place.rglob("*")) == before
