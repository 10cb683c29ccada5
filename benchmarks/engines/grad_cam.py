"""Grad-CAM from a layer's activations and gradients, and the choice of that layer.

Where a map comes out otherwise than before, raise `EngineSpec.attention_edition` of its engines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.building import before_crop
from benchmarks.engines.contract import Attention, NoMap

ENOUGH = 6
"""Cells of a side from which a map tells where in a face a network looks."""


@dataclass(frozen=True)
class FeatureMap:
    """A feature map that a network computes: ``index`` counts calls, ``side`` is its shorter."""

    index: int
    layer: str
    side: int


def deepest(places: Sequence[FeatureMap]) -> FeatureMap:
    """Return the last of ``places``, in order of computation, whose map has cells enough.

    A network that has none gives the last of its largest; one without maps raises `NoMap`.
    """
    if not places:
        raise NoMap("it has no convolutional feature map")
    least = min(ENOUGH, max(place.side for place in places))
    return [place for place in places if place.side >= least][-1]


def grad_cam(
    activations: NDArray[np.float32], gradients: NDArray[np.float32]
) -> NDArray[np.float16]:
    """Return Grad-CAM maps, N×h×w, of activations and their gradients, both N×h×w×channels.

    Channels are weighted by their mean gradient, summed, and only what speaks for the class is
    kept (Selvaraju et al. 2017, arXiv:1610.02391). Each map is divided by its largest value.
    """
    weights = gradients.mean(axis=(1, 2), keepdims=True)
    maps = np.maximum((weights * activations).sum(axis=3), 0)
    largest = maps.max(axis=(1, 2), keepdims=True)
    scaled = np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)
    return np.asarray(scaled, np.float16)


def uncropped(found: Attention, image: Sequence[int], crop: int) -> Attention:
    """Return the maps of a central ``crop`` as maps of the whole ``image``, height × width.

    They get a cell for each pixel, 0 outside the crop. Without a crop (0) they stay as they are.
    """
    if not crop:
        return found
    top, left = (before_crop(side, crop) for side in image)
    maps = np.zeros((len(found.maps), *image), np.float16)
    for whole, seen in zip(maps, found.maps, strict=True):
        enlarged = cv2.resize(seen.astype(np.float32), (crop, crop))
        whole[top : top + crop, left : left + crop] = enlarged
    return Attention(maps, found.layer)
