"""A finished model of somebody else's, opened from its file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from benchmarks.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Shapes:
    """What a model's file says of its input and output; ``None`` where it leaves that open."""

    batch: int | None
    height: int | None
    width: int | None
    channels: int
    channels_first: bool
    outputs: int


class Opened(Protocol):
    """A model that is ready to answer."""

    shapes: Shapes

    def run(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs, N×K, for inputs in the model's own layout."""
        ...

    def parameters(self) -> int:
        """Count the weights."""
        ...

    def macs(self) -> int | None:
        """Count the multiply-accumulates of one image, where they can be counted."""
        ...

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries that run it."""
        ...


def read_shapes(file: Path, inputs: Any, answers: Any) -> Shapes:
    """Return the shapes; raises ``InputError`` unless images go in and one row each comes out."""
    taken = [size if isinstance(size, int) else None for size in inputs]
    given = [size if isinstance(size, int) else None for size in answers]
    last, first = (len(taken) == 4 and taken[place] in (1, 3) for place in (3, 1))
    if last == first:
        raise InputError(
            f"{file.name}: its input {tuple(taken)} is no batch of images with 1 or 3 channels"
        )
    classes = [size for size in given[1:] if size != 1]
    if len(classes) != 1 or classes[0] is None:
        raise InputError(f"{file.name}: its output {tuple(given)} is no row of classes an image")
    height, width, channels = taken[1:] if last else [*taken[2:], taken[1]]
    assert channels is not None
    return Shapes(
        batch=taken[0],
        height=height,
        width=width,
        channels=channels,
        channels_first=not last,
        outputs=classes[0],
    )
