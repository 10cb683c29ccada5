"""The protocol: everything that is held equal between variants, read from TOML."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from benchmarks.engines.contract import Precision
from benchmarks.engines.strategies import Strategy, checked
from benchmarks.metrics import selecting
from benchmarks.protocol.canonical import digest
from benchmarks.protocol.names import row_name
from benchmarks.protocol.views import Views
from datasets.left_out import UNREADABLE
from datasets.records import Policy
from models.registry import Recipe, Value

Epochs = Annotated[int, Field(ge=1, le=100_000)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Share = Annotated[float, Field(gt=0, lt=0.9)]
Listed = Annotated[tuple[str, ...], Field(strict=False)]
PROSE = ("name", "title", "description", "plugins", "leaks")
AFTERWARDS = ("robustness", "views", "ensembles")
"""Keys about frozen fits: they decide no training and no score, so a run can take them up."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


UNDECISIVE = ("path", "unreadable")
"""Keys of a data set's choice that decide no number: where it lies, and when it is refused."""
LATER: Mapping[str, object] = MappingProxyType(
    {"labels": None, "classes": [], "targets": "labels", "precision": None}
)
"""Keys of data sets and variants that came after the first protocols, with their defaults, which
leave a digest as it was."""


class DataChoice(_Section):
    """Which data set, and how much of it.

    ``labels`` says where labels other than the data set's own stand, for those that can be read
    with others.

    ``targets`` says what training images are trained on: ``labels``, or ``votes``, the shares of
    the annotators' votes, where the labels are their majority. All else goes by the labels.

    ``classes`` takes those alone, in that order. ``unreadable`` is the share of the images of a
    class or of a split that may be unreadable; beyond it nothing is run.

    ``train_images`` takes a stratified subset of the training split; ``validation_share`` and
    ``test_share`` are used only where the data set has no such split of its own.

    ``duplicates`` says what is done about images that stand in several splits. ``keep``: nothing,
    the official split stays official. ``drop-train-duplicates``: training and validation lose
    every image whose pixels are exactly those of a test image; near duplicates stay. ``group``,
    for splits that ferbench makes: images of one subject, identical and nearly identical images
    stay on one side.
    """

    set: str
    path: str | None = None
    options: dict[str, Any] = {}
    labels: str | None = None
    targets: Literal["labels", "votes"] = "labels"
    classes: Listed = ()
    unreadable: Annotated[float, Field(ge=0, le=1)] = UNREADABLE
    train_images: Annotated[int, Field(ge=2)] | None = None
    validation_share: Share = 0.1
    test_share: Share = 0.2
    duplicates: Policy = "keep"


class SourceChoice(DataChoice):
    """The data set on which the initialisation ``source`` is pre-trained, and for how long."""

    epochs: Epochs


class Tuning(_Section):
    """One study for each variant.

    ``trials`` are asked in generations of ``generation``. All trials of a generation train to
    ``rungs[0]`` epochs; the best ``keep`` of them, rounded up, go on to the next rung, and so on
    (synchronous successive halving, Jamieson & Talwalkar 2016, arXiv:1502.07943).
    """

    trials: Annotated[int, Field(ge=1, le=10_000)]
    generation: Annotated[int, Field(ge=1)] = 4
    rungs: Annotated[tuple[Epochs, ...], Field(min_length=1, strict=False)]
    keep: Annotated[float, Field(gt=0, le=1)] = 0.5

    def kept(self, trials: int) -> int:
        """Return how many of the ``trials`` of a generation go on: a share, rounded up."""
        return max(1, math.ceil(round(trials * self.keep, 9)))

    def generations(self) -> tuple[tuple[int, ...], ...]:
        """Return how many trials of each generation train in each rung if none fails."""
        found = []
        for first in range(0, self.trials, self.generation):
            alive = [min(self.generation, self.trials - first)]
            while len(alive) < len(self.rungs):
                alive.append(self.kept(alive[-1]))
            found.append(tuple(alive))
        return tuple(found)

    @field_validator("rungs")
    @classmethod
    def _ascending(cls, rungs: tuple[int, ...]) -> tuple[int, ...]:
        if list(rungs) != sorted(set(rungs)):
            raise ValueError("must ascend, for instance [1, 3]")
        return rungs


class Fit(_Section):
    """The final fits: how long each may train, and with which seeds."""

    epochs: Epochs
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1, strict=False)] = (0,)

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) != len(seeds):
            raise ValueError("must all be different")
        return seeds


class VariantChoice(_Section):
    """One row of the leaderboard as a protocol names it.

    What is left out comes from the architecture: its only strategy or ``fine-tune``, its
    recipe's augmentation, the data set's image size. ``hyperparameters`` replace values of
    the recipe, and so trial 0. ``precision`` replaces the protocol's for this row, which says so.
    ``name`` is needed only where two rows would share one.
    """

    architecture: str
    initialisation: str = "scratch"
    strategy: Strategy | None = None
    augmentation: Literal["none", "standard", "strong"] | None = None
    input_size: Annotated[int, Field(ge=8, le=1024)] | None = None
    hyperparameters: Mapping[str, Value] = {}
    precision: Precision | None = None
    name: str | None = None

    @field_validator("strategy")
    @classmethod
    def _is_a_strategy(cls, strategy: str | None) -> str | None:
        return strategy if strategy is None else checked(strategy)

    @field_validator("name")
    @classmethod
    def _can_name_a_row(cls, name: str | None) -> str | None:
        return name if name is None else row_name(name)

    @field_validator("hyperparameters", mode="before")
    @classmethod
    def _are_of_a_recipe(cls, values: object) -> object:
        if isinstance(values, Mapping):
            Recipe().tuned(values)
        return values


class Leaks(_Section):
    """Makes a protocol a leak laboratory: one variant, trained honestly and with each mistake.

    A larger training set is cut down to ``train_images``, stratified by class.
    """

    train_images: Annotated[int, Field(ge=2)] | None = None


class Robustness(_Section):
    """Scores each fit under corruptions too, on ``images`` of the test set, all if left out.

    A part of the test set is stratified by class and drawn from the protocol's seed.
    """

    images: Annotated[int, Field(ge=2)] | None = None


class EnsembleChoice(_Section):
    """A row that is trained in no way: the mean of the probabilities of all fits of ``members``.

    These are names of rows of the protocol (deep ensembles: Lakshminarayanan et al. 2017,
    arXiv:1612.01474); one alone makes the ensemble over its seeds.
    """

    name: str
    members: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]

    @field_validator("name")
    @classmethod
    def _can_name_a_row(cls, name: str) -> str:
        return row_name(name)

    @field_validator("members")
    @classmethod
    def _distinct(cls, members: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(members)) != len(members):
            raise ValueError("must all be different")
        return members


class Protocol(_Section):
    """All that is held equal. ``threads`` are the CPU threads of one worker.

    ``controls`` adds, for each transfer variant that has none among the rows, its control: the
    same architecture, input size and augmentation from scratch.

    ``mistake`` is one that the run makes on purpose, so that it is never ranked; ``counterpart``
    is the right way to do what a mistake does; both are names of ``benchmarks.data.mistakes``.
    With ``leaks`` it is a leak laboratory.

    ``views`` scores each fit on the average over further views of an image too, as columns of
    their own: with ``ten-crop`` on those of ``flip`` as well. ``ensembles`` are further rows.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    title: str = ""
    description: str = ""
    seed: Seed = 0
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    precision: Precision = "float32"
    selection: str = "accuracy"
    data: DataChoice
    source: SourceChoice | None = None
    tuning: Tuning
    fit: Fit
    variants: Annotated[tuple[VariantChoice, ...], Field(min_length=1, strict=False)]
    controls: bool = True
    plugins: Listed = ()
    mistake: str | None = None
    counterpart: str | None = None
    leaks: Leaks | None = None
    robustness: Robustness | None = None
    views: Views = "one"
    ensembles: Annotated[tuple[EnsembleChoice, ...], Field(strict=False)] = ()

    @field_validator("selection")
    @classmethod
    def _selects(cls, selection: str) -> str:
        names = [metric.name for metric in selecting()]
        if selection not in names:
            *others, last = map(repr, names)
            raise ValueError(f"should be {', '.join(others)} or {last}")
        return selection

    @model_validator(mode="after")
    def _source_is_there(self) -> Protocol:
        if self.source is None and any(v.initialisation == "source" for v in self.variants):
            raise ValueError('initialisation "source" needs a [source] section')
        return self

    @model_validator(mode="after")
    def _one_experiment(self) -> Protocol:
        if (self.mistake, self.counterpart, self.leaks).count(None) < 2:
            raise ValueError("mistake, counterpart and [leaks] exclude each other; keep one")
        if self.leaks is not None and len(self.variants) > 1:
            raise ValueError(
                f"the leak laboratory takes one variant, not {len(self.variants)}; "
                "keep one [[variants]] section"
            )
        return self

    def decisive(self) -> dict[str, Any]:
        """Return what decides training and scores: all but names, prose, places and AFTERWARDS."""
        return decisive(self.model_dump(mode="json"))

    def spelt_out(self) -> Protocol:
        """Return the same protocol with every key set, those left out to their defaults."""
        return Protocol.model_validate(self.model_dump(mode="json"))

    @property
    def sets_hyperparameters(self) -> bool:
        """Whether a row has values of its own, which tuning leaves alone."""
        return any(choice.hyperparameters for choice in self.variants)

    @property
    def digest(self) -> str:
        """SHA-256 of `decisive`, in hex."""
        return digest(self.decisive())


def decisive(protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a protocol, as its manifest holds it, that decides the numbers."""
    content = {k: v for k, v in protocol.items() if k not in PROSE + AFTERWARDS}
    for section in ("data", "source"):
        if content.get(section):
            chosen = _without_later(content[section])
            content[section] = {k: v for k, v in chosen.items() if k not in UNDECISIVE}
    content["variants"] = [_without_later(variant) for variant in content["variants"]]
    return content


def _without_later(section: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in section.items() if k not in LATER or v != LATER[k]}
