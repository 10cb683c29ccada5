"""The command and the page's section that say which variant to take under limits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.evaluation.choice import Candidate, Limits, candidates
from benchmarks.evaluation.leaderboard import leaderboard
from benchmarks.evaluation.statistics import compute_statistics
from benchmarks.report.page import render_page
from benchmarks.report.sections.choice_text import alternative, nothing_fits, taken
from benchmarks.report.sections.choosing import choosing_section, rounded_up
from benchmarks.report.sections.choosing_figures import AXES, cost_figure
from benchmarks.store.files import write_values
from benchmarks.store.reading import read_run
from tests.evaluation.costs import COSTS, ROWS, spend
from tests.folder import HOSTILE, Row, build
from tests.runs.commands import ferbench_here


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = build(tmp_path_factory.mktemp("runs") / "run", ROWS, images=150)
    for name, (parameters, latency) in COSTS.items():
        spend(folder, name, parameters=parameters, latency_ms=latency)
    return folder


def costing(parameters: float | None, latency: float | None, **more: object) -> Candidate:
    known = {"variant": "a", "accuracy": 0.6, "low": 0.58, "high": 0.62} | more
    return Candidate(parameters=parameters, latency_ms=latency, **known)  # type: ignore[arg-type]


def test_the_command_takes_the_most_accurate_that_fits_and_says_why(folder: Path) -> None:
    done = ferbench_here("choose", folder, "--max-params", "100k")
    first, second = done.out.splitlines()[:2]
    assert done.status == 0
    assert first.startswith("Take weak: ")
    assert first.endswith("1.00 ms an image, 100 k parameters and 1 min 24 s for one training.")
    assert second.startswith("It gives up ")
    assert done.err == ""


def test_a_limit_is_read_with_its_multiple(folder: Path) -> None:
    told = {
        ferbench_here("choose", folder, "--max-params", n).out for n in ("0.1M", "1e5", "100000")
    }
    assert len(told) == 1


def test_where_nothing_fits_the_nearest_are_named(folder: Path) -> None:
    done = ferbench_here("choose", folder, "--max-latency-ms", "0.01")
    assert done.status == 1
    assert done.out == (
        "No variant keeps within 0.01 ms: the smallest is guess with 10 parameters and "
        "the fastest is guess with 0.10 ms an image.\n"
    )


def test_a_limit_is_told_as_it_was_given(folder: Path) -> None:
    done = ferbench_here("choose", folder, "--max-latency-ms", "0.0001")
    assert done.out.startswith("No variant keeps within 0.0001 ms: ")


@pytest.mark.parametrize("limit", ["many", "-1", "inf", "nan", ""])
def test_a_limit_that_is_no_number_is_told_in_one_line(folder: Path, limit: str) -> None:
    done = ferbench_here("choose", folder, "--max-params", limit)
    assert (done.status, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert "max-params" in done.err


def test_a_run_that_makes_a_mistake_is_refused(folder: Path, tmp_path: Path) -> None:
    place = build(tmp_path / "run", ROWS[:2], images=40)
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["protocol"]["mistake"] = "select-on-test"
    write_values(place / "manifest.json", manifest)
    done = ferbench_here("choose", place)
    assert (done.status, done.out) == (2, "")
    assert "mistake on purpose (select-on-test)" in done.err
    assert 'id="choosing"' not in render_page(read_run(place))


def test_a_run_without_scores_is_refused(tmp_path: Path) -> None:
    done = ferbench_here("choose", build(tmp_path / "run", ROWS[-1:]))
    assert done.status == 2
    assert "no variant of its own has test predictions" in done.err


def test_words_tell_how_many_times_less() -> None:
    one = costing(10_000_000, 20.0)
    other = costing(500_000, 30.0, variant="b", accuracy=0.59)
    told = alternative(other, one)
    assert told.endswith("is tied with it and 20 times smaller, though 1.5 times slower.")
    assert "much smaller" in alternative(costing(0, 30.0), one)
    assert "smaller" not in alternative(costing(None, 10.0), one)


def test_unknown_costs_are_left_out_of_the_sentence() -> None:
    assert taken(costing(None, None)).endswith("right (95 % interval 58.0 to 62.0).")
    assert "no cost was measured" in nothing_fits([costing(None, None)], Limits(1.0))


@given(st.floats(1e-6, 1e12))
def test_a_stop_is_a_short_number_that_is_not_below_the_cost(value: float) -> None:
    stop = rounded_up(value)
    assert value <= stop <= value * 1.0101
    assert float(f"{stop:.3g}") == stop


def test_names_in_a_figure_cover_neither_each_other_nor_the_frame() -> None:
    crowd = [
        costing(1000 * 1.3**n, 1.0 + n % 7, variant=f"network.{n}", accuracy=0.5 + n / 200)
        for n in range(40)
    ]
    figure = cost_figure(crowd[::-1], AXES[1])
    figure.draw_without_rendering()
    axes = figure.axes[0]
    boxes = [text.get_window_extent() for text in axes.texts]
    assert 5 < len(boxes) < 40
    frame = axes.get_window_extent()
    for place, box in enumerate(boxes):
        assert frame.x0 - 1 <= box.x0 and box.x1 <= frame.x1 + 1
        assert not any(box.overlaps(other) for other in boxes[place + 1 :])


def test_the_section_tells_what_has_no_place_on_a_logarithmic_axis(tmp_path: Path) -> None:
    place = build(tmp_path / "run", ROWS[:3], images=60)
    spend(place, "twin", parameters=0)
    run = read_run(place)
    statistics = compute_statistics(run)
    offered = candidates(run, leaderboard(run, statistics))
    made = choosing_section(run, statistics, offered)
    assert made is not None
    assert "Not drawn, without a cost above zero: twin." in made.pictures[1].caption
    assert choosing_section(run, statistics, offered[:1]) is None


def test_hostile_names_stay_text_in_figures_and_data(tmp_path: Path) -> None:
    rows = (Row(name=HOSTILE, skill=0.6), Row(name="</script><!--", skill=0.5), Row(name="a&b"))
    page = render_page(read_run(build(tmp_path / "run", rows, images=60)))
    section = page[page.index('id="choosing"') : page.index('aria-labelledby="variants"')]
    assert "<title>&lt;script&gt;document.title" in section
    assert section.count("<script") == section.count("</script>") == 1
    assert "<!--" not in section
    data = section[section.index('id="choices">') + 13 : section.index("</script>")]
    assert any("</script><!--" in each["told"][0] for each in json.loads(data)["candidates"])
