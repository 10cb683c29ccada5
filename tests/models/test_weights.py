"""Weights come from where they are said to come from, or not at all; nothing runs code."""

from __future__ import annotations

import pytest

from tests.engine_process import call


def test_keras_weights_load_from_every_layout_users_bring(tmp_path) -> None:
    differences = call("tests.models.keras_networks:applications_files", folder=str(tmp_path))
    assert len(differences) == 6
    assert max(differences.values()) < 1e-4, differences


def test_files_that_are_not_this_keras_network_are_refused(tmp_path) -> None:
    said = call("tests.models.keras_networks:refusals", folder=str(tmp_path))
    assert said.pop("unchanged") == "True"
    expected = {
        "other.safetensors": "'0004/conv3/kernel' is missing",
        "vgg19.h5": "'block3_conv4' has no place in the network",
        "colour.safetensors": "'0000/conv1/kernel' has shape (3, 3, 3, 32), the network's has",
        "colour.h5": "has shape (3, 3, 3, 32), the network's has (3, 3, 1, 32)",
        "other.weights.h5": "give this architecture's weights",
        "noise.h5": "not readable as weights",
        "noise.safetensors": "not readable as weights",
        "linked.h5": "not readable as weights",
        "model.pth": "a keras network takes .safetensors",
        "model.keras": "a keras network takes .safetensors",
        "absent.h5": "no such file",
    }
    assert said.keys() == expected.keys()
    for name, reason in expected.items():
        assert reason in said[name], (name, said[name])
        assert "\n" not in said[name]


def test_timms_own_files_load_and_their_rgb_filters_are_summed_for_grey(tmp_path) -> None:
    differences = call("tests.models.torch_networks:timm_files", folder=str(tmp_path))
    assert max(differences.values()) < 1e-6, differences


def test_files_that_are_not_this_torch_network_are_refused(tmp_path) -> None:
    said = call("tests.models.torch_networks:refusals", folder=str(tmp_path))
    assert "'network.layer1.2.bn1.bias' has no place" in said["deeper.safetensors"]
    assert "is missing" in said["other.safetensors"]
    assert "network.layer4.1.conv2.weight" in said["shape.safetensors"]
    assert "not readable as weights" in said["noise.safetensors"]
    assert "a torch network takes .safetensors" in said["model.pth"]


@pytest.mark.parametrize(
    ("target", "names"),
    [("keras_networks", ["vgg16", "densenet121"]), ("torch_networks", ["resnet18"])],
)
def test_without_a_connection_imagenet_ends_quickly_in_what_to_do(tmp_path, target, names) -> None:
    answers = call(
        f"tests.models.{target}:imagenet_errors",
        environment={
            "FERBENCH_OFFLINE": "1",
            "KERAS_HOME": str(tmp_path),
            "HF_HUB_CACHE": str(tmp_path),
        },
        names=names,
    )
    for answer in answers.values():
        assert "the ImageNet weights cannot be had" in answer["error"]
        assert 'initialisation = "file:PATH"' in answer["error"]
        assert "\n" not in answer["error"]
        assert answer["seconds"] < 10
