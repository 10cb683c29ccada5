"""Runs that are killed at any moment, of floors and of networks, end in the unbroken one's numbers.

With pre-training on a source, tuning, fits, scoring, maps and robustness, in each engine.
"""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.faults.chains import until_done
from tests.faults.evidence import evidence, left_behind, stray
from tests.faults.forked import Bench, Command
from tests.faults.work import FLOOR, NETWORKS, RUN

COMMAND = ("run", "p.toml", "--out", RUN, "--workers", 1)
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def prepared(place: Path, protocol: str) -> Bench:
    bench = Bench(place)
    (bench.here / "p.toml").write_text(protocol, "utf-8")
    return bench


def require_equal(bench: Bench, whole: Path) -> None:
    assert evidence(bench.here / RUN) == evidence(whole)
    assert bench.run("verify", RUN).status == 0
    assert not left_behind(bench, bench.here / RUN)


def end_somebody(command: Command, draw: random.Random) -> str:
    """Send a signal to the command, to a worker or to all of them; return what to whom."""
    number, whom = draw.choice(SIGNALS), draw.choice(("command", "worker", "all"))
    try:
        first = psutil.Process(command.process.pid)
        workers = first.children(recursive=True)
        hit = {
            "command": [first],
            "worker": draw.sample(workers, min(1, len(workers))),
            "all": [*workers, first],
        }[whom]
        for process in hit:
            process.send_signal(number)
    except psutil.NoSuchProcess:
        return "too late"
    return f"{number.name} to {whom}" if hit else "no worker"


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(3))
def test_a_run_may_be_ended_at_any_moment(seed: int, made: Bench, tmp_path: Path) -> None:
    bench, draw, ended = prepared(tmp_path, FLOOR), random.Random(seed), []
    longest = 4.0
    for _ in range(25):
        begun = time.monotonic()
        command = bench.start(*COMMAND)
        time.sleep(draw.uniform(0, longest))
        ended.append(end_somebody(command, draw))
        done = command.end()
        assert "Traceback" not in done.err, (ended, done)
        assert not stray(bench)
        if done.status == 0:
            longest = max(longest, time.monotonic() - begun)
    print(ended)
    assert bench.run(*COMMAND).status == 0
    require_equal(bench, made.here / "floor")


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_networks_may_be_killed_at_their_writes(tmp_path: Path) -> None:
    whole = prepared(tmp_path / "whole", NETWORKS)
    assert whole.run(*COMMAND).status == 0
    for fate, how in (("SIGKILL", {"whom": "all"}), ("ENOSPC", {"full": True})):
        bench = prepared(tmp_path / fate, NETWORKS)
        chain = until_done(bench, bench.plan(fate, every=12, **how), *COMMAND)
        print(f"networks, {fate}: broken {chain.broken} times")
        assert chain.done.status == 0, chain.done
        require_equal(bench, whole.here / RUN)
