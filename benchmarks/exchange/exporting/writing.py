"""A model written in a process of its engine, and what answers are to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from benchmarks.engines.contract import Images
from benchmarks.engines.exporting import Card, Copies, FittedModel
from benchmarks.engines.registry import load, load_engine
from models.registry import EngineName, discover


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """Probabilities, N×K: of the run's own model, of it in the file's precision, of the file.

    ``loaded`` is ``None`` where another process loads the file.
    """

    scored: NDArray[Any]
    reference: NDArray[Any]
    loaded: NDArray[Any] | None


def write(
    engine: EngineName,
    writer: str,
    fit: Path,
    plugins: Sequence[Path],
    card: Card,
    file: Path,
    images: Images,
) -> Answers:
    """Let ``writer`` write the model of the folder ``fit`` to ``file``; answer ``images``."""
    registry = discover(plugins)
    predictor = load_engine(engine).restore(fit, registry)
    scored = predictor.predict(images)
    model = FittedModel(predictor=predictor, folder=fit, registry=registry)
    copies: Copies = load(writer)(model, card, file)
    return Answers(
        scored=scored,
        reference=copies.reference(images),
        loaded=copies.loaded(images) if copies.loaded else None,
    )
