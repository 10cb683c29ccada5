"""The contract of an export: what the writer of a format is given, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from benchmarks.engines.contract import Images
from models.registry import Registry

Predict = Callable[[Images], NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class FittedModel:
    """A model of a run: ``predictor`` is what its engine restored from ``folder``.

    ``registry`` is what an architecture is built again out of.
    """

    predictor: Any
    folder: Path
    registry: Registry


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a file can say of its model; ``text`` is all of it as JSON.

    ``image_shape`` is (height, width, channels), ``input_range`` that of a pixel.
    """

    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]
    input_range: tuple[int, int]
    text: str


@dataclass(frozen=True, kw_only=True)
class Copies:
    """What must answer alike: the model in the file's precision, and the file loaded again.

    ``loaded`` is ``None`` where the format's ``finisher`` loads the file.
    """

    reference: Predict
    loaded: Predict | None
