"""Ctrl-C and its kin: whatever becomes of the exception, the process says so in its status."""

from __future__ import annotations

import subprocess
import sys

import pytest

COMMAND = """
import os, signal
import typer
from benchmarks import cli
from benchmarks.machine.interrupts import end_if_interrupted

def interrupt(number=signal.SIGINT):
    os.kill(os.getpid(), number)
    for _ in range(1000):
        pass

def work():
    {work}

cli.app = typer.Typer()
cli.app.command()(work)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, {before})
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


@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_what_a_batch_system_sends_is_told_alike(name: str, status: int) -> None:
    done = end_of(f"interrupt(signal.{name})", before="signal.SIG_DFL")
    assert done.returncode == status
    assert done.stderr == "interrupted; the same command goes on where it stopped\n"


def test_a_second_one_does_not_disturb_the_cleaning_up() -> None:
    done = end_of(
        "try: interrupt(signal.SIGTERM)\n"
        "finally:\n    interrupt(signal.SIGINT); interrupt(signal.SIGTERM)\n    print('clean')"
    )
    assert (done.returncode, done.stdout) == (143, "clean\n")


def test_code_that_ends_the_program_does_not_end_it_as_if_all_were_done() -> None:
    done = end_of("raise SystemExit(0)")
    assert done.returncode == 2
    assert "line 1" in done.stderr and "it ended the program (SystemExit: 0)" in done.stderr


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_who_ignores_interrupts_goes_on_to_the_end(name: str) -> None:
    done = end_of(f"interrupt(signal.{name})\nprint('done')", before="signal.SIG_IGN")
    assert (done.returncode, done.stdout) == (0, "done\n")
