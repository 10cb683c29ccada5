"""Builds results folders with random but plausible predictions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine.environment import CodeState, Environment
from benchmarks.protocol.schema import DataChoice, Fit, Protocol, Tuning, VariantChoice
from benchmarks.store.files import values_of, write_values
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.history import write_history
from benchmarks.store.keys import StoredValue, TrainingIdentity, measure_key, score_key
from benchmarks.store.ledger import append_event
from benchmarks.store.records import (
    CostRecord,
    DataRecord,
    FitRecord,
    Manifest,
    SplitRecord,
    TestOpened,
    TrialRecord,
    VariantOutcome,
    VariantRecord,
    VariantStatus,
)
from benchmarks.store.splits import SplitTable, write_splits
from benchmarks.store.writing import (
    write_cost,
    write_fit,
    write_manifest,
    write_predictions,
    write_statuses,
    write_studies,
)
from benchmarks.training.checkpoint import EpochRecord
from datasets.records import Provenance
from models.registry import Categorical, Dimension, Float, PublishedWeights, Recipe

HOSTILE = "<script>document.title='taken'</script>"
EXPRESSIONS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
SPACE: Mapping[str, Dimension] = {
    "learning_rate": Float(1e-4, 1e-2, log=True),
    "dropout": Float(0.0, 0.6),
    "optimizer": Categorical(("adam", "sgd")),
}
DEFAULTS: dict[str, StoredValue] = {"learning_rate": 1e-3, "dropout": 0.5, "optimizer": "adam"}
VERSIONS = {"keras": "3.15.1"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One variant to invent: how good it is, or why it has no fits.

    ``recipe`` are values that it was trained with in place of the defaults.
    """

    name: str
    skill: float = 0.6
    status: VariantStatus = "ok"
    reason: str = ""
    engine: str = "keras"
    weights: PublishedWeights | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, StoredValue] = field(default_factory=dict)

    @property
    def record(self) -> VariantRecord:
        architecture, _, rest = self.name.partition(".")
        initialisation, _, strategy = rest.partition(".")
        told: dict[str, Any] = {
            "architecture": architecture,
            "initialisation": initialisation or "scratch",
            "strategy": strategy or "fine-tune",
            "augmentation": "standard" if architecture == "augmented-cnn" else "none",
            "input_size": 48,
            "engine": self.engine,
            "summary": f"what {architecture} is",
            "source": "Author et al. 2017, arXiv:1710.07557",
            "space": SPACE,
            "defaults": DEFAULTS,
        }
        return VariantRecord(name=self.name, **{**told, **self.facts})


ROWS = (
    Row(name="majority", skill=0.0, engine="scikit-learn"),
    Row(name="plain-cnn", skill=0.5),
    Row(name="augmented-cnn", skill=0.55),
    Row(name="resnet50.scratch", skill=0.3),
    Row(name="resnet50.source.fine-tune", skill=0.6),
    Row(name="vgg16.scratch", skill=0.0),
    Row(
        name="vgg16.imagenet.frozen",
        status="not run",
        reason='the ImageNet weights cannot be had offline; give initialisation = "file:PATH"',
    ),
    Row(name="timm:resnet18", status="failed", reason="out of memory at batch 64", engine="torch"),
)


def build(
    folder: Path,
    rows: tuple[Row, ...] = ROWS,
    *,
    seeds: tuple[int, ...] = (0, 1, 2),
    classes: tuple[str, ...] = EXPRESSIONS,
    images: int = 300,
    epochs: int = 12,
    untested: str = "",
    splits: SplitTable | None = None,
    **manifest: Any,
) -> Path:
    """Write a results folder of ``rows`` × ``seeds`` with ``images`` a split; return it.

    ``untested`` is a class that the test set lacks; ``splits`` are used in place of made-up ones.
    """
    place, chance = RunFolder(folder), np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    splits = splits or _splits(chance, classes, images, untested)
    write_splits(place, splits)
    _write_manifest(place, _manifest(rows, seeds, classes, splits), manifest)
    write_statuses(place, {row.name: VariantOutcome(row.status, row.reason) for row in rows})
    fitted = [row for row in rows if row.status == "ok"]
    write_studies(place, {row.name: _trials(chance, row) for row in fitted})
    split = _split_digests(classes, splits)
    for row in fitted:
        fits = [_fit(row, seed, epochs, split["training_digest"]) for seed in seeds]
        for fit in fits:
            _write_fit(place.fit(row.name, fit.seed), row, fit, splits, classes, epochs, chance)
            opened = TestOpened(
                time="2024-05-01T10:00:00+00:00", variant=row.name, seed=fit.seed, key=fit.key
            )
            append_event(place.ledger, opened)
        write_cost(place.cost(row.name), _cost(chance, fits[0].key))
    if not fitted:
        place.ledger.touch()
    return folder


def _write_manifest(place: RunFolder, made: Manifest, changed: Mapping[str, Any]) -> None:
    if not changed:
        write_manifest(place, made)
        return
    content = values_of(made)
    protocol = content["protocol"] | changed.get("protocol", {})
    write_values(place.manifest, {**content, **changed, "protocol": protocol})


def _splits(
    chance: np.random.Generator, classes: tuple[str, ...], images: int, untested: str
) -> SplitTable:
    total = 3 * images
    labels = chance.integers(len(classes), size=total)
    if untested:
        test, label = labels[-images:], classes.index(untested)
        test[test == label] = (label + 1) % len(classes)
    return SplitTable(
        rows=np.arange(total),
        image_ids=np.array([hashlib.sha256(str(r).encode()).hexdigest() for r in range(total)]),
        paths=np.array([f"images/{row}.png" for row in range(total)]),
        labels=labels,
        splits=np.repeat(["train", "validation", "test"], images),
    )


def _write_fit(
    place: Path,
    row: Row,
    fit: FitRecord,
    splits: SplitTable,
    classes: tuple[str, ...],
    epochs: int,
    chance: np.random.Generator,
) -> None:
    asked = splits.of("validation", "test")
    logits = chance.normal(size=(len(asked), len(classes)))
    logits[np.arange(len(asked)), asked.labels] += 3 * row.skill
    if row.skill == 0:
        logits[:, 0] += 9
    _, first, picture = np.unique(asked.image_ids, return_index=True, return_inverse=True)
    logits = logits[first[picture]]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    key = score_key(fit.key, _split_digests(classes, splits)["digest"])
    single = probabilities.astype(np.float32)
    write_predictions(FitFolder(place).predictions, asked, single, classes, key)
    write_history(place, _history(chance, epochs, row.skill))
    write_fit(place, fit)


def _history(chance: np.random.Generator, epochs: int, skill: float) -> list[EpochRecord]:
    epoch = np.arange(1, epochs + 1)
    rise = 1 - np.exp(-epoch / 4)
    noise = chance.normal(scale=0.01, size=(4, epochs))
    return [
        EpochRecord(
            epoch=place + 1,
            images_seen=1000 * (place + 1),
            learning_rate=1e-3,
            train_loss=1.95 - 1.3 * skill * rise[place] + noise[0, place],
            train_accuracy=0.15 + 0.9 * skill * rise[place] + noise[1, place],
            validation={
                "log_loss": 1.95 - skill * rise[place] + noise[2, place],
                "accuracy": 0.15 + 0.8 * skill * rise[place] + noise[3, place],
                "macro_f1": 0.12 + 0.8 * skill * rise[place],
            },
            seconds=1.5,
        )
        for place in range(epochs)
    ]


def _trials(chance: np.random.Generator, row: Row) -> tuple[TrialRecord, ...]:
    trials = []
    for number in range(8):
        value = float(0.2 + row.skill * chance.uniform(0.5, 1))
        failed = number == 6
        trials.append(
            TrialRecord(
                number=number,
                state="failed" if failed else "complete" if number % 2 == 0 else "pruned",
                value=None if failed else value,
                params=DEFAULTS | {"dropout": round(float(chance.uniform(0, 0.6)), 3)},
                intermediate={} if failed else {1: value - 0.1, 3: value},
                images_seen=3000,
                seconds=4.2,
            )
        )
    return tuple(trials)


def _cost(chance: np.random.Generator, fit: str) -> CostRecord:
    return CostRecord(
        key=measure_key(fit, "CPU"),
        parameters=int(chance.integers(50_000, 25_000_000)),
        macs=int(chance.integers(1_000_000, 900_000_000)),
        latency_ms=float(chance.uniform(0.5, 30)),
        batch_latency_ms=float(chance.uniform(20, 900)),
        batch_size=64,
        images_per_second=float(chance.uniform(70, 2000)),
        device="CPU",
    )


def _fit(row: Row, seed: int, epochs: int, data: str) -> FitRecord:
    chosen = DEFAULTS | {"learning_rate": 3.1e-4, "dropout": 0.41}
    identity = TrainingIdentity(
        data=data,
        architecture=row.record.architecture,
        start=(row.record.initialisation, ""),
        recipe=chosen,
        seeds=(0, seed),
        threads=1,
        versions=VERSIONS,
    )
    return FitRecord(
        variant=row.name,
        seed=seed,
        key=identity.key,
        identity=identity,
        hyperparameters=chosen,
        recipe={**asdict(Recipe().tuned(chosen)), **row.recipe},
        epochs_run=epochs,
        best_epoch=epochs - 2,
        images_seen=epochs * 1000,
        train_seconds=83.4 + seed,
        peak_memory_mb=900.0,
        stopped="early stopping",
        versions=VERSIONS,
        precision="float32",
        threads=1,
        weights=row.weights,
        model_files=("model.keras",),
    )


def protocol_of(rows: tuple[Row, ...], seeds: tuple[int, ...] = (0,)) -> Protocol:
    """Return a protocol that has ``rows`` as its variants."""
    return Protocol(
        name="quick",
        data=DataChoice(set="fer2013", train_images=4000),
        fit=Fit(epochs=12, seeds=seeds),
        tuning=Tuning(trials=8, generation=4, rungs=(1, 3), keep=0.5),
        variants=tuple(
            VariantChoice(architecture=row.record.architecture, name=row.name) for row in rows
        )
        or (VariantChoice(architecture="majority"),),
    ).spelt_out()


def _manifest(
    rows: tuple[Row, ...], seeds: tuple[int, ...], classes: tuple[str, ...], splits: SplitTable
) -> Manifest:
    counts = {
        split: {name: int((splits.of(split).labels == i).sum()) for i, name in enumerate(classes)}
        for split in ("train", "validation", "test")
    }
    protocol = protocol_of(rows, seeds)
    return Manifest(
        ferbench="0.1.0",
        name="quick",
        title="Seven expressions, quickly",
        protocol=protocol,
        protocol_digest=protocol.digest,
        split=SplitRecord(**_split_digests(classes, splits), made=False, counts=counts),
        data=DataRecord(
            name="fer2013",
            digest="78" * 32,
            class_names=classes,
            image_shape=(48, 48, 1),
            provenance=Provenance("altered", ("train/happy has 12 images too few",)),
            file="fer2013.zip",
        ),
        environment=Environment(
            python="3.11.9",
            platform="Linux-6.1-x86_64",
            cpu="an x86-64 processor",
            cores=2,
            memory_gb=16.0,
            gpu=None,
            libraries={"keras": "3.15.1", "tensorflow": "2.21.0", "torch": "2.15.0"},
        ),
        git=CodeState(commit="0123456789abcdef0123456789abcdef01234567", dirty=True),
        threads=1,
        seeds=seeds,
        started="2024-05-01T09:30:00+00:00",
        finished="2024-05-01T10:12:30+00:00",
        wall_seconds=2550.0,
        variants=tuple(row.record for row in rows),
    )


def _split_digests(classes: tuple[str, ...], splits: SplitTable) -> dict[str, str]:
    return {
        "digest": splits.digest(classes),
        "training_digest": splits.training.digest(classes),
    }
