"""Calls a function in a process of its own, so that no two engines meet."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TextIO

from benchmarks.errors import InputError
from benchmarks.machine.settings import keras_backend
from datasets.records import DataError
from models.registry import ModelError


def call(
    target: str,
    arguments: dict[str, Any],
    *,
    threads: int = 1,
    forbidden: Sequence[Path] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Any:
    """Call ``module:function`` with JSON ``arguments`` in a fresh process; return its JSON answer.

    The process computes on ``threads`` threads and cannot open the ``forbidden`` places. What
    fails there raises ``InputError`` with the reason in one line; its cause holds all that the
    process said.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.processes", target, *map(str, forbidden)],
        input=json.dumps(arguments),
        env={**os.environ, **worker_environment(threads), **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    reply = json.loads(done.stdout) if done.stdout else {"error": _ended(done.returncode)}
    if "error" in reply:
        raise InputError(reply["error"]) from RuntimeError(done.stderr)
    return reply["answer"]


def _ended(code: int) -> str:
    how = f"was ended by signal {-code}" if code < 0 else f"ended with status {code}"
    return f"the process that did it {how}; --debug shows what it said"


def _serve(target: str, forbidden: Sequence[str]) -> None:
    """Answer one call; what libraries print goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    arguments = json.load(sys.stdin)
    seal(forbidden)
    module, _, function = target.partition(":")
    try:
        reply = {"answer": getattr(importlib.import_module(module), function)(**arguments)}
    except (InputError, ModelError, DataError) as error:
        reply = {"error": str(error)}
    except Exception as error:
        traceback.print_exc()
        first = str(error).strip().partition("\n")[0][:300]
        reply = {"error": f"{type(error).__name__}: {first}; --debug shows more"}
    json.dump(reply, out)
    out.close()


def seal(forbidden: Sequence[str]) -> None:
    """Make this process unable to open the ``forbidden`` files and folders, for ever."""
    places = [Path(place).resolve() for place in forbidden]

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            path = Path(os.path.realpath(os.fsdecode(arguments[0])))
            if any(path.is_relative_to(place) for place in places):
                raise PermissionError(f"sealed: a process that trains must not open {path}")

    if places:
        sys.addaudithook(refuse)


def _redirect_output(log: Path) -> TextIO:
    """Keep the real output for events; what libraries print goes to the log."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    log.parent.mkdir(parents=True, exist_ok=True)
    target = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(target, 1)
    os.dup2(target, 2)
    return out


def worker_environment(threads: int) -> dict[str, str]:
    """Return the environment variables that fix a worker's threads, hashing and noise."""
    return {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONHASHSEED": "0",
        "KERAS_BACKEND": keras_backend(),
    }


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2:])
