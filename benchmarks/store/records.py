"""The records that a results folder holds, once it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.audit import Audit
from datasets.records import Provenance

EXTERNAL = "external"
"""The engine of a variant that was trained elsewhere and added to the run."""

VariantStatus = Literal["ok", "failed", "not run"]
Value = bool | int | float | str | None


@dataclass(frozen=True, kw_only=True)
class DataRecord:
    """A data set as the manifest names it: ``file`` is what it was read from, without its folder.

    ``image_shape`` is (height, width, channels).
    """

    name: str
    class_names: tuple[str, ...]
    digest: str = ""
    image_shape: tuple[int, ...] = ()
    provenance: Provenance = field(default_factory=lambda: Provenance("unofficial"))
    file: str | None = None


@dataclass(frozen=True, kw_only=True)
class SplitRecord:
    """The split as the manifest names it; ``counts`` is split → class → number of images."""

    digest: str = ""
    training_digest: str = ""
    made: bool = False
    counts: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class VariantRecord:
    """What was asked of one row of the leaderboard, and the space that it was tuned in.

    ``code`` is the digest of the code that trains it, ``versions`` those of its libraries.
    """

    name: str
    architecture: str
    initialisation: str = "scratch"
    strategy: str = "fine-tune"
    augmentation: str | None = None
    input_size: int | None = None
    engine: str = ""
    summary: str = ""
    source: str = ""
    code: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    space: dict[str, dict[str, Any]] = field(default_factory=dict)
    defaults: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """One of the runs that a merged run was joined from, and the ``variants`` taken from it."""

    name: str
    variants: tuple[str, ...] = ()
    manifest_digest: str = ""
    environment: dict[str, Any] = field(default_factory=dict)
    git: dict[str, Any] = field(default_factory=dict)
    device: str = ""
    keras_backend: str | None = None
    plugins: tuple[dict[str, str], ...] = ()
    started: str = ""
    finished: str | None = None
    wall_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """``manifest.json``: what was held equal, on what data, with what, and when.

    ``origins`` is empty but for a merged run, whose own environment holds what they share.
    """

    name: str
    data: DataRecord
    variants: tuple[VariantRecord, ...]
    title: str = ""
    ferbench: str = ""
    protocol: dict[str, Any] = field(default_factory=dict)
    protocol_digest: str = ""
    split: SplitRecord = field(default_factory=SplitRecord)
    source_data: DataRecord | None = None
    environment: dict[str, Any] = field(default_factory=dict)
    git: dict[str, Any] = field(default_factory=dict)
    device: str = ""
    threads: int | None = None
    precision: str = ""
    seeds: tuple[int, ...] = ()
    keras_backend: str | None = None
    plugins: tuple[dict[str, str], ...] = ()
    started: str = ""
    finished: str | None = None
    wall_seconds: float | None = None
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True)
class VariantOutcome:
    """How a variant ended; ``reason`` says why where it did not end well."""

    status: VariantStatus
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One trial of a study; ``intermediate`` is epoch → value of the selection metric."""

    number: int
    state: Literal["complete", "pruned", "failed"]
    value: float | None = None
    params: dict[str, Value] = field(default_factory=dict)
    intermediate: dict[int, float] = field(default_factory=dict)
    images_seen: int = 0
    seconds: float = 0.0
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class CostRecord:
    """``cost.json``: size and speed of one fitted variant; latencies are medians in ms."""

    parameters: int | None = None
    macs: int | None = None
    latency_ms: float | None = None
    batch_latency_ms: float | None = None
    batch_size: int | None = None
    images_per_second: float | None = None
    device: str = ""


@dataclass(frozen=True, kw_only=True)
class FitRecord:
    """``fit.json``: how one final training went; ``key`` is the digest of its ``identity``."""

    variant: str
    seed: int
    key: str = ""
    identity: dict[str, Any] = field(default_factory=dict)
    hyperparameters: dict[str, Value] = field(default_factory=dict)
    epochs_run: int | None = None
    best_epoch: int | None = None
    images_seen: int = 0
    train_seconds: float = 0.0
    peak_memory_mb: float | None = None
    stopped: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    precision: str = ""
    threads: int | None = None
    device: str = ""
    model_files: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Predictions:
    """What one fit answered for one split, in ascending order of ``rows``.

    ``rows``: int64, N. ``image_ids``: N strings. ``labels``: int64, N, in [0, K).
    ``probabilities``: float64, N×K, rows summing to 1.
    """

    rows: NDArray[np.int64]
    image_ids: NDArray[np.str_]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]

    @property
    def answers(self) -> NDArray[np.int64]:
        """The most probable class of each image, int64, N."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    def only(self, chosen: NDArray[np.bool_]) -> Predictions:
        """Return the predictions for the images that are ``chosen`` (bool, N)."""
        return Predictions(
            self.rows[chosen],
            self.image_ids[chosen],
            self.labels[chosen],
            self.probabilities[chosen],
        )

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each image's most probable class is its label, bool, N."""
        return np.asarray(self.answers == self.labels, np.bool_)


@dataclass(frozen=True, eq=False)
class AttentionMaps:
    """Where a fit looked for its answers to some test images.

    ``rows``: int64, M. ``answers``: int64, M, the class that a map speaks for. ``maps``:
    float64, M×h×w in [0, 1], Grad-CAM at ``layer``.
    """

    rows: NDArray[np.int64]
    answers: NDArray[np.int64]
    maps: NDArray[np.float64]
    layer: str


@dataclass(frozen=True)
class CorruptionRecord:
    """A corruption as ``robustness.parquet`` names it.

    ``severities`` come mildest first, and ``legend`` says what they measure; an older file tells
    only how many there are: each is NaN, and the legend blank.
    """

    name: str
    title: str
    severities: tuple[float, ...]
    legend: str = ""


@dataclass(frozen=True, eq=False)
class CorruptedAnswers:
    """What a fit answered to test images as they are, and corrupted.

    ``rows``, ``labels``, ``clean``: int64, N. ``answers``: name of each of ``corruptions`` →
    int64, N×S, a column for each severity.
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    clean: NDArray[np.int64]
    answers: Mapping[str, NDArray[np.int64]]
    corruptions: tuple[CorruptionRecord, ...]


@dataclass(frozen=True, eq=False)
class FitResults:
    """One final training: its record, its history (one row for each epoch) and its predictions.

    ``attention`` and ``robustness`` are what it was asked afterwards, where it was.
    """

    record: FitRecord
    history: pd.DataFrame
    validation: Predictions
    test: Predictions
    attention: AttentionMaps | None = None
    robustness: CorruptedAnswers | None = None


@dataclass(frozen=True, eq=False)
class VariantResults:
    """One row of the leaderboard with all that it left behind; ``fits`` are in order of seed."""

    record: VariantRecord
    outcome: VariantOutcome
    fits: tuple[FitResults, ...] = ()
    trials: tuple[Trial, ...] = ()
    cost: CostRecord = field(default_factory=CostRecord)

    @property
    def name(self) -> str:
        """The variant's name."""
        return self.record.name

    @property
    def external(self) -> bool:
        """Whether it was trained elsewhere, so that its training and its budget are unknown."""
        return self.record.engine == EXTERNAL

    @property
    def ranked(self) -> bool:
        """Whether the variant ended well and has test predictions."""
        return self.outcome.status == "ok" and bool(self.fits)


@dataclass(frozen=True, eq=False)
class RunResults:
    """A whole results folder.

    ``ledger`` holds the objects of ``ledger.jsonl`` in order; ``test_shared`` tells of each
    test image, in ascending order of rows, whether its pixels also stand in train or validation;
    ``test_paths`` where each of them came from;
    ``audit`` what is wrong with the data, ``None`` where the run left no whole audit.
    """

    folder: Path
    manifest: Manifest
    variants: tuple[VariantResults, ...]
    ledger: tuple[Mapping[str, Any], ...] = ()
    test_shared: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    audit: Audit | None = None
    test_paths: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, np.str_))

    @property
    def test_duplicates(self) -> int:
        """The number of test images whose pixels also stand in train or validation."""
        return int(self.test_shared.sum())

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their labels."""
        return self.manifest.data.class_names

    @property
    def mistake(self) -> str | None:
        """The mistake that the run makes on purpose; such a run has no ranks."""
        return self.manifest.protocol.get("mistake")

    @property
    def ranked(self) -> tuple[VariantResults, ...]:
        """The variants that have test predictions."""
        return tuple(variant for variant in self.variants if variant.ranked)

    def events(self, kind: str) -> tuple[Mapping[str, Any], ...]:
        """Return the ledger's entries whose ``event`` is ``kind``, in order."""
        return tuple(entry for entry in self.ledger if entry.get("event") == kind)
