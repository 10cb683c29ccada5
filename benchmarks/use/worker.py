"""The process that predicts: one model, one engine, images in and probabilities out."""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import IO, Any

import numpy as np

from benchmarks.engines.contract import Predictor
from benchmarks.engines.registry import load_engine
from benchmarks.use.wire import receive, send, send_refusal
from models.registry import discover


def main(request: str) -> None:
    """Load the model that ``request`` names, say so with an empty array, and serve.

    ``request`` is JSON: ``engine``, ``fit`` (a folder), ``plugins``, ``threads``, ``precision``.
    The process ends with its input.
    """
    out = _own_output()
    try:
        model = _load(**json.loads(request))
    except Exception as error:
        return send_refusal(out, _told(error))
    send(out, np.empty(0))
    return _serve(model, sys.stdin.buffer, out)


def _load(*, engine: Any, fit: str, plugins: list[str], threads: int, precision: Any) -> Predictor:
    library = load_engine(engine)
    library.prepare(threads=threads, precision=precision, seed=0)
    return library.restore(Path(fit), discover(Path(plugin) for plugin in plugins))


def _serve(model: Predictor, images: IO[bytes], out: IO[bytes]) -> None:
    while True:
        try:
            batch = receive(images)
        except EOFError:
            return
        try:
            send(out, model.predict(batch))
        except Exception as error:
            send_refusal(out, _told(error))


def _told(error: Exception) -> str:
    """Put an error in one line; its traceback goes to the log."""
    traceback.print_exc()
    first = str(error).strip().partition("\n")[0][:300]
    return first if type(error).__name__ == "ModelError" else f"{type(error).__name__}: {first}"


def _own_output() -> IO[bytes]:
    """Keep the real output for arrays; what libraries print goes where errors go."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


if __name__ == "__main__":
    main(sys.argv[1])
