"""The folder of a run: whose it is, and that a run which is refused leaves nothing in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.store.folder import RunFolder
from tests.engine_process import ROOT
from tests.runs.commands import Done, ferbench_here, smallest

HOLDER = """
import sys
from pathlib import Path
from benchmarks.store.folder import RunFolder
with RunFolder(Path(sys.argv[1])).locked():
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def protocol(tmp_path: Path) -> Path:
    file = tmp_path / "p.toml"
    file.write_text(smallest("nothing-of-this-name"), "utf-8")
    return file


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def refused(protocol: Path, out: Path) -> Done:
    done = ferbench_here("run", protocol, "--out", out)
    assert done.status == 2
    assert "Traceback" not in done.err
    return done


def test_a_protocol_that_is_refused_leaves_no_folder(protocol: Path, out: Path) -> None:
    assert "unknown architecture" in refused(protocol, out).err
    assert not out.exists()


def test_a_folder_that_was_there_stays_as_it_was(protocol: Path, out: Path) -> None:
    out.mkdir()
    (out / ".hidden").touch()
    assert "unknown architecture" in refused(protocol, out).err
    assert [path.name for path in out.iterdir()] == [".hidden"]


def test_a_folder_of_other_files_is_refused_by_name(protocol: Path, out: Path) -> None:
    out.mkdir()
    (out / "thesis.tex").touch()
    said = refused(protocol, out).err.splitlines()[-1]
    assert said.startswith(f"ferbench: {out.resolve()}: it is not empty and holds no run")
    assert [path.name for path in out.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_folder(protocol: Path, out: Path) -> None:
    out.touch()
    assert "it is a file; give --out a folder" in refused(protocol, out).err


def test_a_folder_in_which_another_command_works_is_refused_until_that_is_killed(
    protocol: Path, out: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(out)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        assert "another ferbench is working in this folder" in refused(protocol, out).err
        holder.kill()
        holder.wait()
    assert RunFolder(out).lock.is_file()
    assert "unknown architecture" in refused(protocol, out).err
