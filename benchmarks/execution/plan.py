"""The plan: protocol × variants × seeds → cells, each keyed by everything that decides it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.data import corruptions
from benchmarks.engines import grad_cam as maps
from benchmarks.engines.registry import engine_versions
from benchmarks.execution.jobs.job import CellKind, Job
from benchmarks.execution.keys import code_digest
from benchmarks.protocol.canonical import digest
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant
from benchmarks.store.files import array_attributes, read_json, stored_key, table_attributes
from benchmarks.store.folder import RunFolder
from benchmarks.store.keys import explain_identity, measure_key, robustness_identity, score_key
from models.registry import Value

Params = Mapping[str, Value]


@dataclass(frozen=True)
class Start:
    """Where a variant's backbone starts. ``digest`` names the weights in ``file``, if any."""

    kind: Literal["scratch", "imagenet", "file"]
    file: Path | None = None
    digest: str = ""


@dataclass(frozen=True)
class PackedData:
    """A data set as cells see it: its packs, its digests and the shape of its images."""

    training: Path
    sealed: Path
    training_digest: str
    split_digest: str
    image_shape: tuple[int, int, int]
    class_names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Makes the cells of a run. The same arguments make the same cell, key included.

    ``target`` is the data set that is compared on, ``source`` the one to pre-train on;
    ``tuning`` is what trials see where it is not ``target``; ``shared`` is the folder for what
    several runs may use; ``device`` names the hardware.
    """

    protocol: Protocol
    target: PackedData
    source: PackedData | None
    folder: RunFolder
    shared: Path
    keras_backend: str
    device: str
    plugins: tuple[str, ...] = ()
    tuning: PackedData | None = None

    def weights(self, variant: Variant) -> Job:
        """Find out whether a variant's published weights can be had."""
        cell = self._cell("weights", variant, variant.recipe, Start("imagenet"), self.target)
        return self._sealed_off(cell, self.folder.trial(variant.name, 0).parent / "weights.json")

    def pretrain(self, variant: Variant) -> Job:
        """Train a variant's architecture from scratch on the source data set."""
        assert self.protocol.source is not None and self.source is not None
        epochs = self.protocol.source.epochs
        cell = dataclasses.replace(
            self._cell(
                "pretrain",
                variant,
                variant.architecture.recipe_for("fine-tune", "scratch"),
                Start("scratch"),
                self.source,
            ),
            variant=f"{variant.architecture.name} (source)",
            strategy="fine-tune",
            augmentation=variant.augmentation,
            seed=self.protocol.seed,
            epochs=epochs,
            until=epochs,
        )
        key = digest(self._identity(cell, self.source, Start("scratch"), variant))
        place = self.shared / "pretrained" / key / "pretrain.json"
        return dataclasses.replace(cell, key=key, output=str(place))

    def trial(self, variant: Variant, number: int, params: Params, until: int, start: Start) -> Job:
        """Train a trial up to the rung that ends at epoch ``until``."""
        place, stage = self.folder.trial(variant.name, number), self.tuning or self.target
        cell = dataclasses.replace(
            self._cell("trial", variant, variant.recipe.tuned(params), start, stage),
            seed=int(digest(["tuning", self.protocol.seed])[:7], 16),
            epochs=self.protocol.tuning.rungs[-1],
            since=max((rung for rung in self.protocol.tuning.rungs if rung < until), default=0),
            until=until,
            trial=number,
        )
        return self._keyed(cell, place / f"rung-{until}.json", start, variant, stage)

    def fit(self, variant: Variant, params: Params, seed: int, start: Start) -> Job:
        """Train the tuned variant with one seed."""
        recipe = variant.recipe.tuned(params)
        epochs = min(self.protocol.fit.epochs, recipe.epochs)
        cell = dataclasses.replace(
            self._cell("fit", variant, recipe, start, self.target),
            seed=seed,
            epochs=epochs,
            until=epochs,
            facts={"hyperparameters": dict(params), "device": self.device},
        )
        place = self.folder.fit(variant.name, seed) / "fit.json"
        return self._keyed(cell, place, start, variant, self.target)

    def score(self, fit: Job) -> Job:
        """Open the test set for one frozen fit."""
        return dataclasses.replace(
            fit,
            kind="score",
            key=score_key(fit.key, self.target.split_digest),
            sealed=str(self.target.sealed),
            output=str(Path(fit.output).with_name("predictions.parquet")),
            ledger=str(self.folder.ledger),
            checkpoint=None,
            facts={"fit_key": fit.key, "splits": str(self.folder.splits)},
        )

    def explain(self, fit: Job) -> Job:
        """Find out where a scored fit looks."""
        identity = explain_identity(fit.key, self.target.split_digest)
        place = self.folder.attention(fit.variant, fit.seed)
        return self._asked("explain", fit, {**identity, "edition": maps.EDITION}, place)

    def robustness(self, fit: Job) -> Job:
        """Score a fit under corruptions."""
        wanted = self.protocol.robustness
        assert wanted is not None
        split = self.target.split_digest
        identity = robustness_identity(fit.key, split, wanted.images, self.protocol.seed)
        place = self.folder.robustness(fit.variant, fit.seed)
        return self._asked("robustness", fit, {**identity, "edition": corruptions.edition()}, place)

    def measure(self, variant: Variant, fit: Job) -> Job:
        """Count and time a fitted variant."""
        return dataclasses.replace(
            fit,
            kind="measure",
            key=measure_key(fit.key, self.device),
            output=str(self.folder.cost(variant.name)),
            checkpoint=None,
            facts={"fit": str(Path(fit.output).parent), "device": self.device},
        )

    def study_key(self, variant: Variant, start: Start) -> str:
        """Digest all that decides a variant's study."""
        cell = self.trial(variant, 0, variant.defaults, 1, start)
        tuning = self.protocol.tuning.model_dump(mode="json")
        return digest([cell.key, tuning, self.protocol.selection, self.protocol.seed])

    def _cell(
        self, kind: CellKind, variant: Variant, recipe: Any, start: Start, stage: PackedData
    ) -> Job:
        return Job(
            kind=kind,
            key="",
            engine=variant.engine,
            variant=variant.name,
            architecture=variant.architecture.name,
            strategy=variant.strategy,
            augmentation=variant.augmentation,
            input_size=variant.input_size,
            recipe=asdict(recipe),
            initial=start.kind,
            initial_file=str(start.file) if start.file else None,
            protocol_seed=self.protocol.seed,
            selection=self.protocol.selection,
            precision=self.protocol.precision,
            threads=self.protocol.threads,
            training=str(stage.training),
            image_shape=stage.image_shape,
            class_names=stage.class_names,
            plugins=self.plugins,
        )

    def _asked(self, kind: CellKind, fit: Job, identity: Mapping[str, Any], output: Path) -> Job:
        """Ask a frozen fit something about test images; like scoring, this opens the test set."""
        score = self.score(fit)
        facts = {**score.facts, "predictions": score.output, "identity": dict(identity)}
        return dataclasses.replace(
            score, kind=kind, key=digest(identity), output=str(output), facts=facts
        )

    def _keyed(
        self, cell: Job, output: Path, start: Start, variant: Variant, stage: PackedData
    ) -> Job:
        """Give a cell its key, what the key digests, its output, and its rungs' checkpoint."""
        identity = self._identity(cell, stage, start, variant)
        course = digest({**identity, "until": None})[:12]
        return dataclasses.replace(
            cell,
            key=digest(identity),
            output=str(output),
            checkpoint=str(self.folder.checkpoint(variant.name, course)),
            facts={**cell.facts, "identity": identity},
        )

    def _sealed_off(self, cell: Job, output: Path) -> Job:
        versions = engine_versions(cell.engine, self.keras_backend)
        identity = [cell.kind, cell.architecture, cell.input_size, list(cell.image_shape), versions]
        return dataclasses.replace(cell, key=digest(identity), output=str(output))

    def _identity(
        self, cell: Job, stage: PackedData, start: Start, variant: Variant
    ) -> dict[str, Any]:
        """Return everything that decides a training's result (law 3)."""
        return {
            "kind": cell.kind,
            "data": stage.training_digest,
            "architecture": cell.architecture,
            "strategy": cell.strategy,
            "augmentation": cell.augmentation,
            "input_size": cell.input_size,
            "recipe": cell.recipe,
            "start": [start.kind, start.digest],
            "seeds": [cell.protocol_seed, cell.seed],
            "epochs": cell.epochs,
            "until": cell.until,
            "trial": cell.trial,
            "selection": cell.selection,
            "precision": cell.precision,
            "threads": cell.threads,
            "versions": engine_versions(cell.engine, self.keras_backend),
            "device": self.device if "GPU" in self.device else "CPU",
            "code": code_digest(variant.architecture),
        }


def stored_result(cell: Job) -> dict[str, Any] | None:
    """Return the result of ``cell`` if it is on disk under the very same key.

    Whether weights can be had is asked anew each time.
    """
    output = Path(cell.output)
    if cell.kind == "weights":
        return None
    if cell.kind == "score":
        return {"key": cell.key} if stored_key(output) == cell.key else None
    if cell.kind in ("explain", "robustness"):
        read = array_attributes if cell.kind == "explain" else table_attributes
        attributes = read(output)
        return attributes if attributes.get("key") == cell.key else None
    result = read_json(output)
    if not isinstance(result, dict) or result.get("key") != cell.key:
        return None
    if cell.kind == "fit" and not all((output.parent / n).is_file() for n in result["model_files"]):
        return None
    return result


def expected_epochs(variant: Variant, protocol: Protocol) -> float:
    """Return the epochs that a variant's study and fits will take, if nothing stops early."""
    tuning = protocol.tuning
    alive = float(tuning.trials if variant.space else 1)
    total, before = 0.0, 0
    for rung in tuning.rungs:
        total += alive * (rung - before)
        alive, before = max(1.0, alive * tuning.keep), rung
    fit = min(protocol.fit.epochs, variant.recipe.epochs)
    return total + fit * len(protocol.fit.seeds)
