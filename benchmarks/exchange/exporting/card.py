"""The card beside an exported model: what it is, what it takes and what it scored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from benchmarks.engines.exporting import Card
from benchmarks.engines.registry import engine_spec
from benchmarks.engines.spec import ExportFormat
from benchmarks.evaluation.fitted import ScoredFit
from benchmarks.evaluation.origin import origin
from benchmarks.evaluation.scores import score
from benchmarks.evaluation.uncertainty import mean_interval
from benchmarks.store.records import RunResults
from datasets.records import DataError
from datasets.registry import discover
from models.registry import PublishedWeights


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class CardInput(_Part):
    """What the model takes; ``None`` in ``shape`` is the number of images."""

    shape: tuple[int | None, ...]
    layout: str
    colour: Literal["grey", "RGB"]
    range: tuple[int, int]
    dtype: str


class CardTest(_Part):
    """What the fit scored on the test images: each metric by its name, beside these."""

    model_config = ConfigDict(frozen=True, extra="allow")

    images: int
    images_with_a_duplicate_elsewhere: int
    accuracy_low: float
    accuracy_high: float
    interval: str


class CardData(_Part):
    """What it was trained on; ``standing`` is what is known of the data's origin."""

    name: str
    digest: str
    standing: str
    split_digest: str


class CardRun(_Part):
    """The run that it comes from."""

    name: str
    protocol_digest: str
    ferbench: str | None
    commit: str | None


class CardArchitecture(_Part):
    """What it is and where it started."""

    name: str
    initialisation: str
    strategy: str
    source: str
    weights: PublishedWeights | None = None


class ModelCard(_Part):
    """All that is told of an exported fit, but of the file itself."""

    variant: str
    seed: int
    key: str
    format: str
    contents: str
    classes: tuple[str, ...]
    input: CardInput
    output: str
    precision: str
    precision_scored: str
    test: CardTest
    data: CardData
    run: CardRun
    architecture: CardArchitecture
    trained_with: Mapping[str, str]
    licence: str


class CardFile(_Part):
    """The file that the model was written as."""

    name: str
    bytes: int
    sha256: str


class CardCheck(_Part):
    """How far the file, loaded again, was from the model: the largest difference on ``images``."""

    images: int
    largest_difference: float
    largest_difference_from_scored: float


class WrittenCard(ModelCard):
    """The card that lies beside an exported file."""

    file: CardFile
    check: CardCheck


def card(chosen: ScoredFit, form: ExportFormat) -> ModelCard:
    """Return the card of an exported fit."""
    run, variant, fit = chosen.run, chosen.variant, chosen.fit.record
    manifest = run.manifest
    scored_in = engine_spec(variant.record.engine).computes_in(fit.precision)
    return ModelCard(
        variant=variant.name,
        seed=fit.seed,
        key=fit.key,
        format=form.name,
        contents=form.contents,
        classes=run.class_names,
        input=CardInput(
            shape=(None, *manifest.data.image_shape),
            layout="N×H×W×C",
            colour="grey" if manifest.data.image_shape[-1] == 1 else "RGB",
            range=(0, 255),
            dtype="float32",
        ),
        output="probabilities, N×classes, rows summing to 1",
        precision=form.precision or scored_in,
        precision_scored=scored_in,
        test=_test(chosen),
        data=CardData(
            name=manifest.data.name,
            digest=manifest.data.digest,
            standing=manifest.data.provenance.status,
            split_digest=manifest.split.digest,
        ),
        run=CardRun(
            name=manifest.name,
            protocol_digest=manifest.protocol_digest,
            ferbench=manifest.ferbench,
            commit=manifest.git.commit,
        ),
        architecture=CardArchitecture(
            name=variant.record.architecture,
            initialisation=variant.record.initialisation,
            strategy=variant.record.strategy,
            source=variant.record.source,
            weights=fit.weights,
        ),
        trained_with=fit.versions,
        licence=_licence(run, variant.record.initialisation, fit.weights),
    )


def as_written(card: ModelCard) -> Card:
    """Return what a writer puts into the file of ``card``."""
    height, width, channels = card.input.shape[1:]
    assert height and width and channels
    return Card(
        class_names=card.classes,
        image_shape=(height, width, channels),
        input_range=card.input.range,
        text=json.dumps(card.model_dump(mode="json"), ensure_ascii=False),
    )


def _test(chosen: ScoredFit) -> CardTest:
    test = chosen.fit.test
    accuracy = mean_interval(test.correct, test.image_ids, fraction=True)
    return CardTest(
        images=len(test.labels),
        images_with_a_duplicate_elsewhere=chosen.run.test_duplicates,
        accuracy_low=accuracy.low,
        accuracy_high=accuracy.high,
        interval="95 % Wilson interval of the effective number of images, copies counted once; "
        "it covers the sampling of images only",
        **score(test),
    )


def _licence(run: RunResults, initialisation: str, weights: PublishedWeights | None) -> str:
    names = [run.manifest.data.name]
    if initialisation == "source" and run.manifest.source_data:
        names.append(run.manifest.source_data.name)
    terms = "; ".join(f"{name}: {_terms(name)}" for name in dict.fromkeys(names))
    start = "" if initialisation in ("scratch", "source") else f" It started from {initialisation}."
    start = f" It started from {origin(weights)}." if weights else start
    return (
        f"The terms of what the weights were learned from apply to them ({terms}).{start} "
        "ferbench's own licence covers its code, not these weights."
    )


def _terms(data_set: str) -> str:
    try:
        source = discover().get(data_set)
    except DataError:
        source = None
    return source.licence if source else "terms unknown to ferbench"
