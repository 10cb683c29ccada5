"""The speed of this machine: every chosen network timed in a worker of its own, one at a time."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.data.prepared import PreparedData
from benchmarks.errors import InputError, JobFailed
from benchmarks.execution.executors.local import ProcessExecutor
from benchmarks.execution.jobs.job import Job
from benchmarks.execution.plan import Plan, Start
from benchmarks.execution.run import packed_data
from benchmarks.machine.environment import describe_environment, device_name
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant, resolve_variants
from benchmarks.store.files import now
from benchmarks.store.folder import RunFolder
from datasets.cache import cache_folder
from models.registry import Registry

SHIPPED = (
    "plain-cnn",
    "emotionnet",
    "bn-cnn",
    "mini-xception",
    "fer-resnet18",
    "vgg16",
    "resnet50",
    "timm:resnet18",
    "timm:mobilenetv3_small_100",
)
QUICK = ("plain-cnn", "resnet50", "timm:resnet18")
PRECISIONS = ("float32", "bfloat16")
"""The baseline's first."""
COMPARED = ("train_images_per_second", "latency_ms", "batch_latency_ms")

Speed = Mapping[str, Any]


@dataclass(frozen=True)
class Effort:
    """How long each quantity is repeated: about ``seconds``, and ``least`` times anyway."""

    seconds: float
    least: int


FULL, BRIEF = Effort(3.0, 10), Effort(1.0, 5)


def shipped_protocol(architectures: Sequence[str], threads: int) -> Protocol:
    """Return the protocol that stands for "this machine": drawn faces, recipes as published."""
    return Protocol.model_validate(
        {
            "name": "bench",
            "threads": threads,
            "data": {"set": "synthetic-faces"},
            "tuning": {"trials": 1, "rungs": [1]},
            "fit": {"epochs": 1},
            "variants": [{"architecture": name} for name in dict.fromkeys(architectures)],
        }
    )


def bench_variants(
    protocol: Protocol, registry: Registry, image_shape: tuple[int, int, int]
) -> list[Variant]:
    """Return the protocol's variants that differ in speed, each under its `speed_name`."""
    found: dict[str, Variant] = {}
    for variant in resolve_variants(protocol, registry, image_shape):
        name = speed_name(variant, image_shape)
        found.setdefault(name, dataclasses.replace(variant, name=name))
    return list(found.values())


def speed_name(variant: Variant, image_shape: tuple[int, int, int]) -> str:
    """Name what decides a variant's speed: not where its weights start."""
    name = variant.architecture.name
    if variant.input_size != max(image_shape[:2]):
        name += f"@{variant.input_size}"
    if variant.strategy == "frozen":
        name += ".frozen"
    if variant.augmentation != variant.recipe.augmentation:
        name += f" ({variant.augmentation})"
    return name


def bench_cells(
    protocol: Protocol,
    prepared: PreparedData,
    variants: Sequence[Variant],
    precisions: Sequence[str],
    effort: Effort,
    folder: Path,
    plugins: Sequence[Path] = (),
) -> list[Job]:
    """Return one cell for each variant and precision: the final fit's, to be timed, not ended."""
    stage, device, facts = packed_data(prepared), device_name(), dataclasses.asdict(effort)
    cells: list[Job] = []
    for variant in variants:
        for precision in precisions if variant.engine != "scikit-learn" else ("float32",):
            plan = Plan(
                protocol=protocol.model_copy(update={"precision": precision}),
                target=stage,
                source=None,
                folder=RunFolder(folder),
                shared=cache_folder(),
                keras_backend=os.environ.get("KERAS_BACKEND", "tensorflow"),
                device=device,
                plugins=tuple(str(plugin.resolve()) for plugin in plugins),
            )
            fit = plan.fit(variant, {}, protocol.fit.seeds[0], Start("scratch"))
            output = str(folder / f"{len(cells)}.json")
            cells.append(
                dataclasses.replace(fit, kind="bench", output=output, checkpoint=None, facts=facts)
            )
    return cells


def run_one_by_one(
    cells: Sequence[Job], prepared: PreparedData, folder: Path
) -> Iterator[tuple[Job, Speed | JobFailed]]:
    """Yield each cell with what came of it; no other cell runs meanwhile."""
    executor = ProcessExecutor(
        1,
        threads=cells[0].threads,
        forbidden=[prepared.packs.sealed.parent],
        log=folder / "log.txt",
    )
    try:
        for cell in cells:
            executor.submit(cell)
            yield cell, _outcome(executor)
    finally:
        executor.close()


def _outcome(executor: ProcessExecutor) -> Speed | JobFailed:
    while True:
        event = executor.wait(1.0)
        if event is not None and event.kind == "done":
            return event.content
        if event is not None and event.kind in ("failed", "unavailable"):
            return JobFailed(event.content["reason"])


def bench(
    protocol: Protocol,
    prepared: PreparedData,
    registry: Registry,
    effort: Effort,
    precisions: Sequence[str],
    tell: Callable[[str], None],
    plugins: Sequence[Path] = (),
) -> dict[str, Any]:
    """Time every variant in every precision; return the record that ``--output`` writes.

    Speeds of two machines cannot be compared, so each row also has its ratios to the baseline,
    the first variant in float32, measured in the same run; above 1 is faster. The baseline is
    measured again at the end: ``drift`` is the relative change of its training speed.
    Raises ``InputError`` where the baseline cannot be measured.
    """
    variants = bench_variants(protocol, registry, prepared.data.image_shape)
    with tempfile.TemporaryDirectory(prefix="ferbench-bench-") as name:
        folder = Path(name)
        cells = bench_cells(protocol, prepared, variants, precisions, effort, folder, plugins)
        last = dataclasses.replace(cells[0], output=str(folder / "again.json"))
        outcomes = []
        tell(_title(cells[0]))
        for index, (cell, outcome) in enumerate(run_one_by_one([*cells, last], prepared, folder)):
            outcomes.append(outcome)
            if index == 0 and isinstance(outcome, JobFailed):
                raise InputError(f"the baseline {cell.variant} cannot be measured: {outcome}")
            if index + 1 < len(cells):
                tell(_title(cells[index + 1]))
            elif index + 1 == len(cells):
                tell(f"{_title(cells[0])} again")
    first, again = outcomes[0], outcomes.pop()
    assert isinstance(first, Mapping)
    return {
        "measured": now(),
        "protocol": {"name": protocol.name, "digest": protocol.digest},
        "environment": describe_environment(),
        "device": device_name(),
        "keras_backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "threads": protocol.threads,
        "precisions": list(precisions),
        "effort": dataclasses.asdict(effort),
        "baseline": {
            "variant": cells[0].variant,
            "precision": cells[0].precision,
            "drift": _drift(first, again),
        },
        "rows": [_row(c, o, first) for c, o in zip(cells, outcomes, strict=True)],
    }


def _title(cell: Job) -> str:
    return f"{cell.variant}, {cell.precision}"


def _row(cell: Job, outcome: Speed | JobFailed, baseline: Speed) -> dict[str, Any]:
    row: dict[str, Any] = {
        "variant": cell.variant,
        "engine": cell.engine,
        "precision": cell.precision,
        "input_size": cell.input_size,
        "augmentation": cell.augmentation,
    }
    if isinstance(outcome, JobFailed):
        return {**row, "status": "failed", "reason": str(outcome)}
    measured = {key: value for key, value in outcome.items() if key != "key"}
    ratios = {f"{name}_ratio": _ratio(name, outcome, baseline) for name in COMPARED}
    return {**row, "status": "ok", "reason": "", **measured, **ratios}


def _ratio(name: str, measured: Speed, baseline: Speed) -> float:
    """Return how many times as fast as the baseline; of two latencies the smaller is faster."""
    ours, theirs = measured[name]["median"], baseline[name]["median"]
    return float(ours / theirs if name == "train_images_per_second" else theirs / ours)


def _drift(first: Speed, again: Speed | JobFailed) -> float | None:
    if isinstance(again, JobFailed):
        return None
    return _ratio("train_images_per_second", again, first) - 1
