"""A finished model of somebody else's, opened from its file or from weights and an architecture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from numpy.typing import NDArray

from benchmarks.errors import InputError
from models.registry import BuildRequest, ModelError, Network, discover

Model = TypeVar("Model")


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """A registered architecture that weights are to be put into, and what it is built for.

    ``input_size`` is the side of its images in pixels, the architecture's own where it is
    ``None``; ``channels`` are the numbers of channels that come into question, the likeliest
    first.
    """

    architecture: str
    plugins: tuple[Path, ...] = ()
    classes: int
    input_size: int | None
    channels: tuple[int, ...]

    def networks(self) -> Iterator[tuple[BuildRequest, Network]]:
        """Yield the network for each number of channels, with what it was asked for.

        Its images need no resizing. Raises ``InputError`` where nothing says how large they are.
        """
        architecture = discover(self.plugins)[self.architecture]
        side = self.input_size or architecture.default_input
        if side is None:
            raise InputError(
                f"--architecture {self.architecture}: it takes images of any size; "
                "say --input-size as it was trained"
            )
        for channels in self.channels:
            request = BuildRequest(
                classes=self.classes,
                image_shape=(side, side, channels),
                input_size=side,
                recipe=architecture.recipe,
                seed=0,
            )
            yield request, self._built(architecture.build, request)

    def _built(self, build: Callable[[BuildRequest], Network], request: BuildRequest) -> Network:
        try:
            return build(request)
        except ModelError:
            raise
        except Exception as error:
            raise InputError(
                f"--architecture {self.architecture}: its function fails for {request.classes} "
                f"classes and images of {request.image_shape} "
                f"({type(error).__name__}: {first_line(error)})"
            ) from error


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a model is opened from: its file, and what says what to build where that does not.

    ``configuration`` is a file that an engine's own library wrote, ``blueprint`` names an
    architecture that ferbench knows; one of them at most is given.
    """

    file: Path
    configuration: Path | None = None
    blueprint: Blueprint | None = None


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


class Misfit(InputError):
    """Weights do not fit a network; ``fitting`` is how many tensors or layers of them do."""

    def __init__(self, message: str, fitting: int) -> None:
        super().__init__(message)
        self.fitting = fitting


def first_fitting(attempts: Iterable[Callable[[], Model]]) -> Model:
    """Return what the first of ``attempts`` makes; where all misfit, raise the nearest miss."""
    misfits = []
    for attempt in attempts:
        try:
            return attempt()
        except Misfit as misfit:
            misfits.append(misfit)
    raise max(misfits, key=lambda misfit: misfit.fitting)


def first_line(error: Exception) -> str:
    """Return the first line of what ``error`` says, which libraries follow with advice."""
    return str(error).strip().partition("\n")[0]


def shaped(shape: Iterable[int]) -> str:
    """Return a tensor's shape for people: ``3×3×1×8``."""
    return "×".join(map(str, shape)) or "one number"


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
