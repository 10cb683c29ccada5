"""A fitted model in a worker process of its own engine, seen from a process without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.contract import Images
from benchmarks.engines.registry import engine_spec
from benchmarks.evaluation.fitted import ChosenFit
from benchmarks.processes import worker_environment
from benchmarks.use.wire import Refused, receive, send
from models.registry import ModelError, discover

WORKER = "benchmarks.use.worker"
LATEST_WORDS = 300


class PredictorProcess:
    """Answers images with class probabilities; `close` ends its worker.

    The model computes with the threads and the precision that it was fitted with. Raises
    ``ModelError`` where it cannot be loaded.
    """

    def __init__(self, chosen: ChosenFit, plugins: tuple[Path, ...] = ()) -> None:
        self._chosen = chosen
        _check_architecture(chosen, plugins)
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = _start(chosen, plugins, self._log)
        try:
            self._receive()
        except BaseException:
            self.close()
            raise

    def predict(self, images: Images) -> NDArray[np.float64]:
        """Return class probabilities, N×K, for uint8 images N×H×W×C of the data set's shape."""
        assert self._process.stdin is not None
        with suppress(OSError):  # a worker that is gone: its missing answer says why
            send(self._process.stdin, images)
        return np.asarray(self._receive(), np.float64)

    def close(self) -> None:
        """End the worker."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            with suppress(OSError):
                stream.close()  # type: ignore[union-attr]

    def _receive(self) -> NDArray[Any]:
        assert self._process.stdout is not None
        try:
            return receive(self._process.stdout)
        except Refused as refusal:
            raise ModelError(f"{self._chosen.folder}: {refusal}") from None
        except EOFError:
            raise ModelError(f"{self._chosen.folder}: {self._end()}") from None

    def _end(self) -> str:
        """Say how the worker ended, with its last words."""
        code = self._process.wait()
        if code < 0:
            return f"its process was ended by signal {-code}" + " (out of memory?)" * (code == -9)
        self._log.seek(0)
        said = self._log.read().decode(errors="replace").strip().splitlines()
        return f"its process ended with status {code}: " + "".join(said[-1:])[:LATEST_WORDS]


def _check_architecture(chosen: ChosenFit, plugins: tuple[Path, ...]) -> None:
    """Refuse a model that only a plugin can rebuild; a Keras file holds its own architecture."""
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


def _start(chosen: ChosenFit, plugins: tuple[Path, ...], log: IO[bytes]) -> subprocess.Popen[bytes]:
    threads = chosen.fit.threads or chosen.manifest.threads or 1
    request = {
        "engine": chosen.variant.engine,
        "fit": str(chosen.folder),
        "plugins": [str(plugin.resolve()) for plugin in plugins],
        "threads": threads,
        "precision": chosen.fit.precision or "float32",
    }
    backend = {"KERAS_BACKEND": chosen.manifest.keras_backend or "tensorflow"}
    return subprocess.Popen(
        [sys.executable, "-m", WORKER, json.dumps(request)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env={**os.environ, **worker_environment(threads), **backend},
        start_new_session=True,
    )
