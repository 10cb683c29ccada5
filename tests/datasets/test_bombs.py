"""Archives and tables that would fill memory, disk or time are refused in one line."""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datasets.audit.augmented import originals
from datasets.audit.numbering import gaps
from datasets.cache.decoded import open_data_set
from datasets.fer2013 import fer2013
from datasets.image_folder import image_folder
from datasets.reading import archives
from datasets.reading.delimited import LONGEST_LINE, read_rows
from datasets.reading.numbers import in_natural_order, whole_number
from datasets.reading.trees import content_fingerprint, open_tree
from datasets.records import DataError
from tests.datasets.hostile import PLACES

BOMB = "MiB, as no data do"


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE", 1 << 16)


def refused(path: Path) -> str:
    with pytest.raises(DataError) as told, open_tree(path):
        pass
    assert "\n" not in str(told.value)
    return str(told.value)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_what_expands_a_thousandfold_is_refused(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    (tmp_path / "a.csv.gz").write_bytes(pack(bytes(4 << 20)))
    assert BOMB in refused(tmp_path / "a.csv.gz")


def test_what_is_compressed_again_and_again_is_refused(tmp_path: Path) -> None:
    content = b"emotion,pixels\n"
    for _ in range(3):
        content = gzip.compress(content)
    (tmp_path / "a.gz").write_bytes(content)
    assert "compressed again and again" in refused(tmp_path / "a.gz")


def test_a_zip_whose_members_expand_a_thousandfold_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.png", bytes(1 << 20))
    assert BOMB in refused(tmp_path / "a.zip")


def test_a_tar_that_claims_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    """A sparse member is as long as it says, whatever the archive holds of it."""
    member = tarfile.TarInfo("1.png")
    member.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.name": "1.png",
        "GNU.sparse.size": str(1 << 40),
        "GNU.sparse.map": f"{1 << 40},0",
    }
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member)
    assert BOMB in refused(tmp_path / "a.tar")


def test_a_link_with_a_target_without_end_is_read_no_further_than_links_go(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.png")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, b"x" * (1 << 22))
    with open_tree(tmp_path / "a.zip") as tree, pytest.raises(DataError, match="not there"):
        tree.read("a.png")


@pytest.mark.parametrize("kind", [kind for kind in PLACES if kind not in ("folder", "huge")])
@pytest.mark.parametrize("source", [image_folder, fer2013])
def test_data_that_are_no_file_are_refused_without_waiting(
    source: Any, kind: str, tmp_path: Path
) -> None:
    make, told = PLACES[kind]
    make(tmp_path / "given.zip")
    with pytest.raises(DataError, match=f"no such file|{told}"):
        open_data_set(source, tmp_path / "given.zip", {}, cache=tmp_path / "cache")


@pytest.mark.parametrize("kind", PLACES)
def test_labels_that_are_no_file_are_refused(kind: str, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "1.png").write_bytes(b"")
    PLACES[kind][0](tmp_path / "labels.csv")
    if kind != "huge":
        content_fingerprint(tmp_path / "mine", {})
    with pytest.raises(DataError, match="no such table in it, and"):
        image_folder.read(tmp_path / "mine", {"image_size": 0, "labels": "../labels.csv"})


def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "fer2013.csv"
    with file.open("wb") as table:
        table.write(b"emotion,pixels\n")
        table.truncate(1 << 34)
    with file.open("rb") as table, pytest.raises(DataError, match=f"longer than {LONGEST_LINE:,}"):
        list(read_rows(table, "fer2013.csv", ","))


MANY = "9" * 5000


@pytest.mark.parametrize("line", [f"{MANY},0,1 2", f"{MANY},1 2", f'0,"{MANY}"', f"{MANY},{MANY}"])
def test_a_number_of_5000_digits_in_a_table_is_told_with_its_line(
    line: str, tmp_path: Path
) -> None:
    (tmp_path / "fer2013.csv").write_text(f"emotion,pixels\n{line}\n")
    with pytest.raises(DataError, match=r"fer2013\.csv"):
        list(fer2013.read(tmp_path / "fer2013.csv", {"labels": ""}).samples())


@pytest.mark.parametrize("name", [f"{MANY}.png", f"{MANY}x7.png", f"x_0_{MANY}.png", f"0x{MANY}"])
def test_names_of_many_digits_hide_no_gap(name: str) -> None:
    numbered = [f"a/{number}.png" for number in (0, 1, 3, 4)]
    assert gaps(numbered) == (1, 4)
    assert gaps([*numbered, f"b/{name}"]) == (1, 4)
    assert originals([*numbered, f"b/{name}"]).tolist() == [""] * 5


def test_numbers_of_many_digits_have_an_order_and_no_value() -> None:
    assert whole_number("007") == 7
    assert [whole_number(text) for text in (MANY, "", "-1", "1.0", "²")] == [None] * 5
    names = ["im10", "im9", f"im{MANY}", "im010", "im0"]
    assert sorted(names, key=in_natural_order) == ["im0", "im9", "im010", "im10", f"im{MANY}"]
