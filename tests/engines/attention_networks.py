"""Asks networks where they look; each function runs in a process of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE, CLASSES = 24, 3


def noise() -> NDArray[np.uint8]:
    chance = np.random.default_rng(0)
    return chance.integers(60, 256, (4, SIDE, SIDE, 1), np.uint8)


def mask(corner: list[int]) -> NDArray[np.float32]:
    """Return 1 in one quarter of an image, named by its row and column, and 0 elsewhere."""
    kept = np.zeros((SIDE, SIDE), np.float32)
    half = SIDE // 2
    kept[corner[0] * half :, corner[1] * half :][:half, :half] = 1
    return kept


def told(found: Any) -> dict[str, Any]:
    maps = found.maps.astype(float)
    half = maps.shape[1] // 2
    parts = [[maps[:, :half, :half], maps[:, :half, half:]],
             [maps[:, half:, :half], maps[:, half:, half:]]]  # fmt: skip
    shares = [[float(part.sum() / maps.sum()) for part in row] for row in parts]
    return {
        "shape": list(found.maps.shape),
        "dtype": str(found.maps.dtype),
        "largest": maps.max(axis=(1, 2)).tolist(),
        "shares": shares,
        "layer": found.layer,
    }


def keras_corner(corner: list[int]) -> dict[str, Any]:
    """Ask a Keras network that sees one quarter of its image."""
    import keras
    from keras import layers

    from benchmarks.engines.keras.attention import attention

    keras.utils.set_random_seed(0)
    images = keras.Input((SIDE, SIDE, 1))
    seen = layers.Rescaling(1 / 255)(images) * mask(corner)[None, :, :, None]
    x = layers.Conv2D(4, 1, kernel_initializer="ones", activation="relu", name="early")(seen)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(4, 1, kernel_initializer="ones", use_bias=False, name="late")(x)
    x = layers.MaxPooling2D(4)(x)
    x = layers.Conv2D(4, 1, kernel_initializer="ones", name="too-coarse")(x)
    logits = layers.Dense(CLASSES, kernel_initializer="ones")(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(images, layers.Softmax(name="probabilities")(logits))
    classes = np.arange(4) % CLASSES
    before = model.predict_on_batch(noise().astype(np.float32))
    answer = told(attention(model, noise(), classes))
    after = model.predict_on_batch(noise().astype(np.float32))
    return answer | {"untouched": bool(np.array_equal(before, after))}


def keras_vgg16() -> dict[str, Any]:
    """Ask a VGG16 of 48 pixels, restored from its file as a run does."""
    from benchmarks.engines.contract import SCRATCH, Task
    from benchmarks.engines.keras.attention import attention
    from benchmarks.engines.keras.engine import KerasEngine
    from models.registry import discover

    engine, registry = KerasEngine(), discover()
    engine.prepare(threads=1, precision="bfloat16", seed=0)
    task = Task(classes=7, image_shape=(48, 48, 1), input_size=48, seed=0)
    recipe = registry["vgg16"].recipe_for("fine-tune", "scratch")
    learner = engine.learner(registry["vgg16"], task, recipe, SCRATCH)
    with tempfile.TemporaryDirectory() as folder:
        learner.save(Path(folder))
        model = engine.restore(Path(folder), registry).model
    images = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 1), np.uint8)
    return told(attention(model, images, np.array([0, 6])))


def torch_corner(corner: list[int]) -> dict[str, Any]:
    """Ask a torch network that sees one quarter of its image."""
    import torch
    from torch import nn

    from benchmarks.engines.torch.attention import attention

    class Part(nn.Module):
        def forward(self, images: Any) -> Any:
            return images / 255 * torch.from_numpy(mask(corner))

    backbone = nn.Sequential(
        Part(),
        nn.Conv2d(1, 4, 1),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 1, bias=False),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(4),
        nn.Conv2d(4, 4, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
    network = nn.Sequential(backbone, nn.Linear(4, CLASSES))
    for name, parameter in network.named_parameters():
        nn.init.constant_(parameter, 1.0 if "weight" in name else 0.0)
    images = torch.from_numpy(noise()).permute(0, 3, 1, 2).float()
    before = network(images)
    answer = told(attention(network, noise(), np.arange(4) % CLASSES))
    return answer | {"untouched": bool(torch.equal(before, network(images)))}


def torch_without_maps() -> str:
    """Ask a torch network without a convolution."""
    from torch import nn

    from benchmarks.engines.contract import NoMap
    from benchmarks.engines.torch.attention import attention

    network = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, CLASSES))
    try:
        attention(network, noise(), np.zeros(4, np.int64))
    except NoMap as error:
        return str(error)
    return "it answered"
