"""Draws images whose class stands in their folder, or in their own name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from tests.fuzz.plan import Brush, Plan, composed, decomposed
from tests.fuzz.published import GIVEN, WORDS, counts

CLASSES = (
    ("angry", "happy", "sad"),
    ("Angry", "Fear", "Happy", "Neutral"),
    ("0_angry", "1_disgust", "2_fear"),
    ("anger", "happiness", "sadness"),
    ("0", "1", "2", "3"),
    ("dégoût", "joie", "colère"),
    ("喜び", "怒り"),
    ("no smile", "smile"),
)
SPELLINGS: tuple[Callable[[str], str], ...] = (str, str, decomposed, str.upper, str.capitalize)
PERSONS = ("S{:03}", "person {}", "p{:02}", "subject_{}", "actor-{}")
TRAPS = (
    "empty split",
    "split without classes",
    "unknown sibling",
    "split that is a link to nothing",
    "split in a zip",
    "two test sets",
)


def class_folders(rng: Random, plan: Plan) -> None:
    classes, words = rng.choice(CLASSES), rng.choice(WORDS)
    plan.splits = rng.choice(GIVEN)
    folder_of = dict(zip(("train", "test", "validation"), words, strict=True))
    order = rng.choice(ORDERS if plan.splits else ORDERS[:1])
    absent = classes[-1] if plan.splits and rng.random() < 0.2 else ""
    brush = Brush(rng)
    for split, count in counts(plan.splits).items():
        for name in classes:
            spelt = name if split in ("", "train") else rng.choice(SPELLINGS)(name)
            if name == absent and split == "test":
                continue
            place = order(folder_of.get(split, ""), spelt)
            for _ in range(count):
                drawn = brush.picture()
                plan.add(f"{place}/{brush.name()}{drawn.suffix}", drawn, composed(name), split)
    if plan.splits and order is ORDERS[0] and rng.random() < 0.25:
        _trap(rng, plan, folder_of["test"], classes)


def _split_first(split: str, name: str) -> str:
    return f"{split}/{name}" if split else name


ORDERS: tuple[Callable[[str, str], str], ...] = (
    _split_first,
    lambda split, name: f"{split}/images/{name}",
    lambda split, name: f"{split}/{split}/{name}",
    lambda split, name: f"{name}/{split}",
)
"""How split folders and class folders lie in one another; the last has classes on top."""


def _trap(rng: Random, plan: Plan, test: str, classes: Sequence[str]) -> None:
    """Make the test set one that cannot be taken as it stands."""
    trap = rng.choice(TRAPS)
    plan.axes.append(f"trap: {trap}")
    plan.refused = "split"
    if trap in ("unknown sibling", "two test sets"):
        beside = "holdout" if trap == "unknown sibling" else {"test": "eval"}.get(test, "test")
        plan.refused = beside
        for name in classes:
            drawn = Brush(rng).picture(".png")
            plan.add(f"{beside}/{name}/x.png", drawn, name, "test")
        return
    lost = {name: plan.files.pop(name) for name in sorted(plan.files) if name.startswith(test)}
    for name in lost:
        plan.samples.pop(name)
    if trap == "empty split":
        plan.folders.add(test)
    elif trap == "split without classes":
        plan.files |= {f"{test}/{n}.png": content for n, content in enumerate(lost.values())}
    elif trap == "split in a zip":
        plan.files[f"{test}.zip"] = b"PK\x03\x04"
    else:
        plan.files[test] = b"../nowhere"


def persons(rng: Random, plan: Plan) -> None:
    """Draw folders of persons above or below the class folders."""
    classes, words, person = rng.choice(CLASSES[:4]), rng.choice(WORDS), rng.choice(PERSONS)
    plan.splits, above, brush = rng.choice(GIVEN), rng.random() < 0.5, Brush(rng)
    folder_of = dict(zip(("train", "test", "validation"), words, strict=True))
    who = 0
    for split, count in counts(plan.splits).items():
        for _ in range(8 if split in ("", "train") else 2):
            who += 1
            folder = person.format(who)
            for name in classes:
                place = f"{folder}/{name}" if above else f"{name}/{folder}"
                place = _split_first(folder_of.get(split, ""), place)
                for _ in range(count // 8 or 1):
                    drawn = brush.picture()
                    name_ = f"{place}/{brush.name()}{drawn.suffix}"
                    plan.add(name_, drawn, composed(name), split, folder)


EXPRESSIONS: Mapping[str, tuple[str, ...]] = {
    "happy": ("happy", "happiness", "joy"),
    "sad": ("sad", "sadness"),
    "surprise": ("surprise", "surprised"),
    "angry": ("anger", "angry"),
    "fear": ("fear", "fearful", "afraid"),
    "disgust": ("disgust", "disgusted"),
    "neutral": ("neutral",),
}
NAMINGS = (
    "{word}_{n}",
    "{word}-{n:03}",
    "img_{n}_{word}",
    "{n:04}.{word}",
    "{word}{n}",
    "{word} ({n})",
)
CASES: tuple[Callable[[str], str], ...] = (str.lower, str.upper, str.title)


def words_in_names(rng: Random, plan: Plan) -> None:
    classes, words = rng.sample(sorted(EXPRESSIONS), 3), rng.choice(WORDS)
    plan.splits = rng.choice(GIVEN)
    folder_of = dict(zip(("train", "test", "validation"), words, strict=True))
    naming, case, brush = rng.choice(NAMINGS), rng.choice(CASES), Brush(rng)
    for split, count in counts(plan.splits).items():
        for name in classes * count:
            brush.number += 1
            drawn = brush.picture(".png", ".jpg", ".JPG")
            word = case(rng.choice(EXPRESSIONS[name]))
            stem = naming.format(word=word, n=brush.number)
            place = _split_first(folder_of.get(split, ""), f"{stem}{drawn.suffix}")
            plan.add(place, drawn, name, split)
        for _ in range(rng.randint(0, 1)):
            drawn, stem = brush.picture(".png"), brush.name()
            plan.leave(_split_first(folder_of.get(split, ""), f"{stem}.png"), drawn)
