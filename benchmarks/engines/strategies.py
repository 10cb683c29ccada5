"""The strategies: which part of a network learns."""

from __future__ import annotations

import re

Strategy = str
"""``fine-tune``, ``frozen``, ``frozen-then-fine-tune``, or ``last:`` and a number of stages."""
WHOLE = ("fine-tune", "frozen", "frozen-then-fine-tune")
BEGIN_FROZEN = ("frozen", "frozen-then-fine-tune")
"""Those that train a head alone at first."""
LAST = "last:N"
"""What architectures, and sentences on all of them, call those with a number."""
_NUMBERED = re.compile(r"last:(0|[1-9][0-9]{0,2})")


def checked(strategy: str) -> Strategy:
    """Return ``strategy``; raises ``ValueError``, saying what to write, where it is none."""
    if strategy in WHOLE:
        return strategy
    if _NUMBERED.fullmatch(strategy) is None:
        known = ", ".join(map(repr, WHOLE))
        raise ValueError(f"should be {known} or {LAST!r}, N being how many stages learn")
    if last_stages(strategy) == 0:
        raise ValueError("with last:0 no stage learns; write 'frozen'")
    return strategy


def kind(strategy: Strategy) -> str:
    """Return ``strategy`` as architectures declare it: `LAST` for each with a number."""
    return LAST if last_stages(strategy) is not None else strategy


def named(strategy: Strategy) -> str:
    """Return ``strategy`` as it is part of a name: ``last-2`` for ``last:2``."""
    return strategy.replace(":", "-")


def last_stages(strategy: Strategy) -> int | None:
    """Return the stages that learn under ``last:N``, ``None`` for any other strategy."""
    found = _NUMBERED.fullmatch(strategy)
    return int(found[1]) if found else None


def learning_stages(strategy: Strategy) -> int | None:
    """Return how many stages at the end of a backbone learn, ``None`` for all of them.

    Of ``frozen-then-fine-tune`` it is what learns in the end.
    """
    return 0 if strategy == "frozen" else last_stages(strategy)
