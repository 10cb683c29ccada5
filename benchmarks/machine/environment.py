"""The environment of a run: hardware, libraries and the state of the code."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import psutil
from pydantic import BaseModel, ConfigDict

from benchmarks.machine.versions import installed

INSTRUCTIONS = (
    "sse4_2", "avx", "f16c", "fma", "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16",
    "avx_vnni", "amx_tile", "amx_bf16", "amx_int8", "asimd", "asimdhp", "bf16", "sve", "sve2",
)  # fmt: skip
"""The processor features by which numerical libraries choose their code, and so their bits."""


class Environment(BaseModel):
    """Python, platform, processor, memory, GPU and library versions; what is not set is unknown."""

    model_config = ConfigDict(frozen=True, extra="allow")

    python: str | None = None
    platform: str | None = None
    cpu: str | None = None
    instructions: tuple[str, ...] = ()
    cores: int | None = None
    memory_gb: float | None = None
    gpu: str | None = None
    libraries: Mapping[str, str] = {}


class CodeState(BaseModel):
    """The git commit of a checkout, and whether it has uncommitted changes."""

    model_config = ConfigDict(frozen=True, extra="allow")

    commit: str | None = None
    dirty: bool | None = None


def describe_environment(libraries: Iterable[str]) -> Environment:
    """Return Python, platform, processor, memory, GPU and what of ``libraries`` is installed.

    Processors of one name can differ in their ``instructions``, and then in the last bits.
    """
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        cpu=processor(),
        instructions=tuple(instructions()),
        cores=usable_cores(),
        memory_gb=round(psutil.virtual_memory().total / 2**30, 1),
        gpu=gpu(),
        libraries={name: found for name in libraries if (found := installed(name))},
    )


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """Return the processor's name."""
    return _processor_fact("model name") or platform.processor() or platform.machine()


def instructions() -> list[str]:
    """Return which of `INSTRUCTIONS` the processor has; empty where that cannot be told."""
    flags = (_processor_fact("flags") or _processor_fact("Features")).split()
    return [name for name in INSTRUCTIONS if name in flags]


def _processor_fact(name: str) -> str:
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text().splitlines():
            if line.partition(":")[0].strip() == name:
                return line.partition(":")[2].strip()
    return ""


def gpu() -> str | None:
    """Return the names of the NVIDIA GPUs, or ``None``; no engine is imported for it."""
    return ", ".join(_ask_driver("name")) or None


def has_bfloat16() -> bool:
    """Tell whether the GPU, or without one the processor, is known to compute in bfloat16.

    GPUs do from compute capability 8 on, x86 processors with AVX-512 BF16 or AMX; of others
    nothing is known here.
    """
    if capabilities := _ask_driver("compute_cap"):
        majors = [capability.partition(".")[0] for capability in capabilities]
        return all(major.isdigit() and int(major) >= 8 for major in majors)
    information = Path("/proc/cpuinfo")
    if not information.is_file():
        return False
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(information.read_text().split())


def native_precision() -> Literal["float32", "bfloat16"]:
    """Return the faster precision of dense networks, as far as the machine is known."""
    return "bfloat16" if has_bfloat16() else "float32"


def _ask_driver(field: str) -> list[str]:
    """Return what the NVIDIA driver says of each GPU; empty where there is none."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return []
    query = [command, f"--query-gpu={field}", "--format=csv,noheader"]
    done = subprocess.run(query, capture_output=True, text=True, check=False, timeout=30)
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return lines if done.returncode == 0 else []


def device_name() -> str:
    """Return one line that names the hardware on which jobs run."""
    return f"GPU {name}" if (name := gpu()) else f"CPU {processor()}"


def code_state() -> CodeState:
    """Return the git commit of the checkout and whether it has uncommitted changes."""
    root = Path(__file__).resolve().parents[2]

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=root, capture_output=True, text=True, check=False
            )
        except OSError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    changes = git("status", "--porcelain")
    return CodeState(
        commit=git("rev-parse", "HEAD"), dirty=None if changes is None else bool(changes)
    )
