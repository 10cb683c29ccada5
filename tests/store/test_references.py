"""What ``RUN`` and ``RUN/VARIANT`` refer to."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.store.references import ModelReference, find_reference

MANIFEST = '{"protocol": {}}'


@pytest.fixture
def run(tmp_path: Path) -> Path:
    run = tmp_path / "results" / "run"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text(MANIFEST, "utf-8")
    return run


@pytest.mark.parametrize("variant", ["", "plain-cnn", "timm:a/b", "vgg16.imagenet.frozen"])
def test_a_variant_is_what_stands_behind_the_results_folder(run: Path, variant: str) -> None:
    assert find_reference(f"{run}/{variant}") == ModelReference(run, variant)


def test_a_run_in_a_run_is_the_inner_one(run: Path) -> None:
    inner = run / "honest"
    inner.mkdir()
    (inner / "manifest.json").write_text(MANIFEST, "utf-8")
    assert find_reference(f"{inner}/plain-cnn") == ModelReference(inner, "plain-cnn")


def test_what_is_in_no_results_folder_refers_to_nothing(run: Path) -> None:
    assert find_reference(str(run.parent)) is None
    assert find_reference(f"{run.parent}/other/plain-cnn") is None


def test_what_lies_in_a_results_folder_is_no_variant_of_it(run: Path) -> None:
    (run / "pictures").mkdir()
    (run / "pictures" / "face.jpg").touch()
    for name in ("pictures", "pictures/face.jpg", "pictures/other.jpg"):
        assert find_reference(f"{run}/{name}") is None


@pytest.mark.parametrize("manifest", ['{"name": "a web page", "icons": []}', "[1]"])
def test_the_manifest_of_another_program_makes_no_results_folder(
    manifest: str, tmp_path: Path
) -> None:
    (tmp_path / "manifest.json").write_text(manifest, "utf-8")
    assert find_reference(str(tmp_path)) is None
    assert find_reference(f"{tmp_path}/missing.jpg") is None


def test_a_run_whose_manifest_is_damaged_is_one(run: Path) -> None:
    (run / "manifest.json").write_text(MANIFEST[:-1], "utf-8")
    assert find_reference(f"{run}/plain-cnn") == ModelReference(run, "plain-cnn")
