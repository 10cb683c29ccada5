"""A command that is broken, given again, broken elsewhere, until nothing is left to break it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.faults.breaking import Plan
from tests.faults.evidence import stray
from tests.faults.forked import Bench
from tests.runs.commands import Done

MOST = 500
"""Commands in a chain; more would mean that none gets further than the one before."""


@dataclass(frozen=True)
class Chain:
    """How often a command was broken, and how it ended at last."""

    broken: int
    done: Done


def until_done(bench: Bench, plan: Plan, *command: object) -> Chain:
    """Give ``command`` again and again until it ends without having been broken."""
    for _ in range(MOST):
        before = len(plan.places())
        done = bench.run(*command, plan=plan)
        plan.no_room.unlink(missing_ok=True)
        assert not stray(bench), plan.places()[before:]
        assert "Traceback" not in done.err, (plan.places()[before:], done)
        if len(plan.places()) == before:
            return Chain(before, done)
        assert is_told(done, plan), (plan.places()[before:], done)
    raise AssertionError(f"never done; broken at {plan.places()}")


def is_told(done: Done, plan: Plan) -> bool:
    """Tell whether a command that was broken ended as it should."""
    last = done.err.splitlines()[-1] if done.err else ""
    told = done.status == 2 and last.startswith("ferbench: ")
    if plan.whom == "worker" and told and "give the command again" in last:
        return True  # it worked for a command that has no jobs, which could be begun again
    if plan.fate == "SIGKILL":
        return done.status in (-9, 0, 1)  # not -9: a worker alone, whose job was begun again
    if plan.fate.startswith("SIG"):
        status = {"SIGTERM": 143, "SIGINT": 130}[plan.fate]
        return done.status in (0, 1) or (done.status == status and last.startswith("interrupted; "))
    return done.status in (0, 1) or (told and (plan.fate != "ENOSPC" or "No space left" in last))
