"""How a run that was made again compares with its original: a verdict on each fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.evaluation.statistics import compute_statistics
from benchmarks.evaluation.uncertainty import HALF_WIDTH
from benchmarks.protocol.canonical import first_difference
from benchmarks.store.records import (
    FitResults,
    Manifest,
    Origin,
    Predictions,
    RunResults,
    VariantResults,
)
from benchmarks.store.reproduction import Difference, Judgement, Verdict

MOST = 0.5
"""Most answers agree where more than this share of the test images got the same one."""


def verdicts(original: RunResults, again: RunResults, names: Sequence[str]) -> tuple[Verdict, ...]:
    """Judge each fit of the variants ``names`` of ``original`` by ``again``'s.

    Bit-identical: the probabilities of all validation and test images are the same numbers.
    Equal within the stated spread: the test accuracies differ by no more than half the width
    of the 95 % interval over test images, as the seed is the same, and most answers agree. Both
    runs must have the same split.
    """
    whole = compute_statistics(original).whole
    known = {variant.name: variant for variant in again.variants}
    judged = []
    for variant in original.ranked:
        if whole is None or variant.name not in names:
            continue
        spread = HALF_WIDTH * whole.ranking(variant.name).images_error
        found = known.get(variant.name)
        judged += [_verdict(variant.name, fit, found, spread) for fit in variant.fits]
    return tuple(judged)


def unmade(original: RunResults, names: Sequence[str], reason: str) -> tuple[Verdict, ...]:
    """Judge every fit of ``names`` as different, for a ``reason`` that kept it from being made."""
    return tuple(
        _unmade(variant.name, fit, reason)
        for variant in original.ranked
        if variant.name in names
        for fit in variant.fits
    )


def differences(original: RunResults, again: RunResults) -> tuple[Difference, ...]:
    """Name what differs between two runs, of their common variants; the unknown is left out."""
    ours, theirs = again.manifest, original.manifest
    pairs = _paired(original, again)
    found = [*data_differences(data_digests(ours), data_digests(theirs))]
    for variant, other in pairs:
        found += _made_differences(_origin(ours, variant.name), _origin(theirs, variant.name))
        code = variant.record.code, other.record.code
        found += _named("code", *code, f"the code of {variant.name}")
    found += [difference for one, other in pairs for difference in _tuning(one, other)]
    return tuple(dict.fromkeys(found))


def data_differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[Difference]:
    """Compare digests of data by their names: what `data_digests` returns."""
    return [d for name in ours for d in _named("data", ours[name], theirs.get(name), name)]


def data_digests(manifest: Manifest) -> dict[str, str]:
    """Return the digests of the data and the split that a run stands on, by name."""
    return {
        "data.digest": manifest.data.digest,
        "split.digest": manifest.split.digest,
        "targets_digest": manifest.targets_digest,
        "source_data.digest": manifest.source_data.digest if manifest.source_data else "",
    }


def _verdict(name: str, fit: FitResults, again: VariantResults | None, spread: float) -> Verdict:
    made = {other.record.seed: other for other in again.fits} if again and again.ranked else {}
    other = made.get(fit.record.seed)
    if other is None:
        why = again.outcome.reason if again else ""
        return _unmade(name, fit, why or "there is no such fit")
    ours, theirs = other.test.accuracy, fit.test.accuracy
    agreement = float((other.test.answers == fit.test.answers).mean())
    judgement: Judgement = "different"
    if _same(fit.test, other.test) and _same(fit.validation, other.validation):
        judgement = "bit-identical"
    elif abs(ours - theirs) <= spread and agreement > MOST:
        judgement = "equal within the stated spread"
    return Verdict(
        variant=name,
        seed=fit.record.seed,
        judgement=judgement,
        accuracy=theirs,
        again=ours,
        agreement=agreement,
        largest=float(np.abs(other.test.probabilities - fit.test.probabilities).max()),
    )


def _unmade(name: str, fit: FitResults, reason: str) -> Verdict:
    return Verdict(
        variant=name,
        seed=fit.record.seed,
        judgement="different",
        accuracy=fit.test.accuracy,
        reason=reason,
    )


def _same(one: Predictions, other: Predictions) -> bool:
    return np.array_equal(one.probabilities, other.probabilities)


def _paired(original: RunResults, again: RunResults) -> list[tuple[VariantResults, VariantResults]]:
    known = {variant.name: variant for variant in original.variants}
    return [(variant, known[variant.name]) for variant in again.variants if variant.name in known]


def _origin(manifest: Manifest, variant: str) -> Origin:
    """Return where a variant was made: the run itself, or one of those that it joins."""
    for origin in manifest.origins:
        if variant in origin.variants:
            return origin
    return Origin(
        name=manifest.name,
        environment=manifest.environment,
        git=manifest.git,
        device=manifest.device,
        keras_backend=manifest.keras_backend,
        plugins=manifest.plugins,
    )


def _made_differences(ours: Origin, theirs: Origin) -> Iterator[Difference]:
    yield from _named("code", ours.git.commit, theirs.git.commit, "commit")
    for origin, place in ((ours, "here"), (theirs, "there")):
        if origin.git.dirty:
            yield Difference("code", f"it had uncommitted changes {place}")
    plugins, others_had = ([asdict(p) for p in origin.plugins] for origin in (ours, theirs))
    yield from _named("code", plugins, others_had, "plugins")
    mine, other = ours.environment, theirs.environment
    yield from _named("versions", mine.python, other.python, "python")
    libraries, others = mine.libraries, other.libraries
    for name in sorted(libraries.keys() & others.keys()):
        yield from _named("versions", libraries[name], others[name], name)
    yield from _named("versions", ours.keras_backend, theirs.keras_backend, "keras_backend")
    yield from _named("hardware", ours.device, theirs.device, "device")
    yield from _named("hardware", mine.cpu, other.cpu, "cpu")
    yield from _named("hardware", mine.gpu, other.gpu, "gpu")
    ours_can, theirs_can = list(mine.instructions), list(other.instructions)
    yield from _named("hardware", ours_can, theirs_can, "instructions")


def _tuning(ours: VariantResults, theirs: VariantResults) -> Iterator[Difference]:
    if ours.fits and theirs.fits:
        chosen, before = (v.fits[0].record.hyperparameters for v in (ours, theirs))
        if found := first_difference(chosen, before):
            yield Difference("tuning", f"{ours.name}: {found}")


def _named(kind: Any, ours: Any, theirs: Any, name: str) -> Iterator[Difference]:
    """Yield the difference of two values that are both known."""
    if ours and theirs and (found := first_difference(ours, theirs, name)):
        yield Difference(kind, found)
