"""Where the variants look, in numbers: how much of their maps lies in which part of an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.store.records import FitResults, VariantResults


@dataclass(frozen=True)
class Glance:
    """One map of a fit: an image, what was answered, and how sure; ``index`` is the map's place."""

    row: int
    label: int
    answer: int
    confidence: float
    index: int

    @property
    def right(self) -> bool:
        """Whether the answer is the label."""
        return self.label == self.answer


@dataclass(frozen=True, eq=False)
class VariantAttention:
    """Where one variant looks, found with its first seed.

    ``thirds`` is the mean share of a map in the upper, middle and lower third of the image,
    ``centre`` that in the middle half of height and width, which is a quarter of the image.
    ``blank`` counts maps in which nothing speaks for the answer; they have no share.
    """

    variant: str
    layer: str
    maps: NDArray[np.float64]
    glances: tuple[Glance, ...]
    thirds: tuple[float, float, float]
    centre: float
    blank: int

    @property
    def side(self) -> tuple[int, int]:
        """Height and width of the maps, in cells."""
        return self.maps.shape[1], self.maps.shape[2]


def attention(variant: VariantResults) -> VariantAttention | None:
    """Return where ``variant`` looks, or ``None`` where it was not asked."""
    fit = next((fit for fit in variant.fits if fit.attention is not None), None)
    if fit is None or fit.attention is None:
        return None
    maps = fit.attention.maps
    masses = maps.sum(axis=(1, 2))
    shown = maps[masses > 0] / masses[masses > 0][:, None, None]
    upper, middle, lower = (_share(shown, n / 3, (n + 1) / 3, 0, 1) for n in range(3))
    return VariantAttention(
        variant=variant.name,
        layer=fit.attention.layer,
        maps=maps,
        glances=_glances(fit),
        thirds=(upper, middle, lower),
        centre=_share(shown, 0.25, 0.75, 0.25, 0.75),
        blank=int((masses <= 0).sum()),
    )


def _glances(fit: FitResults) -> tuple[Glance, ...]:
    assert fit.attention is not None
    places = np.searchsorted(fit.test.rows, fit.attention.rows)
    return tuple(
        Glance(
            row=int(fit.test.rows[place]),
            label=int(fit.test.labels[place]),
            answer=int(answer),
            confidence=float(fit.test.probabilities[place, answer]),
            index=index,
        )
        for index, (place, answer) in enumerate(zip(places, fit.attention.answers, strict=True))
    )


def _share(
    maps: NDArray[np.float64], top: float, bottom: float, left: float, right: float
) -> float:
    """Return the mean share of ``maps`` in a box told in parts of height and width."""
    if not len(maps):
        return float("nan")
    down, across = _weights(maps.shape[1], top, bottom), _weights(maps.shape[2], left, right)
    return float(np.einsum("nhw,h,w->n", maps, down, across).mean())


def _weights(cells: int, start: float, end: float) -> NDArray[np.float64]:
    """Return how much of each of ``cells`` lies between ``start`` and ``end`` of their length."""
    edges = np.clip(np.arange(cells + 1), start * cells, end * cells)
    return np.diff(edges)
