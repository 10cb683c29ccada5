"""The model that is kept with a run, small enough to be published, and its card."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from safetensors.numpy import load_file, save_file

from benchmarks.engines.spec import ExportFormat
from benchmarks.errors import InputError
from benchmarks.evaluation.fitted import ChosenFit, ScoredFit, fit_of
from benchmarks.exchange.exporting.card import ModelCard, card
from benchmarks.reproducibility.trial_images import trial_images
from benchmarks.store.files import write_json
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.models import WHOLE_MODEL, backbone_of, require_model
from benchmarks.store.records import RunResults
from benchmarks.store.writing import write_fit
from benchmarks.use.predictor import PredictorProcess

WEIGHTS = ".safetensors"
FORM = ExportFormat(
    name="kept",
    suffix=WEIGHTS,
    contents="the whole model; ferbench predict, webcam, demo",
    writer="",
)
AS_FITTED = "as fitted"
LEFT_OUT = (".h5",)
"""Second copies of a model that is there as a file of its engine."""
MOST = 0.05
"""How far a probability may move where weights are halved, else they are kept as they are."""


class KeptCheck(BaseModel):
    """How far the kept model's probabilities are from those of the run's own, on ``images``.

    ``changed_answers`` counts the images whose most probable class is another.
    """

    model_config = ConfigDict(frozen=True)

    images: int
    of: str
    largest_difference: float
    changed_answers: int


class KeptModelCard(ModelCard):
    """The card of a kept model; ``check`` is ``None`` where its file is the run's own.

    ``precision`` is what it computes in, ``precision_stored`` that of most weights in its file.
    """

    precision_stored: str
    check: KeptCheck | None


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelToKeep:
    """A model of a run; if it has weights to be halved, its ``answers``, N×K, to `trial_images`."""

    chosen: ChosenFit
    scored: ScoredFit
    plugins: tuple[Path, ...]
    answers: NDArray[np.float64] | None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the files that are kept."""
        return tuple(n for n in self.chosen.fit.model_files if not n.endswith(LEFT_OUT))

    @property
    def weights(self) -> tuple[str, ...]:
        """Those of them that can be halved."""
        return tuple(name for name in self.names if name.endswith(WEIGHTS))


def model_to_keep(
    part: RunResults, source: Path, variant: str, plugins: tuple[Path, ...]
) -> ModelToKeep:
    """Return the model of ``variant``'s first seed in ``source``; ``part`` is kept of that run.

    Raises ``InputError`` where there is none, it is not as it was fitted or its row is not kept,
    ``ModelError`` where it cannot be loaded.
    """
    chosen = fit_of(source, part.manifest, variant, "")
    require_model(chosen.folder)
    kept = {
        (each.name, fit.record.seed): (each, fit) for each in part.variants for fit in each.fits
    }
    if (variant, chosen.fit.seed) not in kept:
        raise InputError(f"{source}/{variant}: not finished yet; keep its model when it is")
    scored = ScoredFit(part, *kept[variant, chosen.fit.seed], chosen.folder)
    found = ModelToKeep(chosen=chosen, scored=scored, plugins=plugins, answers=None)
    return replace(found, answers=_answers(chosen, plugins)) if found.weights else found


def keep_model(model: ModelToKeep, target: RunFolder) -> KeptModelCard:
    """Write ``model`` and its card into its folder in the kept run ``target``; return the card.

    Weights in ``.safetensors`` are stored in half precision, unless a probability moves by more
    than 0.05 on images that no data set is needed for; the card says by how much it does.
    """
    source, fit = model.chosen.folder, model.chosen.fit
    place = FitFolder(target.fit(fit.variant, fit.seed))
    for name in model.names:
        shutil.copyfile(source / name, place.path / name)
    check = _halved(model, place.path)
    if check is None:
        for name in model.weights:
            shutil.copyfile(source / name, place.path / name)
    if WHOLE_MODEL not in model.names and (backbone := backbone_of(source)):
        shutil.copyfile(backbone, place.backbone)
    write_fit(place.path, replace(fit, model_files=model.names))
    described = KeptModelCard(
        **dict(card(model.scored, FORM)),
        precision_stored=_precision([place.path / name for name in model.weights]),
        check=check,
    )
    write_json(place.card, described.model_dump(mode="json"))
    return described


def _halved(model: ModelToKeep, place: Path) -> KeptCheck | None:
    """Halve the weights in ``place``; ``None`` where their answers then were too far off."""
    source = model.chosen.folder
    if model.answers is None or not all(halve(source / n, place / n) for n in model.weights):
        return None
    found = _answers(replace(model.chosen, folder=place), model.plugins)
    difference = float(np.abs(found - model.answers).max())
    if not difference <= MOST:
        return None
    return KeptCheck(
        images=len(found),
        of="seeded noise, blots and faces drawn by ferbench",
        largest_difference=difference,
        changed_answers=int((found.argmax(axis=1) != model.answers.argmax(axis=1)).sum()),
    )


def _answers(chosen: ChosenFit, plugins: tuple[Path, ...]) -> NDArray[np.float64]:
    process = PredictorProcess(chosen, plugins)
    try:
        return process.predict(trial_images(chosen.image_shape))
    finally:
        process.close()


def halve(source: Path, target: Path) -> bool:
    """Write the arrays in ``source`` in half precision; tell whether some are and all fit in it."""
    arrays = load_file(source)
    with np.errstate(over="ignore"):
        halves = {
            name: array.astype(np.float16) if array.dtype == np.float32 else array
            for name, array in arrays.items()
        }
    changed = [halves[name] for name, array in arrays.items() if array.dtype == np.float32]
    if not changed or not all(np.isfinite(array).all() for array in changed):
        return False
    save_file(halves, target)
    target.chmod(0o644)
    return True


def _precision(files: Sequence[Path]) -> str:
    """Return the precision of most numbers in ``files`` of weights; there may be none."""
    sizes = Counter[str]()
    for file in files:
        for array in load_file(file).values():
            sizes[str(array.dtype)] += array.size
    return sizes.most_common(1)[0][0] if sizes else AS_FITTED
