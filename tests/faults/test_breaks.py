"""Every command that writes can be ended, or find the disk full, at any write: it is given again.

What comes of it in the end is what an unbroken one makes, and nothing else is left.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.chains import until_done
from tests.faults.evidence import evidence, left_behind
from tests.faults.forked import Bench
from tests.faults.work import RUN, WORK, bench_for

EVERY_DAY = {"run": 12, "report": 40, "merge": 10, "add": 10, "export": 5}
"""Of how many places one is broken every day, though no more than `MOST` in a command."""
MOST = 2


@pytest.fixture(scope="module")
def unbroken(made: Bench, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Return what comes of a command that nothing breaks."""
    known: dict[str, Any] = {"run": evidence(made.here / "floor")}

    def outcome(name: str) -> Any:
        if name not in known:
            bench = bench_for(WORK[name], made, tmp_path_factory.mktemp(f"unbroken-{name}"))
            done = bench.run(*WORK[name].arguments)
            assert done.status == 0, done.err
            known[name] = WORK[name].outcome(bench.here)
        return known[name]

    return outcome


def broken(name: str, made: Bench, place: Path, fate: str, **how: Any) -> tuple[int, Any]:
    """Break a command where ``how`` says; return how often that was, and what came of it."""
    bench = bench_for(WORK[name], made, place)
    plan = bench.plan(fate, **how)
    chain = until_done(bench, plan, *WORK[name].arguments)
    assert chain.done.status == 0, (plan.places(), chain.done)
    run = bench.here / RUN
    assert not left_behind(bench, *([run] if name != "export" else []))
    if name not in ("export",):
        done = bench.run("verify", RUN)
        assert done.status == 0, done
    print(f"{name}, {fate}: broken {chain.broken} times")
    return chain.broken, WORK[name].outcome(bench.here)


@pytest.mark.parametrize("name", EVERY_DAY)
def test_a_command_that_is_killed_loses_nothing(
    name: str, made: Bench, unbroken: Callable[[str], Any], tmp_path: Path
) -> None:
    how = {"every": EVERY_DAY[name], "most": MOST}
    times, outcome = broken(name, made, tmp_path, "SIGKILL", whom="all", **how)
    assert times > 0
    assert outcome == unbroken(name)


@pytest.mark.parametrize("name", ["run", "merge", "add"])
def test_a_command_that_finds_the_disk_full_loses_nothing(
    name: str, made: Bench, unbroken: Callable[[str], Any], tmp_path: Path
) -> None:
    how = {"every": EVERY_DAY[name], "most": MOST}
    times, outcome = broken(name, made, tmp_path, "ENOSPC", full=True, **how)
    assert times > 0
    assert outcome == unbroken(name)


@pytest.mark.parametrize("name", ["merge", "export"])
def test_what_a_command_has_done_before_it_was_killed_is_not_refused(
    name: str, made: Bench, tmp_path: Path
) -> None:
    bench = bench_for(WORK[name], made, tmp_path)
    assert bench.run(*WORK[name].arguments).status == 0
    before = WORK[name].outcome(bench.here)
    done = bench.run(*WORK[name].arguments)
    assert done.status == 0, done
    assert WORK[name].outcome(bench.here) == before


HOW = [
    ("SIGKILL", {"whom": "all"}),
    ("SIGKILL", {"whom": "worker"}),
    ("SIGTERM", {"whom": "coordinator"}),
    ("SIGTERM", {"whom": "worker", "every": 2}),
    ("SIGINT", {"whom": "coordinator", "every": 2}),
    ("SIGINT", {"whom": "worker", "every": 2}),
    ("ENOSPC", {"full": True}),
    ("ENOSPC", {}),
    ("EROFS", {"full": True, "every": 3}),
    ("EIO", {"every": 3}),
]


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("fate", "how"), HOW, ids=lambda value: str(value))
@pytest.mark.parametrize("name", WORK)
def test_wherever_a_command_is_broken_it_loses_nothing(
    name: str,
    fate: str,
    how: dict[str, Any],
    made: Bench,
    unbroken: Callable[[str], Any],
    tmp_path: Path,
) -> None:
    _, outcome = broken(name, made, tmp_path, fate, **how)
    assert outcome == unbroken(name)
