"""What the process that predicts does: one model, one engine, images in and probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.engines.contract import Precision
from benchmarks.engines.registry import load_engine
from benchmarks.processes.wire import Wire
from models.registry import EngineName, discover


def serve(
    wire: Wire,
    *,
    engine: EngineName,
    fit: Path,
    plugins: Sequence[Path],
    threads: int,
    precision: Precision,
) -> None:
    """Load the model in the folder ``fit``, say so with ``None``, and answer images for ever."""
    library = load_engine(engine)
    library.prepare(threads=threads, precision=precision, seed=0)
    model = library.restore(fit, discover(plugins))
    wire.send(None)
    while True:
        images = wire.receive()
        try:
            wire.send(model.predict(images))
        except Exception as error:
            wire.refuse(error)
