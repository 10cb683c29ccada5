"""What jobs come to: the record of the file that they write; those of no run stand here."""

from __future__ import annotations

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


JobResult = (
    Completed
    | FoundWeights
    | Pretrained
    | RungResult
    | Counted
    | BenchResult
    | FitRecord
    | CostRecord
    | ExplainRecord
    | RobustnessRecord
    | ViewsRecord
)
