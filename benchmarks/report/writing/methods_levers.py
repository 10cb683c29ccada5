"""What the models of a run were trained with beyond the plain course, as prose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from benchmarks.engines.strategies import BEGIN_FROZEN
from benchmarks.report.elements.numbers import listing, plural, setting
from benchmarks.report.writing.prose import Sentence, cite
from benchmarks.store.keys import StoredValue
from benchmarks.store.records import RunResults
from models.registry import Recipe


@dataclass(frozen=True)
class Lever:
    """A field of a recipe, what is said of a value that is not its default, and whose work it is.

    ``words`` have the value in place of ``{}``. They are said of the value ``of`` alone where
    there is one.
    """

    name: str
    words: str
    works: tuple[str, ...] = ()
    of: StoredValue = None


LEVERS = (
    Lever(
        "schedule",
        "the learning rate rose and fell in one cycle",
        ("smith2017",),
        of="one-cycle",
    ),
    Lever("warm_up", "the learning rate rose over the first steps, a share of {} of all"),
    Lever(
        "class_weights",
        "the loss of each training image was weighted by the inverse of the number of images of "
        "its class",
        ("king2001",),
        of="balanced",
    ),
    Lever(
        "class_weights",
        "the loss of each training image was weighted by the inverse square root of the number "
        "of images of its class",
        of="square-root",
    ),
    Lever(
        "crop",
        "the network saw squares of {0} × {0} pixels, at random places of a training image and at "
        "the centre of any other",
        ("krizhevsky2012",),
    ),
    Lever(
        "progressive",
        "the first epochs, a share of {} of all, had a smaller input",
        ("tan2021",),
    ),
    Lever(
        "layer_decay",
        "the learning rate of each stage of the backbone was {} times that of the stage behind it, "
        "the last one's that share of the head's",
        ("howard2018",),
    ),
    Lever(
        "average_decay",
        "what was validated, kept and scored is an exponential moving average of the weights "
        "with a decay of {}",
        ("tarvainen2017",),
    ),
)


def levers(run: RunResults) -> Iterator[Sentence]:
    """Tell which models had which, out of the recipes that they were trained with."""
    for lever in LEVERS:
        for value, variants in _values(run, lever).items():
            said = lever.words.format(setting(value))
            yield (f"For {listing(variants)}, {said}", cite(*lever.works), ".")


def fixed_views(run: RunResults) -> Iterator[Sentence]:
    """Tell which frozen backbones saw how many views; a run before there were such has none."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for variant in run.variants:
        record = variant.record
        recipes = (fit.record.recipe for fit in variant.fits if record.strategy in BEGIN_FROZEN)
        for views in dict.fromkeys(_views(recipe, record.augmentation) for recipe in recipes):
            if views:
                found[views].append(variant.name)
    for views, variants in found.items():
        yield (
            f"While the backbone of {listing(variants)} was frozen, training took "
            f"{plural(views, 'augmented view')} of each image in turn, the same in every trial "
            "and with every seed.",
        )


def _views(recipe: Mapping[str, StoredValue], augmentation: str | None) -> int:
    """Return how many fixed views of training images that change a frozen backbone saw."""
    changes = augmentation not in (None, "none") or recipe.get("crop")
    anew = recipe.get("mixup") or recipe.get("progressive")
    views = recipe.get("frozen_views")
    return views if isinstance(views, int) and changes and not anew else 0


def _values(run: RunResults, lever: Lever) -> Mapping[StoredValue, list[str]]:
    """Return the variants by the value that ``lever`` tells of; a run before it has none."""
    default, found = asdict(Recipe())[lever.name], defaultdict(list)
    for variant in run.variants:
        had = (fit.record.recipe.get(lever.name, default) for fit in variant.fits)
        for value in dict.fromkeys(had):
            if value == lever.of or (lever.of is None and value != default):
                found[value].append(variant.name)
    return found
