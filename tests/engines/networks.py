"""One small network, written in Keras and in torch: two convolutions with batch norm."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.registry import BuildRequest, Network, Registry, architecture

SETTINGS = {
    "summary": "A small network for tests",
    "source": "the tests",
    "strategies": ("fine-tune", "frozen", "frozen-then-fine-tune", "last:N"),
}


@architecture(name="tiny-keras", engine="keras", **SETTINGS)
def tiny_keras(request: BuildRequest) -> Network:
    import keras
    from keras import layers

    images = keras.Input(request.image_shape)
    x = layers.Rescaling(1 / 255)(images)
    for filters in (8, 16):
        x = layers.Conv2D(filters, 3, padding="same")(x)
        x = layers.BatchNormalization(epsilon=1e-3, momentum=0.9)(x)
        x = layers.MaxPooling2D()(layers.ReLU()(x))
    backbone = keras.Model(images, layers.GlobalAveragePooling2D()(x), name="backbone")
    features = keras.Input((16,))
    kept = layers.Dropout(request.recipe.dropout)(features)
    logits = layers.Dense(request.classes, dtype="float32")(kept)
    return Network(backbone, keras.Model(features, logits, name="head"))


@architecture(name="tiny-torch", engine="torch", **SETTINGS)
def tiny_torch(request: BuildRequest) -> Network:
    from torch import nn

    class Rescaling(nn.Module):
        def forward(self, images):  # type: ignore[no-untyped-def]
            return images / 255

    channels = request.image_shape[2]
    parts: list[nn.Module] = [Rescaling()]
    for before, filters in ((channels, 8), (8, 16)):
        norm = nn.BatchNorm2d(filters, eps=1e-3, momentum=0.1)
        parts += [nn.Conv2d(before, filters, 3, padding=1), norm, nn.ReLU(), nn.MaxPool2d(2)]
    parts += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    head = OrderedDict(
        dropout=nn.Dropout(request.recipe.dropout), logits=nn.Linear(16, request.classes)
    )
    return Network(nn.Sequential(*parts), nn.Sequential(head))


@architecture(name="dropping-keras", engine="keras", **SETTINGS)
def dropping_keras(request: BuildRequest) -> Network:
    """Two convolutions with dropout after the first, and a head without any."""
    import keras
    from keras import layers

    images = keras.Input(request.image_shape)
    x = layers.Rescaling(1 / 255)(images)
    x = layers.Dropout(request.recipe.dropout)(layers.Conv2D(4, 3, padding="same")(x))
    x = layers.Conv2D(4, 3, padding="same")(layers.MaxPooling2D()(x))
    backbone = keras.Model(images, layers.GlobalAveragePooling2D()(x), name="backbone")
    return Network(backbone, keras.Sequential([keras.Input((4,)), layers.Dense(request.classes)]))


@architecture(name="dropping-torch", engine="torch", **SETTINGS)
def dropping_torch(request: BuildRequest) -> Network:
    """The same."""
    from torch import nn

    backbone = nn.Sequential(
        nn.Conv2d(request.image_shape[2], 4, 3, padding=1),
        nn.Dropout(request.recipe.dropout),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 3, padding=1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
    return Network(backbone, nn.Linear(4, request.classes))


DROPPING = {"keras": dropping_keras, "torch": dropping_torch}
TINY = {"keras": tiny_keras, "torch": tiny_torch}
REGISTRY = Registry({network.name: network for network in TINY.values()}, {})


def torch_weights_from_keras(
    keras: Mapping[str, NDArray[np.float32]], torch: Mapping[str, NDArray[np.float32]]
) -> dict[str, NDArray[np.float32]]:
    """Return Keras' weights under torch's names and in its axes; both are listed in layer order."""
    carried = dict(torch)
    names = [name for name in torch if not name.endswith("num_batches_tracked")]
    axes = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}
    for name, array in zip(names, keras.values(), strict=True):
        carried[name] = np.ascontiguousarray(array.transpose(axes[array.ndim]))
    return carried
