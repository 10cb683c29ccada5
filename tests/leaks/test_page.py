"""The page of the leak laboratory, and the pages of its runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.data.mistakes import COUNTERPARTS, HONEST, MISTAKES
from benchmarks.errors import InputError
from benchmarks.evaluation.leaderboard import leaderboard
from benchmarks.leaks.effect import Laboratory, mistake_rows, read_laboratory
from benchmarks.leaks.page import render_laboratory
from benchmarks.report.files.leaderboard import as_latex, as_markdown
from benchmarks.report.page import render_page
from benchmarks.store.reading import read_run
from tests.folder import Row, build
from tests.report.pages import HOSTILE, text

COUNTERPART_NAMES = [counterpart.name for counterpart in COUNTERPARTS]
NAMES = (HONEST, *COUNTERPART_NAMES, *(mistake.name for mistake in MISTAKES if mistake.trained))
SKILLS = {"test-in-training": 3.0, "oversample-before-split": 1.2}
MEASURED = [mistake.name for mistake in MISTAKES]


def add(folder: Path, name: str, variant: str = "plain-cnn", **changes: Any) -> Path:
    kind = "counterpart" if name in COUNTERPART_NAMES else "mistake"
    protocol = {"name": "leaks", "seed": 0, kind: None if name == HONEST else name}
    row = Row(name=variant, skill=SKILLS.get(name, 0.6), **changes.pop("row", {}))
    title = f"The leak laboratory: {name}"
    settings = {"seeds": (0, 1), "images": 150, "title": title, "protocol": protocol, **changes}
    return build(folder / name, (row,), **settings)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "leaks"
    for name in NAMES:
        add(folder, name)
    render_laboratory(folder)
    return folder


def table(laboratory: Laboratory) -> pd.DataFrame:
    return pd.DataFrame(mistake_rows(laboratory))


def page_of(folder: Path) -> str:
    return (folder / "leaks.html").read_text("utf-8")


def test_csv_and_json_hold_every_mistake_with_the_same_numbers(folder: Path) -> None:
    frame = table(read_laboratory(folder))
    csv = pd.read_csv(folder / "leaks.csv")
    rows = json.loads((folder / "leaks.json").read_text("utf-8"))["mistakes"]
    assert csv["mistake"].tolist() == [row["mistake"] for row in rows] == MEASURED
    assert csv["gain"].tolist() == frame["gain"].tolist() == [row["gain"] for row in rows]
    assert (csv["gain_low"] <= csv["gain"]).all()
    assert (csv["gain"] <= csv["gain_high"]).all()


def test_a_mistake_is_compared_with_its_counterpart(folder: Path) -> None:
    frame = table(read_laboratory(folder)).set_index("mistake")

    def accuracy(name: str) -> float:
        return float(leaderboard(read_run(folder / name))["accuracy"][0])

    for mistake in MISTAKES:
        row = frame.loc[mistake.name]
        assert row["counterpart_accuracy"] == pytest.approx(accuracy(mistake.counterpart))
        if mistake.trained:
            assert row["accuracy"] == pytest.approx(accuracy(mistake.name))
        assert row["gain"] == pytest.approx(row["accuracy"] - row["counterpart_accuracy"])
    honest = read_run(folder / HONEST).variants[0].fits
    best = max(fit.test.correct.mean() for fit in honest)
    assert frame.loc["best-of-seeds", "accuracy"] == pytest.approx(best)
    validation = sum(fit.validation.correct.mean() for fit in honest) / len(honest)
    assert frame.loc["validation-as-test", "accuracy"] == pytest.approx(validation)


def test_the_page_says_what_could_explain_the_students_figure(folder: Path) -> None:
    seen = text(page_of(folder))
    assert "“85.36 % on FER2013”, a student project's claim" in seen
    assert "test images in training" in seen.split("could explain it alone")[0]
    assert "Common mistakes, made on purpose" in seen
    for mistake in MISTAKES:
        assert mistake.title in seen
    content = json.loads((folder / "leaks.json").read_text("utf-8"))
    student = next(claim for claim in content["claims"] if claim["figure"] == 0.8536)
    assert "test-in-training" in student["large_enough"]
    assert "select-on-test" not in student["large_enough"] + student["perhaps"]


def test_other_data_than_the_claims_are_told_apart(folder: Path, tmp_path: Path) -> None:
    assert "this run is on" not in text(page_of(folder))
    for name in NAMES:
        add(
            tmp_path,
            name,
            data={"name": "mine", "class_names": list("abcdefg")},
            classes=tuple("abcdefg"),
        )
    render_laboratory(tmp_path)
    assert "The claims are about FER2013, this run is on mine" in text(page_of(tmp_path))


def test_what_has_not_run_or_failed_keeps_its_row_with_the_reason(tmp_path: Path) -> None:
    add(tmp_path, HONEST)
    failed = {"status": "failed", "reason": "out of memory"}
    add(tmp_path, "select-on-test", row=failed)
    render_laboratory(tmp_path)
    frame = table(read_laboratory(tmp_path)).set_index("mistake")
    assert "out of memory" in frame.loc["select-on-test", "reason"]
    assert "has not been made yet" in frame.loc["random-re-split", "reason"]
    assert frame.loc["validation-as-test", "status"] == "ok"
    seen = text(page_of(tmp_path))
    assert (
        "Selecting on the test set was not measured: the run select-on-test: out of memory" in seen
    )


def test_a_laboratory_whose_honest_run_failed_still_has_a_page(tmp_path: Path) -> None:
    add(tmp_path, HONEST, row={"status": "failed", "reason": "out of memory"})
    render_laboratory(tmp_path)
    assert "the honest run has no test predictions yet" in text(page_of(tmp_path))
    assert set(table(read_laboratory(tmp_path))["status"]) == {"not run"}


def test_the_best_of_one_seed_is_not_measured(tmp_path: Path) -> None:
    add(tmp_path, HONEST, seeds=(0,))
    frame = table(read_laboratory(tmp_path)).set_index("mistake")
    assert "one seed only" in frame.loc["best-of-seeds", "reason"]


def test_runs_on_other_test_images_are_not_paired(tmp_path: Path) -> None:
    add(tmp_path, HONEST)
    add(tmp_path, "select-on-test", images=100)
    with pytest.raises(InputError, match="its test images are not those of honest"):
        read_laboratory(tmp_path)


def test_a_folder_that_is_no_laboratory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a leak laboratory"):
        render_laboratory(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_page_needs_nothing_from_outside_and_its_links_arrive(folder: Path) -> None:
    page = page_of(folder)
    links = re.findall(r'\s(?:src|href|action|data)="([^"]*)"', page)
    identifiers = re.findall(r'\sid="([^"]*)"', page)
    assert len(identifiers) == len(set(identifiers))
    assert {link.removeprefix("#") for link in links} <= set(identifiers)
    assert not re.findall(r"url\((?!#)|@import", page)


def test_foreign_text_cannot_become_markup(tmp_path: Path) -> None:
    for name in NAMES:
        add(tmp_path, name, f"cnn{HOSTILE}", title=HOSTILE)
    render_laboratory(tmp_path)
    page = page_of(tmp_path)
    assert page.count("<script>") == page.count("</script>") == 1
    assert HOSTILE in text(page)


@pytest.mark.parametrize("name", sorted({*NAMES} - {HONEST, *COUNTERPART_NAMES}))
def test_the_page_of_a_mistaken_run_says_so_loudly_and_ranks_nothing(
    folder: Path, name: str
) -> None:
    run = read_run(folder / name)
    page = render_page(run)
    assert 'class="announcement mistaken"' in page
    assert "This run makes a known mistake on purpose" in text(page)
    assert "highest test accuracy" not in text(page)
    ranks = re.search(
        r'<tbody>\n<tr[^>]*>\n<th scope="row".*?</th>\n<td[^>]*>(.*?)</td>', page, re.DOTALL
    )
    assert ranks and ranks[1] == "none"


@pytest.mark.parametrize("name", [HONEST, *COUNTERPART_NAMES])
def test_the_page_of_an_honest_run_has_no_warning(folder: Path, name: str) -> None:
    page = render_page(read_run(folder / name))
    assert "announcement mistaken" not in page
    assert ("A counterpart in the leak laboratory" in text(page)) == (name in COUNTERPART_NAMES)


def test_a_mistaken_row_says_so_wherever_it_goes(folder: Path) -> None:
    frame = leaderboard(read_run(folder / "test-in-training"))
    said = "never ranked: makes the mistake test-in-training on purpose"
    assert frame["reason"].tolist() == [said]
    assert said in as_markdown(frame)
    assert said in as_latex(frame)
    honest = leaderboard(read_run(folder / HONEST))
    assert honest["reason"].tolist() == [""]
