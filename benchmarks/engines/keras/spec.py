"""The Keras engine's row: what it needs, what it can do and what it exports."""

from __future__ import annotations

from types import MappingProxyType

from benchmarks.engines.spec import (
    ARRAYS,
    LEVERS,
    ONNX_FINISHER,
    WHOLE,
    EngineSpec,
    ExportFormat,
    Library,
    Opener,
)

ENGINE = "benchmarks.engines.keras.engine"
EXPORT = "benchmarks.engines.keras.export"
RIVALS = "benchmarks.engines.keras.rivals"
ITSELF = Library("keras", "Keras", "chollet2015")
KERAS = EngineSpec(
    name="keras",
    title="Keras",
    factory=f"{ENGINE}:KerasEngine",
    libraries=MappingProxyType(
        {
            "tensorflow": (Library("tensorflow", "TensorFlow", "abadi2016"), ITSELF, *ARRAYS),
            "torch": (ITSELF, Library("torch", "PyTorch", "paszke2019"), *ARRAYS),
            "jax": (ITSELF, Library("jax", "JAX", "bradbury2018"), *ARRAYS),
        }
    ),
    backend_key="keras_backend",
    backend_setting="KERAS_BACKEND",
    code=(ENGINE,),
    levers=LEVERS,
    probe_network="plain-cnn",
    rivals=f"{RIVALS}:rivals",
    formats=(
        ExportFormat(
            name="keras",
            suffix=".keras",
            contents=f"{WHOLE}; Keras 3",
            writer=f"{EXPORT}:write_keras",
        ),
        ExportFormat(
            name="h5",
            suffix=".h5",
            contents=f"{WHOLE}; Keras",
            writer=f"{EXPORT}:write_h5",
        ),
        ExportFormat(
            name="onnx",
            suffix=".onnx",
            contents=f"{WHOLE}; any ONNX runtime",
            writer=f"{EXPORT}:write_onnx",
            finisher=ONNX_FINISHER,
            precision="float32",
            packages=("onnx", "onnxruntime", "tf2onnx"),
        ),
        ExportFormat(
            name="tflite",
            suffix=".tflite",
            contents=f"{WHOLE}; LiteRT (TensorFlow Lite)",
            writer=f"{EXPORT}:write_tflite",
            precision="float32",
        ),
    ),
    opener=Opener(
        suffixes=(".keras", ".h5", ".hdf5"),
        target="benchmarks.engines.keras.opened:KerasModel",
        companion="benchmarks.engines.keras.files:configuration_beside",
    ),
    published="benchmarks.engines.keras.published:at_hand",
    gpu_build="tensorflow[and-cuda] in the version of constraints.txt",
    attention_edition=1,
    preload=MappingProxyType({"tensorflow": (ENGINE,), "torch": (ENGINE,)}),
    self_contained=True,
)
