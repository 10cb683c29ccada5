"""A kept model is in half precision where its answers stay, and its card says what it is."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from benchmarks.errors import InputError
from benchmarks.evaluation.fitted import ChosenFit
from benchmarks.reproducibility import keep as keeping
from benchmarks.reproducibility import kept_model
from benchmarks.reproducibility.keep import keep
from benchmarks.reproducibility.trial_images import trial_images
from benchmarks.store.digests import write_digests
from benchmarks.store.folder import RunFolder
from benchmarks.store.reading import read_fit, read_manifest, read_statuses
from benchmarks.store.writing import write_fit, write_manifest, write_statuses
from tests.folder import EXPRESSIONS, ROWS, build

MODEL = "model.safetensors"
GENTLE = np.linspace(-1, 1, len(EXPRESSIONS), dtype=np.float32) / 3


class Softmax:
    """Answers each image with the softmax of the weights, whatever it shows."""

    def __init__(self, chosen: ChosenFit, plugins: tuple[Path, ...]) -> None:
        assert plugins == ()
        self._weights = load_file(chosen.folder / MODEL)["kernel"].astype(np.float64)

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        odds = np.exp(self._weights - self._weights.max())
        return np.tile(odds / odds.sum(), (len(images), 1))

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_model, "PredictorProcess", Softmax)
    monkeypatch.setattr(keeping, "PRECISIONS", (11,))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("runs") / "run", ROWS[:2], seeds=(0,), images=60)


def run_with(built: Path, out: Path, kernel: NDArray[Any]) -> Path:
    run = Path(shutil.copytree(built, out))
    place = RunFolder(run).fit("plain-cnn", 0)
    save_file({"kernel": kernel, "steps": np.array([70_000])}, place / MODEL)
    write_fit(place, replace(read_fit(place), model_files=(MODEL,)))
    write_digests(run)
    return run


def kept_with(built: Path, folder: Path, kernel: NDArray[Any]) -> tuple[dict[str, Any], Path, Path]:
    """Return the card of a kept model with the weights ``kernel``, its file, and the run's own."""
    run = run_with(built, folder / "run", kernel)
    keep(run, folder / "kept", "plain-cnn")
    place = RunFolder(folder / "kept").fit("plain-cnn", 0)
    card = json.loads((place / "model-card.json").read_text("utf-8"))
    return card, place / MODEL, RunFolder(run).fit("plain-cnn", 0) / MODEL


def test_the_card_says_by_how_much_the_answers_differ(built: Path, tmp_path: Path) -> None:
    card, file, _ = kept_with(built, tmp_path, GENTLE)
    assert load_file(file)["kernel"].dtype == np.float16
    assert load_file(file)["steps"].tolist() == [70_000]
    exact, halved = (np.exp(k.astype(float)) for k in (GENTLE, GENTLE.astype(np.float16)))
    moved = float(np.abs(exact / exact.sum() - halved / halved.sum()).max())
    assert card["precision_stored"] == "float16"
    assert card["check"]["largest_difference"] == pytest.approx(moved)
    assert moved > 0
    assert (card["check"]["changed_answers"], card["check"]["images"]) == (0, 64)
    assert card["precision"] == card["precision_scored"] == "float32"


def test_a_kept_file_can_be_read_by_all(built: Path, tmp_path: Path) -> None:
    _, file, _ = kept_with(built, tmp_path, GENTLE)
    assert file.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("kernel", "precision"),
    [
        (GENTLE * 0 + np.float32([2048.9, 2048, 2048, 0, 0, 0, 0]), "float32"),
        (GENTLE * 3e5, "float32"),
        (GENTLE.astype(np.float64), "float64"),
    ],
    ids=["other answers", "beyond half precision", "no single precision"],
)
def test_weights_that_cannot_be_halved_are_the_runs_own_and_the_card_says_so(
    kernel: NDArray[Any], precision: str, built: Path, tmp_path: Path
) -> None:
    card, file, own = kept_with(built, tmp_path, kernel)
    assert file.read_bytes() == own.read_bytes()
    assert (card["precision_stored"], card["check"]) == (precision, None)
    assert "half" not in card["contents"]


def refused(run: Path, out: Path, variant: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return why a model is not kept, which is said before anything is rendered or written."""
    monkeypatch.setattr(keeping, "rendered", lambda *_, **__: pytest.fail("rendered"))
    with pytest.raises(InputError) as told:
        keep(run, out, variant)
    assert not out.exists()
    return str(told.value)


def test_the_model_of_a_row_under_way_is_refused_at_once(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_with(built, tmp_path / "run", GENTLE)
    place = RunFolder(run)
    place.digests.unlink()
    write_manifest(place, replace(read_manifest(run), finished=None))
    write_statuses(place, {n: s for n, s in read_statuses(run).items() if n != "plain-cnn"})
    told = refused(run, tmp_path / "kept", "plain-cnn", monkeypatch)
    assert "plain-cnn: not finished yet" in told


@pytest.mark.parametrize(
    ("variant", "why"), [("plan-cnn", "did you mean 'plain-cnn'?"), ("majority", "holds no model")]
)
def test_so_is_one_that_is_not_there(
    variant: str, why: str, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_with(built, tmp_path / "run", GENTLE)
    assert why in refused(run, tmp_path / "kept", variant, monkeypatch)


@pytest.mark.parametrize("shape", [(48, 48, 1), (32, 64, 3)])
def test_images_to_try_a_model_on_need_no_data(shape: tuple[int, int, int]) -> None:
    images = trial_images(shape)
    assert (images.shape, images.dtype) == ((64, *shape), np.uint8)
    assert len(np.unique(images, axis=0)) == 64
    assert (images == trial_images(shape)).all()
