"""The baseline: convolutions, max-pooling, dropout and one dense layer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.keras_parts import begin, finish
from models.registry import BuildRequest, Categorical, Float, Network, Recipe, architecture

RECIPE = Recipe(optimizer="adam", learning_rate=1e-3, batch_size=64, dropout=0.5, epochs=60)
SETTINGS: dict[str, Any] = {
    "engine": "keras",
    "source": "LeCun et al., Gradient-based learning applied to document recognition, 1998; "
    "ReLU and dropout as in Krizhevsky et al., ImageNet classification with deep CNNs, 2012; "
    "initialisation of He et al., arXiv 1502.01852",
    "initialisations": ("scratch", "source", "run", "file"),
    "space": {
        "learning_rate": Float(1e-4, 1e-2, log=True),
        "dropout": Float(0.2, 0.7),
        "batch_size": Categorical((32, 64, 128)),
    },
}


@architecture(
    name="plain-cnn",
    summary="Three convolutions with max-pooling and one dense layer: the baseline CNN",
    recipe=RECIPE,
    **SETTINGS,
)
def plain_cnn(request: BuildRequest) -> Network:
    """Conv 32, 64, 128 (3×3, ReLU), each followed by 2×2 max-pooling; dense 128.

    Pixels enter in [-1, 1] and weights start as He et al. propose for ReLU: with [0, 1] and
    Glorot's, training on few images stays at chance for hundreds of steps.
    """
    from keras import layers

    images, x = begin(request)
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="rescale")(x)
    for block, filters in enumerate((32, 64, 128), start=1):
        x = layers.Conv2D(
            filters,
            3,
            padding="same",
            activation="relu",
            kernel_initializer="he_normal",
            name=f"conv{block}",
        )(x)
        x = layers.MaxPooling2D(name=f"pool{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    features = layers.Dense(128, activation="relu", kernel_initializer="he_normal", name="dense")(x)
    return finish("plain_cnn", images, features, request)


@architecture(
    name="augmented-cnn",
    summary="Exactly plain-cnn, trained with the standard augmentation",
    recipe=replace(RECIPE, augmentation="standard"),
    **SETTINGS,
)
def augmented_cnn(request: BuildRequest) -> Network:
    """The network of plain-cnn; the recipe alone differs."""
    network: Network = plain_cnn.build(request)
    return network
