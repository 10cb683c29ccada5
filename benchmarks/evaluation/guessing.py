"""What guessing scores, and which variants did no better."""

from __future__ import annotations

import numpy as np

from benchmarks.engines.registry import is_floor
from benchmarks.evaluation.uncertainty import mean_interval
from benchmarks.store.records import RunResults, VariantResults


def majority_share(run: RunResults) -> tuple[str, float]:
    """Return the class that is most frequent in the test set and its share of the images."""
    counts = _counts(run)
    return run.class_names[int(counts.argmax())], float(counts.max() / counts.sum())


def did_not_learn(run: RunResults, variant: VariantResults) -> bool:
    """Tell whether a network is no better than guessing.

    The floors, which are there to be guesses, are not judged.
    """
    return not is_floor(variant.record.engine) and no_better_than_guessing(run, variant)


def no_better_than_guessing(run: RunResults, variant: VariantResults) -> bool:
    """Tell whether an accuracy is not above always answering the commonest class.

    It is not when the 95 % interval of the difference, paired on the same images and averaged
    over the variant's seeds, reaches down to zero. The interval covers the sampling of images
    only: the question is what these fits have learned.
    """
    right = np.mean([fit.test.correct for fit in variant.fits], axis=0)
    test = variant.fits[0].test
    guessed = test.labels == _counts(run).argmax()
    return not mean_interval(right - guessed, test.image_ids, fraction=False).low > 0


def _counts(run: RunResults) -> np.ndarray:
    return np.bincount(run.ranked[0].fits[0].test.labels, minlength=len(run.class_names))
