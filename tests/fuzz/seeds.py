"""Which seeds are drawn: some every day, many more in the slow suite, or those asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from _pytest.mark import ParameterSet

ASKED = "FERBENCH_FUZZ"
"""In the environment: ``117`` draws that seed alone, ``5000-9000`` those from 5000 below 9000."""
BLOCK = 20


def blocks(*, daily: int, long: int) -> Iterator[ParameterSet]:
    """Yield the seeds in blocks: 0 to ``daily``, then ``long`` ones from 1,000 on marked slow."""
    if asked := os.environ.get(ASKED):
        first, _, end = asked.partition("-")
        yield from _cut(range(int(first), int(end or int(first) + 1)), ())
        return
    yield from _cut(range(daily), ())
    yield from _cut(range(1_000, 1_000 + long), pytest.mark.slow)


def _cut(seeds: range, marks: object) -> Iterator[ParameterSet]:
    for start in seeds[::BLOCK]:
        block = range(start, min(start + BLOCK, seeds.stop))
        yield pytest.param(block, id=f"seeds-{start}", marks=marks)  # type: ignore[arg-type]
