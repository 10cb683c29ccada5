"""Draws a tree of any layout, with what stands around and among its images."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.fuzz import folders, label_table, published, surroundings
from tests.fuzz.plan import Plan

LAYOUTS: tuple[tuple[str, int, Callable[[Random, Plan], None]], ...] = (
    ("RAF-DB", 1, published.raf_db),
    ("ExpW", 1, published.exp_w),
    ("AffectNet", 1, published.affectnet),
    ("AffectNet arrays", 1, published.affectnet_arrays),
    ("FER+", 1, published.fer_plus),
    ("CK+", 1, published.ck_plus),
    ("KDEF", 1, published.kdef),
    ("JAFFE", 1, published.jaffe),
    ("RaFD", 1, published.rafd),
    ("table of labels", 4, label_table.label_table),
    ("words in names", 1, folders.words_in_names),
    ("class folders", 4, folders.class_folders),
    ("class folders with persons", 2, folders.persons),
)
"""The layouts of docs/layouts.md, how often each is drawn, and what draws it."""


def draw(seed: int) -> Plan:
    """Draw the tree of ``seed``."""
    rng = Random(seed)
    names, weights, draws = zip(*LAYOUTS, strict=True)
    chosen = rng.choices(range(len(names)), weights)[0]
    plan = Plan(names[chosen])
    draws[chosen](rng, plan)
    if not plan.refused:
        surroundings.copies(rng, plan)
        surroundings.damage(rng, plan)
    surroundings.others(rng, plan)
    surroundings.litter(rng, plan)
    return plan
