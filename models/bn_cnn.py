"""The batch-normalised network of the student project "Face Expression Recognition using CNN"."""

from __future__ import annotations

from typing import Any

from models.keras_parts import begin, finish
from models.registry import BuildRequest, Categorical, Float, Network, Recipe, architecture


@architecture(
    name="bn-cnn",
    engine="keras",
    summary="Four convolutions and two dense layers with batch norm and dropout",
    source='The seed project "Face Expression Recognition using CNN" (Keras, FER2013); '
    "Ioffe & Szegedy, arXiv 1502.03167",
    recipe=Recipe(
        optimizer="adam",
        learning_rate=1e-3,
        batch_size=128,
        dropout=0.25,
        schedule="plateau",
        plateau_factor=0.2,
        plateau_patience=2,
        early_stopping=3,
        epochs=48,
        augmentation="standard",
    ),
    space={
        "learning_rate": Float(1e-4, 1e-2, log=True),
        "dropout": Float(0.1, 0.6),
        "batch_size": Categorical((32, 64, 128)),
    },
    initialisations=("scratch", "source", "run", "file"),
    minimum_input=16,
)
def bn_cnn(request: BuildRequest) -> Network:
    """Conv 64, 128 (5×5), 512, 512, each batch-normalised and pooled; dense 256, 512.

    The recipe's dropout follows every block. The learning rate falls after two epochs without
    improvement, so that it acts before early stopping at three.
    """
    from keras import layers

    def activate(x: Any, name: str) -> Any:
        x = layers.BatchNormalization(name=f"{name}_bn")(x)
        return layers.Activation("relu", name=f"{name}_relu")(x)

    images, x = begin(request)
    x = layers.Rescaling(1 / 255, name="rescale")(x)
    for block, (filters, side) in enumerate(((64, 3), (128, 5), (512, 3), (512, 3)), start=1):
        x = layers.Conv2D(filters, side, padding="same", name=f"conv{block}")(x)
        x = layers.MaxPooling2D(name=f"pool{block}")(activate(x, f"conv{block}"))
        x = layers.Dropout(request.recipe.dropout, name=f"drop{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = activate(layers.Dense(256, name="dense1")(x), "dense1")
    x = layers.Dropout(request.recipe.dropout, name="drop5")(x)
    features = activate(layers.Dense(512, name="dense2")(x), "dense2")
    return finish("bn_cnn", images, features, request)
