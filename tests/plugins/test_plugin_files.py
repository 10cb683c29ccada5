"""A plug-in file that does not do as it should is told in one line that names it and the cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runs.commands import ferbench_here

DATA_SET = """
import sys
import numpy as np
from datasets.registry import Decoded, Sample, data_set
from datasets.records import Provenance

def samples():
    {samples}
    yield Sample(np.zeros((8, 8, 1), np.uint8), 0, "a", "train")

@data_set(name="mine", summary="", origin="", licence="", needs_path=False,
          fingerprint=lambda path, options: "one")
def mine(path, options):
    {read}
    return Decoded(class_names=("a", "b"), image_shape=(8, 8, 1), count=1, samples=samples,
                   provenance=lambda: Provenance("mine"))
"""
ENDS = [
    ("sys.exit(0)", "SystemExit: 0"),
    ("raise KeyboardInterrupt", "KeyboardInterrupt:"),
    ("raise RuntimeError('two\\nlines')", "RuntimeError: two lines"),
]
COMMANDS = {
    "run": ("run", "quick", "--out", "OUT"),
    "datasets": ("datasets",),
    "inspect": ("datasets", "inspect", "synthetic-faces"),
    "audit": ("audit", "synthetic-faces"),
    "models": ("models",),
    "bench": ("bench", "--quick"),
}


def refused(plugin: Path, code: str, *command: str) -> str:
    """Return the last line of a command that refuses a plug-in of ``code``."""
    plugin.write_text(code, "utf-8")
    done = ferbench_here(*command, "--plugin", plugin)
    assert (done.status, done.out) == (2, "")
    assert "Traceback" not in done.err
    return done.err.splitlines()[-1]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_one_that_cannot_be_imported_is_refused_by_every_command(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    plugin, out = tmp_path / "mine.py", tmp_path / "out"
    placed = [str(out) if word == "OUT" else word for word in command]
    line = refused(plugin, "import sys\nprint('hello')\nsys.exit(0)", *placed)
    assert line == f"ferbench: plugin {plugin}: SystemExit: 0"
    assert not out.exists()


@pytest.mark.parametrize(("code", "told"), ENDS)
def test_one_that_cannot_be_imported_is_told_with_the_cause(
    code: str, told: str, tmp_path: Path
) -> None:
    plugin = tmp_path / "mine.py"
    line = refused(plugin, f"import sys\n{code}", "datasets")
    assert line.startswith(f"ferbench: plugin {plugin}: {told}")


@pytest.mark.parametrize("place", ["read", "samples"])
@pytest.mark.parametrize(("code", "told"), ENDS)
def test_a_data_set_that_cannot_be_read(
    place: str, code: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))
    plugin = tmp_path / "mine.py"
    filled = DATA_SET.format(**{"read": "", "samples": "", place: code})
    line = refused(plugin, filled, "datasets", "inspect", "mine")
    assert line.startswith(f"ferbench: plugin {plugin}: {told}")
