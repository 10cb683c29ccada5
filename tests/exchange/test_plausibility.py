"""A reading is doubted when another one is much better on validation, and only then."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.errors import Finding
from benchmarks.exchange.adding.plausibility import doubts

NAMES = ("angry", "happy", "neutral", "sad")


def answers(skill: float, images: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    labels = chance.integers(len(NAMES), size=images)
    logits = chance.normal(size=(images, len(NAMES)))
    logits[np.arange(images), labels] += skill
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return labels, probabilities


def found(labels, given, stated=NAMES, others=None) -> list[Finding]:
    pictures = np.arange(len(labels)).astype(str)
    sample = np.arange(len(labels))
    return list(doubts("model.onnx", labels, given, NAMES, stated, others or {}, pictures, sample))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("skill", "images"), [(0.4, 400), (2.0, 400), (0.5, 60)])
def test_a_right_reading_is_never_called_wrong(skill: float, images: int, seed: int) -> None:
    assert not any(doubt.severity == "problem" for doubt in found(*answers(skill, images, seed)))


def test_a_wrong_order_of_classes_is_named_with_the_right_one() -> None:
    labels, probabilities = answers(2.0)
    true = ("neutral", "sad", "angry", "happy")
    outputs = probabilities[:, [NAMES.index(name) for name in true]]
    stated = ("angry", "happy", "neutral", "sad")
    given = outputs[:, [stated.index(name) for name in NAMES]]
    (doubt,) = [doubt for doubt in found(labels, given, stated) if doubt.severity == "problem"]
    assert doubt.what.endswith(
        "with classes neutral,sad,angry,happy instead of angry,happy,neutral,sad"
    )


def test_an_order_that_was_stated_otherwise_than_the_runs_is_mended_in_its_own_terms() -> None:
    labels, probabilities = answers(2.0)
    true, stated = ("sad", "neutral", "happy", "angry"), ("neutral", "sad", "happy", "angry")
    outputs = probabilities[:, [NAMES.index(name) for name in true]]
    given = outputs[:, [stated.index(name) for name in NAMES]]
    (doubt, *_) = found(labels, given, stated)
    assert doubt.what.endswith(
        "with classes sad,neutral,happy,angry instead of neutral,sad,happy,angry"
    )


def test_two_swapped_classes_that_are_seldom_answered_show_in_the_log_loss() -> None:
    labels, probabilities = answers(1.5, 2000)
    probabilities[:, 0] *= 5
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    (doubt, *_) = found(labels, probabilities[:, [0, 1, 3, 2]])
    assert doubt.severity == "problem"
    assert "classes angry,happy,sad,neutral instead" in doubt.what


def test_a_scale_that_scores_much_better_is_named() -> None:
    labels, right = answers(2.0)
    _, wrong = answers(0.3, seed=1)
    (doubt, *_) = found(labels, wrong, others={"--scale 0..1": right, "--scale=-1..1": wrong})
    assert doubt.severity == "problem"
    assert doubt.what.endswith("with --scale 0..1")


def test_a_wrong_scale_and_a_wrong_order_are_both_named() -> None:
    labels, right = answers(2.0)
    _, wrong = answers(0.0, seed=1)
    (doubt, *_) = found(labels, wrong, others={"--scale 0..1": right[:, [1, 0, 2, 3]]})
    assert "with --scale 0..1 and classes happy,angry,neutral,sad instead of" in doubt.what


def test_an_order_that_only_chance_prefers_is_not_named_beside_a_scale() -> None:
    labels, right = answers(1.5, images=50)
    _, wrong = answers(0.0, images=50, seed=1)
    (doubt, *_) = found(labels, wrong, others={"--scale 0..1": right})
    assert doubt.what.endswith("with --scale 0..1")


def test_a_scale_that_keeps_the_answers_and_ruins_the_log_loss_is_refused() -> None:
    labels, right = answers(2.0)
    stated = right**12 / (right**12).sum(axis=1, keepdims=True)
    blurred = right.copy()
    blurred[:4] = right[:4, ::-1]
    (doubt, *_) = found(labels, stated, others={"--scale 0..1": blurred})
    assert doubt.severity == "problem"
    assert doubt.what.endswith("with --scale 0..1")


def test_a_guess_is_called_a_guess() -> None:
    labels, _ = answers(2.0)
    (doubt,) = found(labels, np.tile([0.1, 0.7, 0.1, 0.1], (len(labels), 1)))
    assert doubt.severity == "warning"
    assert "worse than always answering" in doubt.what


def test_a_model_that_is_surely_wrong_is_called_worse_than_the_majority() -> None:
    labels, right = answers(4.0)
    (*_, doubt) = found(labels, np.roll(right, 1, axis=1))
    assert "worse than always answering" in doubt.what
    assert "log-loss no better than that of the classes' frequencies (1.3" in doubt.what


def test_an_overconfident_model_is_doubted_for_its_log_loss_alone() -> None:
    labels, right = answers(1.0)
    sure = np.eye(len(NAMES))[right.argmax(axis=1)]
    (doubt,) = found(labels, sure)
    assert doubt.severity == "warning"
    assert "with a log-loss no better" in doubt.what
    assert "always answering" not in doubt.what
