"""The metadata of exported ``.safetensors``, from which the network is built again."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from safetensors import safe_open

from benchmarks.engines.saved_model import FILE, Description
from models.registry import Registry


def described(fit: str, facts: dict[str, Any]) -> dict[str, str]:
    """Return the metadata: the run's ``model.json`` as ``model`` and the card as ``card``."""
    return {"model": (Path(fit) / FILE).read_text("utf-8"), "card": json.dumps(facts)}


def rebuilt(file: str, registry: Registry) -> tuple[Description, Any]:
    """Return what the metadata of ``file`` describes, and that network or estimator, untrained."""
    with safe_open(file, framework="numpy") as opened:
        text = opened.metadata()["model"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_text(text, "utf-8")
        return built(folder, registry)


def built(folder: str, registry: Registry) -> tuple[Description, Any]:
    """Return what ``model.json`` in ``folder`` describes, and that network, untrained."""
    description = Description.load(Path(folder))
    request = description.request(pretrained=False)
    return description, registry[description.architecture].build(request)
