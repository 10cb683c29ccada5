"""What every section of a page is built from, each part of it computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from benchmarks.evaluation.choice import Candidate, candidates
from benchmarks.evaluation.gains import Gain, gains
from benchmarks.evaluation.leaderboard import standings
from benchmarks.evaluation.statistics import Statistics, compute_statistics
from benchmarks.report.elements.pictures import ImageSheet
from benchmarks.store.records import RunResults


@dataclass(frozen=True)
class PageInputs:
    """A run, the pictures of its data, and whether single images may be named with their labels."""

    run: RunResults
    album: ImageSheet
    named: bool

    @cached_property
    def statistics(self) -> Statistics:
        """The statistics of the run."""
        return compute_statistics(self.run)

    @cached_property
    def board(self) -> pd.DataFrame:
        """The leaderboard with every column, as `standings` gives it."""
        return standings(self.run, self.statistics)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The names of the variants as the leaderboard has them."""
        return tuple(self.board["variant"])

    @cached_property
    def anchors(self) -> Mapping[str, str]:
        """Variant → place of its section in the page."""
        return {name: f"variant-{place}" for place, name in enumerate(self.order, start=1)}

    @cached_property
    def gained(self) -> tuple[Gain, ...]:
        """What transfer and augmentation gained."""
        return gains(self.run, self.statistics)

    @cached_property
    def offered(self) -> tuple[Candidate, ...]:
        """What may be chosen from the run."""
        return candidates(self.run, self.board)
