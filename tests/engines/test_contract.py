"""Every engine of ferbench keeps the contract of engines."""

from __future__ import annotations

from pathlib import Path

from benchmarks.testing.engines import EngineContract
from tests.engines import networks

NETWORKS = Path(networks.__file__)


class TestKeras(EngineContract):
    name, network, plugins = "keras", "tiny-keras", (NETWORKS,)


class TestTorch(EngineContract):
    name, network, plugins = "torch", "tiny-torch", (NETWORKS,)


class TestScikit(EngineContract):
    name = "scikit-learn"
