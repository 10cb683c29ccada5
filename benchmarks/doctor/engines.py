"""The engines, each tried in a process of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from benchmarks.doctor.packages import INSTALL
from benchmarks.engines.registry import engine_spec
from benchmarks.engines.spec import EngineSpec
from benchmarks.errors import Finding

if TYPE_CHECKING:
    from benchmarks.doctor.probe import ProbeResult
    from benchmarks.engines.contract import Precision

PATIENCE = 180.0
"""Seconds after which a probe that has not answered is ended."""
FASTER, SLOWER = 1.1, 0.9


def examine_engine(name: str) -> Iterator[Finding]:
    """Let the engine ``name`` train a small network, and say how that went."""
    spec = engine_spec(name)
    subject = f"{spec.title} on {spec.backend()}" if spec.backend_setting else spec.title
    answer = run_probe(name)
    if answer is None:
        yield Finding(
            "problem",
            subject,
            f"gave no answer in {PATIENCE:.0f} s, as on a machine that is busy or reads slowly",
            f"repeat ferbench doctor when it has less to do; if that changes nothing, "
            f"{_remedy(spec)}",
        )
        return
    if isinstance(answer, str):
        yield Finding("problem", subject, answer, _remedy(spec))
        return
    versions = ", ".join(f"{library} {number}" for library, number in answer.versions.items())
    device = "the CPU" if answer.device == "cpu" else "a GPU"
    yield Finding("ok", subject, f"trains on {device}; {versions}")
    if device == "the CPU" and spec.gpu_build:
        yield from _unseen_gpu(subject, spec.gpu_build)
    if "bfloat16" in answer.step_seconds:
        yield compare_precisions(subject, answer.step_seconds)


def compare_precisions(subject: str, seconds: Mapping[Precision, float]) -> Finding:
    """Say how much bfloat16 gains or costs by the seconds of a step in each precision."""
    gain = seconds["float32"] / seconds["bfloat16"]
    subject = f"bfloat16, {subject}"
    if gain < SLOWER:
        advice = 'set precision = "float32" in a copy of the preset'
        return Finding("warning", subject, f"{1 / gain:.1f} times slower than float32", advice)
    if gain < FASTER:
        return Finding("ok", subject, "no faster than float32 with a small network")
    return Finding("ok", subject, f"{gain:.1f} times as fast as float32 with a small network")


def run_probe(name: str) -> ProbeResult | str | None:
    """Return what the probe of an engine answered, why it broke down, or nothing in time."""
    from benchmarks.processes.worker import Refused, Worker, WorkerEnded

    worker = Worker("benchmarks.doctor.probe:serve", {"name": name})
    try:
        answer: ProbeResult = worker.receive(PATIENCE)
    except TimeoutError:
        return None
    except (Refused, WorkerEnded) as reason:
        return str(reason)
    finally:
        worker.close()
    return answer


def _remedy(spec: EngineSpec) -> str:
    if spec.backend_setting and spec.backend() != spec.default_backend:
        usual = spec.needs(spec.default_backend)[0].title
        return f"install {spec.backend()}, or unset {spec.backend_setting} to train on {usual}"
    return INSTALL


def _unseen_gpu(subject: str, build: str) -> Iterator[Finding]:
    from benchmarks.machine.environment import gpu

    try:
        present = gpu()
    except (OSError, subprocess.TimeoutExpired):
        return
    if present:
        yield Finding("warning", f"GPU, {subject}", f"does not see {present}", f"install {build}")
