"""The ImageNet networks of keras.applications, for transfer and as their own scratch controls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from models.keras_parts import begin, finish, subsample
from models.packaged import put_packaged, row_of
from models.published import find_weights, keras_weights, loaded
from models.registry import (
    Architecture,
    BuildRequest,
    Categorical,
    Float,
    Network,
    Recipe,
    WeightsFile,
    architecture,
)

FINE_TUNE = Recipe(
    optimizer="adam",
    learning_rate=1e-4,
    batch_size=32,
    dropout=0.5,
    early_stopping=8,
    epochs=50,
    augmentation="standard",
)
FROZEN = replace(FINE_TUNE, learning_rate=1e-3)
BATCH_NORM_MOMENTUM = 0.9
"""As in torchvision's networks. Keras' .99 follows so slowly that a network trained from random
weights for some hundred steps, or fine-tuned as long, is validated with stale statistics."""
SPACE = {
    "learning_rate": Float(1e-5, 1e-2, log=True),
    "dropout": Float(0.0, 0.7),
    "batch_size": Categorical((32, 64)),
}


@dataclass(frozen=True)
class Preprocessing:
    """What a network's ``preprocess_input`` does to RGB images in [0, 255].

    ``mean`` and ``deviation`` are in the order of the channels that the network takes, which
    is blue, green, red if ``blue_first``.
    """

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    blue_first: bool


CAFFE = Preprocessing((103.939, 116.779, 123.68), (1.0, 1.0, 1.0), blue_first=True)
TORCH = Preprocessing((123.675, 116.28, 103.53), (58.395, 57.12, 57.375), blue_first=False)


def transfer(
    name: str,
    class_name: str,
    preprocessing: Preprocessing,
    *,
    weights: str,
    scratch_rate: float,
    source: str,
    published: tuple[str, ...] = ("imagenet",),
    **settings: Any,
) -> Architecture:
    """Declare the network ``class_name`` without its top, average-pooled.

    ``weights`` is the file name of its ImageNet weights without the top; ``scratch_rate`` the
    default learning rate from random weights; ``published`` the names of all published weights.
    """

    def find(initialisation: str) -> WeightsFile:
        import keras

        fetch = partial(getattr(keras.applications, class_name), include_top=False)
        ask = partial(keras_weights, name, weights, source, fetch)
        return find_weights(name, initialisation, ask if initialisation == "imagenet" else None)

    @architecture(
        name=name,
        engine="keras",
        recipe=FINE_TUNE,
        recipes={"frozen": FROZEN, "scratch": replace(FINE_TUNE, learning_rate=scratch_rate)},
        space=SPACE,
        initialisations=("scratch", *published, "source", "run", "file"),
        strategies=("fine-tune", "frozen", "frozen-then-fine-tune", "last:N"),
        minimum_input=32,
        find_weights=find,
        source=source,
        **settings,
    )
    def build(request: BuildRequest) -> Network:
        import keras

        _, x = begin(request)
        start = request.published
        row = row_of(name, start)
        make = partial(
            getattr(keras.applications, class_name),
            include_top=False,
            input_tensor=preprocess(x, preprocessing),
            input_shape=(request.input_size, request.input_size, 3),
        )
        network = loaded(make, start.file) if start and not row else make(weights=None)
        if start and row:
            put_packaged(network, row, start.file, "keras")
        network = without_strided_points(network)
        remember(network, BATCH_NORM_MOMENTUM)
        features = keras.layers.GlobalAveragePooling2D(name="average_pool")(network.output)
        return finish(name, network.input, features, request)

    return build


def remember(network: Any, momentum: float) -> None:
    """Set how much of its running statistics each batch norm keeps at a step."""
    import keras

    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum


def without_strided_points(network: Any) -> Any:
    """Return ``network`` with each strided 1×1 convolution as subsampling and a plain one.

    The two are equal; see `subsample` for why. Weights and names stay as they are.
    """
    import keras

    points = {
        layer.name
        for layer in network.layers
        if isinstance(layer, keras.layers.Conv2D)
        and (layer.kernel_size, layer.strides) == ((1, 1), (2, 2))
    }
    if not points:
        return network

    def clone(layer: Any) -> Any:
        config = layer.get_config()
        return type(layer).from_config(config | {"strides": 1} if layer.name in points else config)

    def apply(layer: Any, *inputs: Any, **settings: Any) -> Any:
        if layer.name in points:
            inputs = (subsample(inputs[0], layer.name),)
        return layer(*inputs, **settings)

    cloned = keras.models.clone_model(network, clone_function=clone, call_function=apply)
    for layer in network.layers:
        cloned.get_layer(layer.name).set_weights(layer.get_weights())
    return cloned


def preprocess(x: Any, preprocessing: Preprocessing) -> Any:
    """Return grey or RGB images in [0, 255] as the three normalised channels the network takes.

    Layers, not ``preprocess_input`` itself, so that a saved model needs no code of ours.
    """
    from keras import layers

    if x.shape[-1] == 1:
        x = layers.Concatenate(name="grey_to_rgb")([x, x, x])
    elif preprocessing.blue_first:
        x = layers.Concatenate(name="rgb_to_bgr")([_channel(x, index) for index in (2, 1, 0)])
    variance = [deviation**2 for deviation in preprocessing.deviation]
    return layers.Normalization(mean=preprocessing.mean, variance=variance, name="normalise")(x)


def _channel(x: Any, index: int) -> Any:
    """Return channel ``index`` of three; cropping "columns" is the layer that .h5 can hold."""
    from keras import layers

    sides = ((0, 0), (index, 2 - index))
    return layers.Cropping2D(sides, data_format="channels_first", name=f"channel{index}")(x)


vgg16 = transfer(
    "vgg16",
    "VGG16",
    CAFFE,
    weights="vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    scratch_rate=1e-4,
    summary="VGG16's 13 convolutions without its dense layers (14.7 M; timm's vgg16 has 134 M)",
    source="Simonyan & Zisserman, arXiv 1409.1556; keras.applications.VGG16",
    published=("imagenet", "edges"),
)
resnet50 = transfer(
    "resnet50",
    "ResNet50",
    CAFFE,
    weights="resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
    scratch_rate=1e-3,
    summary="ResNet50, average-pooled (23.6 M)",
    source="He et al., arXiv 1512.03385; keras.applications.ResNet50",
)
densenet121 = transfer(
    "densenet121",
    "DenseNet121",
    TORCH,
    weights="densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
    scratch_rate=1e-3,
    summary="DenseNet121, average-pooled (7.0 M)",
    source="Huang et al., arXiv 1608.06993; keras.applications.DenseNet121",
)
