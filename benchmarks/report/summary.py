"""The answer in a few generated sentences, and what to know before believing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from benchmarks.evaluation.chance import did_not_learn, majority_share
from benchmarks.evaluation.comparison import LEVEL
from benchmarks.evaluation.gains import Gain
from benchmarks.evaluation.records import RunResults
from benchmarks.evaluation.statistics import Statistics
from benchmarks.report.formatting import (
    listing,
    percent,
    plural,
    points,
    unsigned_points,
    whole,
    with_sign,
)
from datasets.audit import Audit

FEW_SEEDS = 3
MOST_NAMED = 4


def sentences(
    run: RunResults, frame: pd.DataFrame, statistics: Statistics, gained: Sequence[Gain]
) -> tuple[str, ...]:
    """Say what was compared, which variant scored highest and surely so, and what was gained."""
    data = run.manifest.data
    intro = (
        f"{plural(len(run.variants), 'variant')} on {data.name}, "
        f"{plural(len(data.class_names), 'class', 'classes')}: {_sizes(run)}."
    )
    if all(variant.external for variant in run.ranked):
        return (intro, "No variant of the protocol has test predictions yet.")
    if run.mistake:
        return (intro, "No variant is ranked: the scores below show what the mistake does to them.")
    best = frame.iloc[0]
    answer = (
        f"{best['variant']} has the highest test accuracy, {with_sign(best['accuracy'])} "
        f"(95\N{NO-BREAK SPACE}% interval {percent(best['accuracy_low'])} "
        f"to {with_sign(best['accuracy_high'])}, "
        f"mean of {plural(int(best['seeds']), 'seed')})."
    )
    return (intro, answer, *_tied(statistics), *_resolved(statistics), *_gained(gained))


def _sizes(run: RunResults) -> str:
    counts = run.manifest.split.counts
    parts = [f"{whole(sum(classes.values()))} {split}" for split, classes in counts.items()]
    return f"{listing(parts)} images" if parts else "sizes not recorded"


def _tied(statistics: Statistics) -> Iterator[str]:
    """Say which of the run's own variants the best one cannot be told from."""
    if len(statistics.order) < 2:
        return
    best, *others = statistics.order
    tied = [name for name in others if not statistics.pair(best, name).differs]
    number = plural(len(statistics.pairs), "pair")
    if not tied:
        yield f"It is better than every other variant by more than chance (Holm, {number})."
        return
    shown = (
        tied if len(tied) <= MOST_NAMED else [*tied[:MOST_NAMED], f"{len(tied) - MOST_NAMED} more"]
    )
    yield (
        f"It is tied with {listing(shown)}: what lies between them may be chance "
        f"(Holm's correction over {number})."
    )


def _resolved(statistics: Statistics) -> Iterator[str]:
    found = statistics.resolution
    if found and statistics.whole:
        yield (
            f"With {plural(statistics.whole.images, 'test image')} two networks must differ by "
            f"about {unsigned_points(found.among_all)} points to be told apart among all pairs."
        )


def _gained(gained: Sequence[Gain]) -> Iterator[str]:
    for kind in ("transfer", "augmentation"):
        chosen = [gain for gain in gained if gain.kind == kind]
        if chosen:
            yield f"What {kind} changed: {listing([_gain(gain) for gain in chosen])}."


def _gain(gain: Gain) -> str:
    pair = gain.pair
    doubt = "" if pair.p < LEVEL else ", which may be chance"
    return f"{points(pair.difference)} points ({gain.variant} over {gain.control}{doubt})"


def caveats(run: RunResults) -> tuple[str, ...]:
    """List everything that weakens the numbers, most general first."""
    return (*_of_data(run), *_of_run(run), *_of_variants(run))


def _of_data(run: RunResults) -> Iterator[str]:
    manifest = run.manifest
    provenance = manifest.data.provenance
    if provenance.status != "official":
        yield f"The data set is {provenance.status}" + _told(provenance.notes)
    elif provenance.notes:
        yield "About the data set" + _told(provenance.notes)
    if run.test_duplicates:
        number = plural(run.test_duplicates, "test image has", "test images have")
        yield f"{number} an identical copy in the training or validation images."
    if run.audit:
        yield from _of_audit(run.audit)
    if manifest.split.made:
        yield "ferbench made (part of) the split: scores on other splits do not compare."
    if taken := manifest.protocol.get("data", {}).get("train_images"):
        yield (
            f"Only {whole(taken)} training images were used: "
            "scores of models trained on the whole set do not compare."
        )


def _of_audit(audit: Audit) -> Iterator[str]:
    near = audit.near_duplicates.test_images
    if any(near.values()):
        places = listing([f"{whole(number)} in {split}" for split, number in near.items()])
        yield f"Test images have near duplicates elsewhere: {places}."
    yield from (f"{warning[:1].upper()}{warning[1:]}." for warning in audit.warnings)


def _of_run(run: RunResults) -> Iterator[str]:
    seeds = len(run.manifest.seeds)
    if 0 < seeds < FEW_SEEDS:
        spread = "is unknown" if seeds == 1 else "is barely known"
        yield f"{plural(seeds, 'seed')} only: the spread between trainings {spread}."
    if run.manifest.finished is None:
        yield "The run is not finished: the same command goes on with it."
    if run.manifest.git.get("dirty"):
        yield "The code had uncommitted changes when the run was made."
    for event in run.events("pretrain"):
        yield (
            f"{event['variant']} has also seen {whole(event['images_seen'])} source images in "
            f"pre-training (accuracy there {with_sign(event['source_accuracy'])}), outside the "
            "budget that all variants share."
        )
    for event in run.events("merged"):
        yield f"{event['reason'].rstrip('.')}."
    for event in run.events("fallback"):
        known = {"event", "time", "variant", "key"}
        told = event.get("reason") or ", ".join(
            f"{name} {value}" for name, value in event.items() if name not in known
        )
        yield f"Fallback, {event.get('variant', 'the run')}: {told}."


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
            f"{listing(lost)} did not learn within this budget: no better than always "
            f"answering “{name}” ({with_sign(share)})."
        )
    for variant in run.variants:
        if not variant.ranked:
            ended = "failed" if variant.outcome.status == "failed" else "was not run"
            reason = variant.outcome.reason or "no reason was recorded"
            yield f"{variant.name} {ended}: {reason.rstrip('.')}."
        elif len(variant.fits) < len(run.manifest.seeds) and not variant.external:
            number, wanted = len(variant.fits), len(run.manifest.seeds)
            yield f"{variant.name} has {number} of {wanted} seeds."


def _told(notes: Sequence[str]) -> str:
    return f": {'; '.join(notes)}." if notes else "."
