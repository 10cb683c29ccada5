"""The command line: its commands, and how it ends."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import traceback
from typing import Annotated

import typer

from benchmarks.commands.add import add
from benchmarks.commands.audit import audit
from benchmarks.commands.bench import bench
from benchmarks.commands.choose import choose
from benchmarks.commands.compare import compare
from benchmarks.commands.data_sets import data_sets
from benchmarks.commands.demo import demo
from benchmarks.commands.doctor import doctor
from benchmarks.commands.export import export
from benchmarks.commands.init import init
from benchmarks.commands.keep import keep
from benchmarks.commands.merge import merge
from benchmarks.commands.models import models
from benchmarks.commands.predict import predict
from benchmarks.commands.report import report
from benchmarks.commands.reproduce import reproduce
from benchmarks.commands.run import run
from benchmarks.commands.scout import scout
from benchmarks.commands.verify import verify
from benchmarks.commands.webcam import webcam
from benchmarks.commands.weights import weights
from benchmarks.machine.interrupts import interruption, remembering_interrupts
from benchmarks.machine.terminal import printable
from benchmarks.machine.versions import installed

LONGEST_WORD, SHOWN = 1000, 60
"""Letters of a word that is told whole, as a path is, and those that are told of a longer one."""
INTERRUPTED = 130
"""The status that Typer returns after an interrupt."""
NO_COMMAND = "say what to do: ferbench COMMAND; the help above lists the commands"

app = typer.Typer(
    name="ferbench",
    help="Compare image classifiers for facial expressions under one protocol.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(run)
app.command()(report)
app.command()(compare)
app.command()(choose)
app.add_typer(data_sets, name="datasets")
app.command()(audit)
app.command()(models)
app.command()(weights)
app.command()(scout)
app.command()(init)
app.command()(bench)
app.command()(doctor)
app.command()(predict)
app.command()(webcam)
app.command()(demo)
app.command()(verify)
app.command()(reproduce)
app.command()(merge)
app.command()(keep)
app.command()(export)
app.command()(add)


def _tell_version(asked: bool) -> None:
    if asked:
        print(f"ferbench {installed('ferbench')}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Tell the version.", callback=_tell_version, is_eager=True),
    ] = False,
) -> None:
    """Compare image classifiers for facial expressions under one protocol."""


def main() -> None:
    """Run the command line and exit with its status: 0, 1, 2, or 128 and a signal's number."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with remembering_interrupts():
        sys.exit(_status())


def _status() -> int:
    try:
        status = app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort) as end:
        if isinstance(end.__cause__, EOFError) and not interruption():
            raise end.__cause__ from None  # Typer takes a file that ends too soon for a Ctrl-D
        return _end_interrupted()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # Typer has seen it
            return 1
        print(f"ferbench: {_who_ended(end)}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if interruption():
            return _end_interrupted()
        if "--debug" in sys.argv or not _is_told_in_one_line(error):
            raise
        print(f"ferbench: {_message(error) or NO_COMMAND}", file=sys.stderr)
        return 2
    if status == INTERRUPTED:
        return _end_interrupted()
    return status if isinstance(status, int) else 0


def _end_interrupted() -> int:
    print("interrupted; the same command goes on where it stopped", file=sys.stderr)
    return 128 + (interruption() or signal.SIGINT)


def _who_ended(end: SystemExit) -> str:
    """Say what code has called ``sys.exit``, which is no command's way to end."""
    last = traceback.extract_tb(end.__traceback__)[-1]
    return f"{last.filename}, line {last.lineno}: it ended the program (SystemExit: {end.code})"


def _is_told_in_one_line(error: Exception) -> bool:
    from benchmarks.errors import InputError
    from datasets.records import DataError
    from models.registry import ModelError

    known = isinstance(error, InputError | DataError | ModelError | OSError)
    return known or _is_loop_of_links(error) or hasattr(error, "format_message")


def _is_loop_of_links(error: Exception) -> bool:
    """Tell whether a path could not be resolved; no error of the system, by Python's own choice."""
    return isinstance(error, RuntimeError) and str(error).startswith("Symlink loop from ")


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room, then give the same command again"
    return "give another place"


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        said = f"{place}{error.strerror}; {_remedy(error)}"
    elif _is_loop_of_links(error):
        place = str(error).removeprefix("Symlink loop from ")
        said = f"{place}: a link that leads to itself; give another place"
    else:
        said = error.format_message() if hasattr(error, "format_message") else str(error)
    return printable(" ".join(map(_shortened, str(said).split())))


def _shortened(word: str) -> str:
    return word if len(word) <= LONGEST_WORD else f"{word[:SHOWN]}…"
