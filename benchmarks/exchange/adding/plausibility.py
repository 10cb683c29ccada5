"""Doubts about a stated reading, from validation answers alone: chance, and a better reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from benchmarks.errors import Finding
from benchmarks.evaluation.uncertainty import Interval, mean_interval
from benchmarks.metrics import Floats, Labels

POINTS, NATS = 0.05, 0.1
SMALLEST = 1e-6


@dataclass(frozen=True, eq=False)
class _Scored:
    """Answers to validation images and how good they are; ``pictures`` names what they show."""

    labels: Labels
    answers: Floats
    pictures: NDArray[np.str_]

    @property
    def accuracy(self) -> Interval:
        right = self.answers.argmax(axis=1) == self.labels
        return mean_interval(right, self.pictures, fraction=True)

    @property
    def losses(self) -> NDArray[np.float64]:
        """The cross-entropy of each image."""
        given = self.answers[np.arange(len(self.labels)), self.labels]
        return -np.log(np.maximum(given, SMALLEST))

    @property
    def rank(self) -> tuple[float, float]:
        """What the better of two is larger in: accuracy, then minus the log-loss."""
        return self.accuracy.value, -float(self.losses.mean())

    def only(self, places: NDArray[np.int64]) -> _Scored:
        return _Scored(self.labels[places], self.answers[places], self.pictures[places])

    def given(self, answers: Floats) -> _Scored:
        return _Scored(self.labels, answers, self.pictures)

    def describe(self) -> str:
        return f"{self.accuracy.value:.1%} (log-loss {self.losses.mean():.2f})"


def doubts(
    where: str,
    labels: Labels,
    answers: Floats,
    class_names: tuple[str, ...],
    stated: tuple[str, ...],
    others: Mapping[str, Floats],
    pictures: NDArray[np.str_],
    sample: NDArray[np.int64],
) -> Iterator[Finding]:
    """Yield what speaks against a reading under which ``answers`` came from validation images.

    ``where`` names the model. A reading that scores much better, which is probably the right
    one, is a problem; a score that may simply be bad is a warning.

    ``answers`` are N×K in the order of ``class_names``, as are those of ``others``: the options
    that state a reading → answers to the images at the places ``sample`` under it. ``stated`` is
    the order of the model's outputs as its user stated it; ``pictures`` (N) tells identical
    images, which count as one. Another reading, with another scale or order of colours, or the
    order of classes that makes the labels likeliest, is much better if it gains five points of
    accuracy with intervals that do not meet, or a tenth of log-loss without losing accuracy, or
    without losing more than chance where the stated one is no better in log-loss than the
    frequencies of the classes; it must also tell more than these. Another order is named beside
    another scale only where it is much better than that scale alone.
    """
    own = _Scored(labels, answers, pictures)
    found = list(_better(own, others, sample, stated, class_names))
    if found:
        plainly = [each for each in found if not each.ordered]
        best = max(plainly or found, key=lambda each: each.score.rank)
        finer = [each for each in found if each.ordered and each.beats(best, sample)]
        best = max([best, *finer], key=lambda each: each.score.rank)
        base, score, reading = best.base, best.score, best.reading
        part = "" if len(base.labels) == len(labels) else f" ({len(base.labels):,} of its images)"
        text = (
            f"on validation{part} it scores {base.describe()} as stated, "
            f"but {score.describe()} with {reading}"
        )
        yield Finding("problem", where, text, "correct that, or repeat with --as-stated")
    if poor := list(_poor(own, class_names)):
        text = f"on validation it scores {own.describe()}, {', and '.join(poor)}"
        yield Finding("warning", where, text)


@dataclass(frozen=True, eq=False)
class _Alternative:
    """A much better ``reading``, its score, and the stated one's on the same images.

    ``ordered`` tells that it has another order of classes.
    """

    base: _Scored
    score: _Scored
    reading: str
    ordered: bool

    def beats(self, other: _Alternative, sample: NDArray[np.int64]) -> bool:
        """Tell whether it is much better than ``other``, on the images of the ``sample``."""
        return _much_better(self._on(sample), other._on(sample))

    def _on(self, sample: NDArray[np.int64]) -> _Scored:
        asked_all = len(self.score.labels) > len(sample)
        return self.score.only(sample) if asked_all else self.score


def _poor(own: _Scored, class_names: tuple[str, ...]) -> Iterator[str]:
    """Yield in what ``own`` is no better than answers that do not look at an image."""
    shares, entropy = _frequencies(own)
    name, common = class_names[int(shares.argmax())], float(shares.max())
    if own.accuracy.low <= common:
        much = "worse than" if own.accuracy.high < common else "no better than"
        yield f"{much} always answering “{name}” ({common:.1%})"
    if _as_noise(own):
        yield f"with a log-loss no better than that of the classes' frequencies ({entropy:.2f})"


def _better(
    own: _Scored,
    others: Mapping[str, Floats],
    sample: NDArray[np.int64],
    stated: tuple[str, ...],
    class_names: tuple[str, ...],
) -> Iterator[_Alternative]:
    """Yield each reading that is much better than the stated one on the same images."""
    sampled = own.only(sample)
    for options, answers in {"": own.answers, **others}.items():
        base = sampled if options else own
        given = base.given(answers)
        changes = [options] if options else []
        if options and _much_better(given, base):
            yield _Alternative(base, given, options, ordered=False)
        order = _likeliest_order(given)
        ordered = base.given(answers[:, np.argsort(order)])
        if _much_better(ordered, given) and _much_better(ordered, base):
            meant = dict(zip(class_names, (class_names[k] for k in order), strict=True))
            right = ",".join(meant.get(name, name) for name in stated)
            changes = [*changes, f"classes {right} instead of {','.join(stated)}"]
            yield _Alternative(base, ordered, " and ".join(changes), ordered=True)


def _likeliest_order(scored: _Scored) -> NDArray[np.int64]:
    """Return the class that each column should mean for the labels to be likeliest."""
    size = scored.answers.shape[1]
    logs = np.log(np.maximum(scored.answers, SMALLEST))
    sums = np.stack([logs[scored.labels == label].sum(axis=0) for label in range(size)], axis=1)
    return np.asarray(linear_sum_assignment(sums, maximize=True)[1], np.int64)


def _much_better(given: _Scored, stated: _Scored) -> bool:
    ours, theirs = given.accuracy, stated.accuracy
    gains = mean_interval(stated.losses - given.losses, given.pictures, fraction=False)
    more = ours.value - theirs.value > POINTS and ours.low > theirs.high
    as_accurate = ours.value >= theirs.value or (_as_noise(stated) and ours.high >= theirs.low)
    return bool((more or (as_accurate and gains.low > NATS)) and _informed(given, ours.low))


def _as_noise(scored: _Scored) -> bool:
    """Tell whether its log-loss is no better than that of the classes' frequencies."""
    return float(scored.losses.mean()) >= _frequencies(scored)[1]


def _informed(given: _Scored, low: float) -> bool:
    """Tell whether answers say more than how frequent each class is."""
    shares, entropy = _frequencies(given)
    most = float(shares.max())
    likely = float(given.losses.mean()) < entropy and given.accuracy.value >= most
    return bool(low > most or likely)


def _frequencies(scored: _Scored) -> tuple[NDArray[np.float64], float]:
    """Return each class's share of the images, and the log-loss of answering just these."""
    shares = np.bincount(scored.labels, minlength=scored.answers.shape[1]) / len(scored.labels)
    return shares, -float((shares[shares > 0] * np.log(shares[shares > 0])).sum())
