"""The examination: every check in turn; one that breaks down is itself a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.doctor.data import examine_data, examine_kaggle, examine_weights
from benchmarks.doctor.engines import examine_engine
from benchmarks.doctor.machine import (
    examine_cache,
    examine_gpu,
    examine_memory,
    examine_processor,
    examine_results,
)
from benchmarks.doctor.packages import INSTALL, examine_packages, examine_python
from benchmarks.doctor.plugins import examine_plugins
from benchmarks.engines.registry import engines
from benchmarks.errors import Finding

Check = Callable[[], Iterator[Finding]]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("Python", examine_python),
    ("packages", examine_packages),
    ("plug-ins", examine_plugins),
    ("processor", examine_processor),
    ("memory", examine_memory),
    ("GPU", examine_gpu),
    *((spec.title, partial(examine_engine, name)) for name, spec in engines().items()),
    ("cache", examine_cache),
    ("results", examine_results),
    ("data", examine_data),
    ("weights", examine_weights),
    ("Kaggle", examine_kaggle),
)


def examine(checks: tuple[tuple[str, Check], ...] = CHECKS) -> Iterator[Finding]:
    """Yield the findings of every check as they are made.

    The checks import what they need themselves, so that a missing or broken package is one
    finding, not the end of the examination.
    """
    for subject, check in checks:
        try:
            yield from check()
        except Exception as error:
            said = " ".join(str(error).split())[:300]
            yield Finding("problem", subject, f"{type(error).__name__}: {said}", INSTALL)
