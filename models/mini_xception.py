"""mini-Xception: separable convolutions with residuals, the field's most used small network."""

from __future__ import annotations

from typing import Any

from models.keras_parts import begin, subsample
from models.registry import BuildRequest, Categorical, Float, Network, Recipe, architecture


@architecture(
    name="mini-xception",
    engine="keras",
    summary="Separable convolutions with residuals, 58 k parameters; made for 64 pixels",
    source="Arriaga et al., arXiv 1710.07557; oarriaga/face_classification, mini_XCEPTION",
    recipe=Recipe(
        optimizer="adam",
        learning_rate=1e-3,
        batch_size=32,
        schedule="plateau",
        plateau_factor=0.1,
        plateau_patience=12,
        early_stopping=50,
        epochs=200,
        augmentation="standard",
    ),
    space={
        "learning_rate": Float(1e-4, 1e-2, log=True),
        "dropout": Float(0.0, 0.5),
        "batch_size": Categorical((32, 64, 128)),
    },
    initialisations=("scratch", "source", "run", "file"),
    minimum_input=16,
    default_input=64,
)
def mini_xception(request: BuildRequest) -> Network:
    """Two convolutions of 8 filters, then four residual blocks of 16, 32, 64 and 128.

    The source's L2 term, which reaches the first two convolutions only, is left out.
    """
    import keras
    from keras import layers

    images, x = begin(request)
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(x)
    for place in (1, 2):
        x = layers.Conv2D(8, 3, use_bias=False, name=f"conv{place}")(x)
        x = layers.BatchNormalization(name=f"conv{place}_bn")(x)
        x = layers.Activation("relu", name=f"conv{place}_relu")(x)
    for block, filters in enumerate((16, 32, 64, 128), start=1):
        x = residual_block(x, filters, f"block{block}")
    backbone = keras.Model(images, x, name="mini_xception")
    return Network(backbone, convolutional_head(backbone, request))


def residual_block(x: Any, filters: int, name: str) -> Any:
    """Return two separable convolutions, pooled by 2, plus a strided 1×1 convolution of ``x``."""
    from keras import layers

    short = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_short")(subsample(x, name))
    short = layers.BatchNormalization(name=f"{name}_short_bn")(short)
    for place in (1, 2):
        x = layers.SeparableConv2D(
            filters, 3, padding="same", use_bias=False, name=f"{name}_separable{place}"
        )(x)
        x = layers.BatchNormalization(name=f"{name}_separable{place}_bn")(x)
        if place == 1:
            x = layers.Activation("relu", name=f"{name}_relu")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x)
    return layers.Add(name=f"{name}_add")([x, short])


def convolutional_head(backbone: Any, request: BuildRequest) -> Any:
    """Return the source's head: one map of logits for each class, averaged over the image."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(backbone.output_shape[1:], name="features"),
            layers.Dropout(request.recipe.dropout, name="dropout"),
            layers.Conv2D(request.classes, 3, padding="same", dtype="float32", name="logits"),
            layers.GlobalAveragePooling2D(dtype="float32", name="average_pool"),
        ],
        name="head",
    )
