"""The torch engine's row: what it needs, what it can do and what it exports."""

from __future__ import annotations

from types import MappingProxyType

from benchmarks.engines.spec import (
    ARRAYS,
    LEVERS,
    ONNX_FINISHER,
    WEIGHTS,
    WHOLE,
    EngineSpec,
    ExportFormat,
    Library,
    Opener,
)

ENGINE = "benchmarks.engines.torch.engine"
EXPORT = "benchmarks.engines.torch.export"
RIVALS = "benchmarks.engines.torch.rivals"
TORCH = EngineSpec(
    name="torch",
    title="torch and timm",
    factory=f"{ENGINE}:TorchEngine",
    libraries=MappingProxyType(
        {
            "": (
                Library("torch", "PyTorch", "paszke2019"),
                Library("timm", "timm", "wightman2019", architectures="timm:"),
                *ARRAYS,
            )
        }
    ),
    code=(ENGINE,),
    levers=LEVERS,
    probe_network="timm:resnet10t",
    rivals=f"{RIVALS}:rivals",
    formats=(
        ExportFormat(
            name="onnx",
            suffix=".onnx",
            contents=f"{WHOLE}; any ONNX runtime",
            writer=f"{EXPORT}:write_onnx",
            finisher=ONNX_FINISHER,
            precision="float32",
            packages=("onnx", "onnxruntime", "onnxscript"),
        ),
        ExportFormat(
            name="torch-export",
            suffix=".pt2",
            contents=f"{WHOLE}; torch.export.load",
            writer=f"{EXPORT}:write_program",
            precision="float32",
        ),
        ExportFormat(
            name="safetensors",
            suffix=".safetensors",
            contents=WEIGHTS,
            writer=f"{EXPORT}:write_safetensors",
        ),
    ),
    opener=Opener(
        suffixes=(".pth", ".pt", ".safetensors", ".ckpt", ".bin", ".tar", ".t7"),
        target="benchmarks.engines.torch.opened:TorchModel",
    ),
    published="benchmarks.engines.torch.published:at_hand",
    gpu_build="torch of a CUDA build that fits the driver",
    attention_edition=1,
    preload=MappingProxyType({"": (ENGINE, "timm")}),
)
