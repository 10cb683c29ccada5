"""A worker process: reads cells from its input, carries them out, tells events on its output."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.engines.registry import load_engine
from benchmarks.errors import InputError, JobFailed, Unavailable
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.jobs.kinds import carry_out
from benchmarks.processes import _redirect_output, seal
from benchmarks.training.loop import TrainingDiverged
from datasets.records import DataError
from models.registry import ModelError


def main(engine_name: str, log: str, forbidden: Sequence[str]) -> None:
    """Serve cells until the input ends; the process dies with whoever started it."""
    out = _redirect_output(Path(log))
    cells = _read_cells()
    seal(forbidden)

    def tell(event: str, **content: Any) -> None:
        out.write(json.dumps({"event": event, **content}) + "\n")
        out.flush()

    engine = load_engine(engine_name)
    while True:
        _serve(cells.get(), engine, tell)


def _serve(cell: Job, engine: Any, tell: Callable[..., None]) -> None:
    tell("started")
    try:
        result = carry_out(cell, engine, lambda record: tell("epoch", **record))
    except (Unavailable, ModelError) as error:
        tell("unavailable", reason=str(error))
    except (JobFailed, TrainingDiverged, InputError, DataError) as error:
        tell("failed", reason=str(error))
    except Exception as error:
        traceback.print_exc()
        sys.stderr.flush()
        message = str(error).strip().partition("\n")[0][:300]
        tell("failed", reason=f"{type(error).__name__}: {message}")
    else:
        tell("done", **result)


def _read_cells() -> queue.Queue[Job]:
    cells: queue.Queue[Job] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            cells.put(Job.from_json(json.loads(line)))
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return cells


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
