"""What others named is shown in a terminal as text, in any encoding."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, strategies
from rich.live import Live
from rich.table import Table
from rich.text import Text

from benchmarks.machine.console import Console
from benchmarks.machine.terminal import printable
from tests.datasets import samples
from tests.engine_process import ROOT
from tests.runs.commands import ferbench_here

NAMES = strategies.text(strategies.characters(), max_size=20) | strategies.sampled_from(
    ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "a\rb", "a\x08b", "\u202egnp", "\u2028", "\udcff"]
)
OURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""What rich itself writes to a terminal."""


def shown(terminal: bool, *renderables: object) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=200)
    for each in renderables:
        console.print(each)
    return file.getvalue()


@given(name=NAMES)
def test_no_name_steers_the_terminal(name: str) -> None:
    table = Table()
    table.add_column(Text(name))
    table.add_row(Text(name))
    for terminal in (False, True):
        text = OURS.sub("", shown(terminal, Text(name), Text(name, "red"), table))
        assert all(c == "\n" or printable(c) == c for c in text)


def test_a_live_display_still_moves_the_cursor() -> None:
    file = io.StringIO()
    with Live(console=Console(file=file, force_terminal=True), auto_refresh=False) as live:
        live.update(Text("evil \x1b[2J"), refresh=True)
        live.update(Text("again"), refresh=True)
    assert "\x1b[2J" not in file.getvalue() and "\\x1b[2J" in file.getvalue()
    assert "\x1b[2K" in file.getvalue()


def test_everybody_writes_through_this_console() -> None:
    rich = re.compile(r"rich\.console import .*\bConsole\b")
    wrong = [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "benchmarks").rglob("*.py"))
        if rich.search(file.read_text("utf-8")) and "Console(" in file.read_text("utf-8")
    ]
    assert wrong == []


def test_a_refusal_spells_out_what_a_name_holds(tmp_path: Path) -> None:
    done = ferbench_here("run", "x\x1b[2J\u202e", "--out", str(tmp_path / "run"))
    assert done.status == 2
    assert "x\\x1b[2J\\u202e: no such preset" in done.err


@pytest.mark.parametrize("encoding", ["ascii", "utf-16"])
def test_a_terminal_of_few_characters_is_no_obstacle(encoding: str, tmp_path: Path) -> None:
    folder = samples.write_classes(tmp_path / "größe", {"glück": 30, "悲": 30})
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "datasets", "inspect", "image-folder"],
        env={
            "PATH": "",
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "0",
            "LC_ALL": "C",
            "PYTHONIOENCODING": encoding,
            "FERBENCH_CACHE": str(tmp_path / "cache"),
            "FERBENCH_DATA": str(folder),
        },
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(encoding)
    text = done.stdout.decode(encoding)
    assert {"ascii": "gl\\xfcck", "utf-16": "glück"}[encoding] in text
    assert {"ascii": "\\u60b2", "utf-16": "悲"}[encoding] in text
