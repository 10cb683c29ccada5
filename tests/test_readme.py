"""The README's lines are the ones that are run, and its example protocol is valid."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from benchmarks.protocol.schema import Protocol
from benchmarks.store.files import json_values
from models.registry import discover
from tests.readme_table import results_table

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def block(opening: str, text: str = README) -> str:
    found = re.search(rf"^```{re.escape(opening)}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found, f"no block {opening!r}"
    return found[1]


def test_each_of_the_two_lines_is_one_line() -> None:
    assert block("sh # quick").count("\n") == 1
    assert block("sh # tests").count("\n") == 1


def test_ci_runs_the_readmes_own_lines() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "readme_line tests" in script
    assert "readme_line quick" in script


def test_its_results_are_those_of_the_kept_run() -> None:
    for name in ("fer2013-lite", "fer2013-night"):
        assert results_table(ROOT / "results" / "reference" / name) in README
    (night,) = json_values(
        (ROOT / "results" / "reference" / "fer2013-night" / "leaderboard.json").read_bytes()
    )
    whole, alone = (night[f"accuracy_flip{part}"] for part in ("", "_without_duplicates"))
    said = f"mirror image it has {100 * whole:.1f} % ({100 * alone:.1f} % without duplicates)"
    assert said in README


def test_the_example_protocol_is_valid() -> None:
    protocol = Protocol.model_validate(tomllib.loads(block("toml")))
    assert protocol.variants[1].initialisation.startswith("run:")


def test_the_example_model_of_the_contributing_page_is_found(tmp_path: Path) -> None:
    plugin = tmp_path / "tiny.py"
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    plugin.write_text(block("python", contributing), "utf-8")
    assert discover([plugin])["tiny"].engine == "keras"
