"""The metadata of exported ``.safetensors``, from which the network is built again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from safetensors import safe_open

from benchmarks.engines.building import cropped
from benchmarks.engines.exporting import Card
from benchmarks.engines.saved_model import FILE, Description
from models.registry import Registry


def described(fit: Path, card: Card) -> dict[str, str]:
    """Return the metadata: the run's ``model.json`` as ``model`` and the card as ``card``."""
    return {"model": (fit / FILE).read_text("utf-8"), "card": card.text}


def rebuilt(file: Path, registry: Registry) -> tuple[Description, Any]:
    """Return what the metadata of ``file`` describes, and that network or estimator, untrained."""
    with safe_open(file, framework="numpy") as opened:
        text = opened.metadata()["model"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_text(text, "utf-8")
        return built(Path(folder), registry)


def built(folder: Path, registry: Registry) -> tuple[Description, Any]:
    """Return what ``model.json`` in ``folder`` describes, and that network, untrained."""
    description = Description.load(folder)
    return description, registry[description.architecture].build(cropped(description.request()))
