"""A model that is kept with a run answers as the run's own, to whoever has the folder alone."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.protocol.names import slug
from benchmarks.use import shipped
from tests.runs.commands import ferbench_here, stored

TORCH, KERAS, PLUGIN = "timm:resnet10t.scratch@32", "emotionnet", "two-faced"
STARTS = """
name = "starts"
controls = false

[data]
set = "synthetic-faces"
options = {{ scale = 0.05 }}

[tuning]
trials = 1
rungs = [1]

[fit]
epochs = 1

[[variants]]
architecture = "timm:resnet10t"
input_size = 32
initialisation = "run:{run}"
"""


def keep(run: Path, out: Path, *options: str) -> Path:
    done = ferbench_here("keep", run, "-o", out, *options)
    assert done.status == 0, done.err
    return out


@pytest.fixture(scope="session")
def kept(small: Path, once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    return once("kept-with-model", lambda out: keep(small, out, "--model", TORCH) and None)


def answers(run: Path, pictures: Path, said: str) -> pd.DataFrame:
    done = ferbench_here("predict", run, pictures, "--format", "csv")
    assert done.status == 0, done.err
    assert said in done.err
    return pd.read_csv(io.StringIO(done.out)).filter(like="p_")


def test_it_answers_as_the_model_that_was_kept(small: Path, kept: Path, test_images: Path) -> None:
    found = answers(kept, test_images, f"model: {TORCH}, seed 3 (whose model was kept)")
    expected = stored(small, TORCH, "test").filter(like="p_")
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.02)


def test_a_model_of_a_plugin_is_kept_with_the_plugin_alone(
    small: Path, small_protocol: Path, tmp_path: Path
) -> None:
    named = ("keep", small, "-o", tmp_path / "out", "--model", PLUGIN)
    done = ferbench_here(*named)
    assert done.status == 2
    assert "name the file that declares it with --plugin PATH" in done.err
    assert not (tmp_path / "out").exists()
    done = ferbench_here(*named, "--plugin", small_protocol.parent / "p.py")
    assert done.status == 0, done.err
    assert f"the model of {PLUGIN}: in half precision; on 64 random and drawn images" in done.err


@pytest.mark.slow
def test_a_model_of_keras_is_kept_as_it_is(small: Path, tmp_path: Path, test_images: Path) -> None:
    kept = keep(small, tmp_path / "out", "--model", KERAS)
    (card,) = (json.loads(file.read_text("utf-8")) for file in kept.rglob("model-card.json"))
    assert (card["precision_stored"], card["check"]) == ("as fitted", None)
    found = answers(kept, test_images, f"model: {KERAS}")
    expected = stored(small, KERAS, "test").filter(like="p_")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.slow
def test_one_can_start_from_a_kept_model_of_keras(small: Path, tmp_path: Path) -> None:
    kept = keep(small, tmp_path / "out", "--model", KERAS)
    protocol = tmp_path / "starts.toml"
    text = STARTS.format(run=f"{kept}/{KERAS}").replace("input_size = 32\n", "")
    protocol.write_text(text.replace("timm:resnet10t", KERAS), "utf-8")
    done = ferbench_here("run", protocol, "--out", tmp_path / "run")
    assert done.status == 0, done.err
    assert ferbench_here("verify", kept).status == 0


def test_its_weights_take_half_the_room_and_its_card_tells_score_and_licence(
    small: Path, kept: Path
) -> None:
    place = Path("fits") / slug(TORCH) / "seed-3"
    whole, half = ((run / place / "model.safetensors").stat().st_size for run in (small, kept))
    assert half < 0.52 * whole
    card = json.loads((kept / place / "model-card.json").read_text("utf-8"))
    assert (card["variant"], card["seed"], card["precision_stored"]) == (TORCH, 3, "float16")
    assert card["precision"] == card["precision_scored"]
    assert 0 < card["check"]["largest_difference"] < 0.02
    table = stored(small, TORCH, "test")
    right = table.filter(like="p_").to_numpy().argmax(axis=1) == table["label"]
    assert card["test"]["accuracy"] == pytest.approx(right.mean())
    assert "synthetic-faces" in card["licence"]


def test_its_run_can_be_verified(kept: Path) -> None:
    done = ferbench_here("verify", kept)
    assert done.status == 0, done.err + done.out


def test_a_changed_model_is_refused(kept: Path, tmp_path: Path, test_images: Path) -> None:
    copy = Path(shutil.copytree(kept, tmp_path / "copy"))
    file = copy / "fits" / slug(TORCH) / "seed-3" / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    done = ferbench_here("predict", copy, test_images / "00000.png")
    assert done.status == 2
    assert "model.safetensors: changed" in done.err


def test_one_can_start_from_it(kept: Path, tmp_path: Path) -> None:
    protocol = tmp_path / "starts.toml"
    protocol.write_text(STARTS.format(run=f"{kept}/{TORCH}"), "utf-8")
    done = ferbench_here("run", protocol, "--out", tmp_path / "run")
    assert done.status == 0, done.err


def test_another_row_of_it_has_no_model(kept: Path, test_images: Path) -> None:
    done = ferbench_here("predict", f"{kept}/{KERAS}", test_images / "00000.png")
    assert done.status == 2
    assert "a kept run, which holds no model of it; `ferbench reproduce`" in done.err


def test_without_a_run_the_model_that_comes_with_ferbench_answers(
    kept: Path, test_images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "SHIPPED", kept)
    done = ferbench_here("predict", test_images / "00000.png")
    assert done.status == 0, done.err
    assert f"model: {TORCH}" in done.err


def test_a_picture_below_the_manifest_of_another_program_is_a_picture(
    kept: Path, test_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "SHIPPED", kept)
    (tmp_path / "manifest.json").write_text('{"name": "a web page"}', "utf-8")
    face = shutil.copyfile(test_images / "00000.png", tmp_path / "face.png")
    found = (str(kept), (Path(face),))
    assert shipped.model_and_pictures([str(face)]) == found
    assert shipped.model_and_pictures([str(tmp_path)]) == (str(kept), (tmp_path,))


def test_what_is_neither_a_run_nor_a_picture_is_said_so(test_images: Path) -> None:
    done = ferbench_here("predict", "results/mistyped", test_images / "00000.png")
    assert done.status == 2
    assert "results/mistyped: not a results folder (RUN[/VARIANT]), and no picture" in done.err


def test_without_pictures_a_run_is_not_enough(kept: Path) -> None:
    done = ferbench_here("predict", kept)
    assert done.status == 2
    assert "give the pictures behind it" in done.err
