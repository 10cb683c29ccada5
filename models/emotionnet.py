"""EmotionNet: the two-convolution network of the student project of that name."""

from __future__ import annotations

from models.keras_parts import begin, finish
from models.registry import BuildRequest, Categorical, Float, Network, Recipe, architecture


@architecture(
    name="emotionnet",
    engine="keras",
    summary="Two convolutions, max-pooling, dropout and one dense layer",
    source="The seed project EmotionNet (Keras, FER2013)",
    recipe=Recipe(optimizer="adam", learning_rate=1e-3, batch_size=64, dropout=0.5, epochs=30),
    space={
        "learning_rate": Float(1e-4, 1e-2, log=True),
        "dropout": Float(0.2, 0.7),
        "batch_size": Categorical((32, 64, 128)),
    },
    initialisations=("scratch", "source", "run", "file"),
    minimum_input=10,
)
def emotionnet(request: BuildRequest) -> Network:
    """Conv 32, 64 (3×3, unpadded, ReLU), each with 2×2 max-pooling and dropout .25; dense 128."""
    from keras import layers

    images, x = begin(request)
    x = layers.Rescaling(1 / 255, name="rescale")(x)
    for block, filters in enumerate((32, 64), start=1):
        x = layers.Conv2D(filters, 3, activation="relu", name=f"conv{block}")(x)
        x = layers.MaxPooling2D(name=f"pool{block}")(x)
        x = layers.Dropout(0.25, name=f"drop{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    features = layers.Dense(128, activation="relu", name="dense")(x)
    return finish("emotionnet", images, features, request)
