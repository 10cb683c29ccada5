"""The parts that the Keras networks share: their first layers, a convolution, their head."""

from __future__ import annotations

from typing import Any

from models.registry import BuildRequest, Network


def begin(request: BuildRequest) -> tuple[Any, Any]:
    """Return the image input and the images at the network's input size, float32 in [0, 255].

    Keras draws the seeds of initialisers and dropout from Python's generator, so seeding it
    here makes a build depend on ``request`` alone.
    """
    import keras

    keras.utils.set_random_seed(request.seed)
    images = keras.Input(request.image_shape, name="image")
    side = request.input_size
    if request.image_shape[:2] == (side, side):
        return images, images
    return images, keras.layers.Resizing(side, side, interpolation="bilinear", name="resize")(
        images
    )


def finish(name: str, images: Any, features: Any, request: BuildRequest) -> Network:
    """Return the network whose backbone goes from ``images`` to ``features``, with a fresh head.

    The head is dropout at the recipe's rate and one dense layer of float32 logits.
    """
    import keras

    backbone = keras.Model(images, features, name=name)
    return Network(backbone, head(backbone, request))


def head(backbone: Any, request: BuildRequest) -> Any:
    """Return dropout and a dense layer that map the features of ``backbone`` to float32 logits."""
    import keras

    return keras.Sequential(
        [
            keras.Input(backbone.output_shape[1:], name="features"),
            keras.layers.Dropout(request.recipe.dropout, name="dropout"),
            keras.layers.Dense(request.classes, dtype="float32", name="logits"),
        ],
        name="head",
    )


def normalised(x: Any, filters: int, *, side: int = 3, strides: int = 1, name: str) -> Any:
    """Return a batch-normalised convolution without bias, He-initialised, set up as in torch.

    Torch's momentum .1 is Keras' .9; both recipes that use this were written for torch.
    """
    from keras import layers

    x = layers.Conv2D(
        filters,
        side,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_bn")(x)


def subsample(x: Any, name: str) -> Any:
    """Return every second row and column of ``x``.

    Before a 1×1 convolution this equals a stride of 2 in it, whose gradient corrupts memory in
    TensorFlow 2.21 with oneDNN.
    """
    from keras import layers

    return layers.MaxPooling2D(1, strides=2, padding="same", name=f"{name}_subsample")(x)
