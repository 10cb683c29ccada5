"""The results folder: files appear whole, and lines survive a kill."""

from __future__ import annotations

import re
import resource
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.protocol.names import slug
from benchmarks.store.files import json_values, write_json, write_table
from benchmarks.store.ledger import Ledger, append_event, damaged_lines, read_ledger
from benchmarks.store.reading import predictions_key
from benchmarks.store.records import FitSpent
from datasets.files import replacing_folder


def test_a_variant_name_becomes_a_folder_name() -> None:
    assert slug("timm:resnet18.scratch") == "timm-resnet18.scratch"
    assert slug("vgg16.run.fine-tune@96") == "vgg16.run.fine-tune-96"


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"x": 1})
    with pytest.raises(ValueError, match="Out of range"):
        write_json(path, {"x": float("nan")})
    assert json_values(path.read_bytes()) == {"x": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_fails_half_way_never_appears(tmp_path: Path) -> None:
    def write_half() -> None:
        with replacing_folder(tmp_path / "fit") as folder:
            (folder / "half").write_text("x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b'{"x": ', b"", b"\xff", b"[" * 9000, b"9" * 9000])
def test_what_is_no_json_has_no_values(content: bytes) -> None:
    assert json_values(content) is None


def test_a_line_cut_off_by_a_kill_costs_that_line_only(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    append_event(path, FitSpent(variant="a"))
    with path.open("a") as file:
        file.write('{"event": "fi')
    append_event(path, FitSpent(variant="b"))
    assert [event.variant for event in read_ledger(path)] == ["a", "b"]
    assert damaged_lines(path) == []


def test_a_last_line_without_its_end_stays(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    append_event(path, FitSpent(variant="a"))
    path.write_bytes(path.read_bytes().rstrip())
    append_event(path, FitSpent(variant="b"))
    assert [event.variant for event in read_ledger(path)] == ["a", "b"]


def test_a_line_for_which_there_is_no_room_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    append_event(path, FitSpent(variant="a"))
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, limits[1]))
    try:
        with pytest.raises(OSError, match=re.escape(str(path))):
            append_event(path, FitSpent(variant="b"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before


def test_the_ledger_records_an_event_once_over_restarts(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    for _ in range(2):
        Ledger(path).record(FitSpent(variant="a", key="k", images_seen=10))
    assert len(read_ledger(path)) == 1


def test_a_table_keeps_the_key_it_was_written_with(tmp_path: Path) -> None:
    table = pd.DataFrame({"row": [0, 1]})
    table.attrs = {"key": "abc"}
    write_table(tmp_path / "t.parquet", table)
    assert predictions_key(tmp_path / "t.parquet") == "abc"
    assert predictions_key(tmp_path / "absent.parquet") is None
