"""Ctrl-C: whatever becomes of the exception, the process says so and ends with 130."""

from __future__ import annotations

import subprocess
import sys

import pytest

COMMAND = """
import os, signal
import typer
from benchmarks import cli
from benchmarks.machine.interrupts import end_if_interrupted

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(1000):
        pass

def work():
    {work}

cli.app = typer.Typer()
cli.app.command()(work)
signal.signal(signal.SIGINT, {before})
cli.main()
"""


def end_of(work: str, before: str = "signal.default_int_handler") -> subprocess.CompletedProcess:
    """Run a command that is interrupted while it does ``work``."""
    code = COMMAND.format(work=work.replace("\n", "\n    "), before=before)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.mark.parametrize(
    "work",
    [
        "interrupt()",
        "exec('interrupt()', globals())",
        "try: interrupt()\nexcept BaseException: raise OSError('it is gone') from None",
        "try: interrupt()\nexcept BaseException: raise ImportError('no such module') from None",
        "try: interrupt()\nexcept BaseException: pass\nend_if_interrupted()",
    ],
    ids=["plain", "in exec", "told as another", "as a defect", "swallowed"],
)
def test_an_interrupt_ends_with_130_and_says_how_to_go_on(work: str) -> None:
    done = end_of(work)
    assert done.returncode == 130
    assert done.stderr.split("\n")[-2] == "interrupted; the same command goes on where it stopped"
    assert "Traceback" not in done.stderr


def test_who_ignores_interrupts_goes_on_to_the_end() -> None:
    done = end_of("interrupt()\nprint('done')", before="signal.SIG_IGN")
    assert (done.returncode, done.stdout) == (0, "done\n")
