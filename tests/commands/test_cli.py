"""The command line: what each command prints, and one line for a wrong input."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from datasets.audit.audit import AUDIT
from tests.datasets import samples
from tests.runs.commands import ferbench, ferbench_here, smallest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "quik"], "did you mean 'quick'"),
        (["run", "fer2013-lite"], "give --data PATH"),
        (["run", "quick", "--data", "faces"], "takes no files; leave --data out"),
        (["run", "fer2013-lite", "--data", "absent.zip"], "absent.zip: no such file"),
        (["run"], "Missing argument"),
        (["run", "quick", "--workers", "0"], "--workers"),
        (["run", "quick", "--plugin", "absent.py"], "absent.py"),
        (["report", "absent"], "not a results folder"),
        (["report", "absent", "--format", "pdf"], "--format"),
        (["datasets", "inspect", "ferr"], "no data set 'ferr'"),
        (["datasets", "inspect", "fer201"], "no data set 'fer201'; did you mean 'fer2013'?"),
        (["audit", "ferr"], "no data set 'ferr'"),
        (["audit", "fer2013"], "give --data PATH"),
        (["audit", "image-folder", "--data", "absent"], "absent: no such file"),
        (["datasets", "fetch", "synthetic-faces"], "cannot be fetched"),
        (["predict", "absent", "a.png"], "absent: not a results folder"),
        (["predict"], "Missing argument"),
        (["webcam", "absent"], "not a results folder"),
        (["demo", "absent"], "not a results folder"),
        (["frob"], "No such command"),
    ],
)
def test_a_wrong_input_gets_one_line_and_status_2(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    out = ["--out", str(tmp_path / "run")] if arguments[0] == "run" and len(arguments) > 1 else []
    done = ferbench_here(*arguments, *out, FERBENCH_DATA="", FERBENCH_CACHE=str(tmp_path / "cache"))
    assert done.status == 2
    lines = [line for line in done.err.splitlines() if line.strip()]
    assert len(lines) == 1, done.err
    assert lines[0].startswith("ferbench: ")
    assert message in lines[0]


def test_an_unknown_network_is_told_before_any_data_are_read(tmp_path: Path) -> None:
    (protocol := tmp_path / "p.toml").write_text(smallest("absent-net"), "utf-8")
    cache = tmp_path / "cache"
    done = ferbench_here("run", protocol, "--out", tmp_path / "run", FERBENCH_CACHE=str(cache))
    assert done.status == 2
    assert "variants[0]: unknown architecture 'absent-net'" in done.err
    assert not cache.exists()


def test_the_version_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    done = ferbench_here("--version")
    assert (done.status, done.out.split()) == (0, ["ferbench", version("ferbench")])


def test_no_command_at_all_is_told_below_the_help() -> None:
    done = ferbench_here()
    assert done.status == 2
    assert "reproduce" in done.out
    assert done.err.startswith("ferbench: say what to do: ")


@pytest.mark.parametrize("command", [("audit",), ("datasets", "inspect")])
def test_images_in_the_place_of_a_data_set_are_told_how_to_be_given(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    done = ferbench_here(*command, tmp_path)
    assert (done.status, done.out) == (2, "")
    told = f"ferbench: {tmp_path}: a folder, no data set; give it with --data {tmp_path}, "
    assert done.err.strip().startswith(told)


@pytest.mark.parametrize(("name", "fetched"), [("image-folder", False), ("fer2013", True)])
def test_a_download_is_offered_only_of_what_can_be_downloaded(name: str, fetched: bool) -> None:
    done = ferbench_here("audit", name, FERBENCH_DATA="")
    assert done.status == 2
    assert "give --data PATH, or set FERBENCH_DATA" in done.err
    assert (f"ferbench datasets fetch {name}" in done.err) == fetched


@pytest.mark.parametrize("command", [("audit",), ("datasets", "inspect")])
def test_more_unreadable_images_than_a_run_allows_are_told(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    faces = samples.write_classes(tmp_path / "faces", {"happy": 20, "sad": 20})
    next(faces.rglob("*.png")).write_bytes(b"<html>")
    done = ferbench_here(*command, "image-folder", "--data", faces, FERBENCH_CACHE=str(tmp_path))
    assert done.status == 0
    assert "more than the share 0.01 that a run allows" in done.out


@pytest.mark.parametrize("make", [Path.touch, os.mkfifo])
def test_a_place_that_cannot_be_written_is_named(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    make(tmp_path / "run")
    done = ferbench_here("run", "quick", "--out", str(tmp_path / "run"))
    assert done.status == 2
    assert done.err == f"ferbench: {tmp_path}/run: it is a file; give --out a folder\n"


def test_a_broken_plugin_is_named_with_its_error(tmp_path: Path) -> None:
    plugin = tmp_path / "broken.py"
    plugin.write_text("import no_such_module", "utf-8")
    done = ferbench("run", "quick", "--plugin", plugin, "--out", tmp_path / "run")
    assert done.status == 2
    assert "broken.py" in done.err
    assert "no_such_module" in done.err


def test_debug_shows_the_traceback() -> None:
    assert "Traceback" in ferbench("--debug", "run", "quik").err


def test_data_sets_are_listed_with_origin_and_licence() -> None:
    done = ferbench_here("datasets", COLUMNS="200")
    assert done.status == 0
    for name in ("fer2013", "image-folder", "synthetic-faces"):
        assert name in done.out
    assert "licence" in done.out


def test_inspecting_prints_counts_shape_standing_and_digest(tmp_path: Path) -> None:
    done = ferbench_here("datasets", "inspect", "synthetic-faces", FERBENCH_CACHE=str(tmp_path))
    assert done.status == 0, done.err
    for fact in ("48×48", "grey", "validation", "surprise", "official", "digest:"):
        assert fact in done.out


def test_inspecting_fer2013_finds_the_official_split(fer2013_zip: Path, tmp_path: Path) -> None:
    done = ferbench(
        "datasets", "inspect", "fer2013", "--data", fer2013_zip, FERBENCH_CACHE=str(tmp_path)
    )
    assert done.status == 0, done.err
    assert "split: official" in done.out
    for count in ("28,709", "3,589", "35,887", "34,034 images differ"):
        assert count in done.out


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """Two classes with a copy, a contradiction, a broken file and a name that looks like markup."""
    folder = tmp_path / "größe [red]"
    samples.write_classes(folder, {"[bold]happy": 30, "sad": 30})
    copied = (folder / "sad" / "3.png").read_bytes()
    (folder / "sad" / "copy.png").write_bytes(copied)
    (folder / "[bold]happy" / "copy.png").write_bytes(copied)
    (folder / "sad" / "7.png").write_bytes(b"broken")
    return folder


def test_an_audit_is_told_in_words_and_findings_are_no_error(faulty: Path, tmp_path: Path) -> None:
    done = ferbench("audit", "image-folder", "--data", faulty, FERBENCH_CACHE=str(tmp_path))
    assert done.status == 0, done.err
    for fact in (
        "59 images differ in their pixels",
        "identical images with contradicting labels: 3 in 1 group",
        "unreadable images: 1",
        "sad/7.png",
        "[bold]happy",
    ):
        assert fact in done.out
    assert "png" not in done.err


def test_an_audit_is_printed_whole_as_json(faulty: Path, tmp_path: Path) -> None:
    done = ferbench(
        "audit", "image-folder", "--data", faulty, "--json", FERBENCH_CACHE=str(tmp_path)
    )
    assert done.status == 0, done.err
    found = AUDIT.validate_json(done.out)
    assert found.unreadable == ("sad/7.png",)
    (group,) = found.duplicates.groups
    assert {place.path for place in group} == {"sad/3.png", "sad/copy.png", "[bold]happy/copy.png"}


@pytest.mark.slow
def test_models_are_listed_with_engine_cost_and_source(tmp_path: Path) -> None:
    done = ferbench("models", FERBENCH_CACHE=str(tmp_path), COLUMNS="220")
    assert done.status == 0, done.err
    rows = {line.split()[0]: line for line in done.out.splitlines() if line.strip()}
    for name in ("majority", "plain-cnn", "mini-xception", "vgg16", "resnet50", "timm:resnet18"):
        assert name in rows
    assert "14.7 M" in rows["vgg16"]
    assert "57.0 k" in rows["mini-xception"]
    assert "imagenet" in rows["resnet50"]
    assert "timm:NAME" in done.out
