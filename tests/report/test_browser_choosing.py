"""The sliders of the page choose as the command does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.evaluation.choice import Limits, candidates, choose
from benchmarks.evaluation.leaderboard import leaderboard
from benchmarks.evaluation.statistics import compute_statistics
from benchmarks.report.page import render
from benchmarks.report.sections.choice_text import lines
from benchmarks.report.sections.choosing import choosing_section
from benchmarks.store.reading import read_run
from tests.evaluation.costs import COSTS, ROWS, spend
from tests.folder import build
from tests.report.browser import opened
from tests.runs.commands import ferbench_here


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = build(tmp_path_factory.mktemp("runs") / "run", ROWS, images=100)
    for name, (parameters, latency) in COSTS.items():
        spend(folder, name, parameters=parameters, latency_ms=latency * 1.0001)
    render(folder)
    return folder


@pytest.fixture
def chooser(browser: Browser, priced: Path) -> Iterator[Page]:
    with opened(browser, priced, viewport={"width": 1280, "height": 900}) as page:
        yield page


def move(page: Page, slider: str, place: int) -> None:
    script = "(at, to) => { at.value = to; at.dispatchEvent(new Event('input')); }"
    page.locator(f"#limit-{slider}").evaluate(script, place)


def told(page: Page) -> list[str]:
    return page.locator(".verdict p").all_text_contents()


def test_page_and_rule_agree_at_every_position_of_the_sliders(chooser: Page, priced: Path) -> None:
    run = read_run(priced)
    statistics = compute_statistics(run)
    offered = candidates(run, leaderboard(run, statistics))
    made = choosing_section(run, statistics, offered)
    assert made is not None
    latency, parameters = (slider.stops for slider in made.sliders)
    assert told(chooser) == list(made.unlimited)
    answers = set()
    for one, other in product(range(len(latency)), range(len(parameters))):
        move(chooser, "latency", one)
        move(chooser, "parameters", other)
        limits = Limits(latency[one].limit, parameters[other].limit)
        choice = choose(offered, statistics, limits)
        shown = told(chooser)
        answers.add(shown[0])
        if choice.taken is None:
            assert shown[0].startswith("No variant keeps within")
        else:
            assert shown == lines(choice, offered, limits)
    assert len(answers) >= len(COSTS)


def test_page_and_command_agree(chooser: Page, priced: Path) -> None:
    for one, other in ((1, 2), (3, 5), (5, 1)):
        move(chooser, "latency", one)
        move(chooser, "parameters", other)
        command = (chooser.locator(".command").text_content() or "").split()
        done = ferbench_here("choose", priced, *command[3:])
        assert done.out.splitlines() == told(chooser)


def test_the_arrow_keys_set_a_limit_and_it_is_read_aloud(chooser: Page) -> None:
    slider = chooser.get_by_label("The network may have")
    slider.focus()
    assert slider.get_attribute("aria-valuetext") == "any"
    chooser.keyboard.press("ArrowLeft")
    chooser.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "at most 1.00 M parameters"
    assert chooser.locator("output[for=limit-parameters]").text_content() == (
        "at most 1.00 M parameters"
    )
    chooser.keyboard.press("Home")
    assert told(chooser)[0].startswith("Take guess: ")


def test_what_breaks_a_limit_fades_in_the_figures(chooser: Page) -> None:
    assert chooser.locator(".choosing .beyond").count() == 0
    move(chooser, "parameters", 0)
    faded = chooser.locator(".choosing [data-mark].beyond")
    assert faded.count() > 0
    assert "guess" not in " ".join(faded.locator("title").all_text_contents())
