"""Rare classes count for more, and all images together for as much as before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from benchmarks.training.stream import batches
from benchmarks.training.weighting import class_weights, sample_weights
from models.registry import ClassWeights

LABELS = np.repeat(np.arange(3), (60, 30, 10))
SHARES = np.random.default_rng(0).dirichlet((6, 3, 1), 100).astype(np.float32)


def test_without_them_no_image_has_a_weight() -> None:
    assert class_weights("none", LABELS, 3) is None
    assert sample_weights(np.eye(3, dtype=np.float32), None) is None


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=LABELS)
    np.testing.assert_allclose(class_weights("balanced", LABELS, 3), theirs)


def test_square_roots_lie_as_the_roots_of_the_balanced_ones() -> None:
    balanced, roots = (class_weights(kind, LABELS, 3) for kind in ("balanced", "square-root"))
    assert balanced is not None and roots is not None
    np.testing.assert_allclose(roots / roots[0], np.sqrt(balanced / balanced[0]))


@pytest.mark.parametrize("kind", ["balanced", "square-root"])
@pytest.mark.parametrize("wanted", [LABELS, SHARES], ids=["labels", "shares"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("mixup", [0.0, 0.5])
def test_the_mean_weight_of_the_training_images_is_one(
    kind: ClassWeights, wanted: Any, smoothing: float, mixup: float
) -> None:
    weights = class_weights(kind, wanted, 3, smoothing)
    settings = {"mixup": mixup, "label_smoothing": smoothing, "batch_size": 100}
    seeds = {"protocol_seed": 1, "fit_seed": 2, "epoch": 0}
    images = np.zeros((100, 4, 4, 1), np.uint8)
    ((_, targets),) = batches(images, wanted, 3, **seeds, **settings)
    found = sample_weights(targets, weights)
    assert found is not None
    assert found.mean() == pytest.approx(1, rel=1e-5)
    assert found.min() > 0


def test_smoothed_targets_have_the_weight_of_their_class() -> None:
    smooth = np.full((3, 3), 0.1, np.float32) + 0.7 * np.eye(3, dtype=np.float32)
    plain = class_weights("balanced", LABELS, 3)
    found = sample_weights(smooth, class_weights("balanced", LABELS, 3, 0.3))
    np.testing.assert_allclose(found, plain, rtol=1e-5)


def test_a_class_without_images_weighs_as_one_with_a_single_image() -> None:
    weights = class_weights("balanced", LABELS, 4)
    assert weights is not None
    assert weights[3] == pytest.approx(10 * weights[2])
