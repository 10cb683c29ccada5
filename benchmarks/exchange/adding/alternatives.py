"""Other readings of a model from outside than the stated one, and the images they are tried on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.exchange.adding.preprocessing import CHANNELS, SCALES, model_inputs
from benchmarks.metrics import Labels
from benchmarks.store.records import InputSpec

SIZE = 1000
"""Validation images on which readings that were not stated are tried."""
SEED = 0


def stratified_sample(labels: Labels, size: int = SIZE) -> NDArray[np.int64]:
    """Return the places of ``size`` images, in order, each class with its share to an image.

    All places where there are no more. Which images of a class they are is drawn with a fixed
    seed, so that no order of the images matters.
    """
    count = len(labels)
    if count <= size:
        return np.arange(count)
    by_class = np.lexsort((np.random.default_rng(SEED).random(count), labels))
    spread = ((np.arange(size) + 0.5) * count / size).astype(np.int64)
    return np.sort(by_class[spread])


def other_readings(stated: InputSpec, image_shape: tuple[int, ...]) -> tuple[InputSpec, ...]:
    """Return the readings with every scale and order of colours that differ from ``stated``.

    Those that give a model the same numbers for images of ``image_shape`` count once: two orders
    of the colours of a grey image differ only where a scale treats channels differently.
    """
    pixels = np.random.default_rng(SEED).integers(0, 256, (1, *image_shape), np.uint8)
    known = {model_inputs(stated, pixels).tobytes()}
    found = []
    for reading in _combinations(stated):
        given = model_inputs(reading, pixels).tobytes()
        if given not in known:
            known.add(given)
            found.append(reading)
    return tuple(found)


def options(reading: InputSpec) -> str:
    """Return what states the scale of ``reading`` and, where there is one, its colour order."""
    scale = f"--scale={reading.scale}" if reading.scale[0] == "-" else f"--scale {reading.scale}"
    return scale if reading.colour == "grey" else f"{scale} --colour {reading.colour}"


def _combinations(stated: InputSpec) -> Iterator[InputSpec]:
    """Yield every scale with every order of the model's channels, those of ``stated`` first."""
    channels = CHANNELS[stated.colour]
    colours = sorted(
        (colour for colour, count in CHANNELS.items() if count == channels),
        key=lambda colour: colour != stated.colour,
    )
    for colour, scale in product(colours, SCALES):
        yield replace(stated, scale=scale, colour=colour)
