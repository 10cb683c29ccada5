"""The machine: processor, memory, GPU, and the folders that ferbench writes into."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.errors import Finding, Severity

WORKER_GB = 1.5
"""Memory that a training worker takes with either engine and a small network."""
ROOM_GB, LEAST_GB = 5.0, 0.5
RESULTS = Path("results")


def examine_processor() -> Iterator[Finding]:
    """Name the processor and the cores that this process may use."""
    from benchmarks.machine.environment import processor, usable_cores

    usable, present = usable_cores(), os.cpu_count() or 1
    share = "" if usable == present else f" of {present}"
    yield Finding("ok", "processor", f"{processor()}, {usable}{share} usable cores")


def examine_memory() -> Iterator[Finding]:
    """Tell whether one worker for each core fits."""
    import psutil

    from benchmarks.machine.environment import usable_cores

    memory, cores = psutil.virtual_memory(), usable_cores()
    total, free = memory.total / 2**30, memory.available / 2**30
    found = f"{total:.1f} GB, {free:.1f} GB of it free"
    fitting = int(free / WORKER_GB)
    if fitting >= cores:
        yield Finding("ok", "memory", found)
    elif fitting:
        advice = f"run with --workers {fitting}: each takes about {WORKER_GB} GB or more"
        yield Finding("warning", "memory", found, advice)
    else:
        advice = f"close other programs: a worker takes about {WORKER_GB} GB or more"
        yield Finding("warning", "memory", found, advice)


def examine_gpu() -> Iterator[Finding]:
    """Name the GPUs that the driver reports; whether an engine sees them is its own finding."""
    from benchmarks.machine.environment import gpu

    try:
        name = gpu()
    except (OSError, subprocess.TimeoutExpired):
        advice = "look after the NVIDIA driver; until then training is on the CPU at best"
        yield Finding("warning", "GPU", "nvidia-smi does not answer", advice)
        return
    yield Finding("ok", "GPU", name or "no NVIDIA GPU; training is on the CPU")


def examine_cache() -> Iterator[Finding]:
    """Tell where the cache is, how large, and whether there is room in it."""
    from datasets.cache.decoded import cache_folder

    folder = cache_folder()
    size = f"{folder}, {folder_size(folder) / 2**30:.2f} GB"
    if features := folder_size(folder / "features"):
        size += f" ({features / 2**30:.2f} GB of it what frozen backbones make of images)"
    yield examine_folder("cache", folder, size, "set FERBENCH_CACHE to a folder with room")


def examine_results() -> Iterator[Finding]:
    """Tell whether results can be written below the present folder."""
    yield examine_folder("results", RESULTS, str(RESULTS.resolve()), "give ferbench run --out DIR")


def examine_folder(subject: str, folder: Path, found: str, advice: str) -> Finding:
    """Try whether ``folder``, or what it would be made in, can be written and has room."""
    try:
        place = _nearest(folder.resolve())
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Finding("problem", subject, f"{found}: not writable ({error.strerror})", advice)
    free = shutil.disk_usage(place).free / 2**30
    severity: Severity = "ok" if free >= ROOM_GB else "warning" if free >= LEAST_GB else "problem"
    return Finding(
        severity, subject, f"{found}; {free:.1f} GB free", "" if severity == "ok" else advice
    )


def _nearest(folder: Path) -> Path:
    """Return ``folder``, or the nearest folder above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def folder_size(folder: Path) -> int:
    """Return the bytes of all files in ``folder``; what vanishes meanwhile does not count."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except OSError:
                continue
    return total
