"""A folder and its archives hold the same files, and what cannot be had is told."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from datasets.reading.trees import content_fingerprint, listing_once, open_tree
from datasets.records import DataError, UnreadableFile
from tests.datasets import trees


def files(path: Path) -> dict[str, bytes | str]:
    """Each file's content, or the reason why it has none."""
    found: dict[str, bytes | str] = {}
    with open_tree(path) as tree:
        for name in tree.names:
            try:
                found[name] = tree.read(name)
            except UnreadableFile as error:
                found[name] = error.reason
        for one in tree.left_out:
            found[one.path] = one.reason
    return found


@settings(max_examples=60)
@given(plan=trees.PLANS.filter(lambda plan: isinstance(plan, dict)), links=trees.LINKS)
def test_a_folder_and_its_archives_hold_the_same_files(
    plan: dict[str, Any], links: list[tuple[int, int, bool]]
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "given"
        trees.write(folder, plan)
        trees.link(folder, links)
        whole = files(folder)
        for mode in ("w", "w:gz", "w:bz2", "w:xz"):
            assert files(trees.tarred(folder, mode)) == whole
        assert files(trees.zipped(folder)) == whole


def test_links_to_folders_and_files_are_followed(tmp_path: Path) -> None:
    trees.write(tmp_path / "far", {"1.png": b"one"})
    trees.write(tmp_path / "given", {"a": {"2.png": b"two"}})
    (tmp_path / "given" / "b").symlink_to(tmp_path / "far")
    (tmp_path / "given" / "3.png").symlink_to(tmp_path / "given" / "a" / "2.png")
    assert files(tmp_path / "given") == {"3.png": b"two", "a/2.png": b"two", "b/1.png": b"one"}


def test_a_link_that_leads_back_is_told_and_not_entered(tmp_path: Path) -> None:
    trees.write(tmp_path / "given", {"u\u0308": {"1.png": b"one"}})
    (tmp_path / "given" / "u\u0308" / "up").symlink_to("..")
    reason = "a link to a folder that it lies in, or to itself"
    assert files(tmp_path / "given") == {"\u00fc/1.png": b"one", "\u00fc/up": reason}


def doubled(folder: Path, levels: int) -> Path:
    """Folders each with two links to the next; the last holds a file."""
    trees.write(folder, {str(level): {} for level in range(levels)} | {str(levels): {"1": b"x"}})
    for level in range(levels):
        for name in "ab":
            (folder / str(level) / name).symlink_to(f"../{level + 1}")
    return folder


def test_links_within_links_are_followed(tmp_path: Path) -> None:
    folder = doubled(tmp_path / "given", 3)
    whole = files(folder)
    assert len(whole) == 2**3 + 2**2 + 2 + 1
    assert files(trees.tarred(folder)) == whole
    assert files(trees.zipped(folder)) == whole


def test_links_that_double_without_end_are_refused(tmp_path: Path) -> None:
    folder = doubled(tmp_path / "given", 40)
    reason = "more than 100 links lead to one folder, the last is 0/a/.*; give its images once"
    for given_as in (folder, trees.tarred(folder), trees.zipped(folder)):
        with pytest.raises(DataError, match=reason):
            files(given_as)
    with pytest.raises(DataError, match=reason):
        content_fingerprint(folder, {})


def test_a_link_to_nothing_says_so_when_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "1.png").symlink_to("absent.png")
    assert files(tmp_path) == {"1.png": "a link to what is not there"}


def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "1.png")
    assert files(tmp_path) == {"1.png": "a pipe, socket or device, which is never opened"}
    with pytest.raises(DataError, match="a pipe, socket or device, which is never opened"):
        files(tmp_path / "1.png")
    with pytest.raises(DataError, match="a pipe, socket or device, which is never opened"):
        content_fingerprint(tmp_path / "1.png", {})


@pytest.mark.parametrize("name", ["../x.png", "/etc/x.png", "a/../../x.png", "C:\\x.png"])
def test_a_member_that_leads_out_of_an_archive_is_left_out(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr(name, b"evil")
        archive.writestr("a/1.png", b"one")
    assert files(tmp_path / "z") == {
        "a/1.png": b"one",
        name: "its name, or what it links to, leads out of the archive",
    }


@pytest.mark.parametrize("target", ["/etc/passwd", "../../passwd"])
def test_a_link_out_of_an_archive_is_refused(target: str, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t", "w") as archive:
        member = tarfile.TarInfo("a/1.png")
        member.type, member.linkname = tarfile.SYMTYPE, target
        archive.addfile(member)
    (reason,) = files(tmp_path / "t").values()
    assert reason == "its name, or what it links to, leads out of the archive"


def test_backslashes_part_folders(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("train\\happy\\", b"")
        archive.writestr("train\\happy\\1.png", b"one")
    assert files(tmp_path / "z") == {"train/happy/1.png": b"one"}


def test_two_spellings_of_a_folder_are_one(tmp_path: Path) -> None:
    for spelling, name in (("d\u00e9go\u00fbt", "1.png"), ("de\u0301gou\u0302t", "2.png")):
        trees_folder = tmp_path / "given" / spelling
        trees_folder.mkdir(parents=True)
        (trees_folder / name).write_bytes(b"x")
        (trees_folder / "same.png").write_bytes(spelling.encode())
    found = files(tmp_path / "given")
    assert sorted(found) == [
        "d\u00e9go\u00fbt/1.png",
        "d\u00e9go\u00fbt/2.png",
        "d\u00e9go\u00fbt/same (2).png",
        "d\u00e9go\u00fbt/same.png",
    ]


def named_zip(file: Path, raw: bytes, *, flag: bool = False) -> Path:
    """A zip with one member whose name is the bytes ``raw``."""
    stand_in = "n" * len(raw)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(stand_in, b"one")
    content = bytearray(file.read_bytes().replace(stand_in.encode(), raw))
    if flag:
        directory = content.index(b"PK\x01\x02")
        content[7], content[directory + 9] = 8, 8
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("flag", [True, False])
def test_names_in_utf8_are_read_with_their_flag_and_without(flag: bool, tmp_path: Path) -> None:
    file = named_zip(tmp_path / "z", "dégoût.png".encode(), flag=flag)
    assert files(file) == {"dégoût.png": b"one"}


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "shift-jis"])
def test_names_in_an_encoding_that_is_not_told_are_refused(encoding: str, tmp_path: Path) -> None:
    name = "嫌悪.png" if encoding == "shift-jis" else "dégoût.png"
    with pytest.raises(DataError, match="does not say in which encoding its names are"):
        files(named_zip(tmp_path / "z", name.encode(encoding)))


@pytest.mark.parametrize(
    ("pack", "suffix"), [(gzip.open, "gz"), (bz2.open, "bz2"), (lzma.open, "xz")]
)
def test_a_compressed_table_is_the_table(pack: Any, suffix: str, tmp_path: Path) -> None:
    with pack(tmp_path / f"fer2013.csv.{suffix}", "wb") as file:
        file.write(b"emotion,pixels\n")
    assert files(tmp_path / f"fer2013.csv.{suffix}") == {"fer2013.csv": b"emotion,pixels\n"}


def test_a_tar_that_holds_a_zip_is_a_tar(tmp_path: Path) -> None:
    trees.write(tmp_path / "given", {"1.png": b"one"})
    inner = trees.zipped(tmp_path / "given")
    inner.rename(tmp_path / "given" / "z.zip")
    assert set(files(trees.tarred(tmp_path / "given"))) == {"1.png", "z.zip"}


@pytest.mark.parametrize("cut", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("mode", ["w", "w:gz", "zip"])
def test_an_archive_that_is_cut_off_is_refused(mode: str, cut: float, tmp_path: Path) -> None:
    trees.write(tmp_path / "given", {f"{n}.png": os.urandom(2000) for n in range(9)})
    folder = tmp_path / "given"
    file = trees.zipped(folder) if mode == "zip" else trees.tarred(folder, mode)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * cut)])
    with pytest.raises(DataError, match="cannot be read") as error:
        files(file)
    assert "\n" not in str(error.value)


def test_a_damaged_header_in_a_tar_loses_nothing_silently(tmp_path: Path) -> None:
    trees.write(tmp_path / "given", {f"{n}.png": b"x" * 600 for n in range(9)})
    file = trees.tarred(tmp_path / "given")
    content = bytearray(file.read_bytes())
    content[content.index(b"./5.png")] ^= 255
    file.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read"):
        files(file)


@pytest.mark.parametrize(
    ("magic", "what"), [(b"Rar!\x1a\x07\x01\x00", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7-Zip")]
)
def test_an_archive_of_another_kind_is_named(magic: bytes, what: str, tmp_path: Path) -> None:
    (tmp_path / "data.zip").write_bytes(magic + bytes(99))
    with pytest.raises(DataError, match=f"it is a {what} archive"):
        files(tmp_path / "data.zip")


@pytest.mark.parametrize(("offset", "value", "reason"), [(6, 1, "password"), (8, 9, "deflate64")])
def test_what_a_zip_locks_says_why(offset: int, value: int, reason: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("1.png", b"one")
    content = bytearray((tmp_path / "z").read_bytes())
    content[offset] = content[content.index(b"PK\x01\x02") + offset + 2] = value
    (tmp_path / "z").write_bytes(content)
    (told,) = files(tmp_path / "z").values()
    assert reason in str(told)


def test_a_file_larger_than_any_image_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "1.png").open("wb") as file:
        file.truncate(20 * 2**30)
    assert files(tmp_path) == {"1.png": "larger than 256 MiB"}


def test_a_special_member_is_never_opened(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t", "w") as archive:
        member = tarfile.TarInfo("1.png")
        member.type = tarfile.FIFOTYPE
        archive.addfile(member)
    info = zipfile.ZipInfo("1.png")
    info.external_attr = stat.S_IFIFO << 16
    with zipfile.ZipFile(tmp_path / "z", "w") as packed:
        packed.writestr(info, b"")
    reason = "a pipe, socket or device, which is never opened"
    assert files(tmp_path / "t") == files(tmp_path / "z") == {"1.png": reason}


def test_a_folder_is_listed_once_where_this_is_asked_for(tmp_path: Path, listings) -> None:
    folder = tmp_path / "given"
    trees.write(folder, {"a": {"1.png": b"one"}})
    with listing_once():
        before = content_fingerprint(folder, {})
        with listing_once():
            assert files(folder) == {"a/1.png": b"one"}
        (folder / "2.png").write_bytes(b"two")
        assert content_fingerprint(folder, {}) == before
        assert listings == [folder]
    assert set(files(folder)) == {"a/1.png", "2.png"}


def test_the_fingerprint_sees_what_links_lead_to(tmp_path: Path) -> None:
    trees.write(tmp_path / "far", {"1.png": b"one"})
    trees.write(tmp_path / "given", {})
    (tmp_path / "given" / "a").symlink_to(tmp_path / "far")
    before = content_fingerprint(tmp_path / "given", {})
    (tmp_path / "far" / "2.png").write_bytes(b"two")
    assert content_fingerprint(tmp_path / "given", {}) != before
