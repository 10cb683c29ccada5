"""Scouting for a proposal: every backbone that has weights at hand, on the images at hand."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.data.prepared import PreparedData
from benchmarks.engines.published import offers
from benchmarks.scout.candidates import find_candidates
from benchmarks.scout.records import ScoutRecord
from benchmarks.scout.scout import scout
from models.registry import discover


def weights_at_hand() -> bool:
    """Tell whether there are weights to scout with."""
    return any(offer.file for offer in offers(discover()))


def require_weights() -> None:
    """Raise ``InputError``, saying what to install, where there are no weights to scout with."""
    find_candidates(discover(), (), 0, ())


def scout_all(prepared: PreparedData, notify: Callable[[str], None]) -> ScoutRecord:
    """Scout every backbone with weights at hand, at its default sizes.

    Raises ``InputError``, saying what to install, where there is none.
    """
    registry, side = discover(), max(prepared.data.image_shape[:2])
    return scout(prepared, find_candidates(registry, (), side, ()), registry, notify=notify)
