"""The augmentation policies: which affine map and which erased box each image gets.

A policy turns uniform numbers into geometry for all images of an epoch at once; one
`cv2.warpAffine` for each image carries it out on uint8, in fixed-point arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.building import before_crop
from benchmarks.engines.contract import Images

Reals = NDArray[np.float64]

DRAWS = 16


@dataclass(frozen=True)
class Geometry:
    """What is done to each of N images.

    ``matrices``: N×2×3, from output to input pixels. ``boxes``: N×4 integers, the top, left,
    bottom and right of the part that is set to 0; empty where top equals bottom.
    """

    matrices: Reals
    boxes: NDArray[np.int64]

    def shifted(self, pixels: Reals) -> Geometry:
        """Return it with each image moved by whole ``pixels``, N×2 (x, y), before all else."""
        matrices = self.matrices.copy()
        matrices[:, :, 2] += pixels
        return replace(self, matrices=matrices)

    def apply(self, images: Images, rows: NDArray[np.int64]) -> Images:
        """Return ``images[rows]``, N×H×W×C, each changed by its own row of the geometry."""
        changed = np.empty((len(rows), *images.shape[1:]), np.uint8)
        size = images.shape[2], images.shape[1]
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        for place, row in enumerate(rows):
            warped = cv2.warpAffine(
                images[row], self.matrices[row], size, flags=flags, borderMode=cv2.BORDER_REFLECT
            )
            changed[place] = warped.reshape(images.shape[1:])
            top, left, bottom, right = self.boxes[row]
            changed[place, top:bottom, left:right] = 0
        return changed


def unchanged(draws: Reals, height: int, width: int) -> Geometry:
    """Leave every image as it is."""
    matrices = np.tile(np.eye(2, 3), (len(draws), 1, 1))
    return Geometry(matrices, np.zeros((len(draws), 4), np.int64))


def standard(draws: Reals, height: int, width: int) -> Geometry:
    """Flip half of the images; rotate by ±10°, shift by ±10 % and zoom by ±10 %."""
    signed = 2 * draws - 1
    zoom = 1 + 0.1 * signed[:, 4]
    matrices = _affine(
        flip=draws[:, 0] < 0.5,
        degrees=10 * signed[:, 1],
        shift=0.1 * signed[:, 2:4],
        zoom=np.stack([zoom, zoom], axis=1),
        height=height,
        width=width,
    )
    return Geometry(matrices, np.zeros((len(draws), 4), np.int64))


def strong(draws: Reals, height: int, width: int) -> Geometry:
    """Crop, shift, flip, rotate and erase as in Khaireddin & Chen, arXiv 2105.03588.

    As in their code (usef-kh/fer): a crop of .8 to 1.2 of the area with an aspect ratio of 3/4
    to 4/3, resized to the full image; a shift of up to 20 % with probability .5; a flip with .5;
    a rotation of up to ±10° with .5; with .5 a black box of 2 to 33 % of the area. Here crop,
    shift and rotation are one interpolation, and what they uncover reflects the image.
    """
    signed = 2 * draws - 1
    area = 0.8 + 0.4 * draws[:, 5]
    aspect = np.exp(np.log(4 / 3) * signed[:, 6])
    crop = np.stack([np.sqrt(area * aspect), np.sqrt(area / aspect)], axis=1)
    offset = np.abs(1 - crop) / 2 * signed[:, 7:9]
    moved = (draws[:, 9] < 0.5)[:, None]
    matrices = _affine(
        flip=draws[:, 0] < 0.5,
        degrees=np.where(draws[:, 10] < 0.5, 10 * signed[:, 1], 0),
        shift=offset + np.where(moved, 0.2 * signed[:, 2:4], 0),
        zoom=crop,
        height=height,
        width=width,
    )
    return Geometry(matrices, _erased(draws[:, 11:16], height, width))


def crop_shifts(draws: Reals, height: int, width: int, crop: int) -> Reals:
    """Return N×2 whole pixels (x, y) that put a random crop where the central one is taken.

    ``draws`` are N×2 from [0, 1); each place of the ``crop`` in the image is as likely.
    """
    sides = np.array([width, height])
    places = np.floor(draws * (sides - crop + 1))
    shifts: Reals = places - [before_crop(side, crop) for side in sides]
    return shifts


POLICIES: Mapping[str, Callable[[Reals, int, int], Geometry]] = MappingProxyType(
    {"none": unchanged, "standard": standard, "strong": strong}
)


def _affine(
    *, flip: NDArray[np.bool_], degrees: Reals, shift: Reals, zoom: Reals, height: int, width: int
) -> Reals:
    """Map output pixels to input pixels: about the centre zoom, mirror, rotate, then shift.

    ``zoom`` and ``shift`` are N×2 (x, y); ``shift`` in fractions of the image's sides.
    """
    angle = np.deg2rad(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    scale_x, scale_y = np.where(flip, -zoom[:, 0], zoom[:, 0]), zoom[:, 1]
    linear = np.stack([cosine * scale_x, -sine * scale_y, sine * scale_x, cosine * scale_y], axis=1)
    linear = linear.reshape(-1, 2, 2)
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    offset = centre + shift * [width, height] - linear @ centre
    return np.concatenate([linear, offset[:, :, None]], axis=2)


def _erased(draws: Reals, height: int, width: int) -> NDArray[np.int64]:
    """Place one box in half of the images: 2–33 % of the area, aspect ratio .3–3.3.

    Random erasing, Zhong et al., arXiv 1708.04896, with torchvision's defaults.
    """
    area = (0.02 + 0.31 * draws[:, 1]) * height * width
    aspect = np.exp(np.log(0.3) + np.log(3.3 / 0.3) * draws[:, 2])
    tall = np.minimum(np.sqrt(area * aspect), height).astype(np.int64)
    wide = np.minimum(np.sqrt(area / aspect), width).astype(np.int64)
    top = (draws[:, 3] * (height - tall + 1)).astype(np.int64)
    left = (draws[:, 4] * (width - wide + 1)).astype(np.int64)
    boxes: NDArray[Any] = np.stack([top, left, top + tall, left + wide], axis=1)
    return np.where((draws[:, 0] < 0.5)[:, None], boxes, 0)
