"""What stands around and among the images of any tree: other files, litter, damage and copies."""

from __future__ import annotations

from random import Random

from tests.fuzz.pictures import DAMAGES
from tests.fuzz.plan import Brush, Plan, file_of

PREFIXES = ("", "", "data", "archive/images", "Fer Daten/v1.0", "dataset (1)", "datensätze")
"""Enclosing folders."""
OTHERS = {
    "README.md": b"about\n",
    "readme": b"about\n",
    "labels": b"\x00\x01\x02 no image",
    "run.py": b"print()\n",
    "notes.csv": b"a,b\n1,2\n",
    "paper.pdf": b"%PDF-1.4\n",
    "model.h5": b"\x89HDF\r\n\x1a\n",
}
APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "


def damage(rng: Random, plan: Plan) -> None:
    """Spoil up to two files of training, so that every class still has enough."""
    for name in rng.sample(plan.spoilable(), rng.randint(0, 2)):
        kind = rng.choice(sorted(DAMAGES))
        plan.files[name] = DAMAGES[kind](plan.files[name])
        for sample in [one for one in plan.samples if file_of(one) == name]:
            plan.samples.pop(sample)
            plan.told.add(sample)
        plan.axes.append(f"{name!a} is {kind}")


def others(rng: Random, plan: Plan) -> None:
    """Put files beside the images that are none."""
    for name in rng.sample(sorted(OTHERS), rng.randint(0, 3)):
        plan.files[name] = OTHERS[name]


def litter(rng: Random, plan: Plan) -> None:
    """Put what operating systems and editors leave into the folders of images."""
    name = rng.choice(sorted(plan.samples))
    folder, _, file = file_of(name).rpartition("/")
    at = f"{folder}/" if folder else ""
    kind = rng.choice(("none", "macOS", "Windows", "hidden image", "checkpoints"))
    if kind == "macOS":
        plan.files[f"{at}.DS_Store"] = b"\x00\x00\x00\x01Bud1"
        plan.files[f"{at}._{file}"] = APPLE_DOUBLE
        plan.files[f"__MACOSX/{at}._{file}"] = APPLE_DOUBLE
    elif kind == "Windows":
        plan.files[f"{at}Thumbs.db"] = b"\xd0\xcf\x11\xe0"
        plan.files[f"{at}desktop.ini"] = b"[.ShellClassInfo]\r\n"
    elif kind != "none":
        hidden = f"{at}.old.png" if kind == "hidden image" else f"{at}.ipynb_checkpoints/x.png"
        plan.leave(hidden, Brush(rng).picture(".png"))


def copies(rng: Random, plan: Plan) -> None:
    """Make up to two images of training copies of others of their class."""
    for name in rng.sample(plan.spoilable(), rng.randint(0, 2)):
        if name not in plan.samples:
            continue
        one = plan.samples[name]
        alike = [n for n, o in plan.samples.items() if o.class_name == one.class_name and n != name]
        other = rng.choice(sorted(alike))
        plan.files[name] = plan.files[file_of(other)]
        known = type(one)(one.class_name, one.split, one.subject, plan.samples[other].pixels)
        plan.samples[name] = known
