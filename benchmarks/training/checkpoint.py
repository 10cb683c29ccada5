"""The checkpoint: an unfinished fit in one file, from which training goes on exactly."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from benchmarks.engines.contract import Arrays
from benchmarks.metrics import metric_of
from datasets.digested import BLANK, KEY, digest_file, file_holds
from datasets.files import replacing
from models.registry import ModelError

FILE = "checkpoint.safetensors"


@dataclass(frozen=True, kw_only=True)
class EpochRecord:
    """One epoch: a row of ``history.csv``.

    ``epoch`` counts from 1. ``images_seen`` counts every image that entered an optimiser step,
    from the start of the fit to the end of this epoch. Losses are mean cross-entropies in nats,
    the training loss against the smoothed and mixed targets, without penalties or weights.
    ``validation`` holds every metric that can select an epoch, by its name.
    ``seconds`` is the wall time of the epoch, validation included.
    """

    epoch: int
    images_seen: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation: Mapping[str, float]
    seconds: float

    @property
    def validation_loss(self) -> float:
        """The cross-entropy on validation, in nats."""
        return self.validation["log_loss"]

    @property
    def validation_accuracy(self) -> float:
        """The accuracy on validation."""
        return self.validation["accuracy"]


OnEpoch = Callable[[EpochRecord], None]
"""Is told each epoch that is trained."""


@dataclass(frozen=True, kw_only=True)
class TrainingProgress:
    """Where a fit stands after its last epoch; ``averages`` of weights are there if it has any."""

    history: tuple[EpochRecord, ...]
    weights: Arrays
    best_weights: Arrays
    optimizer_state: Arrays
    averages: Arrays = field(default_factory=dict)


@dataclass(frozen=True)
class Checkpoint:
    """The place of one fit's checkpoint; ``course`` is JSON that tells this fit from others.

    So does the name of its ``folder``.
    """

    folder: Path
    course: Mapping[str, Any]

    def save(self, progress: TrainingProgress) -> None:
        """Replace the checkpoint in one step, so that a kill leaves the old or the new one."""
        parts = {
            "weights": progress.weights,
            "best": progress.best_weights,
            "optimizer": progress.optimizer_state,
            "averages": progress.averages,
        }
        arrays = {f"{part}:{k}": v for part, held in parts.items() for k, v in held.items()}
        history = json.dumps([asdict(record) for record in progress.history])
        told = {"history": history, "course": self._identity(), KEY: BLANK}
        with replacing(self.folder / FILE) as temporary:
            save_file(arrays, temporary, told)
            digest_file(temporary)

    def load(self) -> TrainingProgress | None:
        """Return the progress kept here, ``None`` where there is none that is as written.

        Another fit's raises ``ModelError``.
        """
        file = self.folder / FILE
        if not file.exists() or is_spoilt(self.folder):
            return None
        with safe_open(file, framework="np") as opened:
            metadata = opened.metadata()
            arrays = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118
        if metadata["course"] != self._identity():
            raise ModelError(f"{file}: belongs to another training; delete it to start afresh")
        return TrainingProgress(
            history=tuple(EpochRecord(**row) for row in json.loads(metadata["history"])),
            weights=_part(arrays, "weights"),
            best_weights=_part(arrays, "best"),
            optimizer_state=_part(arrays, "optimizer"),
            averages=_part(arrays, "averages"),
        )

    def _identity(self) -> str:
        return json.dumps({**self.course, "folder": self.folder.name}, sort_keys=True)


def is_spoilt(folder: Path) -> bool:
    """Tell whether the checkpoint in ``folder`` is there and not as it was written."""
    return (folder / FILE).is_file() and not file_holds(folder / FILE)


def _part(arrays: Mapping[str, np.ndarray], part: str) -> Arrays:
    return {k.partition(":")[2]: v for k, v in arrays.items() if k.startswith(f"{part}:")}


def scores(history: Sequence[EpochRecord], metric: str) -> list[float]:
    """Return the validation scores of ``metric`` so that higher is better: minus a loss."""
    sign = 1 if metric_of(metric).higher_is_better else -1
    return [sign * record.validation[metric] for record in history]
