"""The page and its tables say what the leaderboard says, and hold no foreign markup."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.evaluation.leaderboard import leaderboard
from benchmarks.report.page import render, render_page
from benchmarks.store.files import write_table
from benchmarks.store.reading import read_run
from tests.folder import EXPRESSIONS, ROWS, Row, build
from tests.report.pages import HOSTILE, text

WRITTEN = ("leaderboard.html", "leaderboard.csv", "leaderboard.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = build(tmp_path_factory.mktemp("runs") / "run", images=60)
    render(folder)
    return folder


def page_of(folder: Path) -> str:
    return (folder / "leaderboard.html").read_text("utf-8")


def test_csv_json_and_the_leaderboard_hold_the_same_numbers(folder: Path) -> None:
    frame = leaderboard(read_run(folder))
    csv = pd.read_csv(folder / "leaderboard.csv", keep_default_na=False, na_values=[""])
    rows = json.loads((folder / "leaderboard.json").read_text("utf-8"))
    assert csv["accuracy"].equals(frame["accuracy"])
    assert [row["accuracy"] for row in rows[:6]] == frame["accuracy"].tolist()[:6]
    assert rows[-1]["accuracy"] is None
    assert list(rows[0]) == list(csv.columns) == list(frame.columns)


def test_every_variant_is_on_the_page_with_its_reason(folder: Path) -> None:
    seen = text(page_of(folder))
    for row in ROWS:
        assert row.name in seen
        assert row.reason in seen


def test_the_page_says_what_weakens_its_numbers(folder: Path) -> None:
    seen = text(page_of(folder))
    assert "The data set is altered: train/happy has 12 images too few." in seen
    assert "vgg16.scratch did not learn within this budget" in seen
    assert "Only 4,000 training images were used" in seen
    assert "The code had uncommitted changes" in seen
    assert "the test set was opened 18 times" in seen


def test_test_images_that_training_also_holds_are_counted(tmp_path: Path) -> None:
    place = build(tmp_path / "run", ROWS[-2:], images=40)
    splits = pd.read_parquet(place / "splits.parquet")
    splits.loc[80:82, "image_id"] = splits["image_id"][0]
    write_table(place / "splits.parquet", splits)
    page = text(render_page(read_run(place)))
    assert "3 test images have an identical copy in the training or validation images." in page


def test_one_seed_is_a_caveat_and_shows_no_spread(tmp_path: Path) -> None:
    page = text(render_page(read_run(build(tmp_path / "run", ROWS[:3], seeds=(0,), images=40))))
    assert "1 seed only: the spread between trainings is unknown." in page
    rows = page.split("Choose a heading")[1].split("Published, not run here")[0]
    assert "plain-cnn" in rows
    assert "±" not in rows


def test_a_fallback_is_told(folder: Path, tmp_path: Path) -> None:
    place = build(tmp_path / "run", ROWS[:2], seeds=(0,), images=40)
    event = {"event": "fallback", "variant": "plain-cnn", "reason": "float32 for bfloat16"}
    with (place / "ledger.jsonl").open("a") as ledger:
        ledger.write(json.dumps(event) + "\n")
    assert "Fallback, plain-cnn: float32 for bfloat16." in text(render_page(read_run(place)))


def test_a_run_in_which_nothing_ran_still_has_a_page(tmp_path: Path) -> None:
    page = text(render_page(read_run(build(tmp_path / "run", ROWS[-2:]))))
    assert "No variant of the protocol has test predictions yet." in page
    assert "out of memory at batch 64" in page


def test_the_page_needs_nothing_from_outside(folder: Path) -> None:
    page = page_of(folder)
    addresses = re.findall(r'\s(?:src|href|action|data)="([^"]*)"', page)
    assert addresses
    assert all(address.startswith("#") for address in addresses)
    assert not re.findall(r"url\((?!#)|@import", page)


def test_identifiers_are_unique_and_links_arrive(folder: Path) -> None:
    page = page_of(folder)
    identifiers = re.findall(r'\sid="([^"]*)"', page)
    assert len(identifiers) == len(set(identifiers))
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(identifiers)


def test_the_same_results_make_the_same_page(folder: Path) -> None:
    assert render_page(read_run(folder)) == page_of(folder)


def test_foreign_text_cannot_become_markup(tmp_path: Path) -> None:
    rows = (
        Row(name=f"cnn{HOSTILE}", facts={"source": HOSTILE, "summary": '"><img src=x onerror=1>'}),
        Row(name="lost", status="failed", reason=f"</style>{HOSTILE}"),
    )
    classes = (HOSTILE, "$\\frac{", '"quoted" & <b>bold</b>')
    place = build(tmp_path / "run", rows, classes=classes, images=40, title=HOSTILE)
    page = render_page(read_run(place))
    assert page.count("<script>") == 1
    assert page.count('<script type="application/json"') == page.count("</script>") - 1
    assert page.count("</style>") == 1
    assert "<img" not in page
    assert "<b>" not in page
    assert HOSTILE in text(page)


def test_files_are_replaced_whole(folder: Path) -> None:
    render(folder)
    assert {path.name for path in folder.glob("*leaderboard*")} == set(WRITTEN)


def test_a_folder_that_is_no_run_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a results folder"):
        render(tmp_path)
    assert not list(tmp_path.iterdir())


def test_two_classes_and_many_classes_fit_the_page(tmp_path: Path) -> None:
    for classes in (("yes", "no"), tuple(f"class {n}" for n in range(20))):
        place = build(tmp_path / str(len(classes)), ROWS[:2], classes=classes, images=60)
        assert f"{len(classes)} classes" in text(render_page(read_run(place)))


def test_a_full_report_takes_less_than_twenty_seconds_of_processor_time(tmp_path: Path) -> None:
    rows = tuple(Row(name=f"net-{number}", skill=0.3 + number / 40) for number in range(12))
    place = build(tmp_path / "run", rows, classes=EXPRESSIONS, images=3589, epochs=30)
    began = time.process_time()
    render(place)
    assert time.process_time() - began < 20
    assert (place / "leaderboard.html").stat().st_size < 8_000_000
