"""The precision of backbones that were scouted: the one in which their rows are over sooner."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from benchmarks.bench.bench import speed_name
from benchmarks.data.prepared import PreparedData
from benchmarks.init.estimate import Pace, measure_paces, run_seconds
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant

SAFE = "float32"
"""What every machine computes in, and depthwise networks on a CPU are faster in."""


def measure_in_faster_precision(
    protocol: Protocol,
    prepared: PreparedData,
    variants: Sequence[Variant],
    backbones: Collection[str],
    notify: Callable[[str], None],
) -> tuple[Protocol, dict[str, Pace]]:
    """Time ``variants`` as `measure_paces` does, those of ``backbones`` in float32 too.

    Return the paces, and the protocol with float32 for each backbone that is faster in it. All
    rows of a backbone have one precision, so that they differ in nothing else. Raises
    ``JobFailed`` naming the variant that cannot be timed.
    """
    twice = backbones if protocol.precision != SAFE else ()
    once = [variant for variant in variants if variant.architecture.name not in twice]
    paces = measure_paces(protocol, prepared, once, notify)
    for name in twice:
        rows = [variant for variant in variants if variant.architecture.name == name]
        native, safe = _in_both(protocol, prepared, rows, notify)
        seconds = [run_seconds(protocol, rows, each, prepared, 1) for each in (native, safe)]
        if seconds[1] < seconds[0]:
            protocol, native = _pinned(protocol, name), safe
        paces |= native
    return protocol, paces


def _in_both(
    protocol: Protocol,
    prepared: PreparedData,
    rows: Sequence[Variant],
    notify: Callable[[str], None],
) -> tuple[dict[str, Pace], dict[str, Pace]]:
    """Time each row in the protocol's precision and at once in float32, at one load of the CPU."""
    plain = protocol.model_copy(update={"precision": SAFE})
    native: dict[str, Pace] = {}
    safe: dict[str, Pace] = {}
    for row in {speed_name(row, prepared.data.image_shape): row for row in rows}.values():
        native |= measure_paces(protocol, prepared, [row], notify)
        safe |= measure_paces(plain, prepared, [row], notify)
    return native, safe


def _pinned(protocol: Protocol, backbone: str) -> Protocol:
    choices = (
        choice.model_copy(update={"precision": SAFE}) if choice.architecture == backbone else choice
        for choice in protocol.variants
    )
    return protocol.model_copy(update={"variants": tuple(choices)})
