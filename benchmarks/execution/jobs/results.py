"""What jobs come to: the record of the file that they write; those of no run stand here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.machine.timing import Spread
from benchmarks.store.records import (
    Completed,
    CostRecord,
    ExplainRecord,
    FitRecord,
    FoundWeights,
    Pretrained,
    RobustnessRecord,
    RungResult,
    ViewsRecord,
)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """``parameters`` and ``macs`` of one forward pass of one image (multiply-accumulates)."""

    key: str
    parameters: int
    macs: int | None


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Training in images a second, predictions in ms, from uint8 images to probabilities."""

    batch_size: int
    train_images_per_second: Spread
    latency_ms: Spread
    batch_latency_ms: Spread


@dataclass(frozen=True, kw_only=True)
class BenchResult(Speed):
    """The speed of a network, and what its process ran on and held."""

    key: str
    device: str
    peak_memory_mb: float


@dataclass(frozen=True, kw_only=True)
class AgainstResult:
    """How fast a network was trained, in images a second, by ferbench and by its rivals.

    ``speeds`` has, for each contestant, one number from each round; those of one place were
    measured one after another. ``limit_macs`` are the multiply-accumulates of a step's
    convolutions and matrix products.
    """

    key: str
    device: str
    batch_size: int
    speeds: Mapping[str, tuple[float, ...]]
    limit_macs: int


CORRECT = "correct"
"""The array beside what was `Probed`: bool, N, which images of the sample were answered rightly."""


@dataclass(frozen=True, kw_only=True)
class Probed:
    """What a linear probe of ``features`` numbers an image comes to, by cross-validation.

    ``accuracy`` is a fraction of 1, ``logme`` a log evidence by image (`training.logme`),
    ``latency_ms`` that of one image through the whole network, ``None`` where there is none.
    ``seconds`` is what it all took. Beside it in its file is `CORRECT`.
    """

    key: str
    features: int
    accuracy: float
    logme: float
    seconds: float
    latency_ms: float | None = None


JobResult = (
    Completed
    | FoundWeights
    | Pretrained
    | RungResult
    | Counted
    | BenchResult
    | AgainstResult
    | Probed
    | FitRecord
    | CostRecord
    | ExplainRecord
    | RobustnessRecord
    | ViewsRecord
)
