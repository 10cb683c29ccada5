"""What the Keras engine's training is timed against: ``fit`` on arrays and files, and its limit."""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np

from benchmarks.engines.building import built_network
from benchmarks.engines.keras.optimizers import make_optimizer
from benchmarks.engines.keras.products import products
from benchmarks.engines.rivals import ROTATION, SHIFT, WARM_UP, ZOOM, Given, Rivals, timed_steps


def rivals(given: Given) -> Rivals:
    """Return the rivals; they share one model, which they train.

    Raises ``ModelError`` on a backend whose limit can't be found.
    """
    model = compiled(given)
    alone, files = products(model, *_arrays(given, 1)), augmented(given)
    return Rivals(
        bare=lambda steps: bare(model, given, steps),
        files=lambda steps: generated(model, files, steps),
        limit=lambda steps: timed_steps(alone.compute, steps, alone.wait),
        macs=alone.macs(),
    )


def compiled(given: Given) -> Any:
    """Return the network as ``compile`` makes it ready to `fit`."""
    network = built_network(given.architecture, given.request)
    images = keras.Input(given.image_shape)
    model = keras.Model(images, network.head(network.backbone(images)))
    learned = model.trainable_variables
    optimizer = make_optimizer(given.recipe, learned, [1.0] * len(learned))
    optimizer.learning_rate = given.recipe.learning_rate
    smoothing = given.recipe.label_smoothing
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing),
        metrics=["accuracy"],
    )
    return model


def bare(model: Any, given: Given, steps: int) -> float:
    """Return the seconds of ``steps`` of a ``fit`` on shuffled arrays in memory."""
    images, targets = _arrays(given, WARM_UP + steps)
    clock = Clock(WARM_UP + steps)
    model.fit(images, targets, batch_size=given.batch_size, verbose=0, callbacks=[clock])
    return clock.seconds


def generated(model: Any, files: Any, steps: int) -> float:
    """Return the seconds of ``steps`` of a ``fit`` to what `augmented` generates."""
    clock = Clock(WARM_UP + steps)
    model.fit(files, steps_per_epoch=WARM_UP + steps, verbose=0, callbacks=[clock])
    return clock.seconds


def augmented(given: Given) -> Any:
    """Return the files in batches, read and augmented by ``ImageDataGenerator``.

    It is what most projects on FER2013 have; Keras itself calls it deprecated.
    """
    from keras._tf_keras.keras.preprocessing.image import ImageDataGenerator

    height, width, channels = given.image_shape
    return ImageDataGenerator(
        rotation_range=ROTATION,
        width_shift_range=SHIFT,
        height_shift_range=SHIFT,
        zoom_range=ZOOM,
        horizontal_flip=True,
    ).flow_from_directory(
        str(given.files),
        target_size=(height, width),
        color_mode="grayscale" if channels == 1 else "rgb",
        batch_size=given.batch_size,
    )


class Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """Times the steps of one epoch from the end of the warm-up to the end of the last.

    What ``fit`` does before its first step and after its last is left out: it is done once in
    an epoch, which has far more steps than a block.
    """

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._last, self._started = steps - 1, 0.0
        self.seconds = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Wait for the device at both ends."""
        if batch == WARM_UP - 1:
            float(logs["loss"])
            self._started = time.perf_counter()
        elif batch == self._last:
            float(logs["loss"])
            self.seconds = time.perf_counter() - self._started


def _arrays(given: Given, steps: int) -> tuple[Any, Any]:
    images, labels = given.arrays(steps)
    return images, np.eye(given.task.classes, dtype=np.float32)[labels]
