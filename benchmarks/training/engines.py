"""The engines by name, so that a process imports the one that it uses and no other."""

from __future__ import annotations

from benchmarks.training.contract import Engine
from models.registry import EngineName


def load_engine(name: EngineName) -> Engine:
    """Import and return the engine ``name``."""
    if name == "keras":
        from benchmarks.training.keras_engine import KerasEngine

        return KerasEngine()
    if name == "torch":
        from benchmarks.training.torch_engine import TorchEngine

        return TorchEngine()
    from benchmarks.training.scikit_engine import ScikitEngine

    return ScikitEngine()
