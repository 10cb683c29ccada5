"""What `ferbench bench` measured: the record that is printed and that ``--output`` writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.engines.contract import Precision
from benchmarks.execution.jobs.results import Speed
from benchmarks.machine.environment import CodeState, Environment
from benchmarks.machine.timing import Spread
from benchmarks.store.files import values_of, write_json


@dataclass(frozen=True)
class Effort:
    """How long each quantity is repeated: about ``seconds``, and ``least`` times anyway."""

    seconds: float
    least: int


@dataclass(frozen=True)
class BenchedProtocol:
    """What was timed."""

    name: str
    digest: str


@dataclass(frozen=True)
class Baseline:
    """What the ratios are to; ``drift`` is how its training speed changed, relatively."""

    variant: str
    precision: Precision
    drift: float | None


@dataclass(frozen=True, kw_only=True)
class BenchRow:
    """A variant in one precision, and why it was not timed where it failed."""

    variant: str
    engine: str
    precision: Precision
    input_size: int
    augmentation: str
    status: Literal["ok", "failed"]
    reason: str


@dataclass(frozen=True, kw_only=True)
class TimedRow(Speed, BenchRow):
    """A variant that was timed; each ratio is how many times as fast as the baseline it is."""

    device: str
    peak_memory_mb: float
    train_images_per_second_ratio: float
    latency_ms_ratio: float
    batch_latency_ms_ratio: float


@dataclass(frozen=True, kw_only=True)
class DataSpeed:
    """What happens to an image before an engine sees it.

    ``decode`` and ``stream`` are in images a second by file format and augmentation,
    ``open_seconds`` is the opening of the cached data set.
    """

    data_set: str
    image_shape: tuple[int, int, int]
    images: int
    decode: Mapping[str, Spread]
    stream: Mapping[str, Spread]
    open_seconds: Spread


@dataclass(frozen=True, kw_only=True)
class BenchRecord:
    """The speed of a machine, and what it was measured with."""

    measured: str
    protocol: BenchedProtocol
    environment: Environment
    device: str
    keras_backend: str
    threads: int
    precisions: tuple[Precision, ...]
    effort: Effort
    baseline: Baseline
    rows: tuple[TimedRow | BenchRow, ...]
    data: DataSpeed


Verdict = Literal["reached", "open", "missed"]
"""Whether the goal is reached; it is open where it lies between the quartiles."""


@dataclass(frozen=True)
class Blocks:
    """How contestants take turns: blocks of about ``seconds`` each, in so many ``rounds``."""

    seconds: float
    rounds: int


@dataclass(frozen=True, kw_only=True)
class ContestedRow(BenchRow):
    """A variant whose training was timed against its rivals.

    ``speeds`` are images a second, one number a round, and ``images_per_second`` their spread, by
    contestant. ``ratios`` say how many times as fast as each rival ferbench is, from the ratios
    within the rounds. ``limit_macs`` are the multiply-accumulates of a step in ``limit``.
    """

    batch_size: int
    device: str
    limit_macs: int
    speeds: Mapping[str, tuple[float, ...]]
    images_per_second: Mapping[str, Spread]
    ratios: Mapping[str, Spread]
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class AgainstRecord:
    """The speed of training against its rivals, and what it was measured with.

    ``goal`` is the ratio to ``bare`` that is to be reached.
    """

    measured: str
    code: CodeState
    environment: Environment
    device: str
    keras_backend: str
    threads: int
    precisions: tuple[Precision, ...]
    blocks: Blocks
    goal: float
    rows: tuple[ContestedRow | BenchRow, ...]


def write_bench(path: Path, record: BenchRecord | AgainstRecord) -> None:
    """Write the record as JSON, whole or not at all."""
    write_json(path, values_of(record))
