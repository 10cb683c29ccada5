"""The floors learn what they say, no more, and can be taken up again exactly."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from models.registry import BuildRequest, discover

REGISTRY = discover()
CLASSES = 3
SHAPE = (6, 6, 1)


def build(name: str, **settings):
    found = REGISTRY[name]
    recipe = found.recipe.tuned(settings)
    return found.build(
        BuildRequest(classes=CLASSES, image_shape=SHAPE, input_size=6, recipe=recipe, seed=0)
    )


def brightness(count: int, seed: int = 0):
    """Images whose class is their brightness."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, count)
    images = rng.normal(0, 20, (count, *SHAPE)) + 40 + 80 * labels[:, None, None, None]
    return np.clip(images, 0, 255).astype(np.float32), labels


def test_majority_learned_in_batches_equals_scikit_learns_prior() -> None:
    images, labels = brightness(100)
    floor = build("majority")
    for rows in np.array_split(np.arange(100), 7):
        floor.partial_fit(images[rows], labels[rows], np.arange(CLASSES))
    flat = images.reshape(100, -1)
    expected = DummyClassifier(strategy="prior").fit(flat, labels).predict_proba(flat)
    np.testing.assert_allclose(floor.predict_proba(images), expected)


def test_pixel_logistic_learns_what_is_linear_in_pixels() -> None:
    floor = build("pixel-logistic", learning_rate=1e-2)
    for step in range(150):
        floor.partial_fit(*brightness(32, seed=step))
    images, labels = brightness(200, seed=1000)
    assert (floor.predict_proba(images).argmax(1) == labels).mean() > 0.9


def test_one_batch_is_one_step_at_the_learning_rate_asked_for() -> None:
    floor = build("pixel-logistic")
    images, labels = brightness(300)
    for step, rate in enumerate((1e-3, 1e-2), start=1):
        before = floor.arrays().get("kernel")
        floor.learning_rate = rate
        floor.partial_fit(images, labels)
        assert floor.arrays()["steps"] == step
        if before is not None:
            moved = np.abs(floor.arrays()["kernel"] - before).max()
            assert moved == pytest.approx(rate, rel=0.1)


@pytest.mark.parametrize("name", ["majority", "pixel-logistic"])
def test_a_floor_before_any_batch_knows_nothing(name: str) -> None:
    images, _ = brightness(4)
    np.testing.assert_allclose(build(name).predict_proba(images), 1 / CLASSES)


@pytest.mark.parametrize("name", ["majority", "pixel-logistic"])
def test_a_floor_goes_on_exactly_from_its_arrays(name: str) -> None:
    unbroken, first, second = build(name), build(name), build(name)
    for step in range(4):
        unbroken.partial_fit(*brightness(16, seed=step))
    for step in range(2):
        first.partial_fit(*brightness(16, seed=step))
    second.load_arrays(first.arrays())
    for step in range(2, 4):
        second.partial_fit(*brightness(16, seed=step))
    images, _ = brightness(20, seed=99)
    np.testing.assert_array_equal(second.predict_proba(images), unbroken.predict_proba(images))
