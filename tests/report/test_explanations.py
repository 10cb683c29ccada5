"""The sections on what variants look at and bear, with pictures and without."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.report.page import render
from benchmarks.reproducibility.verify import unchecked, verify
from benchmarks.store.digests import write_digests
from tests.folder import EXPRESSIONS, HOSTILE, ROWS, build
from tests.folder_extras import ask, pack

SAID = "cannot be checked: the cache here has not got the images"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs")
    run = build(place / "run", ROWS[:5], classes=(*EXPRESSIONS[:-1], HOSTILE), images=60)
    pack(ask(run), place / "cache")
    return run


@pytest.fixture
def run(asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FERBENCH_CACHE", str(asked.parent / "cache"))
    return shutil.copytree(asked, tmp_path / "run")


def page(run: Path) -> str:
    return (run / "leaderboard.html").read_text("utf-8")


def test_pictures_are_in_the_page_once_each_and_say_what_they_show(run: Path) -> None:
    render(run)
    assert page(run).count("data:image/png") == 2
    assert 'class="heat"' in page(run)
    assert "under the Grad-CAM map of" in page(run)
    assert "Training image 0, labelled" in page(run)


def test_no_picture_is_left_without_images(run: Path) -> None:
    render(run, images=False)
    assert "data:image" not in page(run)
    assert 'class="photo"' not in page(run)
    assert "Pictures of the data set are not in this page" in page(run)
    for kept in ("Classes most confused", "block4_conv3", "What each corruption takes"):
        assert kept in page(run)


def test_without_images_nothing_names_one_with_its_label(run: Path) -> None:
    path = pd.read_parquet(run / "splits.parquet")["path"].iloc[-1]
    render(run)
    assert "rows and files" in page(run)
    render(run, images=False)
    assert "rows and files" not in page(run)
    assert path not in page(run)


def test_a_cache_without_the_images_gives_a_page_that_names_them(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "empty"))
    render(run)
    assert "data:image" not in page(run)
    assert "rows and files" in page(run)
    write_digests(run)
    assert verify(run) == []


@pytest.mark.parametrize("images", [True, False])
def test_verify_renders_as_the_page_was_rendered(run: Path, images: bool) -> None:
    render(run, images=images)
    write_digests(run)
    assert unchecked(run) is None
    assert verify(run) == []


def test_verify_checks_the_numbers_where_the_pictures_are_not_at_hand(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    render(run)
    write_digests(run)
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "empty"))
    assert SAID in (unchecked(run) or "")
    assert verify(run) == []
    text = page(run).replace("Classes most confused, over", "Classes confused, over", 1)
    (run / "leaderboard.html").write_text(text, "utf-8")
    write_digests(run)
    assert [finding.where for finding in verify(run)] == ["leaderboard.html"]


def test_a_changed_picture_is_found_where_the_images_are(run: Path) -> None:
    render(run)
    text = page(run)
    place = text.index("base64,") + 4000
    other = "A" if text[place] != "A" else "B"
    (run / "leaderboard.html").write_text(text[:place] + other + text[place + 1 :], "utf-8")
    write_digests(run)
    assert [finding.where for finding in verify(run)] == ["leaderboard.html"]


def test_an_inquiry_whose_opening_is_not_stated_is_found(run: Path) -> None:
    render(run)
    ledger = (run / "ledger.jsonl").read_text("utf-8").splitlines(keepends=True)
    (run / "ledger.jsonl").write_text("".join(x for x in ledger if "explain" not in x), "utf-8")
    write_digests(run)
    found = verify(run)
    assert {finding.where for finding in found} >= {"ledger.jsonl"}
    assert any("which was asked where it looks" in finding.what for finding in found)


def test_what_another_fit_was_asked_is_not_shown(run: Path) -> None:
    one, other = sorted(run.glob("fits/*/seed-0/attention.npz"))[:2]
    shutil.copy(one, other)
    shutil.copy(one.with_name("robustness.parquet"), other.with_name("robustness.parquet"))
    render(run)
    write_digests(run)
    assert f"Where {other.parent.parent.name} looks" not in page(run)
    assert {finding.where for finding in verify(run)} == {
        f"fits/{other.parent.parent.name}/seed-0/{name}"
        for name in ("attention.npz", "robustness.parquet")
    }


def test_a_run_that_was_asked_nothing_has_tables_alone(tmp_path: Path) -> None:
    bare = build(tmp_path / "bare", ROWS[:3], images=60)
    render(bare)
    assert "Classes most confused" in page(bare)
    assert 'id="robustness"' not in page(bare)
    assert "Grad-CAM" not in page(bare)


def test_hostile_names_stay_text(run: Path) -> None:
    render(run)
    assert HOSTILE not in page(run)
