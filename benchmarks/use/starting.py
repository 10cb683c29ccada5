"""From ``RUN[/VARIANT]`` to a model that answers, with a word to the user on the way."""

from __future__ import annotations

from pathlib import Path

from benchmarks.evaluation.fitted import ChosenFit
from benchmarks.machine.console import Console
from benchmarks.store.models import require_model
from benchmarks.use.predictor import PredictorProcess


def start(chosen: ChosenFit, plugins: tuple[Path, ...], console: Console) -> PredictorProcess:
    """Tell which model is used and why, and start its worker.

    Raises ``ModelError`` where it cannot be loaded, ``InputError`` where it is not the one fitted.
    """
    require_model(chosen.folder)
    name = f"{chosen.variant.name}, seed {chosen.fit.seed}"
    console.print(f"model: {name} ({chosen.why})", soft_wrap=True)
    for library, (then, now) in chosen.differing_versions().items():
        console.print(
            f"fitted with {library} {then}, here is {now or 'none'}: answers may differ slightly",
            style="yellow",
            soft_wrap=True,
        )
    with console.status(f"loading {name}"):
        return PredictorProcess(chosen, plugins)
