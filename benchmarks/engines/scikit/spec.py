"""The scikit-learn engine's row: what it needs, what it can do and what it exports."""

from __future__ import annotations

from types import MappingProxyType

from benchmarks.engines.spec import WEIGHTS, EngineSpec, ExportFormat

SCIKIT = EngineSpec(
    name="scikit-learn",
    title="scikit-learn",
    factory="benchmarks.engines.scikit.engine:ScikitEngine",
    libraries=MappingProxyType({"": ("scikit-learn", "numpy", "opencv-python-headless")}),
    code=("benchmarks.engines.scikit.engine",),
    probe_network="pixel-logistic",
    precisions=("float32",),
    writer="benchmarks.engines.scikit.export:write",
    formats=(
        ExportFormat(
            name="joblib",
            suffix=".joblib",
            contents="the estimator (predict_proba); joblib.load beside a checkout of ferbench",
        ),
        ExportFormat(name="safetensors", suffix=".safetensors", contents=WEIGHTS),
    ),
    is_floor=True,
)
