"""Keras weights of networks that lie elsewhere; for a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.engines.keras.files import configuration_beside
from benchmarks.engines.opened import Blueprint, Source
from benchmarks.errors import InputError
from benchmarks.exchange.adding.loaders import open_model
from tests.exchange.keras_2_writer import parted

SIDE = 24
PLUGIN = """
from models.registry import Network, architecture

@architecture(name="theirs", engine="keras", summary="", source="", default_input=24)
def theirs(request):
    import keras
    from tests.exchange.outside_weights_keras import mini_xception
    return Network(mini_xception(request.image_shape[2]), keras.layers.Identity())
"""


@dataclass(frozen=True)
class Tried:
    """How far each file's answers are from the network's own, and what the others end in."""

    differences: dict[str, float]
    refusals: dict[str, str]


def mini_xception(channels: int = 1, filters: tuple[int, ...] = (4, 8)) -> Any:
    """Return a small network of separable convolutions with residuals that ends in softmax."""
    import keras
    from keras import layers

    images = keras.Input((SIDE, SIDE, channels))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, use_bias=False)(images))
    for width in filters:
        short = layers.Conv2D(width, 1, strides=2, padding="same", use_bias=False)(x)
        short = layers.BatchNormalization()(short)
        x = layers.SeparableConv2D(width, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(layers.Activation("relu")(x))
        x = layers.Add()([x, short])
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(7, 3, padding="same")(x))
    return keras.Model(images, layers.Activation("softmax")(x))


def trials(folder: Path) -> Tried:
    """Write a network's weights in every layout and open them, with what fits and what does not."""
    import keras
    import numpy as np

    model = mini_xception()
    chance = np.random.default_rng(0)
    model.set_weights([chance.random(w.shape) / 2 for w in model.get_weights()])
    images = chance.random((3, SIDE, SIDE, 1), np.float32)
    kept, plugin = folder / "kept", folder / "plugin.py"
    kept.mkdir()
    plugin.write_text(PLUGIN)
    weights_2 = parted(model, kept / "fer.h5", kept / "fer.json")
    weights_3 = folder / "model.weights.h5"
    model.save_weights(weights_3)
    (folder / "model.json").write_text(model.to_json())
    model.save(folder / "whole.h5")
    named = Blueprint(
        architecture="theirs", plugins=(plugin,), classes=7, input_size=None, channels=(3, 1)
    )
    sources = {
        "Keras 2": Source(file=weights_2, configuration=configuration_beside(weights_2)),
        "Keras 3": Source(file=weights_3, configuration=configuration_beside(weights_3)),
        "mixed": Source(file=weights_3, configuration=kept / "fer.json"),
        "whole": Source(file=folder / "whole.h5", configuration=folder / "model.json"),
        "plug-in of Keras 2": Source(file=weights_2, blueprint=named),
        "plug-in of Keras 3": Source(file=weights_3, blueprint=named),
    }
    right = model.predict(images, verbose=0)
    differences = {
        name: float(np.abs(open_model(source).run(images) - right).max())
        for name, source in sources.items()
    }
    code = keras.Sequential([keras.Input((SIDE, SIDE, 1)), keras.layers.Lambda(lambda x: x + 1)])
    others = {
        "wider": mini_xception(filters=(4, 16)).to_json(),
        "shorter": mini_xception(filters=(4,)).to_json(),
        "longer": mini_xception(filters=(4, 8, 8)).to_json(),
        "lambda": code.to_json(),
        "foreign": '{"epochs": 3}',
        "custom": model.to_json().replace('"MaxPooling2D"', '"SpatialTransformer"'),
    }
    refusals = {}
    for name, text in others.items():
        (folder / f"{name}.json").write_text(text)
        for file in (weights_2, weights_3) if name in ("shorter", "longer") else (weights_2,):
            source = Source(file=file, configuration=folder / f"{name}.json")
            refusals[f"{name}, {file.name}"] = _refusal(source)
    return Tried(differences, refusals)


def _refusal(source: Source) -> str:
    try:
        open_model(source)
    except InputError as error:
        return str(error)
    return "it was opened"
