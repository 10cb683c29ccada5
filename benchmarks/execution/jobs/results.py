"""What jobs come to: records, that of the file which they write where there is one."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.machine.timing import Spread
from benchmarks.store.records import CostRecord, ExplainRecord, FitRecord, RobustnessRecord


@dataclass(frozen=True, kw_only=True)
class Completed:
    """Nothing but the key: it was done."""

    key: str


@dataclass(frozen=True, kw_only=True)
class Pretrained:
    """A backbone was trained on the source, and is as accurate there as ``source_accuracy``."""

    key: str
    source_accuracy: float
    images_seen: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RungResult:
    """A trial came to the end of a rung; ``value`` is its best of the selection metric."""

    key: str
    value: float
    best_epoch: int
    images_seen: int
    seconds: float


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
    | Pretrained
    | RungResult
    | Counted
    | BenchResult
    | FitRecord
    | CostRecord
    | ExplainRecord
    | RobustnessRecord
)
