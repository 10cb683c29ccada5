"""An engine that tells of each of its steps, so that whoever waits knows that it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import numpy as np

from benchmarks.engines.contract import Engine
from benchmarks.execution.executors.watchdog import Step

INTERVAL = 1.0
"""Seconds in which one step is told of, and longer ones than that."""
MAKERS = ("learner", "restore")
"""What of an engine makes something that takes steps itself."""


def telling(engine: Engine, tell: Callable[[Step], None]) -> Engine:
    """Return ``engine``, of which, and of whose models, each call is told before it is made."""
    return cast("Engine", _Telling(engine, _Throttle(tell)))


class _Throttle:
    """Tells what comes after a while, or takes longer than what was told last."""

    def __init__(self, tell: Callable[[Step], None]) -> None:
        self._tell = tell
        self._images, self._told = 0, -INTERVAL

    def __call__(self, step: Step) -> None:
        now = time.monotonic()
        if now - self._told >= INTERVAL or step.images > self._images:
            self._images, self._told = step.images, now
            self._tell(step)


class _Telling:
    """An object with its methods, each of which is a step."""

    def __init__(self, subject: Any, tell: Callable[[Step], None]) -> None:
        self._subject, self._tell = subject, tell

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._subject, name)
        return partial(self._take, name, found) if callable(found) else found

    def _take(self, name: str, method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        inputs = [len(each) for each in arguments if isinstance(each, np.ndarray)]
        self._tell(Step(max(inputs, default=0), shared=name == "features"))
        answer = method(*arguments, **named)
        return _Telling(answer, self._tell) if name in MAKERS else answer
