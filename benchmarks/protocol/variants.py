"""Variants: the rows of a protocol with everything that they leave open resolved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.engines.building import cropped_shape, smaller_input
from benchmarks.engines.contract import Precision
from benchmarks.engines.registry import engines, refuse_levers
from benchmarks.engines.strategies import Strategy, kind, named
from benchmarks.errors import InputError
from benchmarks.protocol.names import refuse_shared, row_name
from benchmarks.protocol.schema import Protocol, VariantChoice
from models.registry import (
    Architecture,
    Augmentation,
    EngineName,
    ModelError,
    Recipe,
    Registry,
    Space,
)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One row of the leaderboard: an architecture with all its settings resolved.

    ``recipe`` holds the literature's defaults with the protocol's own values put in;
    ``pinned`` names those values, which tuning leaves alone.
    """

    name: str
    architecture: Architecture
    initialisation: str
    strategy: Strategy
    augmentation: Augmentation
    input_size: int
    recipe: Recipe
    pinned: frozenset[str]
    precision: Precision

    @property
    def engine(self) -> EngineName:
        """The library that trains it."""
        return self.architecture.engine

    @property
    def space(self) -> Space:
        """What tuning may change."""
        return {k: v for k, v in self.architecture.space.items() if k not in self.pinned}

    @property
    def defaults(self) -> dict[str, float | int | str]:
        """The recipe's values of the searched hyperparameters: trial 0."""
        return {name: getattr(self.recipe, name) for name in self.space}


def resolve_variants(
    protocol: Protocol, registry: Registry, image_shape: tuple[int, int, int]
) -> list[Variant]:
    """Resolve every row of the protocol, and add the controls that transfer rows lack.

    Raises ``InputError`` naming the row and the remedy.
    """
    variants = []
    for index, choice in enumerate(protocol.variants):
        try:
            variants.append(_resolve(choice, protocol, registry, image_shape))
        except ModelError as error:
            raise InputError(f"variants[{index}]: {error}") from error
    if protocol.controls:
        missing = list(_missing_controls(protocol.variants, variants))
        variants += [_resolve(choice, protocol, registry, image_shape) for choice in missing]
    refuse_shared(variant.name for variant in variants)
    return variants


def _missing_controls(
    choices: Sequence[VariantChoice], variants: list[Variant]
) -> Iterator[VariantChoice]:
    """Yield the row from scratch of each transfer variant that has none; it is tuned like all.

    A frozen one has its control where the same random backbone is frozen too.
    """
    scratch = [v for v in variants if v.initialisation == "scratch"]
    learned = {_trained_alike(v) for v in scratch if v.strategy == "fine-tune"}
    random = {_trained_alike(v) for v in scratch if v.strategy == "frozen"}
    names = {variant.name for variant in variants}
    for choice, variant in zip(choices, variants, strict=True):
        there = learned | random if variant.strategy == "frozen" else learned
        possible = "scratch" in variant.architecture.initialisations
        if _trained_alike(variant) in there or not possible:
            continue
        learned.add(_trained_alike(variant))
        control = VariantChoice(
            architecture=choice.architecture,
            augmentation=variant.augmentation,
            input_size=choice.input_size,
            precision=choice.precision,
        )
        name = _name(control, variant.architecture, "fine-tune")
        if name in names:
            control = control.model_copy(update={"name": f"{name}+{variant.augmentation}"})
        names.add(control.name or name)
        yield control


def _trained_alike(variant: Variant) -> tuple[str, int, str]:
    return variant.architecture.name, variant.input_size, variant.augmentation


def _resolve(
    choice: VariantChoice,
    protocol: Protocol,
    registry: Registry,
    image_shape: tuple[int, int, int],
) -> Variant:
    architecture = registry[choice.architecture]
    if architecture.engine not in engines():
        raise ModelError(
            f"{architecture.name} is for an engine {architecture.engine!r} that is not here; "
            f"there are: {', '.join(engines())}"
        )
    start = choice.initialisation.partition(":")[0]
    if start not in architecture.initialisations:
        known = ", ".join(architecture.initialisations)
        raise ModelError(
            f"{architecture.name} has no initialisation {choice.initialisation!r}; it has: {known}"
        )
    strategy = choice.strategy or _default_strategy(architecture)
    if kind(strategy) not in architecture.strategies:
        known = ", ".join(architecture.strategies)
        raise ModelError(f"{architecture.name} has no strategy {strategy!r}; it has: {known}")
    if strategy not in ("fine-tune", "frozen") and start == "scratch":
        raise ModelError(
            f"{architecture.name}: a random backbone has nothing that {strategy!r} would keep; "
            'choose "fine-tune", or "frozen" for a control of random features'
        )
    recipe = architecture.recipe_for(strategy, start).tuned(choice.hyperparameters)
    refuse_levers(architecture, recipe)
    seen = cropped_shape(image_shape, recipe.crop)
    size = choice.input_size or architecture.default_input or max(seen[:2])
    if size < architecture.minimum_input:
        raise ModelError(
            f"{architecture.name} needs images of at least {architecture.minimum_input} pixels, "
            f"not {size}; set input_size"
        )
    if recipe.progressive:
        smaller_input(architecture, size)
    return Variant(
        name=choice.name or row_name(_name(choice, architecture, strategy)),
        architecture=architecture,
        initialisation=choice.initialisation,
        strategy=strategy,
        augmentation=choice.augmentation or recipe.augmentation,
        input_size=size,
        recipe=recipe,
        pinned=frozenset(choice.hyperparameters),
        precision=choice.precision or protocol.precision,
    )


def _default_strategy(architecture: Architecture) -> Strategy:
    return "fine-tune" if "fine-tune" in architecture.strategies else architecture.strategies[0]


def _name(choice: VariantChoice, architecture: Architecture, strategy: Strategy) -> str:
    parts = [choice.architecture]
    start = choice.initialisation.partition(":")[0]
    if start != "scratch" or len(architecture.strategies) > 1:
        parts.append(start)
    if len(architecture.strategies) > 1 and (start, strategy) != ("scratch", "fine-tune"):
        parts.append(named(strategy))
    return ".".join(parts) + (f"@{choice.input_size}" if choice.input_size else "")
