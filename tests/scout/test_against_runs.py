"""`ferbench scout DATA --against RUN`: DATA is the run's own, and gives a kept run its labels."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.engines.published import Offer
from benchmarks.reproducibility.keep import keep
from benchmarks.scout import candidates
from benchmarks.scout import scout as scouting
from benchmarks.store.reading import read_run
from models.registry import PublishedWeights, discover
from tests.datasets.samples import write_classes
from tests.folder import Row, build
from tests.kept import faces, run_on
from tests.models.hub import hub_file
from tests.models.packages import uninstall
from tests.runs.commands import Done, ferbench_here
from tests.scout.answering import LITE, VGG, Answering

ROWS = (
    Row(name=f"{VGG}.edges.frozen", skill=0.6),
    Row(name=f"{LITE}.imagenet.frozen", skill=0.3, engine="torch"),
    Row(name="plain-cnn", skill=0.4),
)
FROM_IMAGENET = {"architecture": "timm:resnet34", "initialisation": "imagenet"}


@pytest.fixture(scope="module", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("FERBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.delenv("FERBENCH_DATA", raising=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return faces(tmp_path_factory.mktemp("data") / "faces")


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_on(data, tmp_path_factory.mktemp("runs") / "run", ROWS)


@pytest.fixture(scope="module")
def kept(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kept") / "kept"
    keep(run, out)
    return out


@pytest.fixture(autouse=True)
def weights_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of weights, and workers that answer at once."""
    listed = ((VGG, "edges"), (LITE, "imagenet"))
    for _, start in listed:
        (tmp_path / start).write_text(start)
    found = {
        name: Offer(architecture=name, initialisation=start, place="here", file=tmp_path / start)
        for name, start in listed
    }
    monkeypatch.setattr(candidates, "offers", lambda _, names: [found[name] for name in names])
    monkeypatch.setattr(scouting, "make_executor", Answering)


def in_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> PublishedWeights:
    """Put a tag of timm's into the hub's cache, and nothing else at hand; return what it is."""
    monkeypatch.undo()
    uninstall(monkeypatch)
    monkeypatch.setattr(scouting, "make_executor", Answering)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    sha256 = hashlib.sha256(hub_file(tmp_path / "hub", name, b"tagged").read_bytes()).hexdigest()
    return PublishedWeights(initialisation="imagenet", name=name, sha256=sha256)


def scouted(data: object, run: Path) -> Done:
    return ferbench_here("scout", data, "--against", run)


def told(done: Done, run: Path) -> list[str]:
    assert done.status == 0, done.err
    begins = f"{run}, "
    return [line.removeprefix(begins) for line in done.out.splitlines() if begins in line]


def refused(done: Done) -> str:
    assert (done.status, done.out) == (2, ""), done
    (line,) = done.err.splitlines()[-1:]
    return line


def test_a_kept_run_is_ranked_as_the_run_that_was_kept(data: Path, run: Path, kept: Path) -> None:
    lines = told(scouted(data, kept), kept)
    assert len(lines) == 2 and "2 rows: Kendall's tau" in lines[0]
    assert lines == told(scouted(data, run), run)


def test_other_data_of_a_kept_run_are_refused(kept: Path, tmp_path: Path) -> None:
    other = write_classes(tmp_path / "other", {"angry": 20, "happy": 20, "sad": 20})
    assert f"{other}: not the data of {kept}" in refused(scouted(other, kept))


def test_a_place_that_is_not_there_is_told(kept: Path, run: Path, tmp_path: Path) -> None:
    for each in (kept, run):
        assert "absent: no such file or folder" in refused(scouted(tmp_path / "absent", each))


def test_files_of_a_run_on_drawn_faces_are_refused(data: Path, tmp_path: Path) -> None:
    protocol = {"data": {"set": "synthetic-faces"}}
    drawn = build(tmp_path / "drawn", ROWS, seeds=(0,), protocol=protocol)
    line = refused(scouted(data, drawn))
    assert "which ferbench makes; ferbench scout synthetic-faces --against" in line


def test_a_row_of_a_plain_name_is_scouted_from_the_tag_that_it_was_fitted_from(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No example of the family; whose tag the plain name is, the run itself tells."""
    used = in_the_hub(tmp_path, monkeypatch, "resnet34.a1_in1k")
    rows = (
        Row(name="timm:resnet34.frozen", facts=FROM_IMAGENET, weights=used),
        Row(name="plain-cnn"),
    )
    run = run_on(data, tmp_path / "run", rows)
    (candidate,), left_out = candidates.candidates_of(read_run(run), discover())
    assert candidate.name == "timm:resnet34.imagenet@48"
    assert candidate.sha256 == used.sha256 and not left_out
    assert told(scouted(data, run), run)


def test_a_row_whose_weights_are_not_at_hand_is_left_out_with_its_reason(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = in_the_hub(tmp_path, monkeypatch, "resnet34.a1_in1k")
    rows = (
        Row(name="timm:resnet34.frozen", facts=FROM_IMAGENET, weights=used),
        Row(name=f"{VGG}.imagenet.frozen"),
    )
    run = run_on(data, tmp_path / "run", rows)
    done = scouted(data, run)
    assert done.status == 0, done.err
    said = " ".join(done.out.split())
    assert f"{VGG}.imagenet@48: left out: its weights are not at hand; fetched when" in said


def test_without_a_row_at_hand_it_is_told_which_before_an_image_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = in_the_hub(tmp_path, monkeypatch, "resnet34.a1_in1k")
    rows = (
        Row(
            name="timm:resnet34.frozen", facts=FROM_IMAGENET, weights=replace(used, sha256=64 * "b")
        ),
        Row(name=f"{VGG}.imagenet.frozen"),
    )
    line = refused(scouted("nowhere", build(tmp_path / "run", rows, seeds=(0,))))
    assert "timm:resnet34.imagenet@48: its weights (bbbbbbbbbbbb) are not at hand, but" in line
    assert f"others are (timm:resnet34.a1_in1k {used.sha256[:12]})" in line
    assert f"; {VGG}.imagenet@48: its weights are not at hand" in line


def test_a_run_without_transfer_is_told(tmp_path: Path) -> None:
    run = build(tmp_path / "run", (Row(name="plain-cnn"),), seeds=(0,))
    assert "no row of it starts from published weights" in refused(scouted("nowhere", run))
