"""Runs one test function inside a process of its own, so that two engines never meet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def call(target: str, /, *, environment: dict[str, str] | None = None, **arguments: Any) -> Any:
    """Call ``module:function`` with JSON ``arguments`` in a fresh process; return its JSON answer.

    A failure there fails the calling test with the other process's traceback.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine_process", target, json.dumps(arguments)],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{target} failed:\n{done.stderr[-6000:]}"
    return json.loads(done.stdout.rsplit("\n@answer ", 1)[1])


def _serve(target: str, arguments: str) -> None:
    module, _, function = target.partition(":")
    answer = getattr(__import__(module, fromlist=[function]), function)(**json.loads(arguments))
    print("\n@answer " + json.dumps(answer))


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2])
