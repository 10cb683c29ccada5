"""What the tests let other processes do."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.processes.wire import Wire


def echo(wire: Wire) -> None:
    """Send back each message; a few words have a meaning."""
    while True:
        message = wire.receive()
        if isinstance(message, str) and message == "fork":
            if os.fork() == 0:
                time.sleep(30)
                os._exit(0)
            wire.send("forked")
        elif isinstance(message, str) and message == "leave a child":
            if (child := os.fork()) == 0:
                os.setsid()
                time.sleep(600)
            wire.send(child)
            os._exit(0)
        elif isinstance(message, bytes):
            os.write(wire._connection.fileno(), message)
            time.sleep(600)
        elif isinstance(message, str) and message == "refuse":
            wire.refuse(ValueError("not this"))
        else:
            print("chatter", flush=True)
            wire.send(message)


def double(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(2 * number for number in numbers)


def variables() -> dict[str, str]:
    return dict(os.environ)


def read(file: Path) -> str:
    return file.read_text("utf-8")


def fail(kind: str) -> float:
    if kind == "input":
        raise InputError("give another file")
    return 1 / 0


def leave(status: int) -> None:
    print("goodbye", file=sys.stderr, flush=True)
    os._exit(status)


def die(number: int) -> None:
    os.kill(os.getpid(), number)


def chatter(lines: int) -> str:
    for _ in range(lines):
        print("a library says much", file=sys.stderr)
    return "done"


def compute(seconds: float) -> None:
    while time.process_time() < seconds:
        pass
