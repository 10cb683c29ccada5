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
from typing import Any

from benchmarks.errors import InputError
from benchmarks.executors.processes import worker_environment
from benchmarks.executors.worker import seal
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
        [sys.executable, "-m", "benchmarks.exchange.process", target, *map(str, forbidden)],
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


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2:])
