"""The answer in a few generated sentences, and what to know before believing it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from benchmarks.engines.registry import is_floor
from benchmarks.evaluation.choice import Candidate, alternatives
from benchmarks.evaluation.comparison import SIGNIFICANCE
from benchmarks.evaluation.gains import Gain
from benchmarks.evaluation.guessing import did_not_learn, majority_share
from benchmarks.evaluation.leaderboard import WITHOUT_DUPLICATES, ranking_score
from benchmarks.evaluation.statistics import Statistics
from benchmarks.report.elements.numbers import (
    interval,
    listing,
    plural,
    points,
    points_interval,
    shortened,
    whole,
    with_sign,
)
from benchmarks.report.elements.outline import Content
from benchmarks.report.sections.choice_text import alternative, costs
from benchmarks.store.records import Fallback, Merged, PretrainSpent, RunResults, VariantResults
from datasets.audit.audit import Audit
from datasets.audit.inspection import absences

FEW_SEEDS = 3
MOST_NAMED = 5
LONGEST = 200

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Answer(Content):
    """The answer in ``sentences``, what it is about (``scope``), and the ``caveats`` to it."""

    sentences: tuple[str, ...]
    scope: str
    caveats: tuple[str, ...]


def answer(
    run: RunResults,
    frame: pd.DataFrame,
    statistics: Statistics,
    gained: Sequence[Gain],
    offered: Sequence[Candidate],
) -> Answer:
    """Say which variant scored highest and surely so, what it costs, and what was gained.

    ``frame`` is the leaderboard of ``run``, ``offered`` what may be chosen from it.
    """
    return Answer(
        tuple(_sentences(run, frame, statistics, gained, offered)),
        _scope(run),
        (*caveats(run, _without(run, frame)), *_unbeaten(run, statistics)),
    )


def _sentences(
    run: RunResults,
    frame: pd.DataFrame,
    statistics: Statistics,
    gained: Sequence[Gain],
    offered: Sequence[Candidate],
) -> Iterator[str]:
    if all(variant.external for variant in run.ranked):
        yield "No variant of the protocol has test predictions yet."
        return
    if run.mistake:
        yield "No variant is ranked: the scores below show what the mistake does to them."
        return
    best = frame.iloc[0]
    scored = ranking_score(best)
    between = interval(scored.low, scored.high)
    yield (
        f"{best['variant']} has the highest test accuracy, {with_sign(scored.value)} "
        f"(95\N{NO-BREAK SPACE}% interval {between}, mean of {plural(int(best['seeds']), 'seed')})"
        f"{_tied(statistics)}."
    )
    if spent := costs(offered[0]):
        yield f"It costs {spent}.{_cheaper(offered, statistics)}"
    yield from _together(statistics)
    for kind in ("transfer", "augmentation"):
        chosen = [gain for gain in gained if gain.kind == kind]
        if chosen:
            yield _gained(kind, chosen)


def _together(statistics: Statistics) -> Iterator[str]:
    """Tell the best ensemble, which is never the best variant."""
    if statistics.ensembles and statistics.whole:
        name = statistics.ensembles[0]
        score = statistics.whole.ranking(name)
        yield (
            f"The ensemble {name}, which has no rank, reaches {with_sign(score.value)} "
            f"({interval(score.low, score.high)}) at what all of its members cost together."
        )


def _scope(run: RunResults) -> str:
    data = run.manifest.data
    return (
        f"{plural(len(run.variants), 'variant')} on {data.name}, "
        f"{plural(len(data.class_names), 'class', 'classes')}: {_sizes(run)}."
    )


def _sizes(run: RunResults) -> str:
    counts = run.manifest.split.counts
    parts = [f"{whole(sum(classes.values()))} {split}" for split, classes in counts.items()]
    return f"{listing(parts)} images" if parts else "sizes not recorded"


def _tied(statistics: Statistics) -> str:
    """Say which of the run's own variants the best one cannot be told from."""
    if len(statistics.order) < 2:
        return ""
    best, *others = statistics.order
    tied = [name for name in others if not statistics.pair(best, name).differs]
    if not tied:
        return ". It is better than every other variant by more than chance"
    return f". It is tied with {_some(tied)}: what lies between them may be chance"


def _cheaper(offered: Sequence[Candidate], statistics: Statistics) -> str:
    """Name the smallest of the variants that are tied with the best and cost less."""
    tied = alternatives(offered[0], offered, statistics)
    if not tied:
        return ""
    smallest = min(tied, key=lambda c: float("inf") if c.parameters is None else c.parameters)
    return f" {alternative(smallest, offered[0])}"


def _gained(kind: str, chosen: Sequence[Gain]) -> str:
    label = kind.capitalize()
    if len(chosen) > MOST_NAMED:
        changes = [gain.pair.difference for gain in chosen]
        sure = sum(gain.pair.p < SIGNIFICANCE for gain in chosen)
        return (
            f"{label} changed accuracy by {points(min(changes))} to {points(max(changes))} points "
            f"in {plural(len(chosen), 'comparison')}, {whole(sure)} of them more than chance."
        )
    return f"{label} changed accuracy by {listing([_gain(gain) for gain in chosen])}."


def _gain(gain: Gain) -> str:
    pair = gain.pair
    caveat = "" if pair.p < SIGNIFICANCE else ", which may be chance"
    between = points_interval(pair.low, pair.high)
    return (
        f"{points(pair.difference)} points ({between}; {gain.variant} over {gain.control}{caveat})"
    )


def _without(run: RunResults, frame: pd.DataFrame) -> str:
    """Say what the best variant scores without the images that other splits also hold."""
    best = frame.iloc[0]
    part = ranking_score(best, WITHOUT_DUPLICATES)
    if pd.isna(best["rank_low"]) or pd.isna(part.value):
        return ""
    return (
        f" Without them {best['variant']} scores {with_sign(part.value)} "
        f"({interval(part.low, part.high)}) instead of {with_sign(ranking_score(best).value)}."
    )


def _unbeaten(run: RunResults, statistics: Statistics) -> Iterator[str]:
    """Name the networks that the best of the floors is as good as."""
    engines = {variant.name: variant.record.engine for variant in run.ranked}
    if run.mistake:
        return
    floors = [name for name in statistics.order if is_floor(engines[name])]
    if not floors:
        return
    floor = floors[0]
    guesses = {v.name for v in run.ranked if not v.external and did_not_learn(run, v)}
    behind = [
        name
        for name in statistics.order
        if not is_floor(engines[name])
        and name not in guesses
        and not _beats(statistics, name, floor)
    ]
    if behind:
        yield f"Not better than {floor}, which is no network, by more than chance: {_some(behind)}."


def _beats(statistics: Statistics, name: str, floor: str) -> bool:
    pair = statistics.pair(name, floor)
    return pair.differs and pair.difference > 0


def caveats(run: RunResults, without: str = "") -> tuple[str, ...]:
    """List everything that weakens the numbers, most general first.

    ``without`` is what is said of the scores without duplicates.
    """
    return (*_of_data(run, without), *_of_run(run), *_of_variants(run))


def _of_data(run: RunResults, without: str) -> Iterator[str]:
    manifest = run.manifest
    provenance = manifest.data.provenance
    if provenance.status != "official":
        yield f"The data set is {provenance.status}" + _with_notes(provenance.notes)
    elif provenance.notes:
        yield "About the data set" + _with_notes(provenance.notes)
    if run.test_duplicates:
        number = plural(run.test_duplicates, "test image has", "test images have")
        yield f"{number} an identical copy in the training or validation images.{without}"
    if run.audit:
        yield from _of_audit(run.audit)
    known = run.audit.warnings if run.audit else ()
    absent = [told for told in absences(manifest.split.counts) if told not in known]
    yield from (f"{told[:1].upper()}{told[1:]}." for told in absent)
    if manifest.split.made:
        yield "ferbench made (part of) the split: scores on other splits do not compare."
    if taken := manifest.protocol.data.train_images:
        yield (
            f"Only {whole(taken)} training images were used: "
            "scores of models trained on the whole set do not compare."
        )


def _of_audit(audit: Audit) -> Iterator[str]:
    near = audit.near_duplicates.test_images
    if any(near.values()):
        places = listing([f"{whole(number)} in {split}" for split, number in near.items()])
        yield f"Test images have near duplicates elsewhere: {places}."
    told = "test images with "
    warnings = (warning for warning in audit.warnings if not warning.startswith(told))
    yield from (f"{warning[:1].upper()}{warning[1:]}." for warning in warnings)


def _of_run(run: RunResults) -> Iterator[str]:
    seeds = len(run.manifest.seeds)
    if 0 < seeds < FEW_SEEDS:
        spread = "is unknown" if seeds == 1 else "is barely known"
        yield f"{plural(seeds, 'seed')} only: the spread between trainings {spread}."
    if run.manifest.finished is None:
        undone = [origin.name for origin in run.manifest.origins if origin.finished is None]
        yield (
            f"Not finished when they were joined: {listing(undone)}."
            if undone
            else "The run is not finished: the same command goes on with it."
        )
    if run.manifest.git.dirty:
        yield "The code had uncommitted changes when the run was made."
    for event in run.events(PretrainSpent):
        yield (
            f"{event.variant} has also seen {whole(event.images_seen)} source images in "
            f"pre-training (accuracy there {with_sign(event.source_accuracy)}), outside the "
            "budget that all variants share."
        )
    for merged in run.events(Merged):
        yield f"{merged.reason.rstrip('.')}."
    for fallback in run.events(Fallback):
        yield f"Fallback, {fallback.variant or 'the run'}: {fallback.reason}."


def _of_variants(run: RunResults) -> Iterator[str]:
    for variant in run.variants:
        if variant.external:
            yield (
                f"{variant.name} was brought in from outside and has no rank: its training is "
                "unknown, it had no part in the equal budget, and it may have seen the test images."
            )
    ranked = [variant for variant in run.ranked if not variant.external]
    lost = [variant.name for variant in ranked if did_not_learn(run, variant)]
    if lost:
        name, share = majority_share(run)
        yield (
            f"{_some(lost)} did not learn within this budget: no better than always "
            f"answering “{name}” ({with_sign(share)})."
        )
    yield from _missing(run)
    for number, names in _grouped((len(v.fits), v.name) for v in ranked).items():
        if number < len(run.manifest.seeds):
            have = "has" if len(names) == 1 else "have"
            yield f"{_some(names)} {have} {number} of {len(run.manifest.seeds)} seeds."


def _missing(run: RunResults) -> Iterator[str]:
    """Name what has no score, together where the reason is the same but for details."""
    reasons = (((v.outcome.status, _in_short(v)), v.name) for v in run.variants if not v.ranked)
    for (status, reason), names in _grouped(reasons).items():
        was = "was" if len(names) == 1 else "were"
        yield f"{_some(names)} {'failed' if status == 'failed' else f'{was} not run'}: {reason}."


def _in_short(variant: VariantResults) -> str:
    """Return the first clause of why a variant has no score; the leaderboard tells the whole."""
    reason = variant.outcome.reason.removeprefix(f"{variant.record.architecture}: ")
    clause = reason.split(" (")[0].split("; ")[0].rstrip(".")
    return shortened(clause, LONGEST) or "no reason was recorded"


def _grouped(pairs: Iterable[tuple[K, str]]) -> dict[K, list[str]]:
    found: dict[K, list[str]] = {}
    for key, name in pairs:
        found.setdefault(key, []).append(name)
    return found


def _some(names: Sequence[str]) -> str:
    """Join names as prose does; of many the first few and the number of the others."""
    if len(names) <= MOST_NAMED:
        return listing(list(names))
    return listing([*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} more"])


def _with_notes(notes: Sequence[str]) -> str:
    return f": {'; '.join(notes)}." if notes else "."
