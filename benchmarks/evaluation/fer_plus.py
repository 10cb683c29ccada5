"""FER+ beside FER2013's labels: how often a fit, and an average annotator, meet the majority."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.store.records import Predictions
from benchmarks.store.votes import VotesOnTest
from datasets.reading.fer_plus import COLUMNS, classes, majority


def agreement(
    predictions: Predictions, votes: VotesOnTest, class_names: Sequence[str]
) -> float | None:
    """Return the accuracy of ``predictions`` against the majority of the votes.

    Images count whose majority is one of ``class_names``; ``None`` where there is none.
    """
    labels = classes(majority(votes.counts), class_names)
    known = labels >= 0
    if not known.any():
        return None
    return float((predictions.answers[known] == labels[known]).mean())


def annotator_agreement(votes: VotesOnTest, class_names: Sequence[str]) -> float | None:
    """Return the share of the single votes that are the majority of the image's other votes.

    Each vote is left out of the majority that it is held against. Votes count whose others have
    a majority that is one of ``class_names``; a vote for anything else, or for no face, is wrong
    there. ``None`` where there is none.
    """
    met = cast = 0
    for column in range(len(COLUMNS)):
        own = votes.counts[:, column]
        others = votes.counts.copy()
        others[:, column] = np.maximum(own - 1, 0)
        theirs = majority(others)
        known = classes(theirs, class_names) >= 0
        cast += int(own[known].sum())
        met += int(own[known & (theirs == column)].sum())
    return met / cast if cast else None
