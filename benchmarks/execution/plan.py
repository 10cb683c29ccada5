"""The plan: protocol × variants × seeds → jobs, each keyed by everything that decides it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from benchmarks.data import corruptions, views
from benchmarks.engines.contract import SCRATCH, InitialWeights
from benchmarks.engines.registry import engine_spec
from benchmarks.execution.jobs.job import (
    AgainstJob,
    BenchJob,
    ExplainJob,
    FitJob,
    Job,
    MeasureJob,
    Params,
    PretrainJob,
    RobustnessJob,
    ScoreJob,
    TrialJob,
    ViewsJob,
    WeightsJob,
)
from benchmarks.execution.keys import code_digest
from benchmarks.protocol.canonical import digest
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant
from benchmarks.protocol.views import averages
from benchmarks.store.folder import FitFolder, RunFolder, pretrained
from benchmarks.store.keys import (
    ExplainIdentity,
    RobustnessIdentity,
    TrainingIdentity,
    ViewsIdentity,
    measure_key,
    score_key,
)
from models.registry import Recipe


@dataclass(frozen=True)
class Start:
    """Where a variant's backbone starts.

    ``digest`` names the weights, if any, and ``sha256`` is that of their file.
    """

    weights: InitialWeights = SCRATCH
    digest: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class PackedData:
    """A data set as jobs see it: its packs, its digests and the shape of its images."""

    training: Path
    sealed: Path
    training_digest: str
    split_digest: str
    image_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    targets: Path | None = None
    targets_digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Makes the jobs of a run. The same arguments make the same job, key included.

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
    plugins: tuple[Path, ...] = ()
    tuning: PackedData | None = None

    def weights(self, variant: Variant) -> WeightsJob:
        """Find a variant's published weights."""
        names = [variant.architecture.name, variant.initialisation, variant.input_size]
        return WeightsJob(
            **self._network(variant, variant.recipe, Start(), self.target),
            initialisation=variant.initialisation,
            key=digest(["weights", *names, self.target.image_shape, self._versions(variant)]),
            output=self.folder.weights(variant.name),
        )

    def pretrain(self, variant: Variant) -> PretrainJob:
        """Train a variant's architecture from scratch on the source data set."""
        assert self.protocol.source is not None and self.source is not None
        epochs, start = self.protocol.source.epochs, Start()
        recipe = variant.architecture.recipe_for("fine-tune", "scratch")
        identity = self._identity(
            "pretrain",
            variant,
            recipe,
            start,
            self.source,
            seed=self.protocol.seed,
            epochs=epochs,
            until=epochs,
            strategy="fine-tune",
        )
        steps = self._steps(variant, recipe, start, self.source)
        return PretrainJob(
            **{**steps, "variant": pretraining_name(variant), "strategy": "fine-tune"},
            seed=self.protocol.seed,
            epochs=epochs,
            until=epochs,
            selection=self.protocol.selection,
            key=identity.key,
            identity=identity,
            output=pretrained(self.shared, identity.key).record,
        )

    def trial(
        self, variant: Variant, number: int, params: Params, until: int, start: Start
    ) -> TrialJob:
        """Train a trial up to the rung that ends at epoch ``until``."""
        stage, recipe = self.tuning or self.target, variant.recipe.tuned(params)
        rungs = self.protocol.tuning.rungs
        seed = int(digest(["tuning", self.protocol.seed])[:7], 16)
        identity = self._identity(
            "trial",
            variant,
            recipe,
            start,
            stage,
            seed=seed,
            epochs=rungs[-1],
            until=until,
            trial=number,
        )
        return TrialJob(
            **self._steps(variant, recipe, start, stage),
            seed=seed,
            epochs=rungs[-1],
            since=max((rung for rung in rungs if rung < until), default=0),
            until=until,
            number=number,
            selection=self.protocol.selection,
            key=identity.key,
            identity=identity,
            output=self.folder.rung(variant.name, number, until),
            checkpoint=self._checkpoint(variant, identity),
            start_sha256=start.sha256,
        )

    def fit(self, variant: Variant, params: Params, seed: int, start: Start) -> FitJob:
        """Train the tuned variant with one seed."""
        recipe = variant.recipe.tuned(params)
        epochs = min(self.protocol.fit.epochs, recipe.epochs)
        identity = self._identity(
            "fit", variant, recipe, start, self.target, seed=seed, epochs=epochs, until=epochs
        )
        return FitJob(
            **self._steps(variant, recipe, start, self.target),
            seed=seed,
            epochs=epochs,
            until=epochs,
            selection=self.protocol.selection,
            hyperparameters=dict(params),
            device=self.device,
            key=identity.key,
            identity=identity,
            output=FitFolder(self.folder.fit(variant.name, seed)).record,
            checkpoint=self._checkpoint(variant, identity),
            start_sha256=start.sha256,
        )

    def bench(self, variant: Variant, *, seconds: float, least: int, output: Path) -> BenchJob:
        """Time what a final fit of ``variant`` from scratch does, with its recipe's values."""
        return BenchJob(
            **self._steps(variant, variant.recipe, Start(), self.target),
            seed=self.protocol.fit.seeds[0],
            seconds=seconds,
            least=least,
            key=digest(["bench", variant.name, variant.precision]),
            output=output,
        )

    def against(self, variant: Variant, *, seconds: float, rounds: int, output: Path) -> AgainstJob:
        """Time what a final fit of ``variant`` from scratch does against its rivals."""
        return AgainstJob(
            **self._steps(variant, variant.recipe, Start(), self.target),
            seed=self.protocol.fit.seeds[0],
            seconds=seconds,
            rounds=rounds,
            key=digest(["against", variant.name, variant.precision]),
            output=output,
        )

    def score(self, fit: FitJob) -> ScoreJob:
        """Open the test set for one frozen fit."""
        return ScoreJob(
            **self._ask(fit),
            training=self.target.training,
            key=score_key(fit.key, self.target.split_digest),
            output=FitFolder(fit.output.parent).predictions,
            views=self.views(fit),
        )

    def views(self, fit: FitJob) -> ViewsJob | None:
        """Score a fit on average over the views that the protocol asks for, if it does."""
        asked = self.protocol.views
        if not averages(asked):
            return None
        identity = ViewsIdentity(
            kind="views",
            fit=fit.key,
            split=self.target.split_digest,
            edition=views.EDITION,
            views=asked,
        )
        place = FitFolder(fit.output.parent)
        return ViewsJob(
            **self._ask(fit),
            training=self.target.training,
            predictions=place.predictions,
            identity=identity,
            key=identity.key,
            output=place.views,
        )

    def explain(self, fit: FitJob) -> ExplainJob:
        """Find out where a scored fit looks."""
        identity = ExplainIdentity(
            kind="explain",
            fit=fit.key,
            split=self.target.split_digest,
            edition=engine_spec(fit.engine).attention_edition,
        )
        place = FitFolder(fit.output.parent)
        return ExplainJob(
            **self._ask(fit),
            predictions=place.predictions,
            identity=identity,
            key=identity.key,
            output=place.attention,
        )

    def robustness(self, fit: FitJob) -> RobustnessJob:
        """Score a fit under corruptions."""
        wanted = self.protocol.robustness
        assert wanted is not None
        identity = RobustnessIdentity(
            kind="robustness",
            fit=fit.key,
            split=self.target.split_digest,
            images=wanted.images,
            seed=self.protocol.seed,
            edition=corruptions.edition(),
        )
        output = FitFolder(fit.output.parent).robustness
        return RobustnessJob(**self._ask(fit), identity=identity, key=identity.key, output=output)

    def measure(self, variant: Variant, fit: FitJob) -> MeasureJob:
        """Count and time a fitted variant."""
        return MeasureJob(
            **_common(fit),
            fit=fit.output.parent,
            device=self.device,
            key=measure_key(fit.key, self.device),
            output=self.folder.cost(variant.name),
        )

    def study_key(self, variant: Variant, start: Start) -> str:
        """Digest all that decides a variant's study."""
        first = self.trial(variant, 0, variant.defaults, 1, start)
        tuning = self.protocol.tuning.model_dump(mode="json")
        return digest([first.key, tuning, self.protocol.selection, self.protocol.seed])

    def _network(
        self, variant: Variant, recipe: Recipe, start: Start, stage: PackedData
    ) -> dict[str, Any]:
        """Return the fields of a job that builds the network of ``variant``."""
        return {
            "engine": variant.engine,
            "variant": variant.name,
            "architecture": variant.architecture.name,
            "input_size": variant.input_size,
            "recipe": recipe,
            "initial": start.weights,
            "precision": variant.precision,
            "threads": self.protocol.threads,
            "image_shape": stage.image_shape,
            "class_names": stage.class_names,
            "plugins": self.plugins,
        }

    def _steps(
        self, variant: Variant, recipe: Recipe, start: Start, stage: PackedData
    ) -> dict[str, Any]:
        """Return the fields of a job that trains it on ``stage``."""
        return {
            **self._network(variant, recipe, start, stage),
            "strategy": variant.strategy,
            "augmentation": variant.augmentation,
            "protocol_seed": self.protocol.seed,
            "training": stage.training,
            "targets": stage.targets,
        }

    def _ask(self, fit: FitJob) -> dict[str, Any]:
        """Return the fields of a job that asks ``fit`` about test images."""
        return {
            **_common(fit),
            "fit": fit.output.parent,
            "fit_key": fit.key,
            "sealed": self.target.sealed,
            "run": self.folder.path,
        }

    def _checkpoint(self, variant: Variant, identity: TrainingIdentity) -> Path:
        """Return the checkpoint that the rungs of one trial share."""
        course = identity.model_copy(update={"until": None}).key[:12]
        return self.folder.checkpoint(variant.name, course)

    def _versions(self, variant: Variant) -> dict[str, str]:
        return engine_spec(variant.engine).versions(self.keras_backend)

    def _identity(
        self,
        kind: str,
        variant: Variant,
        recipe: Recipe,
        start: Start,
        stage: PackedData,
        *,
        seed: int,
        epochs: int,
        until: int,
        trial: int | None = None,
        strategy: str | None = None,
    ) -> TrainingIdentity:
        targets = {"targets": stage.targets_digest} if stage.targets_digest else {}
        return TrainingIdentity(
            kind=kind,
            data=stage.training_digest,
            architecture=variant.architecture.name,
            strategy=strategy or variant.strategy,
            augmentation=variant.augmentation,
            input_size=variant.input_size,
            recipe=asdict(recipe),
            start=(start.weights.kind, start.digest),
            seeds=(self.protocol.seed, seed),
            epochs=epochs,
            until=until,
            trial=trial,
            selection=self.protocol.selection,
            precision=variant.precision,
            threads=self.protocol.threads,
            versions=self._versions(variant),
            device=self.device if "GPU" in self.device else "CPU",
            code=code_digest(variant.architecture, self.protocol.selection),
            **targets,
        )


def _common(fit: FitJob) -> dict[str, Any]:
    """Return the fields that every job on the fitted model shares with its training."""
    own = ("key", "output")
    return {f.name: getattr(fit, f.name) for f in fields(Job) if f.name not in own}


def pretraining_name(variant: Variant) -> str:
    """Return what the pre-training of the variant's architecture on the source is called."""
    return f"{variant.architecture.name} (source)"
