"""The moving average of a Keras network's weights and statistics, on every backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Variables = Mapping[str, Any]
Move = Callable[[float], None]


class Average:
    """Averages of all floating-point variables of a network, which start at what those are now."""

    def __init__(self, variables: Variables) -> None:
        self._now = {k: v for k, v in variables.items() if keras.backend.is_float_dtype(v.dtype)}
        self.variables: Variables = {
            name: keras.Variable(copied(variable), trainable=False, dtype=variable.dtype)
            for name, variable in self._now.items()
        }
        self._moves: dict[str, Move] = {}

    def move(self, decay: float, part: str) -> None:
        """Keep ``decay`` of the averages whose names begin with ``part``; the rest is of now."""
        if part not in self._moves:
            moved = [name for name in self._now if name.startswith(part)]
            averages, now = ([held[name] for name in moved] for held in (self.variables, self._now))
            self._moves[part] = _MOVES[keras.backend.backend()](averages, now)
        self._moves[part](1 - decay)


def copied(variable: Any) -> NDArray[Any]:
    """Return the values of ``variable``, which it may go on to change."""
    return np.array(keras.ops.convert_to_numpy(variable.value), copy=True)


def _tensorflow(averages: Sequence[Any], now: Sequence[Any]) -> Move:
    import tensorflow as tf

    def move(share: Any) -> None:
        for average, variable in zip(averages, now, strict=True):
            step = variable.value - average.value
            average.value.assign_add(tf.cast(share, step.dtype) * step)

    compiled = tf.function(move, input_signature=[tf.TensorSpec((), tf.float32)])
    return lambda share: compiled(tf.constant(share, tf.float32))


def _torch(averages: Sequence[Any], now: Sequence[Any]) -> Move:
    import torch

    def move(share: float) -> None:
        with torch.no_grad():
            torch._foreach_lerp_([v.value for v in averages], [v.value for v in now], share)

    return move


def _jax(averages: Sequence[Any], now: Sequence[Any]) -> Move:
    import jax

    def moved(share: float, averages: list[Any], now: list[Any]) -> list[Any]:
        return [a + (share * (b - a)).astype(a.dtype) for a, b in zip(averages, now, strict=True)]

    compiled = jax.jit(moved)

    def move(share: float) -> None:
        values = compiled(share, [v.value for v in averages], [v.value for v in now])
        for average, value in zip(averages, values, strict=True):
            average.assign(value)

    return move


_MOVES: Mapping[str, Callable[[Sequence[Any], Sequence[Any]], Move]] = MappingProxyType(
    {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax}
)
