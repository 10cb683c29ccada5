"""The contract test: every architecture, in a process that has its engine."""

from __future__ import annotations

import pytest

from models.registry import discover
from tests.engine_process import call

REGISTRY = discover()
KERAS = sorted(name for name, found in REGISTRY.architectures.items() if found.engine == "keras")
TORCH = ["resnet18", "mobilenetv3_small_100"]
OTHER_BACKEND = ["plain-cnn", "mini-xception", "vgg16"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
BACKBONES = [f"keras {name}" for name in KERAS] + [f"timm {name}" for name in TORCH]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What `examine` answered for every network, by engine and name; one process an engine."""
    folder = str(tmp_path_factory.mktemp("files"))
    keras = call(
        "tests.models.keras_networks:examine", environment=ONE_THREAD, names=KERAS, folder=folder
    )
    timm = call(
        "tests.models.torch_networks:examine", environment=ONE_THREAD, names=TORCH, folder=folder
    )
    return {f"keras {name}": answer for name, answer in keras.items()} | {
        f"timm {name}": answer for name, answer in timm.items()
    }


@pytest.mark.parametrize("name", BACKBONES)
def test_logits_are_one_float32_row_for_each_image(answers, name: str) -> None:
    answer = answers[name]
    assert answer["shapes"] == {"grey": [3, 7], "colour": [3, 7], "resized": [3, 7]}
    assert answer["dtypes"] == ["float32"]
    assert answer["finite"]
    assert answer["tells_images_apart"]


@pytest.mark.parametrize("name", BACKBONES)
def test_the_seed_alone_decides_the_first_weights(answers, name: str) -> None:
    assert answers[name]["same_seed_same_weights"]
    assert answers[name]["other_seed_other_weights"]


@pytest.mark.parametrize("name", BACKBONES)
def test_every_kernel_learns(answers, name: str) -> None:
    assert answers[name]["parameters"] > 1000
    assert answers[name]["still"] == []


@pytest.mark.parametrize("name", BACKBONES)
def test_files_give_back_the_same_predictions(answers, name: str) -> None:
    differences = answers[name]["differences"]
    assert differences
    assert max(differences.values()) < 1e-5, differences


def test_mini_xception_has_the_published_number_of_parameters(answers) -> None:
    assert answers["keras mini-xception"]["parameters"] == 58_423


@pytest.mark.slow
def test_keras_networks_work_on_torch_too(tmp_path) -> None:
    found = call(
        "tests.models.keras_networks:examine",
        environment={**ONE_THREAD, "KERAS_BACKEND": "torch"},
        names=OTHER_BACKEND,
        folder=str(tmp_path),
    )
    for answer in found.values():
        assert answer["shapes"]["colour"] == [3, 7]
        assert answer["same_seed_same_weights"]
        assert answer["still"] == []
        assert max(answer["differences"].values()) < 1e-4


@pytest.mark.parametrize(
    ("name", "module"), [("vgg16", "vgg16"), ("resnet50", "resnet50"), ("densenet121", "densenet")]
)
def test_transfer_networks_prepare_images_as_keras_applications_does(name, module) -> None:
    difference = call("tests.models.keras_networks:preprocessing", name=name, module=module)
    assert difference < 1e-3


def test_resnet50_equals_the_stock_one_whose_weights_it_loads(tmp_path) -> None:
    folder = str(tmp_path)
    assert call("tests.models.keras_networks:resnet50_differences", folder=folder) < 1e-4


def test_no_network_has_a_strided_1x1_convolution_which_corrupts_memory_in_tensorflow() -> None:
    assert call("tests.models.keras_networks:strided_points", names=KERAS) == []


def test_a_timm_network_of_one_size_is_built_for_the_size_asked_for() -> None:
    shape = call("tests.models.torch_networks:fixed_size_network", name="vit_tiny_patch16_224")
    assert shape == [3, 7]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resnet81", "did you mean resnet"),
        ("resnet18.no_such_tag", "choose from resnet18.a1_in1k"),
        ("inception_v4", "set a larger input_size"),
    ],
)
def test_a_timm_network_that_cannot_be_built_says_why(name: str, said: str) -> None:
    error = call("tests.models.torch_networks:build_error", name=name)
    assert error.startswith(f"timm:{name}: ")
    assert said in error
    assert "\n" not in error
