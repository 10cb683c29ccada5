"""The methods of a run in plain academic English, written from its manifest and ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from benchmarks.data.mistakes import announcement
from benchmarks.engines.registry import learns_shares
from benchmarks.engines.strategies import last_stages
from benchmarks.evaluation.origin import origin, weights_of
from benchmarks.report.elements.numbers import listing, plural, whole
from benchmarks.report.writing.methods_evaluation import evaluation, exceptions, made_with
from benchmarks.report.writing.methods_levers import fixed_views
from benchmarks.report.writing.methods_training import training
from benchmarks.report.writing.prose import Cite, Paragraphs, Sentence, cite
from benchmarks.report.writing.references import DATA_SETS, of_architecture, works_in
from benchmarks.store.records import DataRecord, RunResults, VariantRecord
from models.floors import FLOORS

PUBLISHED_AS = {"fer2013": "FER2013", "ferplus": "FER+"}
DUPLICATES = {
    "keep": "Images that stand in several splits were left where they are",
    "drop-train-duplicates": "Training and validation images whose pixels are those of a test "
    "image were removed",
    "group": "Identical images, nearly identical images and images of one subject were kept on "
    "one side of the split",
}
AUGMENTED = {
    "standard": "random horizontal flips, rotations by up to 10°, shifts by up to 10 % and zooms "
    "by up to 10 %",
    "strong": "random crops, shifts by up to 20 %, horizontal flips, rotations by up to 10° and "
    "erased rectangles",
}
AUGMENTATION_FROM = {"strong": ("khaireddin2021", "zhong2017")}
STARTS = {
    "scratch": "from random weights",
    "imagenet": "from weights pre-trained on ImageNet",
    "edges": "from weights retrained for edge detection on BSDS500",
    "run": "from a model fitted in another run",
    "file": "from weights of a file",
}
STARTED_FROM = {
    "imagenet": ("deng2009",),
    "edges": ("xie2015", "arbelaez2011"),
}
"""Published weights → the works on what they were trained for."""
TRAINED = {
    "frozen": "with the backbone frozen",
    "frozen-then-fine-tune": "with the backbone first frozen and then fine-tuned",
}


def methods(run: RunResults) -> Paragraphs:
    """Return the paragraphs: the data, candidates, training, evaluation, and what remains."""
    return (
        tuple(_data(run)),
        tuple(_candidates(run)),
        tuple(training(run)),
        tuple(evaluation(run)),
        (*made_with(run), *exceptions(run)),
    )


def _data(run: RunResults) -> Iterator[Sentence]:
    manifest = run.manifest
    if words := announcement(run.mistake, manifest.protocol.counterpart):
        yield (words,)
    data, choice = manifest.data, manifest.protocol.data
    kind = f"a set of images in {plural(len(data.class_names), 'class', 'classes')}"
    if len(data.image_shape) == 3:
        height, width, channels = data.image_shape
        colour = "grey" if channels == 1 else "colour"
        kind = (
            f"a set of {colour} images of {height} × {width} pixels in "
            f"{plural(len(data.class_names), 'class', 'classes')}"
        )
    yield (*_named(data), f", {kind}, served as data{_provenance(data)}.")
    counts = manifest.split.counts
    if sizes := [f"{whole(sum(c.values()))} {split}" for split, c in counts.items()]:
        made = "a split made for this study" if manifest.split.made else "the data set's own split"
        yield (f"In {made}, there were {listing(sizes)} images.",)
    if taken := choice.train_images:
        yield (
            f"Training was restricted to {whole(taken)} training images, drawn from all training "
            "images in proportion to the classes.",
        )
    yield from _targets(run)
    yield from _duplicates(run, choice.duplicates)


def _named(data: DataRecord) -> Sentence:
    return PUBLISHED_AS.get(data.name, data.name), cite(*DATA_SETS.get(data.name, ()))


def _provenance(data: DataRecord) -> str:
    words = {
        "official": " in its published form",
        "altered": ", in a copy that differs from its published form",
    }
    notes = f" ({'; '.join(data.provenance.notes)})" if data.provenance.notes else ""
    return words.get(data.provenance.status, ", in a form without a published split") + notes


def _targets(run: RunResults) -> Iterator[Sentence]:
    """Tell what is trained on where that is not the labels."""
    if not run.manifest.targets_digest:
        return
    hard = [v.name for v in run.variants if not learns_shares(v.record.engine)]
    taken = ", each taking one class for an image, were" if len(hard) > 1 else " was"
    yield (
        "Training images had the shares of their annotators' votes as targets",
        cite("barsoum2016"),
        "; their majority was the label for validation and test",
        f", and {listing(hard)}{taken} trained on it" if hard else "",
        ".",
    )


def _duplicates(run: RunResults, requested: str) -> Iterator[Sentence]:
    policy = DUPLICATES.get(run.audit.policy if run.audit else requested, "")
    number = plural(run.test_duplicates, "test image has", "test images have")
    yield (
        f"{policy}; {number} an identical copy in the training or validation images"
        if run.test_duplicates
        else f"{policy}; no test image has an identical copy in the training or validation images",
        ".",
    )


def _candidates(run: RunResults) -> Iterator[Sentence]:
    own = [variant.record for variant in run.variants if not variant.external]
    by_architecture: defaultdict[str, list[VariantRecord]] = defaultdict(list)
    for record in own:
        by_architecture[record.architecture].append(record)
    named = [_architecture(run, every) for every in by_architecture.values()]
    number = plural(len(own), "variant")
    kinds = plural(len(named), "architecture")
    yield (f"The comparison covers {number} of {kinds}: ", *_list(named), ".")
    if floors := [name for name in by_architecture if name in FLOORS]:
        yield (f"{listing(floors)} served as floors: scores that need no network.",)
    yield from _augmentation(own, any(fixed_views(run)))


def _list(items: Sequence[Sentence]) -> Sentence:
    """Join phrases with semicolons."""
    joined: list[str | Cite] = []
    for place, item in enumerate(items):
        joined += [*(["; "] if place else []), *item]
    return tuple(joined)


def _architecture(run: RunResults, every: Sequence[VariantRecord]) -> Sentence:
    """Name an architecture with its source, and how its variants start where that is a choice."""
    first = every[0]
    started = list(dict.fromkeys(_start(run, record) for record in every))
    named: Sentence = (first.architecture, cite(*of_architecture(first.architecture, first.source)))
    if started == [STARTS["scratch"]]:
        return named
    kinds = dict.fromkeys(record.initialisation for record in every)
    works = [key for kind in kinds for key in STARTED_FROM.get(kind, ())]
    return (*named, f", {listing(started)}", cite(*works), *_weights(run, every))


def _weights(run: RunResults, every: Sequence[VariantRecord]) -> Iterator[str | Cite]:
    """Name the published weights that variants of an architecture started from, as recorded."""
    names = {record.name for record in every}
    found = (weights_of(variant) for variant in run.variants if variant.name in names)
    for weights in dict.fromkeys(each for each in found if each):
        yield f", with the weights {origin(weights)}"
        yield cite(*works_in(weights.source))


def _start(run: RunResults, record: VariantRecord) -> str:
    kind = record.initialisation.partition(":")[0]
    source = run.manifest.source_data
    words = STARTS.get(kind, f"from {kind}")
    if kind == "source" and source:
        words = f"from weights pre-trained on {PUBLISHED_AS.get(source.name, source.name)}"
    trained = TRAINED.get(record.strategy, _stages(record.strategy))
    return f"{words} {trained}".rstrip()


def _stages(strategy: str) -> str:
    """Tell how much of a backbone learned where that is a number of stages."""
    last = last_stages(strategy)
    stages = "stage" if last == 1 else f"{last} stages"
    return f"with all but the last {stages} of the backbone frozen" if last else ""


def _augmentation(own: Sequence[VariantRecord], has_views: bool) -> Iterator[Sentence]:
    """Tell what changed training images, and that it was the same for all, but for fixed views."""
    for policy, what in AUGMENTED.items():
        names = [record.name for record in own if record.augmentation == policy]
        if names:
            rest = [record.name for record in own if record.augmentation != policy]
            whom = f"all variants but {listing(rest)}" if len(rest) < len(names) else listing(names)
            whom = whom if rest else "all variants"
            yield (
                f"The training images of {whom} were augmented by {what}",
                cite(*AUGMENTATION_FROM.get(policy, ())),
                ".",
            )
    if {"standard", "strong"} & {record.augmentation for record in own}:
        but = ", but for the fixed views of frozen backbones" if has_views else ""
        yield (f"Order and augmentation of the images were the same for every variant{but}.",)
