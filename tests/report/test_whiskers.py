"""The scale of the leaderboard's drawings: round ends that hold every interval."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.report.elements.whiskers import scale, whisker

SHARES = st.floats(0, 1)


@given(st.lists(SHARES, min_size=1, max_size=20))
def test_every_value_lies_within_a_short_scale_of_round_numbers(values: list[float]) -> None:
    on = scale(values)
    assert on.low - 1e-9 <= min(values) <= max(values) <= on.high + 1e-9
    assert 2 <= len(on.ticks) <= 6
    assert [on.ticks[0][0], on.ticks[-1][0]] == ["0", "100"]
    assert all(float(text) == pytest.approx(round(float(text))) for _, text in on.ticks)


def test_a_scale_is_as_short_as_the_values_allow() -> None:
    assert [text for _, text in scale([0.69, 0.72]).ticks] == ["68", "70", "72"]
    assert [text for _, text in scale([0.24, 0.42]).ticks] == ["20", "25", "30", "35", "40", "45"]


def test_a_scale_of_nothing_is_the_whole() -> None:
    assert (scale([]).low, scale([math.nan]).high) == (0.0, 1.0)


def test_a_whisker_stands_where_its_numbers_are_and_an_unknown_end_is_the_mean() -> None:
    on = scale([0.2, 0.4])
    drawn = whisker(on, 0.25, 0.3, 0.35, [0.29, 0.31])
    assert (drawn.low, drawn.mean, drawn.high) == ("25", "50", "75")
    assert drawn.seeds == ("45", "55")
    alone = whisker(on, math.nan, 0.3, math.nan, [])
    assert (alone.low, alone.mean, alone.high) == ("50", "50", "50")
