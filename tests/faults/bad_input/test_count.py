"""How many kinds of bad input are tried, by subject."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.engine_process import ROOT
from tests.faults.bad_input import model_files

HERE = Path(__file__).parent
PLUGINS = ROOT / "tests" / "plugins" / "test_plugin_files.py"


def test_more_than_three_hundred_kinds_of_bad_input_are_tried_beside_those_of_protocols() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
        + [str(place) for place in (HERE, PLUGINS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stdout.splitlines() if "::" in line]
    tried = Counter(Path(line.partition("::")[0]).stem for line in lines)
    del tried["test_count"], tried["test_protocols"]
    tried["test_models"] = model_files.cases()
    assert len(tried) == 8
    assert tried.total() >= 300, tried
