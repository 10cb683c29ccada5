"""Which model of a kept run is meant, and what is said of one that is no longer whole."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.errors import InputError
from benchmarks.evaluation.fitted import resolve_fit
from benchmarks.reproducibility.keep import keep
from benchmarks.store.digests import ORIGINAL, write_digests
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.reading import read_fit
from benchmarks.store.writing import write_fit
from tests.folder import ROWS, build

MODEL = "model.safetensors"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    run = build(folder / "run", ROWS[:3], seeds=(2, 10), images=60)
    write_digests(run)
    keep(run, folder / "kept")
    return folder / "kept"


def with_models(plain: Path, out: Path, *fits: tuple[str, int]) -> Path:
    kept = Path(shutil.copytree(plain, out))
    for variant, seed in fits:
        place = FitFolder(RunFolder(kept).fit(variant, seed))
        (place.path / MODEL).write_bytes(b"a model")
        place.card.write_text("{}", "utf-8")
        write_fit(place.path, replace(read_fit(place.path), model_files=(MODEL,)))
    write_digests(kept)
    return kept


@pytest.fixture
def kept(plain: Path, tmp_path: Path) -> Path:
    return with_models(plain, tmp_path / "kept", ("plain-cnn", 10))


def refusal(reference: str) -> str:
    with pytest.raises(InputError) as refused:
        resolve_fit(reference)
    return str(refused.value)


def test_the_one_model_that_was_kept_is_meant(kept: Path) -> None:
    chosen = resolve_fit(str(kept))
    assert (chosen.variant.name, chosen.fit.seed) == ("plain-cnn", 10)
    assert chosen.why == "whose model was kept"


def test_of_several_models_it_is_said_how_many_there_are(plain: Path, tmp_path: Path) -> None:
    kept = with_models(
        plain, tmp_path / "kept", ("augmented-cnn", 2), ("plain-cnn", 10), ("plain-cnn", 2)
    )
    chosen = resolve_fit(str(kept))
    assert (chosen.variant.name, chosen.fit.seed) == ("plain-cnn", 2)
    assert "the first of 2 whose models were kept" in chosen.why
    assert resolve_fit(f"{kept}/augmented-cnn").why == "as asked"


@pytest.mark.parametrize("reference", ["{}", "{}/plain-cnn"])
@pytest.mark.parametrize("name", ["fit.json", MODEL])
@pytest.mark.parametrize("how", ["changed", "removed"])
def test_a_model_that_is_not_as_it_was_kept_is_not_told_as_absent(
    how: str, name: str, reference: str, kept: Path
) -> None:
    file = RunFolder(kept).fit("plain-cnn", 10) / name
    if how == "changed":
        file.write_bytes(file.read_bytes().replace(b"a", b"b", 1))
    else:
        file.unlink()
    said = refusal(reference.format(kept))
    assert said.startswith(f"{file}: ")
    assert said.endswith(ORIGINAL)


@pytest.mark.parametrize("name", ["status.json", "digests.json", "manifest.json"])
def test_another_file_that_was_changed_is_named(name: str, kept: Path) -> None:
    content = (kept / name).read_bytes()
    (kept / name).write_bytes(content.replace(b"a", b"b", 1))
    said = refusal(str(kept))
    assert f"{name}: changed" in said
    assert said.endswith(ORIGINAL)


def test_a_row_whose_model_stayed_behind_has_none(kept: Path) -> None:
    assert "holds no model of it" in refusal(f"{kept}/augmented-cnn")
