"""Training against its rivals: ferbench's own loop beside bare ones, measured in turn."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.bench.bench import (
    bench_plan,
    bench_variants,
    in_precisions,
    one_by_one,
    shipped_protocol,
)
from benchmarks.bench.records import AgainstRecord, BenchRow, Blocks, ContestedRow, Verdict
from benchmarks.data.prepared import PreparedData
from benchmarks.engines.contract import Precision
from benchmarks.engines.libraries import recorded_libraries
from benchmarks.engines.registry import chosen_backend, engine_spec
from benchmarks.errors import InputError, JobFailed
from benchmarks.execution.jobs.against import OURS, RIVALS
from benchmarks.execution.jobs.job import AgainstJob
from benchmarks.execution.jobs.results import AgainstResult
from benchmarks.machine.environment import code_state, describe_environment, device_name
from benchmarks.machine.temporary import temporary_folder
from benchmarks.machine.timing import Spread, spread_of
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant
from benchmarks.store.files import now
from models.registry import Registry, discover

NETWORKS = ("plain-cnn", "vgg16", "resnet50", "timm:resnet18", "timm:tf_efficientnet_lite0")
QUICK_NETWORKS = ("plain-cnn", "timm:resnet18")
GOAL = 0.97
"""The share of a bare loop's speed that ferbench is to reach, though it augments."""
WHOLE, BRIEF = Blocks(0.5, 12), Blocks(0.3, 5)


def against_protocol(architectures: Sequence[str], threads: int, registry: Registry) -> Protocol:
    """Return the protocol of what is timed; raises ``InputError`` for what has no rival."""
    for name in architectures:
        engine = registry[name].engine
        if not engine_spec(engine).rivals:
            raise InputError(
                f"bench --against: {name} trains on {engine}, which has no bare loop; leave it out"
            )
    return shipped_protocol(architectures, threads)


def measure_against(
    protocol: Protocol,
    prepared: PreparedData,
    blocks: Blocks,
    precisions: Sequence[Precision],
    notify: Callable[[str], None],
    plugins: Sequence[Path] = (),
) -> AgainstRecord:
    """Time the training of every variant in every precision against its rivals.

    Each has a process of its own, in which all contestants take blocks of steps in turn.
    """
    variants = bench_variants(protocol, discover(plugins), prepared.data.image_shape)
    rows: list[BenchRow] = []
    with temporary_folder() as folder:
        plan = bench_plan(protocol, prepared, folder, plugins)
        jobs = [
            plan.against(timed, **vars(blocks), output=folder / f"{number}.json")
            for number, timed in enumerate(in_precisions(map(augmented, variants), precisions))
        ]
        notify(f"{jobs[0].variant}, {jobs[0].precision}")
        for job, outcome in one_by_one(jobs, prepared, folder):
            assert isinstance(job, AgainstJob) and isinstance(outcome, AgainstResult | JobFailed)
            rows.append(_row(job, outcome))
            if len(rows) < len(jobs):
                notify(f"{jobs[len(rows)].variant}, {jobs[len(rows)].precision}")
    return AgainstRecord(
        measured=now(),
        code=code_state(),
        environment=describe_environment(recorded_libraries()),
        device=device_name(),
        keras_backend=chosen_backend(),
        threads=protocol.threads,
        precisions=tuple(precisions),
        blocks=blocks,
        goal=GOAL,
        rows=tuple(rows),
    )


def augmented(variant: Variant) -> Variant:
    """Return ``variant`` with an augmentation, ``standard`` where its recipe has none."""
    policy = "standard" if variant.augmentation == "none" else variant.augmentation
    return dataclasses.replace(variant, augmentation=policy)


def ratios(speeds: Mapping[str, Sequence[float]]) -> dict[str, Spread]:
    """Return how many times as fast as each rival ferbench is: the spread of the rounds' ratios."""
    return {
        rival: spread_of([a / b for a, b in zip(speeds[OURS], speeds[rival], strict=True)])
        for rival in RIVALS
    }


def verdict(to_bare: Spread) -> Verdict:
    """Say whether the goal is reached; between the quartiles it is open."""
    if to_bare.low >= GOAL:
        return "reached"
    return "missed" if to_bare.high < GOAL else "open"


def _row(job: AgainstJob, outcome: AgainstResult | JobFailed) -> BenchRow:
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
    found = ratios(outcome.speeds)
    return ContestedRow(
        **vars(row),
        batch_size=outcome.batch_size,
        device=outcome.device,
        limit_macs=outcome.limit_macs,
        speeds=outcome.speeds,
        images_per_second={name: spread_of(each) for name, each in outcome.speeds.items()},
        ratios=found,
        verdict=verdict(found["bare"]),
    )
