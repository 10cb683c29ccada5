"""What a Keras layer does when it is called, replaced for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Call = Callable[..., Any]


def replace_call(layer: Any, replacement: Callable[[Call], Call]) -> None:
    """Let ``layer`` do what ``replacement`` makes of what it does."""
    object.__setattr__(layer, "call", replacement(layer.call))


def restore_call(layer: Any) -> None:
    """Let ``layer`` do what its class says; one that does is left alone."""
    vars(layer).pop("call", None)


@contextmanager
def calls_replaced(
    layers: Iterable[Any], replacement: Callable[[Any], Callable[[Call], Call]]
) -> Iterator[None]:
    """Let each of ``layers`` do what its ``replacement`` makes of it, within the context."""
    before = [(layer, vars(layer).get("call")) for layer in layers]
    for layer, _ in before:
        replace_call(layer, replacement(layer))
    try:
        yield
    finally:
        for layer, call in before:
            restore_call(layer)
            if call is not None:
                object.__setattr__(layer, "call", call)
