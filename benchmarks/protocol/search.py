"""A search space in Optuna's terms, for tuning and for what is computed from its trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.registry import Categorical, Space

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


def to_optuna(space: Space) -> dict[str, BaseDistribution]:
    """Return the distribution of each dimension of ``space``; Optuna is imported here, late."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return {
        name: CategoricalDistribution(dimension.values)
        if isinstance(dimension, Categorical)
        else FloatDistribution(dimension.low, dimension.high, log=dimension.log)
        for name, dimension in space.items()
    }
