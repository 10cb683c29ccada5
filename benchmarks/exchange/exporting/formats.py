"""The formats in which a model can leave, by the engine that trained it."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from benchmarks.errors import InputError
from models.registry import EngineName


@dataclass(frozen=True, kw_only=True)
class ExportFormat:
    """One kind of file that a model of one engine can be written as.

    ``packages`` are optional ones that it takes; ``precision`` is what it computes in, blank
    where it keeps the run's own; ``contents`` says what the file holds and what can load it.
    """

    name: str
    engine: EngineName
    suffix: str
    contents: str
    precision: str = ""
    packages: tuple[str, ...] = ()


WHOLE = "the whole model, from raw images to probabilities"
WEIGHTS = "weights only; the metadata names the architecture that ferbench builds for them"
FORMATS = (
    ExportFormat(name="keras", engine="keras", suffix=".keras", contents=f"{WHOLE}; Keras 3"),
    ExportFormat(name="h5", engine="keras", suffix=".h5", contents=f"{WHOLE}; Keras"),
    ExportFormat(
        name="onnx",
        engine="keras",
        suffix=".onnx",
        contents=f"{WHOLE}; any ONNX runtime",
        precision="float32",
        packages=("onnx", "onnxruntime", "tf2onnx"),
    ),
    ExportFormat(
        name="tflite",
        engine="keras",
        suffix=".tflite",
        contents=f"{WHOLE}; LiteRT (TensorFlow Lite)",
        precision="float32",
    ),
    ExportFormat(
        name="onnx",
        engine="torch",
        suffix=".onnx",
        contents=f"{WHOLE}; any ONNX runtime",
        precision="float32",
        packages=("onnx", "onnxruntime", "onnxscript"),
    ),
    ExportFormat(
        name="torch-export",
        engine="torch",
        suffix=".pt2",
        contents=f"{WHOLE}; torch.export.load",
        precision="float32",
    ),
    ExportFormat(name="safetensors", engine="torch", suffix=".safetensors", contents=WEIGHTS),
    ExportFormat(
        name="joblib",
        engine="scikit-learn",
        suffix=".joblib",
        contents="the estimator (predict_proba); joblib.load beside a checkout of ferbench",
    ),
    ExportFormat(
        name="safetensors", engine="scikit-learn", suffix=".safetensors", contents=WEIGHTS
    ),
)
NAMES = tuple(dict.fromkeys(each.name for each in FORMATS))


def choose_format(name: str, engine: str, variant: str) -> ExportFormat:
    """Return the format ``name`` of ``engine``; raises ``InputError`` naming those there are.

    So does a format whose optional packages are not installed.
    """
    own = {each.name: each for each in FORMATS if each.engine == engine}
    if name not in own:
        offered = f"it exports as {', '.join(own)}" if own else "ferbench cannot export it"
        raise InputError(f"{variant}: no format {name!r} for a model of engine {engine}; {offered}")
    require_packages(f"--format {name}", own[name].packages)
    return own[name]


def require_packages(what: str, packages: tuple[str, ...]) -> None:
    """Raise ``InputError`` where an optional package that ``what`` needs is missing."""
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise InputError(
            f"{what} needs {', '.join(missing)}: pip install -c constraints.txt -e '.[export]'"
        )
