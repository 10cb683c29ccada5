"""Digests: every file of a finished run has one, and only what is rendered gets another."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.errors import InputError
from benchmarks.store.digests import (
    changes,
    published,
    refuse_changes,
    renew_digests,
    stored_digests,
    write_digests,
)
from datasets.files import replacing, replacing_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Läufe 1"
    for name in (
        "manifest.json",
        "ledger.jsonl",
        "fits/a/seed-0/é.csv",
        "work/a/trial-0/rung.json",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, "utf-8")
    (folder / ".lock").touch()
    write_digests(folder)
    return folder


def told(folder: Path) -> list[tuple[str, str]]:
    return [(change.file, change.what) for change in changes(folder)]


def test_the_lock_and_what_is_half_written_alone_have_no_digest(folder: Path) -> None:
    with replacing_folder(folder / "fits/a/seed-1") as half, replacing(half / "fit.json"):
        assert len(list(folder.rglob("*.half"))) == 2
        assert published(folder) == sorted(stored_digests(folder) or [])
        assert len(published(folder)) == 4


@pytest.mark.parametrize(
    "name", [".hidden/seed-0/fit.json", ".a.parquet", "a/.lock", ".a.half-written", "a.half"]
)
def test_a_name_that_begins_with_a_point_hides_nothing(folder: Path, name: str) -> None:
    (folder / "fits" / name).parent.mkdir(exist_ok=True, parents=True)
    (folder / "fits" / name).touch()
    assert told(folder) == [(f"fits/{name}", "extra")]


def test_changed_missing_and_extra_files_are_told_apart(folder: Path) -> None:
    (folder / "fits/a/seed-0/é.csv").write_text("x", "utf-8")
    (folder / "ledger.jsonl").unlink()
    (folder / "notes.txt").touch()
    assert told(folder) == [
        ("fits/a/seed-0/é.csv", "changed"),
        ("ledger.jsonl", "missing"),
        ("notes.txt", "extra"),
    ]


def test_any_changed_byte_of_the_digests_is_theirs(folder: Path) -> None:
    path = folder / "digests.json"
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert told(folder) == [("digests.json", "changed")], place
    path.unlink()
    assert told(folder) == [("digests.json", "missing")]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"digest": 1, "files": 2}', "null"])
def test_a_file_of_another_kind_is_no_digests(folder: Path, text: str) -> None:
    (folder / "digests.json").write_text(text, "utf-8")
    assert stored_digests(folder) is None


def test_rendering_again_does_not_make_a_changed_file_right(folder: Path) -> None:
    (folder / "manifest.json").write_text("rendered again", "utf-8")
    (folder / "ledger.jsonl").write_text("changed", "utf-8")
    renew_digests(folder, ["manifest.json"])
    assert told(folder) == [("ledger.jsonl", "changed")]


def test_a_run_under_way_gets_no_digests_by_being_rendered(folder: Path) -> None:
    (folder / "digests.json").unlink()
    renew_digests(folder, ["manifest.json"])
    assert not (folder / "digests.json").exists()


@pytest.mark.parametrize(
    "name", ["fits/a/seed-0/é.csv", "work/a/trial-0/rung.json", "ledger.jsonl"]
)
def test_a_run_does_not_build_on_what_was_changed(folder: Path, name: str) -> None:
    refuse_changes(folder)
    (folder / name).write_text("changed", "utf-8")
    with pytest.raises(InputError, match="changed since the run ended"):
        refuse_changes(folder)


def test_what_is_missing_or_made_again_does_not_stop_a_run(folder: Path) -> None:
    (folder / "fits/a/seed-0/é.csv").unlink()
    (folder / "manifest.json").write_text("another time", "utf-8")
    refuse_changes(folder)
