"""What scouting found: the record that is printed and that ``--output`` writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.machine.environment import Environment
from benchmarks.store.files import values_of, write_json

ScoutScore = Literal["probe", "logme"]
"""What scouting ranks by: the accuracy of its probe, or LogME."""
PIXELS = "pixels"
"""What the row is called that has no backbone."""


@dataclass(frozen=True, kw_only=True)
class ScoutRow:
    """A backbone with weights at an input size in pixels.

    ``left out`` is what takes too long without being asked for, or has no weights at hand.
    ``reason`` says why a row has no numbers, or not all.
    """

    architecture: str
    initialisation: str
    input_size: int
    status: Literal["ok", "failed", "left out"] = "ok"
    reason: str = ""

    @property
    def title(self) -> str:
        """What it is called: ``vgg16.edges@48``."""
        weights = f".{self.initialisation}" if self.initialisation else ""
        return f"{self.architecture}{weights}@{self.input_size}"


@dataclass(frozen=True, kw_only=True)
class ScoutedRow(ScoutRow):
    """What a linear probe of its ``features`` numbers an image came to.

    ``accuracy`` is a fraction of 1 with its standard error over images, ``behind`` by how much it
    is below the best row of published weights, image by image, with the error of that;
    ``behind_se`` is ``None`` for the best itself. ``macs`` are of one image. ``seconds`` is what
    it took when it was computed. Times and sizes of no network are ``None``.
    """

    weights_sha256: str
    features: int
    accuracy: float
    accuracy_se: float
    behind: float
    behind_se: float | None
    logme: float
    seconds: float
    parameters: int | None = None
    macs: int | None = None
    latency_ms: float | None = None

    @property
    def pretrained(self) -> bool:
        """Whether it is a candidate, and neither a control nor the pixels."""
        return bool(self.weights_sha256)


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How well scouting ranked the rows of a run that were trained with ``strategy``.

    ``rows`` are their titles, n of them. ``tau`` is Kendall's τ-b between the ``score``, the
    accuracy of the probe or LogME, and their mean test accuracy, ``p`` its two-sided p-value;
    ``None`` where there is nothing to rank.
    """

    run: str
    strategy: str
    score: ScoutScore
    rows: tuple[str, ...]
    tau: float | None
    p: float | None


@dataclass(frozen=True, kw_only=True)
class ScoutRecord:
    """Backbones scouted on one sample of training images, best first.

    ``images`` are those of the sample, ``training_images`` all of the split, whose test
    images were ``made`` such where the data have none; ``folds`` are those of the
    cross-validation, ``seconds`` is what this call took.
    """

    measured: str
    data: str
    data_digest: str
    sample: str
    images: int
    training_images: int
    folds: int
    environment: Environment
    device: str
    threads: int
    seconds: float
    rows: tuple[ScoutedRow | ScoutRow, ...]
    made: bool = False
    agreements: tuple[Agreement, ...] = ()

    @property
    def scouted(self) -> tuple[ScoutedRow, ...]:
        """The rows with numbers, best first."""
        return tuple(row for row in self.rows if isinstance(row, ScoutedRow))

    def best(self, count: int) -> Sequence[ScoutedRow]:
        """Return the best ``count`` backbones with weights, each at its best input size."""
        found: dict[tuple[str, str], ScoutedRow] = {}
        for row in self.scouted:
            if row.pretrained:
                found.setdefault((row.architecture, row.initialisation), row)
        return list(found.values())[:count]

    def control_of(self, row: ScoutRow) -> ScoutedRow | None:
        """Return the same network with random weights, if it was scouted."""
        wanted = (row.architecture, row.input_size)
        alike = (r for r in self.scouted if (r.architecture, r.input_size) == wanted)
        return next((r for r in alike if not r.pretrained), None)

    @property
    def pixels(self) -> ScoutedRow | None:
        """The probe of the pixels themselves."""
        return next((row for row in self.scouted if row.architecture == PIXELS), None)


def write_scouting(path: Path, record: ScoutRecord) -> None:
    """Write the record as JSON, whole or not at all."""
    write_json(path, values_of(record))
