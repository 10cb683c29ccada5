"""The row of an engine: what ferbench knows of it before its code is imported."""

from __future__ import annotations

from types import MappingProxyType

from benchmarks.engines.spec import EngineSpec, Library

SOFTMAX = EngineSpec(
    name="numpy-softmax",
    title="softmax regression in NumPy",
    factory="ferbench_example.softmax:SoftmaxEngine",
    libraries=MappingProxyType({"": (Library("numpy", "NumPy"),)}),
    code=("ferbench_example.softmax",),
    probe_network="example-softmax",
    precisions=("float32",),
)
