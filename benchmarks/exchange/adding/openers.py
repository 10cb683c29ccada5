"""What opens models from outside: the engines' openers, and that of ONNX, which is no engine's."""

from __future__ import annotations

from pathlib import Path

from benchmarks.engines.registry import engines
from benchmarks.engines.spec import Opener
from benchmarks.errors import InputError

ONNX = Opener(
    suffixes=(".onnx",),
    target="benchmarks.exchange.adding.loaders:OnnxModel",
    packages=("onnx", "onnxruntime"),
)


def suffixes() -> tuple[str, ...]:
    """Return how the files of models that can be opened end."""
    return tuple(suffix for opener in _openers() for suffix in opener.suffixes)


def opener_of(file: Path) -> Opener:
    """Return what opens ``file``, by its suffix; raises ``InputError`` naming those there are."""
    for opener in _openers():
        if file.suffix in opener.suffixes:
            return opener
    raise InputError(f"{file}: a model comes as one of: {', '.join(suffixes())}")


def _openers() -> tuple[Opener, ...]:
    return (*(spec.opener for spec in engines().values() if spec.opener), ONNX)
