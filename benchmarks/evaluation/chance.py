"""What guessing scores, and which variants did no better."""

from __future__ import annotations

import numpy as np

from benchmarks.evaluation.leaderboard import wilson
from benchmarks.evaluation.records import RunResults, VariantResults

FLOOR_ENGINE = "scikit-learn"


def majority_share(run: RunResults) -> tuple[str, float]:
    """Return the class that is most frequent in the test set and its share of the images."""
    labels = run.ranked[0].fits[0].test.labels
    counts = np.bincount(labels, minlength=len(run.class_names))
    return run.class_names[int(counts.argmax())], float(counts.max() / counts.sum())


def did_not_learn(run: RunResults, variant: VariantResults) -> bool:
    """Tell whether a network's accuracy is not above always answering the commonest class.

    It is not when the 95 % interval of its mean accuracy reaches down to that class's share.
    The floors, which are there to be guesses, are not judged.
    """
    if variant.facts.engine == FLOOR_ENGINE:
        return False
    accuracy = float(np.mean([fit.test.correct.mean() for fit in variant.fits]))
    low, _ = wilson(accuracy, len(variant.fits[0].test.labels))
    return low <= majority_share(run)[1]
