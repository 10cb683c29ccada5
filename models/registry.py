"""The registry of architectures: what a model file declares, and how it is found."""

from __future__ import annotations

import difflib
import importlib
import math
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

from datasets.plugins import MODELS, import_plugin, installed, leave_out

if TYPE_CHECKING:
    from pydantic import TypeAdapter

EngineName = str
"""Which library trains an architecture; the harness knows the engines by these names."""
Augmentation = Literal["none", "standard", "strong"]
"""The policy that changes training images."""
Schedule = Literal["constant", "cosine", "plateau", "one-cycle"]
"""How the learning rate changes from step to step."""
ClassWeights = Literal["none", "balanced", "square-root"]
"""What an image's loss counts for, by how many training images are of its class."""
Value = float | int | str
Count = Annotated[int, Ge(0), Le(100_000)]
Quantity = Annotated[float, Ge(0), Le(1000)]
Share = Annotated[float, Ge(0), Lt(1)]
T = TypeVar("T")


UNPUBLISHED = ("scratch", "source", "run", "file")
"""Where a backbone can start without weights that somebody has published for it."""


class ModelError(ValueError):
    """A model cannot be had as asked; the message says what, where and what to do."""


@dataclass(frozen=True, kw_only=True)
class PublishedWeights:
    """What is known of weights that somebody has published for an architecture.

    ``initialisation`` is the name by which a protocol asks for them, ``name`` what their library
    or package calls them, ``sha256`` the digest of their file. ``distribution`` and ``version``
    are those of the installed package that carries them, blank where a library fetched them.
    ``trained_on`` says what they learned, ``licence`` is an SPDX identifier, and ``source``
    names who made them; blank where unknown.
    """

    initialisation: str
    name: str
    sha256: str
    distribution: str = ""
    version: str = ""
    trained_on: str = ""
    licence: str = ""
    source: str = ""


@dataclass(frozen=True)
class WeightsFile:
    """Published weights that lie in ``file`` on this machine."""

    file: Path
    about: PublishedWeights


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How an architecture is trained unless tuning says otherwise: the literature's defaults.

    ``weight_decay`` is an L2 term on weight matrices and kernels added to the gradient
    for ``sgd`` and ``adam``, decoupled for ``adamw``. ``early_stopping`` and
    ``plateau_patience`` count epochs without improvement of the selection metric; 0 is off.
    ``warm_up`` is the share of the steps in which the learning rate rises; 0 leaves the
    ``schedule`` its own: .05 of ``cosine``, .3 of ``one-cycle``, none of the others.
    ``epochs`` is the longest training that the source recommends; a protocol may allow less.
    ``frozen_share`` is the share of epochs that ``frozen-then-fine-tune`` spends frozen.
    ``frozen_views`` is how many augmented views of each training image a frozen backbone sees in
    turn, the same in every trial and fit; 0 is anew in every epoch, as with ``mixup`` and
    ``progressive``.
    ``average_decay`` is what an exponential moving average of weights and statistics keeps of
    itself at a step (Tarvainen & Valpola, arXiv 1703.01780); it is the average that is validated,
    selected and saved. 0 is off. ``class_weights`` is what the loss of an image of a class of n
    images counts for: by 1/n if ``balanced``, by its square root if ``square-root``, so that the
    mean over the training images is 1. ``crop`` is the side in pixels of the square that a
    network sees of an image: in training anywhere in it, else at its centre; 0 is the whole image.
    ``progressive`` is the share of the epochs, from the start, in which images are reduced to two
    thirds of the input size (after Tan & Le, arXiv 2104.00298). ``layer_decay`` is what the
    learning rate of a stage of the backbone is multiplied by for each stage behind it, the head
    being one (discriminative fine-tuning, Howard & Ruder, arXiv 1801.06146); 1 is off.

    A value of another kind or out of its bounds raises ``ModelError``.
    """

    optimizer: Literal["sgd", "adam", "adamw"] = "adam"
    learning_rate: Annotated[float, Gt(0), Lt(math.inf)] = 1e-3
    batch_size: Annotated[int, Ge(1), Le(65_536)] = 64
    weight_decay: Quantity = 0.0
    dropout: Share = 0.0
    label_smoothing: Share = 0.0
    mixup: Quantity = 0.0
    clip_norm: Quantity = 0.0
    schedule: Schedule = "constant"
    warm_up: Share = 0.0
    plateau_factor: Annotated[float, Gt(0), Lt(1)] = 0.5
    plateau_patience: Count = 0
    early_stopping: Count = 0
    epochs: Annotated[int, Ge(1), Le(100_000)] = 100
    augmentation: Augmentation = "none"
    frozen_share: Share = 0.3
    frozen_views: Count = 4
    average_decay: Share = 0.0
    class_weights: ClassWeights = "none"
    crop: Count = 0
    progressive: Share = 0.0
    layer_decay: Annotated[float, Gt(0), Le(1)] = 1.0

    def __post_init__(self) -> None:
        from pydantic import ValidationError

        for name, kind in _kinds().items():
            try:
                kind.validate_python(getattr(self, name), strict=True)
            except ValidationError as error:
                message = error.errors(include_url=False)[0]["msg"].removeprefix("Input ")
                raise ModelError(f"{name} = {getattr(self, name)!r}: {message}") from None

    def tuned(self, values: Mapping[str, Value]) -> Recipe:
        """Return this recipe with ``values`` put in.

        A name that no recipe has, or a value that it cannot have, raises ``ModelError``.
        """
        known = sorted(f.name for f in fields(self))
        for name in values:
            if name not in known:
                hint = did_you_mean(str(name), known, "one of " + ", ".join(known))
                raise ModelError(f"unknown hyperparameter {name!r}; {hint}")
        return replace(self, **dict(values))  # type: ignore[arg-type]


@cache
def _kinds() -> Mapping[str, TypeAdapter[Any]]:
    """Return what checks each value; pydantic is imported late, not for a help text."""
    from pydantic import TypeAdapter

    hints = get_type_hints(Recipe, include_extras=True)
    return MappingProxyType({name: TypeAdapter(kind) for name, kind in hints.items()})


@dataclass(frozen=True)
class Float:
    """A real interval to search, in log scale if ``log``."""

    low: float
    high: float
    log: bool = False

    @property
    def ends(self) -> tuple[Value, ...]:
        """The least and the largest value."""
        return self.low, self.high


@dataclass(frozen=True)
class Categorical:
    """A finite set to search."""

    values: tuple[Value, ...]

    @property
    def ends(self) -> tuple[Value, ...]:
        """All its values."""
        return self.values


Dimension = Float | Categorical
Space = Mapping[str, Dimension]


@dataclass(frozen=True, kw_only=True)
class BuildRequest:
    """What a network is built for.

    ``image_shape`` is (height, width, channels) of what the network is given, channels 1 or 3:
    the data set's, or that of a recipe's ``crop``, which the engine takes before the backbone.
    ``input_size`` is the side in pixels to which the network itself resizes its images.
    ``published`` are the weights that its backbone starts from, as `Architecture.find_weights`
    found them; ``None`` is a random start.
    """

    classes: int
    image_shape: tuple[int, int, int]
    input_size: int
    recipe: Recipe
    seed: int
    published: WeightsFile | None = None


@dataclass(frozen=True)
class Network:
    """A network in two parts, so that a backbone can be frozen, transferred and cached.

    ``backbone`` maps raw images, float32 in [0, 255] of the shape that was requested (Keras:
    N×H×W×C; torch: N×C×H×W), to features; resizing, grey→RGB and the network's own
    preprocessing are inside it. ``head`` maps features to logits, N×classes.
    Both are ``keras.Model`` (engine ``keras``) or ``torch.nn.Module`` (engine ``torch``).
    """

    backbone: Any
    head: Any


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A family of networks with everything the harness needs to know of it.

    ``build`` returns a ``Network`` for ``keras`` and ``torch``, and for ``scikit-learn`` an
    estimator that has, as those of `models.floors`, ``partial_fit(images, labels, classes)``,
    ``predict_proba(images)``, which answers before the first step too, and ``arrays()`` and
    ``load_arrays(arrays)``, which return all that was learned and go back to it.
    It imports its engine inside the function, never at module level.
    ``recipe`` holds the defaults; ``recipes`` holds others for single strategies, and under
    ``scratch`` for a random start. ``space`` is what tuning searches, values that a recipe can
    have; others raise ``ModelError``. ``find_weights`` returns the published weights of one of
    its `published` names, fetched if need be, and raises ``ModelError`` where they cannot be had.
    ``file`` is where it is declared.
    """

    name: str
    engine: EngineName
    summary: str
    source: str
    build: Callable[[BuildRequest], Any]
    recipe: Recipe = field(default_factory=Recipe)
    recipes: Mapping[str, Recipe] = field(default_factory=lambda: MappingProxyType({}))
    space: Space = field(default_factory=lambda: MappingProxyType({}))
    initialisations: tuple[str, ...] = ("scratch",)
    strategies: tuple[str, ...] = ("fine-tune",)
    minimum_input: int = 8
    default_input: int | None = None
    find_weights: Callable[[str], WeightsFile] | None = None
    file: Path = Path()

    def __post_init__(self) -> None:
        for name, dimension in self.space.items():
            for value in dimension.ends:
                self.recipe.tuned({name: value})

    @property
    def published(self) -> tuple[str, ...]:
        """The initialisations that are published weights: ``imagenet``, ``edges``."""
        return tuple(name for name in self.initialisations if name not in UNPUBLISHED)

    def recipe_for(self, strategy: str, initialisation: str) -> Recipe:
        """Return the literature's defaults for a strategy from an initialisation.

        A head on frozen features is trained alike wherever they come from.
        """
        learns = strategy != "frozen" and initialisation == "scratch"
        situation = "scratch" if learns else strategy
        return self.recipes.get(situation, self.recipe)


@dataclass(frozen=True, kw_only=True)
class Family:
    """Architectures that are made on demand from a name: ``timm:resnet18``.

    ``make`` takes what follows the colon; it raises ``ModelError`` for a name it does not know.
    ``examples`` are the names that listings show.
    """

    prefix: str
    make: Callable[[str], Architecture]
    examples: tuple[str, ...]


def architecture(
    *, name: str, engine: EngineName, summary: str, source: str, **settings: Any
) -> Callable[[Callable[[BuildRequest], Any]], Architecture]:
    """Turn a build function into the ``Architecture`` of that name (a decorator).

    ``settings`` are the remaining fields of ``Architecture``. The ``build`` of the result
    raises ``ModelError`` for an input below ``minimum_input``.
    """

    if not isinstance(name, str):
        raise ModelError(f"an architecture's name is {name!r}; expected text")

    def wrap(build: Callable[[BuildRequest], Any]) -> Architecture:
        declared = Architecture(
            name=name, engine=engine, summary=summary, source=source, build=build, **settings
        )
        return replace(
            declared, build=partial(_build_checked, declared), file=Path(build.__code__.co_filename)
        )

    return wrap


def _build_checked(declared: Architecture, request: BuildRequest) -> Any:
    if request.input_size < declared.minimum_input:
        raise ModelError(
            f"{declared.name}: an input of {request.input_size} pixels is below its minimum; "
            f"set input_size = {declared.minimum_input} or more"
        )
    return declared.build(request)


@dataclass(frozen=True)
class Registry:
    """What `discover` found: architectures by name and families by prefix."""

    architectures: Mapping[str, Architecture]
    families: Mapping[str, Family]

    def __getitem__(self, name: str) -> Architecture:
        """Return the architecture ``name``; raises ``ModelError`` naming the nearest known ones."""
        if name in self.architectures:
            return self.architectures[name]
        prefix, colon, rest = name.partition(":")
        if colon and prefix in self.families:
            return self.families[prefix].make(rest)
        known = [*self.architectures, *(f"{p}:NAME" for p in self.families)]
        hint = did_you_mean(name, known, ", ".join(sorted(known)))
        raise ModelError(
            f"unknown architecture {name!r}; {hint} One of your own: name its file with --plugin, "
            "or install the package that brings it"
        )


def did_you_mean(name: str, known: Sequence[str], otherwise: str) -> str:
    """Return the hint for a ``name`` that is not among ``known``: the nearest, or ``otherwise``."""
    near = ", ".join(difflib.get_close_matches(name, known, n=3))
    return f"did you mean {near or otherwise}?"


def discover(plugins: Iterable[Path] = ()) -> Registry:
    """Collect every architecture of this package, of installed packages and of the plugin files.

    Installed packages name theirs in the entry points ``ferbench.models``; what is broken, or
    has a name that is taken, is left out and told (see `datasets.plugins.installed`). Importing
    a model file must not import an engine. Two other models of one name, or a plugin that
    cannot be imported, raise ``ModelError``.
    """
    architectures: dict[str, Architecture] = {}
    families: dict[str, Family] = {}

    def add(value: object) -> None:
        if isinstance(value, Architecture):
            _add(architectures, value.name, value)
        elif isinstance(value, Family):
            _add(families, value.prefix, value)

    for found in pkgutil.iter_modules([str(Path(__file__).parent)]):
        for value in vars(importlib.import_module(f"{__package__}.{found.name}")).values():
            add(value)
    for brought in installed(MODELS, (Architecture, Family)):
        try:
            add(brought.value)
        except ModelError as error:
            leave_out(brought.origin, str(error))
    for path in plugins:
        module = import_plugin(path, ModelError)
        try:
            for value in vars(module).values():
                add(value)
        except ModelError as error:
            raise ModelError(f"plugin {path}: {error}") from error
    return Registry(MappingProxyType(architectures), MappingProxyType(families))


def _add(known: dict[str, T], name: str, value: T) -> None:
    if known.setdefault(name, value) is not value:
        raise ModelError(f"two models are named {name!r}; rename one of them")
