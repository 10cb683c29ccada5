"""Calls functions in processes of their own, so that two engines never meet.

A process that has imported an engine is kept for the next call of the same engine (or function, if
it names none) and environment: importing takes longer than most calls.
"""

from __future__ import annotations

import importlib
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.processes.starting import Afresh
from benchmarks.processes.wire import Wire
from benchmarks.processes.worker import Worker, WorkerEnded

ROOT = Path(__file__).resolve().parent.parent
KEPT = 2
_workers: OrderedDict[object, Worker] = OrderedDict()


def call(target: str, /, *, environment: Mapping[str, str] | None = None, **arguments: Any) -> Any:
    """Call ``module:function`` with ``arguments``; return its answer."""
    variables = dict(environment or {})
    key = (arguments.get("engine", target), tuple(sorted(variables.items())))
    worker = _workers.pop(key, None) or Worker(
        "tests.engine_process:serve", starter=Afresh(environment=variables)
    )
    while len(_workers) >= KEPT:
        _workers.popitem(last=False)[1].close()
    _workers[key] = worker
    worker.send((target, arguments))
    try:
        return worker.receive()
    except WorkerEnded as end:
        del _workers[key]
        raise AssertionError(f"{end}\n{worker.said()}") from end


def serve(wire: Wire) -> None:
    """Answer calls for ever."""
    while True:
        target, arguments = wire.receive()
        module, _, function = target.partition(":")
        try:
            wire.send(getattr(importlib.import_module(module), function)(**arguments))
        except Exception as error:
            wire.refuse(error)
