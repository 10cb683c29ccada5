"""FER-ResNet18: ResNet18 with a stem for small images, and a strong recipe for FER2013."""

from __future__ import annotations

from typing import Any

from models.keras_parts import begin, finish, normalised, subsample
from models.registry import BuildRequest, Float, Network, Recipe, architecture


@architecture(
    name="fer-resnet18",
    engine="keras",
    summary="ResNet18 with a 3×3 stem of stride 1 and no first pooling (11.2 M)",
    source="He et al., arXiv 1512.03385; LetheSec/Fer2013-Facial-Emotion-Recognition-Pytorch",
    recipe=Recipe(
        optimizer="sgd",
        learning_rate=0.1,
        batch_size=128,
        weight_decay=1e-4,
        label_smoothing=0.1,
        mixup=1.0,
        schedule="plateau",
        plateau_factor=0.75,
        plateau_patience=5,
        epochs=300,
        augmentation="strong",
    ),
    space={
        "learning_rate": Float(0.01, 0.3, log=True),
        "weight_decay": Float(1e-5, 1e-2, log=True),
        "label_smoothing": Float(0.0, 0.2),
        "mixup": Float(0.0, 1.0),
    },
    initialisations=("scratch", "source", "run", "file"),
    minimum_input=8,
)
def fer_resnet18(request: BuildRequest) -> Network:
    """Two basic blocks each at 64, 128, 256 and 512 filters; global average pooling."""
    from keras import layers

    images, x = begin(request)
    x = layers.Rescaling(1 / 255, name="rescale")(x)
    x = layers.Activation("relu", name="stem_relu")(normalised(x, 64, name="stem"))
    for stage, filters in enumerate((64, 128, 256, 512), start=1):
        for place in (1, 2):
            strides = 2 if stage > 1 and place == 1 else 1
            x = basic_block(x, filters, strides, f"stage{stage}_{place}")
    features = layers.GlobalAveragePooling2D(name="average_pool")(x)
    return finish("fer_resnet18", images, features, request)


def basic_block(x: Any, filters: int, strides: int, name: str) -> Any:
    """Return two 3×3 convolutions plus ``x``, or its 1×1 projection where the shape changes."""
    from keras import layers

    short = x
    if x.shape[-1] != filters or strides != 1:
        short = subsample(x, name) if strides == 2 else x
        short = normalised(short, filters, side=1, name=f"{name}_short")
    x = normalised(x, filters, strides=strides, name=f"{name}_conv1")
    x = layers.Activation("relu", name=f"{name}_relu1")(x)
    x = normalised(x, filters, name=f"{name}_conv2")
    return layers.Activation("relu", name=f"{name}_relu2")(
        layers.Add(name=f"{name}_add")([x, short])
    )
