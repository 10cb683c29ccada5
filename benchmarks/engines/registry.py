"""The engines by name, so that a process imports the one that it uses and no other."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from benchmarks.engines.contract import Engine
from models.registry import EngineName


def load_engine(name: EngineName) -> Engine:
    """Import and return the engine ``name``."""
    if name == "keras":
        from benchmarks.engines.keras.engine import KerasEngine

        return KerasEngine()
    if name == "torch":
        from benchmarks.engines.torch.engine import TorchEngine

        return TorchEngine()
    from benchmarks.engines.scikit.engine import ScikitEngine

    return ScikitEngine()


ENGINE_LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "keras": ("keras", "tensorflow", "numpy", "opencv-python-headless"),
    "keras/torch": ("keras", "torch", "numpy", "opencv-python-headless"),
    "keras/jax": ("keras", "jax", "numpy", "opencv-python-headless"),
    "torch": ("torch", "timm", "numpy", "opencv-python-headless"),
    "scikit-learn": ("scikit-learn", "numpy", "opencv-python-headless"),
}


def engine_versions(engine: EngineName, keras_backend: str) -> dict[str, str]:
    """Return the versions of the libraries that decide an engine's numbers, read from metadata."""
    place = f"keras/{keras_backend}" if engine == "keras" else engine
    versions = {}
    for library in ENGINE_LIBRARIES.get(place, ENGINE_LIBRARIES[engine]):
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = "absent"
    return versions | ({"keras_backend": keras_backend} if engine == "keras" else {})
