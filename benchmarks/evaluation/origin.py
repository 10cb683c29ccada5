"""Where a variant's published weights came from, as its fits recorded it."""

from __future__ import annotations

from benchmarks.store.records import VariantResults
from models.registry import PublishedWeights

DIGITS = 12
"""How many digits of a digest people are shown."""


def weights_of(variant: VariantResults) -> PublishedWeights | None:
    """Return the published weights that the fits of ``variant`` started from.

    ``None`` where there are none, nothing was fitted, or an older version did not record them.
    """
    return next((fit.record.weights for fit in variant.fits if fit.record.weights), None)


def carried_by(weights: PublishedWeights) -> str:
    """Name the weights and the package that carries them, if one does."""
    package = f"{weights.distribution} {weights.version}".strip()
    return f"{weights.name} of {package}" if package else weights.name


def origin(weights: PublishedWeights) -> str:
    """Say which file it is, what it was trained on, its licence and how its digest begins."""
    parts = [
        carried_by(weights),
        f"trained on {weights.trained_on}" if weights.trained_on else "",
        f"licence {weights.licence}" if weights.licence else "licence unknown to ferbench",
        f"SHA-256 {weights.sha256[:DIGITS]}",
    ]
    return ", ".join(part for part in parts if part)
