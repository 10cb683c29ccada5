"""The records of a results folder: one for each of its files, and what reading joins of them.

The files' records have the keys of the files; `benchmarks.store.writing` writes them and
`benchmarks.store.reading` reads them. Of a file that another version wrote, keys that are missing
take their defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainSerializer, TypeAdapter

from benchmarks.machine.environment import CodeState, Environment
from benchmarks.metrics import accuracy
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.views import View
from benchmarks.store.files import as_stored
from benchmarks.store.keys import (
    ExplainIdentity,
    RobustnessIdentity,
    StoredValue,
    TrainingIdentity,
    ViewsIdentity,
)
from benchmarks.store.votes import VotesOnTest
from benchmarks.training.checkpoint import EpochRecord
from datasets.audit.audit import Audit
from datasets.records import Provenance
from models.registry import Dimension, PublishedWeights

EXTERNAL = "external"
"""The engine of a variant that was trained elsewhere and added to the run."""
ENSEMBLE = "ensemble"
"""The engine of a row that no engine trained: the mean of what fits of others answered."""
TOGETHER = -1
"""The seed of such a row's answers, which are those of several fits together."""

Scale = Literal["0..255", "0..1", "-1..1", "imagenet", "caffe"]
"""What a model from outside takes a pixel's 0 to 255 as."""
Colour = Literal["grey", "rgb", "bgr"]
"""The channels that a model from outside takes, in order."""
VariantStatus = Literal["ok", "failed", "not run"]
AS_STORED = PlainSerializer(as_stored)


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
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


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
    versions: Mapping[str, str] = field(default_factory=dict)
    space: Mapping[str, Dimension] = field(default_factory=dict)
    defaults: Mapping[str, StoredValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PluginRecord:
    """A file of plug-ins that a run used, and its SHA-256."""

    file: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Origin:
    """One of the runs that a merged run was joined from, and the ``variants`` taken from it."""

    name: str
    variants: tuple[str, ...] = ()
    manifest_digest: str = ""
    environment: Annotated[Environment, AS_STORED] = field(default_factory=Environment)
    git: Annotated[CodeState, AS_STORED] = field(default_factory=CodeState)
    device: str = ""
    keras_backend: str | None = None
    plugins: tuple[PluginRecord, ...] = ()
    started: str = ""
    finished: str | None = None
    wall_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """``manifest.json``: what was held equal, on what data, with what, and when.

    ``protocol`` has the keys that were written, so that ``protocol_digest`` can be told from it.
    ``targets_digest`` is that of what the training images are trained on, blank where that is
    their labels. ``worker`` holds the environment variables of the processes that trained.
    ``origins`` is empty
    but for a merged run, whose own environment holds what they share.
    """

    name: str
    data: DataRecord
    variants: tuple[VariantRecord, ...]
    protocol: Annotated[Protocol, AS_STORED]
    protocol_digest: str = ""
    title: str = ""
    description: str = ""
    ferbench: str | None = ""
    split: SplitRecord = field(default_factory=SplitRecord)
    targets_digest: str = ""
    source_data: DataRecord | None = None
    environment: Annotated[Environment, AS_STORED] = field(default_factory=Environment)
    git: Annotated[CodeState, AS_STORED] = field(default_factory=CodeState)
    device: str = ""
    threads: int | None = None
    precision: str = ""
    seeds: tuple[int, ...] = ()
    keras_backend: str | None = None
    worker: Mapping[str, str] = field(default_factory=dict)
    plugins: tuple[PluginRecord, ...] = ()
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
class TrialRecord:
    """One trial of a study, as ``tuning.json`` lists them under their variant's name.

    ``intermediate`` is epoch → value of the selection metric at the end of a rung; ``reason``
    says why it failed; ``key`` is that of its first rung. ``running`` is never written.
    """

    number: int
    state: Literal["running", "complete", "pruned", "failed"]
    value: float | None = None
    params: Mapping[str, StoredValue] = field(default_factory=dict)
    intermediate: Mapping[int, float] = field(default_factory=dict)
    images_seen: int = 0
    seconds: float = 0.0
    reason: str = ""
    key: str = ""


STATUSES = TypeAdapter(Mapping[str, VariantOutcome])
"""``status.json``: how each variant ended, by its name."""
STUDIES = TypeAdapter(Mapping[str, tuple[TrialRecord, ...]])
"""``tuning.json``: the trials of each variant, by its name."""


@dataclass(frozen=True, kw_only=True)
class CostRecord:
    """``cost.json``: size and speed of one fitted variant; latencies are medians in ms."""

    key: str = ""
    parameters: int | None = None
    macs: int | None = None
    latency_ms: float | None = None
    batch_latency_ms: float | None = None
    batch_size: int | None = None
    images_per_second: float | None = None
    threads: int | None = None
    device: str = ""


@dataclass(frozen=True, kw_only=True)
class Completed:
    """What ``predictions.parquet`` says of itself: it was done."""

    key: str


@dataclass(frozen=True, kw_only=True)
class FoundWeights:
    """``weights.json``: the published weights that a variant starts from, in ``file``."""

    key: str
    file: Path
    weights: PublishedWeights


@dataclass(frozen=True, kw_only=True)
class Pretrained:
    """``pretrain.json``: a backbone, and how accurate it is on the source.

    ``files`` is the SHA-256 of the backbone's file, by its name.
    """

    key: str
    source_accuracy: float
    images_seen: int
    seconds: float
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RungResult:
    """``rung-N.json``: a trial came to epoch N; ``value`` is its best of the selection metric."""

    key: str
    value: float
    best_epoch: int
    images_seen: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """How a model from outside reads its images, as its user stated it.

    ``classes`` names its outputs in order. ``height`` and ``width`` are those of its input in
    pixels. ``logits`` says that its outputs come before softmax.
    """

    scale: Scale
    classes: tuple[str, ...]
    colour: Colour
    height: int
    width: int
    logits: bool = False


@dataclass(frozen=True, kw_only=True)
class ExternalArchitecture:
    """What weights from outside were put into, and the file that declares it, with its SHA-256.

    ``name`` is that of a registered architecture, blank where ``file`` is its configuration.
    """

    file: str
    sha256: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class ExternalFile:
    """Where an external row came from: the file's name and SHA-256, and how a model is read.

    ``architecture`` is there where the file holds weights alone.
    """

    file: str
    sha256: str = ""
    architecture: ExternalArchitecture | None = None
    reading: InputSpec | None = None


@dataclass(frozen=True, kw_only=True)
class FitRecord:
    """``fit.json``: how one final training went; ``key`` is that of its ``identity``.

    ``recipe`` is the whole recipe, ``hyperparameters`` what tuning chose of it. ``validation`` is
    the best value of the selection metric. ``files`` is the SHA-256 of what the training wrote
    beside it, by name: the model files, the backbone and the history. ``weights`` are the
    published ones that it started from, if it did. A row from outside has no identity but
    ``external``.
    """

    variant: str
    seed: int
    key: str = ""
    identity: Annotated[TrainingIdentity, AS_STORED] | None = None
    weights: PublishedWeights | None = None
    hyperparameters: Mapping[str, StoredValue] = field(default_factory=dict)
    recipe: Mapping[str, StoredValue] = field(default_factory=dict)
    epochs_run: int | None = None
    best_epoch: int | None = None
    validation: float | None = None
    images_seen: int = 0
    stopped: str | None = None
    train_seconds: float = 0.0
    peak_memory_mb: float | None = None
    precision: str = ""
    threads: int | None = None
    device: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    model_files: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    external: ExternalFile | None = None
    started: str = ""
    finished: str = ""


@dataclass(frozen=True, kw_only=True)
class ExplainRecord:
    """The attributes of ``attention.npz``: maps at ``layer``, and what they took."""

    key: str
    identity: Annotated[ExplainIdentity, AS_STORED]
    layer: str = ""
    images_seen: int = 0
    seconds: float = 0.0


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


@dataclass(frozen=True, kw_only=True)
class RobustnessRecord:
    """The attributes of ``robustness.parquet``, and what its answers took.

    ``corruptions`` is empty in files that do not name them.
    """

    key: str
    identity: Annotated[RobustnessIdentity, AS_STORED]
    corruptions: tuple[CorruptionRecord, ...] = ()
    images_seen: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ViewsRecord:
    """The attributes of ``views.parquet``.

    ``purpose`` says for what the test set was opened when it was made: with the score, or later.
    """

    key: str
    identity: Annotated[ViewsIdentity, AS_STORED]
    purpose: Literal["score", "views"]


@dataclass(frozen=True, kw_only=True)
class KeptRecord:
    """``kept.json``: how a run was kept without its labels.

    ``significant_bits`` are those of each stored probability, by variant: 24 as in single
    precision, 11 as in half. ``audited`` and ``voted`` tell whether the page was made with an
    audit of the data and with the votes of FER+; ``votes_digest`` is that of the votes on the test
    images, blank where there were none, or an earlier version kept the run. ``digests_digest`` is
    the SHA-256 of the ``digests.json`` of the run that was kept, blank where there was none.
    """

    ferbench: str = ""
    significant_bits: Mapping[str, int] = field(default_factory=dict)
    audited: bool = True
    voted: bool = False
    votes_digest: str = ""
    digests_digest: str = ""


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """What every line of ``ledger.jsonl`` tells: of which variant, by what key, when (UTC)."""

    variant: str = ""
    key: str = ""
    time: str = ""


@dataclass(frozen=True, kw_only=True)
class TestOpened(LedgerLine):
    """The test set was opened for the fit ``key``.

    ``purpose`` is ``score``, ``score (external)``, ``explain``, ``robustness`` or ``views``.
    """

    event: Literal["test-opened"] = "test-opened"
    seed: int | None = None
    purpose: str = "score"


@dataclass(frozen=True, kw_only=True)
class Spent(LedgerLine):
    """What a piece of work took."""

    images_seen: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PretrainSpent(Spent):
    """A pre-training on the source data set; ``variant`` is the architecture."""

    event: Literal["pretrain"] = "pretrain"
    source_accuracy: float | None = None


@dataclass(frozen=True, kw_only=True)
class TrialSpent(Spent):
    """A trial of a study; ``value`` is its last value of the selection metric."""

    event: Literal["trial"] = "trial"
    number: int | None = None
    state: str = ""
    value: float | None = None


@dataclass(frozen=True, kw_only=True)
class FitSpent(Spent):
    """A final training."""

    event: Literal["fit"] = "fit"
    seed: int | None = None


@dataclass(frozen=True, kw_only=True)
class ExplainSpent(Spent):
    """Where a fit looks was found out."""

    event: Literal["explain"] = "explain"
    seed: int | None = None


@dataclass(frozen=True, kw_only=True)
class RobustnessSpent(Spent):
    """A fit was scored under corruptions."""

    event: Literal["robustness"] = "robustness"
    seed: int | None = None


@dataclass(frozen=True, kw_only=True)
class Fallback(LedgerLine):
    """Something could not be had, and the row stands without it."""

    event: Literal["fallback"] = "fallback"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Merged(LedgerLine):
    """What was decided about a variant that several of the merged runs had."""

    event: Literal["merged"] = "merged"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class UnknownEvent(LedgerLine):
    """An event of another version; ``line`` is all that stands of it in the ledger."""

    event: str
    line: str


LedgerEvent = (
    TestOpened
    | PretrainSpent
    | TrialSpent
    | FitSpent
    | ExplainSpent
    | RobustnessSpent
    | Fallback
    | Merged
)
E = TypeVar("E", bound=LedgerLine)


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

    @property
    def normalised(self) -> Predictions:
        """The same with probabilities whose sum is 1 in float64, as stored ones may be float32."""
        sums = self.probabilities.sum(axis=1, keepdims=True)
        return replace(self, probabilities=self.probabilities / sums)

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

    @property
    def accuracy(self) -> float:
        """The share of the images whose most probable class is their label."""
        return accuracy(self.labels, self.probabilities)


def probability_column(class_name: str) -> str:
    """Return the column of ``predictions.parquet`` that holds the probability of a class."""
    return f"p_{class_name}"


def view_column(view: View, class_name: str) -> str:
    """Return the column of ``views.parquet`` with a class's probability on average over a view."""
    return f"{view}_{probability_column(class_name)}"


@dataclass(frozen=True, eq=False)
class FitPredictions:
    """``predictions.parquet``, or an average of ``views.parquet``: what one fit answered."""

    validation: Predictions
    test: Predictions


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


def answer_columns(corruption: CorruptionRecord) -> list[str]:
    """Return the columns of ``robustness.parquet`` that hold the answers, mildest first."""
    return [f"{corruption.name}_{number + 1}" for number in range(len(corruption.severities))]


@dataclass(frozen=True, eq=False)
class FitResults:
    """One final training: its record, its history (each epoch) and its predictions.

    ``attention`` and ``robustness`` are what it was asked afterwards, where it was; ``views``
    has what it answered on average over the views that the protocol asks for.
    """

    record: FitRecord
    history: tuple[EpochRecord, ...]
    validation: Predictions
    test: Predictions
    attention: AttentionMaps | None = None
    robustness: CorruptedAnswers | None = None
    views: Mapping[View, FitPredictions] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class VariantResults:
    """One row of the leaderboard with all that it left behind; ``fits`` are in order of seed.

    An ensemble has ``members``, the names of other rows, and one fit: the mean of all of theirs.
    """

    record: VariantRecord
    outcome: VariantOutcome
    fits: tuple[FitResults, ...] = ()
    trials: tuple[TrialRecord, ...] = ()
    cost: CostRecord = field(default_factory=CostRecord)
    members: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The variant's name."""
        return self.record.name

    @property
    def external(self) -> bool:
        """Whether it was trained elsewhere, so that its training and its budget are unknown."""
        return self.record.engine == EXTERNAL

    @property
    def ensemble(self) -> bool:
        """Whether it is the mean of what other rows answered, and was trained in no way."""
        return self.record.engine == ENSEMBLE

    @property
    def ranked(self) -> bool:
        """Whether the variant ended well and has test predictions."""
        return self.outcome.status == "ok" and bool(self.fits)


@dataclass(frozen=True, eq=False)
class RunResults:
    """A whole results folder.

    ``ledger`` holds the events of ``ledger.jsonl`` in order; ``test_shared`` tells of each
    test image, in ascending order of rows, whether its pixels also stand in train or validation;
    ``test_paths`` where each of them came from;
    ``audit`` what is wrong with the data, ``None`` where the run left no whole audit; ``votes``
    those of FER+ on the test images, where its data have them. ``ensembles`` are no ``variants``:
    they have no training, no files and no rank. ``kept`` tells that the folder holds no labels,
    and must not come to hold any.
    """

    folder: Path
    manifest: Manifest
    variants: tuple[VariantResults, ...]
    ledger: tuple[LedgerEvent | UnknownEvent, ...] = ()
    test_shared: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    audit: Audit | None = None
    test_paths: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, np.str_))
    votes: VotesOnTest | None = None
    ensembles: tuple[VariantResults, ...] = ()
    kept: bool = False

    @property
    def rows(self) -> tuple[VariantResults, ...]:
        """All rows of the leaderboard: the variants, then the ensembles of them."""
        return (*self.variants, *self.ensembles)

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
        return self.manifest.protocol.mistake

    @property
    def ranked(self) -> tuple[VariantResults, ...]:
        """The variants that have test predictions."""
        return tuple(variant for variant in self.variants if variant.ranked)

    def events(self, kind: type[E]) -> tuple[E, ...]:
        """Return the ledger's lines of one kind, in order."""
        return tuple(line for line in self.ledger if isinstance(line, kind))
