"""Every architecture keeps the contract, in a process that has its engine, and some say more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks.testing.examination import ModelExamination
from benchmarks.testing.models import ModelContract
from models.floors import FLOORS
from models.registry import discover
from tests.engine_process import call

REGISTRY = discover()
KERAS = tuple(sorted(n for n, found in REGISTRY.architectures.items() if found.engine == "keras"))
TORCH = tuple(sorted(n for n, found in REGISTRY.architectures.items() if found.engine == "torch"))
DEEP = ("densenet121", "resnet50")
"""Their graphs alone take most of a minute."""
TIMM = ("timm:resnet18", "timm:mobilenetv3_small_100")
APPLICATIONS = {"vgg16": "vgg16", "resnet50": "resnet50", "densenet121": "densenet"}
FIXED_SIZE = "timm:vit_tiny_patch16_224"
UNBUILDABLE = {
    "timm:resnet81": "did you mean resnet",
    "timm:resnet18.no_such_tag": "choose from resnet18.a1_in1k",
    "timm:inception_v4": "set a larger input_size",
}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


class TestNetworks(ModelContract):
    names = (*(name for name in KERAS if name not in DEEP), *TORCH, *TIMM)

    def test_it_has_more_than_a_thousand_weights(self, examination: ModelExamination) -> None:
        assert examination.weights > 1000

    def test_its_backbone_can_be_loaded_alone(
        self, examination: ModelExamination, name: str
    ) -> None:
        whole = "model.h5" if name in KERAS else "model.safetensors"
        assert examination.differences.keys() == {"whole", "backbone.safetensors", whole}

    def test_mini_xception_has_the_published_number_of_weights(
        self, examination: ModelExamination, name: str
    ) -> None:
        assert name != "mini-xception" or examination.weights == 58_423


@pytest.mark.slow
class TestDeepNetworks(TestNetworks):
    names = DEEP


class TestFloors(ModelContract):
    names = FLOORS
    is_floor = True


@pytest.mark.slow
class TestKerasNetworksOnTorch(ModelContract):
    names = ("plain-cnn", "mini-xception", "vgg16")
    environment = {"KERAS_BACKEND": "torch"}  # noqa: RUF012


def test_every_architecture_is_examined() -> None:
    assert set(REGISTRY.architectures) == {*KERAS, *TORCH, *FLOORS}


@pytest.fixture(scope="module")
def torch_answers() -> dict[str, Any]:
    """What torch's networks alone answer, without ferbench's engine around them."""
    answers: dict[str, Any] = call(
        "tests.models.torch_networks:examine",
        environment=ONE_THREAD,
        names=[*TORCH, *TIMM],
        fixed_size=FIXED_SIZE,
        unbuildable=list(UNBUILDABLE),
    )
    return answers


@pytest.fixture(scope="module")
def keras_answer(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """What a Keras network alone answers, without ferbench's engine around it."""

    @cache
    def asked(name: str) -> dict[str, Any]:
        answer: dict[str, Any] = call(
            "tests.models.keras_networks:examine",
            environment=ONE_THREAD,
            name=name,
            module=APPLICATIONS.get(name, ""),
            folder=str(tmp_path_factory.mktemp("files")),
        )
        return answer

    return asked


def deep_is_slow(names: Iterable[str]) -> list[Any]:
    return [pytest.param(n, marks=pytest.mark.slow) if n in DEEP else n for n in names]


@pytest.mark.parametrize("name", [*TORCH, *TIMM])
def test_logits_of_torch_are_one_float32_row_for_each_image(
    torch_answers: dict[str, Any], name: str
) -> None:
    assert torch_answers[name] == {"shape": [3, 7], "dtype": "float32", "finite": True}


@pytest.mark.parametrize("name", deep_is_slow(KERAS))
def test_logits_of_keras_are_one_float32_row_for_each_image(
    keras_answer: Callable[[str], dict[str, Any]], name: str
) -> None:
    answer = keras_answer(name)
    assert (answer["shape"], answer["dtype"], answer["finite"]) == ([3, 7], "float32", True)


@pytest.mark.parametrize("name", deep_is_slow(KERAS))
def test_an_h5_file_gives_back_the_same_logits(
    keras_answer: Callable[[str], dict[str, Any]], name: str
) -> None:
    assert keras_answer(name)["h5"] < 1e-5


@pytest.mark.parametrize("name", deep_is_slow(APPLICATIONS))
def test_transfer_networks_prepare_images_as_keras_applications_does(
    keras_answer: Callable[[str], dict[str, Any]], name: str
) -> None:
    assert keras_answer(name)["preprocessing"] < 1e-3


@pytest.mark.slow
def test_resnet50_equals_the_stock_one_whose_weights_it_loads(tmp_path: Path) -> None:
    differ = call("tests.models.keras_networks:resnet50_differences", folder=str(tmp_path))
    assert differ < 1e-4


@pytest.mark.parametrize("name", deep_is_slow(KERAS))
def test_no_network_has_a_strided_1x1_convolution_which_corrupts_memory_in_tensorflow(
    keras_answer: Callable[[str], dict[str, Any]], name: str
) -> None:
    assert keras_answer(name)["strided_points"] == []


def test_a_timm_network_of_one_size_is_built_for_the_size_asked_for(
    torch_answers: dict[str, Any],
) -> None:
    assert torch_answers[FIXED_SIZE] == [3, 7]


@pytest.mark.parametrize(("name", "said"), UNBUILDABLE.items())
def test_a_timm_network_that_cannot_be_built_says_why(
    torch_answers: dict[str, Any], name: str, said: str
) -> None:
    assert torch_answers[name].startswith(f"{name}: ")
    assert said in torch_answers[name]
    assert "\n" not in torch_answers[name]
