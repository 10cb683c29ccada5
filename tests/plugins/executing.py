"""Carries out a protocol as a program does that chooses its executor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from pathlib import Path

from rich.console import Console

from benchmarks.execution.progress import Display
from benchmarks.execution.run import RunRequest, run
from benchmarks.protocol.reading import load_protocol
from benchmarks.report.page import render

protocol, out, executor = sys.argv[1:]
request = RunRequest(
    protocol=load_protocol(protocol), data=None, out=Path(out), workers=2, executor=executor
)
run(request, Display(Console(stderr=True)))
render(request.out)
"""


def carry_out(protocol: Path, out: Path, executor: str, **environment: str) -> Path:
    """Carry out the file ``protocol`` with ``executor``, to the page; return the folder ``out``."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, protocol, out, executor],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return out
