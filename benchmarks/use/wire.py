"""Arrays through a pipe: one line of JSON that says what follows, then the bytes."""

from __future__ import annotations

import json
import math
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray


class Refused(RuntimeError):
    """The other side could not answer; the message is its reason."""


def send(stream: IO[bytes], array: NDArray[Any]) -> None:
    """Write ``array``."""
    header = {"dtype": array.dtype.str, "shape": array.shape}
    stream.write(json.dumps(header).encode() + b"\n")
    stream.write(np.ascontiguousarray(array).tobytes())
    stream.flush()


def send_refusal(stream: IO[bytes], reason: str) -> None:
    """Write, instead of an array, why there is none."""
    stream.write(json.dumps({"refused": reason}).encode() + b"\n")
    stream.flush()


def receive(stream: IO[bytes]) -> NDArray[Any]:
    """Read what `send` wrote; raises ``Refused``, or ``EOFError`` where the stream has ended."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    header = json.loads(line)
    if "refused" in header:
        raise Refused(header["refused"])
    dtype, shape = np.dtype(header["dtype"]), tuple(header["shape"])
    wanted = dtype.itemsize * math.prod(shape)
    content = stream.read(wanted)
    if len(content) < wanted:
        raise EOFError
    return np.frombuffer(content, dtype).reshape(shape)
