"""The scikit-learn engine's row: what it needs, what it can do and what it exports."""

from __future__ import annotations

from types import MappingProxyType

from benchmarks.engines.spec import ARRAYS, WEIGHTS, EngineSpec, ExportFormat, Library

ENGINE = "benchmarks.engines.scikit.engine"
EXPORT = "benchmarks.engines.scikit.export"
SCIKIT = EngineSpec(
    name="scikit-learn",
    title="scikit-learn",
    factory=f"{ENGINE}:ScikitEngine",
    libraries=MappingProxyType(
        {"": (Library("scikit-learn", "scikit-learn", "pedregosa2011"), *ARRAYS)}
    ),
    code=(ENGINE,),
    probe_network="pixel-logistic",
    precisions=("float32",),
    formats=(
        ExportFormat(
            name="joblib",
            suffix=".joblib",
            contents="the estimator (predict_proba); joblib.load beside a checkout of ferbench",
            writer=f"{EXPORT}:write_joblib",
        ),
        ExportFormat(
            name="safetensors",
            suffix=".safetensors",
            contents=WEIGHTS,
            writer=f"{EXPORT}:write_safetensors",
        ),
    ),
    preload=MappingProxyType({"": (ENGINE, "sklearn.neural_network")}),
    is_floor=True,
    soft_targets=False,
)
