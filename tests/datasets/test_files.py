"""What somebody names is opened if it is an ordinary file of a size."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.files import code_files, opened_given, read_given, require_given
from datasets.records import DataError
from tests.datasets.hostile import PLACES


@pytest.mark.parametrize("kind", PLACES)
def test_what_is_no_ordinary_file_is_refused_without_waiting(kind: str, tmp_path: Path) -> None:
    make, told = PLACES[kind]
    make(tmp_path / "given.png")
    for ask in (read_given, require_given):
        with pytest.raises(DataError, match=rf"given\.png: cannot be read: {told}"):
            ask(tmp_path / "given.png", 1 << 20)


def test_a_file_is_read_through_links(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read_given(tmp_path / "link", 7) == b"content"
    with pytest.raises(DataError, match="no such file"), opened_given(tmp_path / "absent"):
        pass


def test_what_lies_beside_code_is_code_and_what_python_compiled_is_not(tmp_path: Path) -> None:
    for name in ("room/code.py", "room/table.npz", "room/__pycache__/code.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert code_files(tmp_path) == [tmp_path / "room/code.py", tmp_path / "room/table.npz"]
