"""The optimisers of a Keras network, with a rate for each stage where a recipe asks for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from models.registry import Recipe

MOMENTUM = 0.9


def make_optimizer(recipe: Recipe, learned: Sequence[Any], scales: Sequence[float]) -> Any:
    """Make the recipe's optimiser of ``learned``; weight decay acts on matrices and kernels only.

    ``scales`` are what the learning rate of each is multiplied by.
    """
    clip: dict[str, Any] = {"global_clipnorm": recipe.clip_norm or None}
    if recipe.optimizer != "adamw":
        _penalise(recipe, learned)
    if any(scale != 1 for scale in scales):
        return _scaled(recipe, scales, clip)
    if recipe.optimizer == "adamw":
        optimizer = keras.optimizers.AdamW(weight_decay=recipe.weight_decay, **clip)
        optimizer.exclude_from_weight_decay(var_list=[v for v in learned if len(v.shape) < 2])
        return optimizer
    if recipe.optimizer == "adam":
        return keras.optimizers.Adam(**clip)
    return keras.optimizers.SGD(momentum=MOMENTUM, nesterov=True, **clip)


def _penalise(recipe: Recipe, learned: Sequence[Any]) -> None:
    penalty = keras.regularizers.L2(recipe.weight_decay / 2) if recipe.weight_decay else None
    for variable in learned:
        variable.regularizer = penalty if len(variable.shape) >= 2 else None


def _scaled(recipe: Recipe, scales: Sequence[float], clip: dict[str, Any]) -> Any:
    """Make an optimiser that knows the rate of each variable, by its place."""
    if recipe.optimizer == "sgd":
        return ScaledSGD(scales, momentum=MOMENTUM, nesterov=True, **clip)
    return ScaledAdam(scales, recipe.weight_decay if recipe.optimizer == "adamw" else 0.0, **clip)


class ScaledSGD(keras.optimizers.SGD):  # type: ignore[misc]
    """SGD with a rate for each variable."""

    def __init__(self, scales: Sequence[float], **settings: Any) -> None:
        super().__init__(**settings)
        self._scales = tuple(scales)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Take one step of one variable."""
        scale = self._scales[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * scale)


class ScaledAdam(keras.optimizers.Adam):  # type: ignore[misc]
    """Adam with a rate for each variable; with a decoupled weight decay it is AdamW.

    Keras' own decay takes one rate for all.
    """

    def __init__(self, scales: Sequence[float], decay: float, **settings: Any) -> None:
        super().__init__(**settings)
        self._scales, self._decay = tuple(scales), decay

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Take one step of one variable."""
        rate = learning_rate * self._scales[self._get_variable_index(variable)]
        if self._decay and len(variable.shape) >= 2:
            self.assign_sub(variable, variable * keras.ops.cast(self._decay * rate, variable.dtype))
        super().update_step(gradient, variable, rate)
