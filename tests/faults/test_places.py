"""Places that are no good are told in one line each; those that are merely odd are as good as any.

Real disks that are full or read-only need the right to mount one.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.evidence import evidence, left_behind, stray
from tests.faults.forked import Bench
from tests.faults.work import FLOOR, RUN
from tests.runs.commands import Done, ferbench

ODD = "mit Leerzeichen, 表情 и лица "
Mount = Callable[..., Path]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mount a small disk, or the same once more with other options; unmount it in the end."""
    mounted: list[Path] = []

    def mount(place: Path, options: str) -> Path:
        place.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
        if place not in mounted:
            mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def is_told(done: Done, *words: str) -> bool:
    """Tell whether a command ended with 2 and at last with one line that says each word."""
    last = done.err.splitlines()[-1]
    assert "Traceback" not in done.err, done.err
    return done.status == 2 and last.startswith("ferbench: ") and all(w in last for w in words)


def test_a_disk_that_is_read_only_is_told_by_every_command(
    made: Bench, tmp_path: Path, mount: Mount
) -> None:
    bench = Bench(tmp_path)
    disk = mount(tmp_path / "disk", "size=64m")
    shutil.copytree(made.here / "floor", disk / "floor")
    for name in ("floor.toml", "theirs.csv"):
        shutil.copyfile(made.here / name, bench.here / name)
    mount(disk, "remount,ro")
    before = sorted((path, path.stat().st_mtime_ns) for path in disk.rglob("*"))
    for command in (
        ("run", "floor.toml", "--out", disk / "floor"),
        ("run", "floor.toml", "--out", disk / "new"),
        ("report", disk / "floor"),
        ("report", disk / "floor", "--format", "csv", "--tables", disk / "tables"),
        ("add", disk / "floor", "--name", "theirs", "--predictions", "theirs.csv"),
        ("merge", made.here / "floor", made.here / "other", "-o", disk / "merged"),
        ("export", disk / "floor/pixel-logistic", "--format", "joblib", "-o", disk / "m.joblib"),
    ):
        assert is_told(done := bench.run(*command), str(disk), "Read-only"), (command, done)
    cold = bench.run("run", "floor.toml", "--out", "new", FERBENCH_CACHE=str(disk / "cache"))
    assert is_told(cold, str(disk / "cache"), "the cache cannot be written", "FERBENCH_CACHE")
    assert sorted((path, path.stat().st_mtime_ns) for path in disk.rglob("*")) == before
    assert not left_behind(bench)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("what", ["results", "cache", "temporary"])
def test_a_disk_that_grows_as_it_fills_gets_the_whole_run(
    what: str, made: Bench, tmp_path: Path, mount: Mount
) -> None:
    bench, full = Bench(tmp_path / "bench"), 0
    (bench.here / "floor.toml").write_text(FLOOR, "utf-8")
    place = {"results": bench.here / RUN, "cache": bench.cache, "temporary": bench.temporary}[what]
    for size in range(16, 4000, 48):
        mount(place, f"{'remount,' if full else ''}size={size}k")
        done = bench.run("run", "floor.toml", "--out", RUN, "--workers", 1)
        if done.status == 0:
            break
        full += 1
        assert "Traceback" not in done.err, done.err
        assert done.status == 1 or is_told(done, "No space left"), done
        assert not stray(bench)
    print(f"{what}: full {full} times, at last with {size} KiB")
    assert full > 3 or what == "temporary"
    assert evidence(bench.here / RUN) == evidence(made.here / "floor")
    assert bench.run("verify", RUN).status == 0
    assert not left_behind(bench, bench.here / RUN)


def test_a_folder_that_vanishes_is_told_and_made_again(made: Bench, tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    shutil.copyfile(made.here / "floor.toml", bench.here / "floor.toml")
    shutil.copytree(made.cache, bench.cache, dirs_exist_ok=True)
    command = ("run", "floor.toml", "--out", RUN, "--workers", 1)
    started = bench.start(*command)
    deadline = time.monotonic() + 300
    while not (bench.here / RUN / "work").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    shutil.rmtree(bench.here / RUN, ignore_errors=True)
    done = started.end()
    assert "Traceback" not in done.err
    assert done.status in (0, 1) or is_told(done, RUN), done
    assert not stray(bench)
    shutil.rmtree(bench.here / RUN, ignore_errors=True)
    assert bench.run(*command).status == 0
    assert evidence(bench.here / RUN) == evidence(made.here / "floor")
    assert not left_behind(bench, bench.here / RUN)


def test_odd_names_links_and_a_bare_environment_change_nothing(made: Bench, tmp_path: Path) -> None:
    place = tmp_path / ODD / ("l" * 200)
    for folder in ("results", "cache", "temporary"):
        (place / folder).mkdir(parents=True)
        (tmp_path / folder).symlink_to(place / folder)
    (place / "protocol ü.toml").write_text(FLOOR, "utf-8")
    bare = {
        "LC_ALL": "C",
        "LANG": "C",
        "HOME": "/nonexistent",
        "TERM": "dumb",
        "FERBENCH_CACHE": str(tmp_path / "cache"),
        "TMPDIR": str(tmp_path / "temporary"),
    }
    command = ("run", place / "protocol ü.toml", "--out", tmp_path / "results", "--workers", 1)
    done = ferbench(*command, **bare)
    assert done.status == 0, done.err
    assert evidence(place / "results") == evidence(made.here / "floor")
    assert ferbench("verify", tmp_path / "results", **bare).status == 0
    assert not list((place / "temporary").iterdir())
    out = place / f"{'表' * 80}.joblib"
    model = f"{tmp_path / 'results'}/pixel-logistic"
    done = ferbench("export", model, "--format", "joblib", "-o", out, **bare)
    assert done.status == 0, done.err
