"""FER-VGG: the batch-normalised VGG with one of the highest published scores on FER2013."""

from __future__ import annotations

from models.keras_parts import begin, finish, normalised
from models.registry import BuildRequest, Float, Network, Recipe, architecture


@architecture(
    name="fer-vgg",
    engine="keras",
    summary="Eight batch-normalised convolutions and two dense layers of 4096 (40 M at 48 pixels)",
    source="Khaireddin & Chen, arXiv 2105.03588; usef-kh/fer, models/vgg.py",
    recipe=Recipe(
        optimizer="sgd",
        learning_rate=0.01,
        batch_size=64,
        weight_decay=1e-4,
        dropout=0.2,
        schedule="plateau",
        plateau_factor=0.75,
        plateau_patience=5,
        epochs=300,
        augmentation="strong",
    ),
    space={
        "learning_rate": Float(1e-3, 0.1, log=True),
        "weight_decay": Float(1e-5, 1e-2, log=True),
        "dropout": Float(0.1, 0.6),
    },
    initialisations=("scratch", "source", "run", "file"),
    minimum_input=16,
)
def fer_vgg(request: BuildRequest) -> Network:
    """Two convolutions each at 64, 128, 256 and 512 filters, max-pooled; dense 4096, 4096.

    The recipe's dropout follows both dense layers.
    """
    from keras import layers

    images, x = begin(request)
    x = layers.Rescaling(1 / 255, name="rescale")(x)
    for block, filters in enumerate((64, 128, 256, 512), start=1):
        for place in (1, 2):
            x = normalised(x, filters, name=f"conv{block}_{place}")
            x = layers.Activation("relu", name=f"conv{block}_{place}_relu")(x)
        x = layers.MaxPooling2D(name=f"pool{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(4096, activation="relu", name="dense1")(x)
    x = layers.Dropout(request.recipe.dropout, name="drop1")(x)
    features = layers.Dense(4096, activation="relu", name="dense2")(x)
    return finish("fer_vgg", images, features, request)
