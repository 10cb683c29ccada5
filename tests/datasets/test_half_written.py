"""What is half written goes with whoever writes it, or with the next who writes in its place."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.store.folder import RunFolder
from datasets.files import half_folder, is_half_written, replacing, replacing_folder
from tests.engine_process import ROOT

WRITER = """
import sys
from pathlib import Path
from datasets import files
place = Path(sys.argv[2])
with getattr(files, sys.argv[1])(place) as half:
    (half / "file" if half.is_dir() else half).write_bytes(b"half")
    print("half", flush=True)
    sys.stdin.read()
"""


def write(way: str, place: Path) -> None:
    with {"replacing": replacing, "replacing_folder": replacing_folder}[way](place) as half:
        (half / "file" if half.is_dir() else half).write_bytes(b"whole")


@pytest.mark.parametrize("way", ["replacing", "replacing_folder"])
def test_what_a_killed_process_left_goes_and_what_another_writes_stays(
    way: str, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, way, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"half\n"
        (half,) = tmp_path.iterdir()
        assert is_half_written(half.name)
        write(way, place)
        assert sorted(tmp_path.iterdir()) == sorted([half, place])
        writer.kill()
        writer.wait()
    assert half.exists()
    write(way, place)
    assert list(tmp_path.iterdir()) == [place]


def test_whoever_holds_a_run_removes_what_killed_commands_left_anywhere_in_it(
    tmp_path: Path,
) -> None:
    run = RunFolder(tmp_path)
    (left := run.fit("row", 0).with_name(".seed-0.abcdefgh.half")).mkdir(parents=True)
    (left / "model.json").touch()
    with half_folder(run.fit("row", 1)) as held, run.locked():
        assert not left.exists()
        assert held.exists()


@pytest.mark.parametrize("moment", ["killed", "interrupted"])
def test_what_stood_in_a_place_is_lost_at_no_moment_before_another_stands_there(
    moment: str, tmp_path: Path
) -> None:
    place = tmp_path / "run" / "place"
    write("replacing_folder", place)
    kill = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    stop = {"killed": kill, "interrupted": "raise KeyboardInterrupt"}[moment]
    at_the_exchange = f"""
from pathlib import Path
from datasets.files import replacing_folder
def stopped(self, target):
    assert not target.exists()
    exec({stop!r})
Path.replace = stopped
with replacing_folder(Path({str(place)!r})) as half:
    (half / "file").write_bytes(b"other")
"""
    command = [sys.executable, "-c", at_the_exchange]
    assert subprocess.run(command, cwd=ROOT, stderr=subprocess.DEVNULL, check=False).returncode
    with RunFolder(tmp_path / "run").locked():
        assert (place / "file").read_bytes() == b"whole"
    write("replacing_folder", place)
    assert not [each for each in place.parent.iterdir() if is_half_written(each.name)]


def test_half_a_folder_is_gone_when_its_block_ends(tmp_path: Path) -> None:
    with half_folder(tmp_path / "model.onnx") as folder:
        (folder / "model.onnx").touch()
        assert folder.parent == tmp_path
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("letter", ["a", "ü", "表", "😀"])
def test_any_name_that_a_file_may_have_will_do(letter: str, tmp_path: Path) -> None:
    place = tmp_path / (letter * (255 // len(os.fsencode(letter))))
    write("replacing", place)
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize("named", [True, False])
def test_an_error_of_the_disk_names_the_file_that_is_written(named: bool, tmp_path: Path) -> None:
    with (  # noqa: PT012
        pytest.raises(OSError, match="No space") as raised,
        replacing(tmp_path / "place") as half,
    ):
        reason = os.strerror(errno.ENOSPC)
        raise OSError(errno.ENOSPC, reason, str(half)) if named else OSError(errno.ENOSPC, reason)
    assert raised.value.filename == str(tmp_path / "place")
    assert not list(tmp_path.iterdir())
