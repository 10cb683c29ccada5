"""Model files are found, listed and refused as the registry promises; no engine is imported."""

import re
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from models.registry import (
    BuildRequest,
    Categorical,
    Dimension,
    Float,
    ModelError,
    Recipe,
    architecture,
    discover,
)

REGISTRY = discover()
NAMES = sorted(REGISTRY.architectures)
PROMISED = {
    *("majority", "pixel-logistic", "emotionnet", "plain-cnn", "augmented-cnn", "bn-cnn"),
    *("mini-xception", "fer-vgg", "fer-resnet18", "vgg16", "resnet50", "densenet121"),
    *("narrow-vgg", "narrow-resnet", "narrow-resnet9"),
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


SHARES = (
    "dropout",
    "label_smoothing",
    "plateau_factor",
    "frozen_share",
    "average_decay",
    "warm_up",
    "progressive",
)
REALS = ("learning_rate", "weight_decay", "mixup", "clip_norm", "layer_decay", *SHARES)
COUNTS = ("batch_size", "plateau_patience", "early_stopping", "epochs", "crop", "frozen_views")
WRONG: list[tuple[str, Any]] = [
    ("learning_rte", 0.1),
    ("optimizer", "rmsprop"),
    ("optimizer", "Adam"),
    ("schedule", "Cosine"),
    ("augmentation", "much"),
    ("class_weights", "Balanced"),
    *((name, value) for name in REALS for value in (float("nan"), float("inf"), -0.1, "0.1", True)),
    *((name, value) for name in SHARES for value in (1.0, 1.5)),
    *((name, value) for name in COUNTS for value in (-4, 32.5, "8", True, 10**9)),
    ("learning_rate", 0.0),
    ("layer_decay", 0.0),
    ("layer_decay", 1.5),
    ("batch_size", 0),
    ("epochs", 0),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_value_that_no_recipe_can_have_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ModelError, match=name):
        Recipe().tuned({name: value})  # type: ignore[dict-item]


def test_a_whole_number_stands_for_a_real_one() -> None:
    assert Recipe().tuned({"dropout": 0, "learning_rate": 1}).learning_rate == 1


def test_a_recipe_that_a_plugin_writes_is_checked_like_any_other() -> None:
    with pytest.raises(ModelError, match="optimizer = 'rmsprop': should be 'sgd'"):
        Recipe(optimizer="rmsprop")  # type: ignore[arg-type]


def test_every_number_of_a_recipe_has_bounds() -> None:
    numbers = {f.name for f in fields(Recipe) if not isinstance(f.default, str)}
    assert numbers == {*REALS, *COUNTS}


def test_every_key_of_a_recipe_is_in_its_list() -> None:
    rows = [
        line for line in Path("docs/recipes.md").read_text("utf-8").splitlines() if "| `" in line
    ]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == {f.name for f in fields(Recipe)}


@pytest.mark.parametrize(
    "dimension", [Float(0.1, 1.0), Float(-1.0, 0.5), Categorical((0.1, "much"))]
)
def test_a_space_beyond_what_a_recipe_can_have_is_refused(dimension: Dimension) -> None:
    with pytest.raises(ModelError, match="dropout"):
        architecture(
            name="mine", engine="torch", summary="", source="", space={"dropout": dimension}
        )(lambda request: None)


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
