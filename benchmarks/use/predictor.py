"""A fitted model in a worker process of its own engine, seen from a process without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.contract import Images
from benchmarks.engines.registry import engine_spec
from benchmarks.evaluation.fitted import ChosenFit
from benchmarks.processes.starting import Afresh
from benchmarks.processes.worker import Refused, Worker, WorkerEnded
from models.registry import ModelError, discover


class PredictorProcess:
    """Answers images with class probabilities; `close` ends its worker.

    The model computes with the threads and the precision that it was fitted with. Raises
    ``ModelError`` where it cannot be loaded.
    """

    def __init__(self, chosen: ChosenFit, plugins: tuple[Path, ...] = ()) -> None:
        self._chosen = chosen
        _check_architecture(chosen, plugins)
        self._worker = _start(chosen, plugins)
        try:
            self._receive()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The number of the worker's process."""
        return self._worker.pid

    def predict(self, images: Images) -> NDArray[np.float64]:
        """Return class probabilities, N×K, for uint8 images N×H×W×C of the data set's shape."""
        self._worker.send(images)
        return np.asarray(self._receive(), np.float64)

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def _receive(self) -> Any:
        try:
            return self._worker.receive()
        except (Refused, WorkerEnded) as reason:
            raise ModelError(f"{self._chosen.folder}: {reason}") from None


def _check_architecture(chosen: ChosenFit, plugins: tuple[Path, ...]) -> None:
    """Refuse a model that only a plugin can rebuild; a file may hold its own architecture."""
    known = discover(plugins)
    if engine_spec(chosen.variant.engine).self_contained:
        return
    try:
        known[chosen.variant.architecture]
    except ModelError:
        raise ModelError(
            f"{chosen.variant.name}: nothing here can rebuild the architecture "
            f"{chosen.variant.architecture!r}; name the file that declares it with --plugin PATH"
        ) from None


def _start(chosen: ChosenFit, plugins: tuple[Path, ...]) -> Worker:
    threads = chosen.fit.threads or chosen.manifest.threads or 1
    backend = chosen.manifest.keras_backend or ""
    return Worker(
        "benchmarks.use.worker:serve",
        {
            "engine": chosen.variant.engine,
            "fit": chosen.folder,
            "plugins": [plugin.resolve() for plugin in plugins],
            "threads": threads,
            "precision": chosen.fit.precision or "float32",
        },
        starter=Afresh(threads, engine_spec(chosen.variant.engine).environment(backend)),
    )
