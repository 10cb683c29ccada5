"""How the variants were scored and compared, with what, and what is different, as prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import shorten

from benchmarks import metrics
from benchmarks.engines.libraries import TUNER, titled_libraries
from benchmarks.engines.registry import engines
from benchmarks.engines.spec import Library
from benchmarks.evaluation.views import views_of
from benchmarks.protocol.views import SIZES, View
from benchmarks.report.elements.numbers import listing, plural, setting
from benchmarks.report.writing.prose import Sentence, cite
from benchmarks.store.ledger import openings, scorings
from benchmarks.store.records import Origin, RunResults
from datasets.audit.inspection import absent_classes

AFTERWARDS = {
    "explain": (
        "After scoring, Grad-CAM showed which parts of an image the models rely on",
        "selvaraju2017",
    ),
    "robustness": (
        "After scoring, the models were also asked about corrupted test images",
        "hendrycks2019",
    ),
    "views": (
        "After scoring, the test images were opened once more for averages over views of them",
        "krizhevsky2012",
    ),
}
"""Why the test set may be opened for a scored model again → what is told of it, and its source."""
LONGEST_REASON = 120


def evaluation(run: RunResults) -> Iterator[Sentence]:
    """Tell what was measured on the test images and how differences were judged."""
    if not run.ranked:
        yield ("No variant has been scored on the test images yet.",)
        return
    yield from _scoring(run)
    yield from _views(run)
    yield from _ensembles(run)
    seeds = max(len(variant.fits) for variant in run.ranked)
    yield from _intervals(several=seeds > 1)
    own = [variant for variant in run.ranked if not variant.external]
    if len(own) > 1:
        yield from _comparisons(len(own) * (len(own) - 1) // 2, several=seeds > 1)


def _scoring(run: RunResults) -> Iterator[Sentence]:
    if absent := absent_classes(run.manifest.split.counts, "test"):
        yield (
            f"The test set has no image of {listing(list(absent))}; "
            "means over classes are over the other classes.",
        )
    scored = [opening for opening in openings(run) if opening.purpose == "score"]
    again = sum(opening.repeated for opening in scored)
    changed = sorted(name for name, times in scorings(run).items() if times > 1)
    sealed = (
        "The test images were opened"
        if run.mistake
        else "The test images took no part in training, tuning or selection; they were opened"
    )
    yield (
        f"{sealed} {plural(len(scored), 'time')}, to score finished models",
        "" if again or changed else ", once for each of them",
        f"; {plural(again, 'scoring')} had to be repeated after an interruption" if again else "",
        f"; {listing(changed)} had been scored before with other settings or code"
        if changed
        else "",
        ".",
    )
    labels = [metric.in_prose for metric in metrics.METRICS]
    sources = [metric.source for metric in metrics.METRICS if metric.source]
    mean = ", as means over seeds" if len(run.manifest.seeds) > 1 else ""
    yield (f"We report {listing(labels)}", cite(*sources), f"{mean}.")
    purposes = {opening.purpose for opening in openings(run)}
    for purpose, (what, source) in AFTERWARDS.items():
        if purpose in purposes:
            yield (what, cite(source), ".")


def _views(run: RunResults) -> Iterator[Sentence]:
    """Tell the averages over views, and which score is that of one."""
    views = views_of(run)
    if not views:
        return
    what: dict[View, Sentence] = {
        "flip": ("of an image and its mirror image",),
        "ten-crop": (
            "of ten crops, five shifts of an image, each mirrored or not",
            cite("krizhevsky2012"),
        ),
    }
    passes = listing([str(SIZES[view]) for view in views])
    yield (
        "All scores are those of a single view, the image as it is; separately we report the "
        "accuracy of the mean probabilities ",
        *what[views[0]],
        *((" and ", *what[views[1]]) if len(views) > 1 else ()),
        f", which takes {passes} forward passes",
        " respectively" if len(views) > 1 else "",
        ".",
    )


def _ensembles(run: RunResults) -> Iterator[Sentence]:
    """Tell what the ensembles are; what they lack is told with the other exceptions."""
    ranked = [each for each in run.ensembles if each.ranked]
    if not ranked:
        return
    made = [f"{each.name} ({each.record.summary})" for each in ranked]
    are = "is an ensemble" if len(ranked) == 1 else "are ensembles"
    yield (
        f"{listing(made)} {are}",
        cite("lakshminarayanan2017"),
        " of trained models, without a training or a rank of its own; parameters, operations and "
        "latency are the sums over its members."
        if len(ranked) == 1
        else " of trained models, without a training or a rank of their own; parameters, "
        "operations and latency are the sums over their members.",
    )


def _intervals(*, several: bool) -> Iterator[Sentence]:
    yield (
        "The 95 % intervals rest on a bootstrap over the different test images",
        cite("davison1997"),
        ", for proportions in Wilson's form",
        cite("wilson1927"),
        " with the effective number of images",
        cite("korn1998"),
        ", and include the variation between seeds (Student's t)."
        if several
        else "; with a single seed they tell nothing of the variation between trainings.",
    )


def _comparisons(pairs: int, *, several: bool) -> Iterator[Sentence]:
    several_seeds: Sentence = (
        "Differences between mean accuracies were tested over images and seeds together",
    )
    single: Sentence = ("Accuracies were compared by McNemar's exact test", cite("mcnemar1947"))
    yield (
        *(several_seeds if several else single),
        f", with Holm's correction over {plural(pairs, 'pair')}" if pairs > 1 else "",
        *((cite("holm1979"),) if pairs > 1 else ()),
        ".",
    )
    if pairs > 1:
        yield (
            "Ranks are given as the ranges that these comparisons leave open",
            cite("almohamad2022"),
            ".",
        )


def made_with(run: RunResults) -> Iterator[Sentence]:
    """Tell the software and the hardware."""
    manifest = run.manifest
    commit = str(manifest.git.commit or "")[:10]
    state = ", with uncommitted changes" if manifest.git.dirty else ""
    version = f" {manifest.ferbench}" if manifest.ferbench else ""
    yield (
        f"All of this was carried out by ferbench{version}",
        *((f" (commit {commit}{state})",) if commit else ()),
        cite("ferbench"),
        *_libraries(run),
        ".",
    )
    if manifest.origins:
        origins = [_origin(origin) for origin in manifest.origins]
        yield (f"The results of {plural(len(origins), 'run')} were joined: {'; '.join(origins)}.",)
    elif machine := _hardware(run):
        precision = f" in {manifest.precision}{_otherwise(run)}" if manifest.precision else ""
        threads = f" with {plural(manifest.threads, 'thread')}" if manifest.threads else ""
        yield (f"Models were trained{precision} on {machine}{threads} for each training.",)


def _otherwise(run: RunResults) -> str:
    """Name the rows that were computed in a precision of their own."""
    usual = run.manifest.precision
    own: dict[str, list[str]] = {}
    for variant in run.ranked:
        for precision in dict.fromkeys(fit.record.precision for fit in variant.fits):
            if precision not in ("", usual):
                own.setdefault(precision, []).append(variant.name)
    told = [f"{listing(names)} in {precision}" for precision, names in own.items()]
    return f" ({'; '.join(told)})" if told else ""


def _libraries(run: RunResults) -> Sentence:
    """Name the libraries that the variants need, with their versions and sources."""
    versions = run.manifest.environment.libraries
    named: list[Sentence] = [
        (
            f"{library.title} {versions.get(library.distribution, '')}".rstrip(),
            cite(library.citation) if library.citation else "",
        )
        for library in _needed(run)
    ]
    joined: Sentence = ()
    for place, each in enumerate(named):
        before = ", with " if place == 0 else " and " if place == len(named) - 1 else ", "
        joined = (*joined, before, *each)
    return joined


def _needed(run: RunResults) -> list[Library]:
    """Return the libraries that are told of, each once, in the order of the engines."""
    used = {variant.record.engine for variant in run.variants}
    networks = [variant.record.architecture for variant in run.variants]
    backend = run.manifest.keras_backend or ""
    needed = {
        library.distribution
        for name, spec in engines().items()
        for library in spec.needs(backend)
        if name in used and library.title
    }
    told = [library for library in titled_libraries() if library.distribution in needed]
    tuned = any(variant.trials for variant in run.variants)
    return [
        library
        for library in (*told, *((TUNER,) if tuned else ()))
        if any(network.startswith(library.architectures) for network in networks)
    ]


def _hardware(run: RunResults) -> str:
    environment = run.manifest.environment
    known = environment.gpu or run.manifest.device or environment.cpu
    return setting(known) if known else ""


def _origin(origin: Origin) -> str:
    machine = origin.device or setting(origin.environment.cpu)
    return f"{listing(list(origin.variants))} from {origin.name} ({machine})"


def exceptions(run: RunResults) -> Iterator[Sentence]:
    """Tell what was not as for all others: rows from outside, and what is missing."""
    outside = [variant.name for variant in run.variants if variant.external]
    if outside:
        were = "was" if len(outside) == 1 else "were"
        yield (
            f"{listing(outside)} {were} trained elsewhere, without part in the equal budget, and "
            "therefore without a rank.",
        )
    for variant in run.rows:
        if not variant.ranked:
            ended = "failed" if variant.outcome.status == "failed" else "was not run"
            first = re.split(r"; | \(", variant.outcome.reason)[0]
            why = shorten(first, LONGEST_REASON, placeholder=" …").rstrip(".")
            yield (f"{variant.name} {ended}: {why}." if why else f"{variant.name} {ended}.",)
