"""The speed of this machine: every chosen network timed in a worker of its own, one at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.bench.data_speed import measure_data
from benchmarks.bench.records import (
    Baseline,
    BenchedProtocol,
    BenchRecord,
    BenchRow,
    Effort,
    TimedRow,
)
from benchmarks.data.prepared import PreparedData
from benchmarks.data.sealed import sealed_places
from benchmarks.engines.contract import Precision
from benchmarks.engines.libraries import recorded_libraries
from benchmarks.engines.registry import chosen_backend, engine_spec
from benchmarks.engines.strategies import learning_stages, named
from benchmarks.errors import InputError, JobFailed
from benchmarks.execution.batch import run_jobs
from benchmarks.execution.executors.contract import ExecutorSettings
from benchmarks.execution.jobs.job import BenchJob, Job
from benchmarks.execution.jobs.results import BenchResult, JobResult
from benchmarks.execution.plan import Plan
from benchmarks.execution.run import packed_data
from benchmarks.machine.environment import describe_environment, device_name
from benchmarks.machine.temporary import temporary_folder
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant, resolve_variants
from benchmarks.store.files import now
from benchmarks.store.folder import RunFolder
from datasets.cache.decoded import cache_folder
from datasets.registry import discover as discover_data
from models.registry import Registry, discover

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
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")
"""The baseline's first."""

SPEED = ("optimizer", "batch_size", "crop", "mixup", "class_weights", "average_decay")
"""What of a recipe decides how long a step takes."""

Measured = BenchResult | JobFailed


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
    """Name what decides a variant's speed: not where its weights start, nor its rates."""
    name = variant.architecture.name
    if variant.input_size != max(image_shape[:2]):
        name += f"@{variant.input_size}"
    if learning_stages(variant.strategy) is not None:
        name += f".{named(variant.strategy)}"
    if variant.augmentation != variant.recipe.augmentation:
        name += f" ({variant.augmentation})"
    usual = variant.architecture.recipe_for("fine-tune", "scratch")
    set_here = {setting: getattr(variant.recipe, setting) for setting in SPEED}
    told = [f"{k} = {value}" for k, value in set_here.items() if value != getattr(usual, k)]
    return f"{name} ({', '.join(told)})" if told else name


def bench_jobs(
    protocol: Protocol,
    prepared: PreparedData,
    variants: Sequence[Variant],
    precisions: Sequence[Precision],
    effort: Effort,
    folder: Path,
    plugins: Sequence[Path] = (),
) -> list[BenchJob]:
    """Return one job for each variant and precision: the final fit's, to be timed, not ended."""
    plan = bench_plan(protocol, prepared, folder, plugins)
    return [
        plan.bench(
            timed, seconds=effort.seconds, least=effort.least, output=folder / f"{number}.json"
        )
        for number, timed in enumerate(in_precisions(variants, precisions))
    ]


def bench_plan(
    protocol: Protocol, prepared: PreparedData, folder: Path, plugins: Sequence[Path]
) -> Plan:
    """Return what makes jobs on ``prepared`` that leave their results in ``folder``."""
    return Plan(
        protocol=protocol,
        target=packed_data(prepared),
        source=None,
        folder=RunFolder(folder),
        shared=cache_folder(),
        keras_backend=chosen_backend(),
        device=device_name(),
        plugins=tuple(plugin.resolve() for plugin in plugins),
    )


def in_precisions(
    variants: Iterable[Variant], precisions: Sequence[Precision]
) -> Iterator[Variant]:
    """Yield each variant in each of ``precisions`` that its engine has, or in its own first."""
    for variant in variants:
        own = engine_spec(variant.engine).precisions
        for precision in [each for each in precisions if each in own] or own[:1]:
            yield dataclasses.replace(variant, precision=precision)


def run_one_by_one(
    jobs: Sequence[BenchJob], prepared: PreparedData, folder: Path
) -> Iterator[tuple[BenchJob, Measured]]:
    """Yield each job with what came of it; no other job runs meanwhile."""
    for job, outcome in one_by_one(jobs, prepared, folder):
        assert isinstance(job, BenchJob) and isinstance(outcome, BenchResult | JobFailed)
        yield job, outcome


def one_by_one(
    jobs: Sequence[Job], prepared: PreparedData, folder: Path
) -> Iterator[tuple[Job, JobResult | JobFailed]]:
    """Return each job with what came of it; no other job runs meanwhile."""
    settings = ExecutorSettings(
        capacity=1,
        threads=jobs[0].threads,
        forbidden=sealed_places([prepared], needed=[folder, *jobs[0].plugins]),
        log=RunFolder(folder).log,
    )
    return run_jobs(jobs, settings)


def bench(
    protocol: Protocol,
    prepared: PreparedData,
    effort: Effort,
    precisions: Sequence[Precision],
    notify: Callable[[str], None],
    plugins: Sequence[Path] = (),
) -> BenchRecord:
    """Time every variant in every precision, then the data's way.

    Speeds of two machines cannot be compared, so each row also has its ratios to the baseline,
    the first variant in float32, measured in the same run; above 1 is faster. The baseline is
    measured again at the end: ``drift`` is the relative change of its training speed.
    Raises ``InputError`` where the baseline cannot be measured.
    """
    variants = bench_variants(protocol, discover(plugins), prepared.data.image_shape)
    with temporary_folder() as folder:
        jobs = bench_jobs(protocol, prepared, variants, precisions, effort, folder, plugins)
        last = dataclasses.replace(jobs[0], output=folder / "again.json")
        outcomes = []
        notify(_title(jobs[0]))
        for index, (job, outcome) in enumerate(run_one_by_one([*jobs, last], prepared, folder)):
            outcomes.append(outcome)
            if index == 0 and isinstance(outcome, JobFailed):
                raise InputError(f"the baseline {job.variant} cannot be measured: {outcome}")
            if index + 1 < len(jobs):
                notify(_title(jobs[index + 1]))
            elif index + 1 == len(jobs):
                notify(f"{_title(jobs[0])} again")
    first, again = outcomes[0], outcomes.pop()
    assert isinstance(first, BenchResult)
    notify("the data's way")
    source = discover_data(plugins)[protocol.data.set]
    return BenchRecord(
        measured=now(),
        protocol=BenchedProtocol(protocol.name, protocol.digest),
        environment=describe_environment(recorded_libraries()),
        device=device_name(),
        keras_backend=chosen_backend(),
        threads=protocol.threads,
        precisions=tuple(precisions),
        effort=effort,
        baseline=Baseline(jobs[0].variant, jobs[0].precision, _drift(first, again)),
        rows=tuple(_row(j, o, first) for j, o in zip(jobs, outcomes, strict=True)),
        data=measure_data(prepared, source, protocol, seconds=effort.seconds),
    )


def _title(job: BenchJob) -> str:
    return f"{job.variant}, {job.precision}"


def _row(job: BenchJob, outcome: Measured, baseline: BenchResult) -> BenchRow:
    row = BenchRow(
        variant=job.variant,
        engine=job.engine,
        precision=job.precision,
        input_size=job.input_size,
        augmentation=job.augmentation,
        status="ok",
        reason="",
    )
    if isinstance(outcome, JobFailed):
        return dataclasses.replace(row, status="failed", reason=str(outcome))
    return TimedRow(
        **vars(row),
        batch_size=outcome.batch_size,
        train_images_per_second=outcome.train_images_per_second,
        latency_ms=outcome.latency_ms,
        batch_latency_ms=outcome.batch_latency_ms,
        device=outcome.device,
        peak_memory_mb=outcome.peak_memory_mb,
        train_images_per_second_ratio=_trains_faster(outcome, baseline),
        latency_ms_ratio=baseline.latency_ms.median / outcome.latency_ms.median,
        batch_latency_ms_ratio=baseline.batch_latency_ms.median / outcome.batch_latency_ms.median,
    )


def _trains_faster(measured: BenchResult, baseline: BenchResult) -> float:
    """Return how many times as fast as the baseline it trains."""
    return measured.train_images_per_second.median / baseline.train_images_per_second.median


def _drift(first: BenchResult, again: Measured) -> float | None:
    return None if isinstance(again, JobFailed) else _trains_faster(again, first) - 1
