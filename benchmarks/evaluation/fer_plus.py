"""FER+ beside FER2013's labels: how often fits, and an average annotator, meet the majority."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.evaluation.uncertainty import Interval, estimate_means, of_mean
from benchmarks.store.records import Predictions
from benchmarks.store.votes import VotesOnTest
from datasets.reading.fer_plus import COLUMNS, classes, majority


def agreement(
    tests: Sequence[Predictions], votes: VotesOnTest, class_names: Sequence[str]
) -> Interval | None:
    """Return the mean accuracy of one variant's ``tests`` against the majority of the votes.

    Images count whose majority is one of ``class_names``; ``None`` where there is none. The 95 %
    interval is over images and seeds, as the leaderboard's others.
    """
    labels = classes(majority(votes.counts), class_names)
    known = labels >= 0
    if not known.any():
        return None
    right = np.stack([test.answers[known] == labels[known] for test in tests])
    pictures = tests[0].image_ids[known]
    uncertainty = of_mean(estimate_means(right, pictures), np.arange(len(tests)))
    value, images = float(right.mean()), float(len(np.unique(pictures)))
    return Interval(value, *uncertainty.interval(value, fraction=True, images=images))


def annotator_agreement(votes: VotesOnTest, class_names: Sequence[str]) -> float | None:
    """Return the share of the single votes that are the majority of the image's other votes.

    Images count whose majority is one of ``class_names``, as in `agreement`. Each vote is left
    out of the majority that it is held against. Votes count whose others have a majority that is
    one of ``class_names``; a vote for anything else, or for no face, is wrong there. ``None``
    where there is none.
    """
    counted = classes(majority(votes.counts), class_names) >= 0
    met = cast = 0
    for column in range(len(COLUMNS)):
        own = votes.counts[:, column]
        others = votes.counts.copy()
        others[:, column] = np.maximum(own - 1, 0)
        theirs = majority(others)
        known = counted & (classes(theirs, class_names) >= 0)
        cast += int(own[known].sum())
        met += int(own[known & (theirs == column)].sum())
    return met / cast if cast else None
