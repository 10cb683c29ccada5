"""The method section tells the search spaces, folds what is long, and says how to repeat a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from benchmarks.machine.environment import CodeState
from benchmarks.protocol.reading import load_protocol
from benchmarks.report.sections.method import method_section, repeat_commands
from benchmarks.report.writing.methods import methods
from benchmarks.report.writing.prose import as_latex
from benchmarks.store.reading import read_run
from benchmarks.store.records import RunResults
from models.registry import Float
from tests.folder import DEFAULTS, ROWS, SPACE, Row, build
from tests.report.browser import opened


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunResults:
    narrow = SPACE | {"dropout": Float(0.1, 0.2)}
    other = Row(name="mini-xception", facts={"space": narrow})
    fixed = Row(name="pixel-logistic", facts={"space": {}, "defaults": {}})
    rows = (*ROWS[1:4], other, fixed)
    return read_run(build(tmp_path_factory.mktemp("runs") / "run", rows, seeds=(0,), images=40))


def test_variants_that_were_tuned_alike_share_a_row_of_the_search_spaces(run: RunResults) -> None:
    spaces = method_section(run).spaces
    assert spaces is not None
    names = [column.label for column in spaces.columns]
    assert names == ["Variants", "learning_rate", "dropout", "optimizer"]
    told = [[cell.text for cell in row] for row in spaces.rows]
    assert told == [
        [
            "plain-cnn, augmented-cnn, resnet50.scratch",
            "0.0001 to 0.01, log scale",
            "0 to 0.6",
            "adam, sgd",
        ],
        ["mini-xception", "0.0001 to 0.01, log scale", "0.1 to 0.2", "adam, sgd"],
    ]
    assert spaces.rows[0][2].note == f"default {DEFAULTS['dropout']}"


def test_a_protocol_that_is_no_preset_is_repeated_from_its_manifest(run: RunResults) -> None:
    assert repeat_commands(run)[1:] == (
        "ferbench reproduce results/quick --data fer2013.zip",
        "ferbench report results/quick",
    )
    assert "manifest.json" in method_section(run).again


def test_a_preset_is_repeated_by_its_name(run: RunResults) -> None:
    digest = load_protocol("quick").digest
    shipped = replace(run, manifest=replace(run.manifest, protocol_digest=digest))
    assert repeat_commands(shipped)[1] == "ferbench run quick --data fer2013.zip"


def test_hostile_names_are_quoted_for_the_shell(run: RunResults) -> None:
    manifest = replace(run.manifest, name="a; rm -rf ~", git=CodeState())
    first, second = repeat_commands(replace(run, manifest=manifest))
    assert first == "ferbench reproduce 'results/a; rm -rf ~' --data fer2013.zip"
    assert second == "ferbench report 'results/a; rm -rf ~'"


def test_the_methods_can_be_copied_as_text_and_as_latex(browser: Browser, folder: Path) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    latex = as_latex(methods(read_run(folder)))
    with opened(browser, folder, permissions=permissions) as page:
        clipboard = "navigator.clipboard.readText()"
        page.get_by_role("button", name="Copy the methods paragraph", exact=True).press("Enter")
        assert page.evaluate(clipboard).startswith("FER2013 (Goodfellow et al. 2013), a set of")
        page.get_by_text("The same in LaTeX").click()
        page.get_by_role("button", name="Copy the methods paragraph in LaTeX").click()
        assert page.evaluate(clipboard) == latex


def test_what_is_long_is_folded_and_opens_for_print(browser: Browser, folder: Path) -> None:
    with opened(browser, folder) as page:
        environment = page.locator("details.fold", has_text="Environment and versions").last
        assert not environment.locator("table").is_visible()
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert environment.locator("table").is_visible()
