"""A model taken out: written, loaded again, compared with the run's own, then put in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.registry import engine_spec
from benchmarks.engines.spec import ExportFormat
from benchmarks.errors import InputError
from benchmarks.evaluation.fitted import ScoredFit, resolve_scored_fit
from benchmarks.exchange.exporting.card import (
    CardCheck,
    CardFile,
    ModelCard,
    WrittenCard,
    as_written,
    card,
)
from benchmarks.exchange.exporting.formats import choose_format
from benchmarks.exchange.exporting.writing import Answers
from benchmarks.processes.starting import Afresh
from benchmarks.processes.worker import call
from benchmarks.store.files import json_values, record_of, write_json
from benchmarks.store.models import require_model
from datasets.files import half_folder, sha256_of

TOLERANCE = 1e-4
IMAGES = 16


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """What to export, how and where to; ``seed`` ``None`` is the variant's lowest."""

    reference: str
    format: str
    out: Path
    seed: int | None = None
    plugins: tuple[Path, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written, and how far its probabilities are from the run's own model's.

    ``difference`` is the largest from the model computed in the file's own precision;
    ``difference_scored`` that from the model in the precision in which the run scored it.
    """

    file: Path
    card: Path
    images: int
    difference: float
    difference_scored: float
    precision: str
    precision_scored: str


def export(request: ExportRequest) -> Exported:
    """Write a fit's model as a file for other programs, and its card beside it.

    The file takes its place only when it has been loaded again and its probabilities for seeded
    random images are within 1e-4 of the run's own; otherwise ``InputError`` is raised and
    nothing is left. So it is for a wrong reference, format or place. What the same request has
    written before stays as it is.
    """
    chosen = resolve_scored_fit(request.reference, request.seed)
    form = choose_format(request.format, chosen.variant.record.engine, chosen.variant.name)
    target = _target(request.out, form)
    described = card(chosen, form)
    with half_folder(target) as folder:
        if done := _written_before(target, described):
            return done
        _refuse_taken(target)
        file = folder / target.name
        answers = _written(chosen, form, request.plugins, described, file)
        exported = _compared(answers, target, described)
        _put_in_place(file, described, exported)
    return exported


def _written(
    chosen: ScoredFit,
    form: ExportFormat,
    plugins: Sequence[Path],
    described: ModelCard,
    file: Path,
) -> Answers:
    """Write the model on its engine's default backend, whichever it was trained on."""
    require_model(chosen.folder)
    engine, shape = chosen.variant.record.engine, chosen.run.manifest.data.image_shape
    work = {"card": as_written(described), "file": file, "images": random_images(shape)}
    model = {
        "engine": engine,
        "writer": form.writer,
        "fit": chosen.folder,
        "plugins": [path.resolve() for path in plugins],
    }
    answers: Answers = call(
        "benchmarks.exchange.exporting.writing:write",
        {**model, **work},
        starter=Afresh(chosen.fit.record.threads or 1, engine_spec(engine).environment()),
    )
    return replace(answers, loaded=call(form.finisher, work)) if form.finisher else answers


def random_images(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return seeded random images, uint8 N×H×W×C: half noise, half soft blots."""
    chance = np.random.default_rng(0)
    height, width, channels = shape
    noise = chance.integers(0, 256, (IMAGES // 2, *shape), np.uint8)
    coarse = chance.integers(0, 256, (IMAGES // 2, 6, 6, channels), np.uint8)
    blots = [cv2.resize(image, (width, height)).reshape(shape) for image in coarse]
    return np.concatenate([noise, np.stack(blots)])


def _target(out: Path, form: ExportFormat) -> Path:
    if out.suffix != form.suffix:
        raise InputError(f"{out}: a file of format {form.name} ends in {form.suffix}")
    target = out.expanduser().absolute()
    if not target.parent.is_dir():
        raise InputError(f"{target.parent}: no such folder; make it first")
    return target


def _card_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.json")


def _refuse_taken(target: Path) -> None:
    """Refuse a place in use; a card alone, of a file of that name, is left by a killed export."""
    card = _card_of(target)
    written = _written_card(card)
    left = written is not None and written.file.name == target.name and not target.exists()
    for place in (target, card):
        if place.exists() and not left:
            raise InputError(f"{place}: is there already; remove it or give -o another name")


def _written_card(card: Path) -> WrittenCard | None:
    values = json_values(card.read_bytes()) if card.is_file() else None
    return record_of(WrittenCard, values)


def _written_before(target: Path, described: ModelCard) -> Exported | None:
    """Return what the file ``target`` and its card tell if they are of this very model."""
    written = _written_card(_card_of(target))
    if written is None or not target.is_file() or sha256_of(target) != written.file.sha256:
        return None
    if any(getattr(written, name) != told for name, told in described):
        return None
    return Exported(
        file=target,
        card=_card_of(target),
        images=written.check.images,
        difference=written.check.largest_difference,
        difference_scored=written.check.largest_difference_from_scored,
        precision=described.precision,
        precision_scored=described.precision_scored,
    )


def _compared(answers: Answers, target: Path, described: ModelCard) -> Exported:
    loaded, reference = answers.loaded, answers.reference
    if loaded is None or loaded.shape != reference.shape or not np.isfinite(loaded).all():
        raise InputError(f"{target.name}: loaded again it gives no probabilities; not exported")
    difference = float(np.abs(loaded - reference).max())
    if difference > TOLERANCE:
        raise InputError(
            f"{target.name}: loaded again, its probabilities differ from the model's own by up to "
            f"{difference:.1e}, more than {TOLERANCE:g}; not exported, try another format"
        )
    return Exported(
        file=target,
        card=_card_of(target),
        images=len(loaded),
        difference=difference,
        difference_scored=float(np.abs(loaded - answers.scored).max()),
        precision=described.precision,
        precision_scored=described.precision_scored,
    )


def _put_in_place(file: Path, described: ModelCard, exported: Exported) -> None:
    written = WrittenCard(
        **dict(described),
        file=CardFile(name=exported.file.name, bytes=file.stat().st_size, sha256=sha256_of(file)),
        check=CardCheck(
            images=exported.images,
            largest_difference=exported.difference,
            largest_difference_from_scored=exported.difference_scored,
        ),
    )
    _refuse_taken(exported.file)
    file.chmod(0o644)
    write_json(exported.card, written.model_dump(mode="json"))
    file.replace(exported.file)
