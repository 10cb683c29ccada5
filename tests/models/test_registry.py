"""Model files are found, listed and refused as the registry promises; no engine is imported."""

import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from models.registry import BuildRequest, ModelError, Recipe, discover

REGISTRY = discover()
NAMES = sorted(REGISTRY.architectures)
PROMISED = {
    *("majority", "pixel-logistic", "emotionnet", "plain-cnn", "augmented-cnn", "bn-cnn"),
    *("mini-xception", "fer-vgg", "fer-resnet18", "vgg16", "resnet50", "densenet121"),
}
PLUGIN = """
from models.registry import architecture

@architecture(name="{name}", engine="keras", summary="mine", source="me", minimum_input=20)
def mine(request):
    return "built"
"""


def test_every_promised_architecture_is_found() -> None:
    assert set(NAMES) >= PROMISED
    assert REGISTRY["timm:resnet18"].engine == "torch"


def test_finding_models_imports_no_engine() -> None:
    script = (
        "import sys; from models.registry import discover; discover();"
        "print(*{'tensorflow', 'keras', 'torch', 'timm', 'sklearn', 'h5py'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_augmented_cnn_is_plain_cnn_but_for_augmentation() -> None:
    plain, augmented = REGISTRY["plain-cnn"], REGISTRY["augmented-cnn"]
    assert replace(plain.recipe, augmentation="standard") == augmented.recipe
    assert plain.recipe.augmentation == "none"
    others = {f.name for f in fields(plain)} - {"name", "summary", "recipe", "build"}
    assert all(getattr(plain, name) == getattr(augmented, name) for name in others)


def test_a_frozen_backbone_has_a_default_learning_rate_of_its_own() -> None:
    resnet50 = REGISTRY["resnet50"]
    assert resnet50.recipe_for("frozen", "imagenet").learning_rate > resnet50.recipe.learning_rate
    assert resnet50.recipe_for("fine-tune", "imagenet") == resnet50.recipe


@pytest.mark.parametrize(
    ("name", "near"), [("plaincnn", "plain-cnn"), ("resnet51", "resnet50"), ("timm", "timm:NAME")]
)
def test_an_unknown_name_suggests_a_near_one(name: str, near: str) -> None:
    with pytest.raises(ModelError, match=near):
        REGISTRY[name]


def test_a_malformed_timm_name_is_refused() -> None:
    with pytest.raises(ModelError, match="write NAME or NAME"):
        REGISTRY["timm:../resnet18"]


def test_an_unknown_hyperparameter_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="learning_rte"):
        Recipe().tuned({"learning_rte": 0.1})


def test_a_plugin_file_is_found(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(PLUGIN.format(name="my-net"))
    found = discover([plugin])["my-net"]
    assert found.build(request(20, Recipe())) == "built"


def test_a_plugin_that_takes_a_known_name_is_refused(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(PLUGIN.format(name="vgg16"))
    with pytest.raises(ModelError, match="two models are named 'vgg16'"):
        discover([plugin])


@pytest.mark.parametrize(
    ("text", "reason"), [("import nothing_of_this_name", "ModuleNotFoundError"), (None, "not a")]
)
def test_a_plugin_that_cannot_be_imported_is_named(tmp_path: Path, text, reason: str) -> None:
    plugin = tmp_path / "broken.py"
    if text is not None:
        plugin.write_text(text)
    with pytest.raises(ModelError, match=rf"broken\.py: {reason}"):
        discover([plugin])


def request(input_size: int, recipe: Recipe) -> BuildRequest:
    return BuildRequest(
        classes=7, image_shape=(48, 48, 1), input_size=input_size, recipe=recipe, seed=0
    )
