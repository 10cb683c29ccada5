"""Where the variants fail: classes that they confuse, and images that they get wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.registry import is_floor
from benchmarks.evaluation.guessing import did_not_learn
from benchmarks.store.records import RunResults, VariantResults


@dataclass(frozen=True)
class Confusion:
    """Images of ``label`` that were answered ``answer``: their mean number over fits, and share."""

    label: int
    answer: int
    images: float
    share: float


@dataclass(frozen=True)
class Misclassification:
    """A test image that a variant was sure of and got wrong; ``confidence`` is of the answer.

    ``image_id`` is shared by copies.
    """

    row: int
    image_id: str
    path: str
    label: int
    answer: int
    confidence: float
    variant: str
    wrong_variants: int


@dataclass(frozen=True)
class Hopeless:
    """A test image that no variant gets right with any seed.

    ``answer`` is the most frequent one, given by ``agreeing`` variants; ``label_share`` is the
    mean probability that all give to the label, ``answer_share`` that for the answer.
    """

    row: int
    image_id: str
    path: str
    label: int
    answer: int
    agreeing: int
    label_share: float
    answer_share: float


@dataclass(frozen=True, eq=False)
class Failures:
    """All of it; ``variants`` are those that `learned`, best first, and the lists are whole.

    ``confusions`` are those of all variants together, largest share first; ``by_variant`` those
    of each. ``mistakes`` names each image once, with the variant that was surest. ``hopeless``
    is in order of the normalised margin (Northcutt et al. 2021, arXiv:1911.00068): the label's
    probability less the answer's, the likeliest label errors first.
    """

    variants: tuple[str, ...]
    images: int
    confusions: tuple[Confusion, ...]
    by_variant: dict[str, tuple[Confusion, ...]]
    mistakes: tuple[Misclassification, ...]
    hopeless: tuple[Hopeless, ...]


def networks(run: RunResults, order: Sequence[str]) -> tuple[VariantResults, ...]:
    """Return the ranked variants in ``order`` without the floors, unless there is nothing else."""
    by_name = {variant.name: variant for variant in run.ranked}
    ranked = tuple(by_name[name] for name in order if name in by_name)
    return tuple(v for v in ranked if not is_floor(v.record.engine)) or ranked


def learned(run: RunResults, order: Sequence[str]) -> tuple[VariantResults, ...]:
    """Return the `networks` that did better than guessing, unless there is none.

    What has learned nothing is wrong, and may be sure, for no reason that lies in the images.
    """
    found = networks(run, order)
    return tuple(variant for variant in found if not did_not_learn(run, variant)) or found


def failures(run: RunResults, order: Sequence[str]) -> Failures | None:
    """Return where the variants of ``run`` fail; ``order`` is best first. ``None``: none is."""
    variants = learned(run, order)
    if not variants or not len(variants[0].fits[0].test.rows):
        return None
    means = [np.mean([fit.test.probabilities for fit in v.fits], axis=0) for v in variants]
    counts = {variant.name: _counts(variant) for variant in variants}
    return Failures(
        variants=tuple(variant.name for variant in variants),
        images=len(variants[0].fits[0].test.rows),
        confusions=_confusions(np.mean(list(counts.values()), axis=0)),
        by_variant={name: _confusions(count) for name, count in counts.items()},
        mistakes=_mistakes(run, variants, means),
        hopeless=_hopeless(run, variants, means),
    )


def _counts(variant: VariantResults) -> NDArray[np.float64]:
    """Return the confusion matrix, labels down and answers across, as the mean over fits."""
    classes = variant.fits[0].test.probabilities.shape[1]
    counts = np.zeros((classes, classes))
    for fit in variant.fits:
        np.add.at(counts, (fit.test.labels, fit.test.answers), 1 / len(variant.fits))
    return counts


def _confusions(counts: NDArray[np.float64]) -> tuple[Confusion, ...]:
    """Return every confusion that happened; those in smaller classes first where shares tie."""
    of_label = counts.sum(axis=1)
    found = [
        Confusion(int(label), int(answer), float(counts[label, answer]), float(share))
        for label, answer in np.argwhere(counts)
        if label != answer
        for share in [counts[label, answer] / of_label[label]]
    ]
    return tuple(sorted(found, key=lambda each: (-each.share, each.label, each.answer)))


def _mistakes(
    run: RunResults, variants: Sequence[VariantResults], means: Sequence[NDArray[np.float64]]
) -> tuple[Misclassification, ...]:
    test = variants[0].fits[0].test
    answers = np.stack([mean.argmax(axis=1) for mean in means])
    surety = np.stack([mean.max(axis=1) for mean in means])
    wrong = answers != test.labels
    surety = np.where(wrong, surety, -1.0)
    surest = surety.argmax(axis=0)
    found = [
        Misclassification(
            row=int(test.rows[image]),
            image_id=str(test.image_ids[image]),
            path=str(run.test_paths[image]),
            label=int(test.labels[image]),
            answer=int(answers[surest[image], image]),
            confidence=float(surety[surest[image], image]),
            variant=variants[surest[image]].name,
            wrong_variants=int(wrong[:, image].sum()),
        )
        for image in np.flatnonzero(wrong.any(axis=0))
    ]
    return tuple(sorted(found, key=lambda each: (-each.confidence, each.row)))


def _hopeless(
    run: RunResults, variants: Sequence[VariantResults], means: Sequence[NDArray[np.float64]]
) -> tuple[Hopeless, ...]:
    test = variants[0].fits[0].test
    right = np.any([fit.test.correct for variant in variants for fit in variant.fits], axis=0)
    answers = np.stack([mean.argmax(axis=1) for mean in means])
    shares = np.mean(means, axis=0)
    found = []
    for image in np.flatnonzero(~right):
        votes = np.bincount(answers[:, image], minlength=shares.shape[1])
        label = int(test.labels[image])
        votes[label] = 0
        answer = int(votes.argmax())
        image_id, path = str(test.image_ids[image]), str(run.test_paths[image])
        found.append(
            Hopeless(
                row=int(test.rows[image]),
                image_id=image_id,
                path=path,
                label=label,
                answer=answer,
                agreeing=int(votes[answer]),
                label_share=float(shares[image, label]),
                answer_share=float(shares[image, answer]),
            )
        )
    return tuple(sorted(found, key=lambda each: (each.label_share - each.answer_share, each.row)))
