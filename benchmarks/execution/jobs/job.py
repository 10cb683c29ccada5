"""One piece of work for one worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from benchmarks.engines.contract import Strategy
from models.registry import EngineName

CellKind = Literal[
    "weights",
    "pretrain",
    "trial",
    "fit",
    "score",
    "explain",
    "robustness",
    "measure",
    "count",
    "bench",
]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of work for one worker, complete in itself and plain JSON.

    ``key`` names the result. ``training`` and ``sealed`` are the packs of the split: a cell
    that trains has no ``sealed``. ``output`` is where the result goes; ``checkpoint`` where
    unfinished training is kept. It trains from epoch ``since`` to epoch ``until``, the end of a
    rung, of the ``epochs`` that the learning-rate schedule reckons with.
    """

    kind: CellKind
    key: str
    engine: EngineName
    variant: str
    architecture: str
    strategy: Strategy
    augmentation: str
    input_size: int
    recipe: dict[str, Any]
    initial: str
    initial_file: str | None = None
    protocol_seed: int = 0
    seed: int = 0
    epochs: int = 1
    since: int = 0
    until: int = 1
    selection: str = "accuracy"
    precision: str = "float32"
    threads: int = 1
    training: str = ""
    sealed: str | None = None
    image_shape: tuple[int, int, int] = (48, 48, 1)
    class_names: tuple[str, ...] = ()
    output: str = ""
    checkpoint: str | None = None
    ledger: str | None = None
    plugins: tuple[str, ...] = ()
    trial: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the cell as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Job:
        """Rebuild a cell from `to_json`."""
        shape = content["image_shape"]
        return cls(
            **{
                **content,
                "image_shape": (shape[0], shape[1], shape[2]),
                "class_names": tuple(content["class_names"]),
                "plugins": tuple(content["plugins"]),
            }
        )
