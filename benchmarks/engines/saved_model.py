"""The small JSON file beside saved weights, from which a network is rebuilt."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.engines.contract import Precision, Task
from models.registry import BuildRequest, ModelError, Recipe, WeightsFile

FILE = "model.json"


@dataclass(frozen=True)
class Description:
    """What was built: an architecture's name, its task, its recipe and the precision."""

    architecture: str
    task: Task
    recipe: Recipe
    precision: Precision

    def request(self, published: WeightsFile | None = None) -> BuildRequest:
        """Return what to ask the architecture for."""
        return BuildRequest(**asdict(self.task), recipe=self.recipe, published=published)

    def save(self, folder: Path) -> str:
        """Write ``model.json``; return its name."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2) + "\n")
        return FILE

    @classmethod
    def load(cls, folder: Path) -> Description:
        """Read ``model.json``; raises ``ModelError`` where it is missing or damaged."""
        try:
            content = json.loads((folder / FILE).read_text())
            task = Task(**{**content["task"], "image_shape": tuple(content["task"]["image_shape"])})
            return cls(
                content["architecture"], task, Recipe(**content["recipe"]), content["precision"]
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{folder / FILE}: does not describe a model: {error}") from error
