"""The seven expressions as facial action units, and how each unit moves a face."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

CLASS_NAMES = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")

PROTOTYPES = MappingProxyType(
    {
        "angry": (4, 5, 7, 23),
        "disgust": (9, 15, 16),
        "fear": (1, 2, 4, 5, 7, 20, 26),
        "happy": (6, 12),
        "neutral": (),
        "sad": (1, 4, 15),
        "surprise": (1, 2, 5, 26),
    }
)
"""Action units of each expression: P. Ekman and W. V. Friesen, Facial Action Coding System (1978),
and their EMFACS; the units themselves are numbered there."""

GEOMETRY = (
    "inner_brow",
    "outer_brow",
    "brow_gap",
    "eye_open",
    "lower_lid",
    "cheek",
    "nose_wrinkle",
    "mouth_corner",
    "mouth_width",
    "upper_lip",
    "lower_lip",
    "mouth_open",
    "lip_press",
)
"""What the units move, each in shares of the face's half width; upwards and wider is positive."""

MOVEMENTS = MappingProxyType(
    {
        1: {"inner_brow": 0.16},
        2: {"outer_brow": 0.15},
        4: {"inner_brow": -0.12, "outer_brow": -0.05, "brow_gap": -0.10},
        5: {"eye_open": 0.09},
        6: {"cheek": 1.0, "lower_lid": 0.05},
        7: {"lower_lid": 0.06, "eye_open": -0.03},
        9: {"nose_wrinkle": 1.0, "upper_lip": 0.10, "inner_brow": -0.07, "eye_open": -0.04},
        12: {"mouth_corner": 0.18, "mouth_width": 0.12},
        15: {"mouth_corner": -0.15},
        16: {"lower_lip": 0.10, "mouth_open": 0.04},
        20: {"mouth_width": 0.14, "mouth_corner": -0.03},
        23: {"lip_press": 1.0, "mouth_width": -0.10},
        26: {"mouth_open": 0.28, "mouth_width": -0.06},
    }
)


def geometry(intensities: dict[int, float]) -> dict[str, float]:
    """Add up the movements of action units at ``intensities`` from 0 (absent) to about 1."""
    moved = dict.fromkeys(GEOMETRY, 0.0)
    for unit, intensity in intensities.items():
        for name, amount in MOVEMENTS[unit].items():
            moved[name] += intensity * amount
    return moved


def drawn_intensities(label: int, rng: np.random.Generator, *, posed: bool) -> dict[int, float]:
    """Draw action-unit intensities: the expression's own, one of them sometimes missing.

    A ``posed`` expression is strong and whole.
    """
    prototype = PROTOTYPES[CLASS_NAMES[label]]
    strength = rng.uniform(0.9 if posed else 0.45, 1.0)
    own = {unit: float(strength * rng.uniform(0.6, 1.2)) for unit in prototype}
    if not posed and len(prototype) > 2 and rng.random() < 0.25:
        own[int(rng.choice(prototype))] = 0.0
    noise = {unit: float(rng.exponential(0.06)) for unit in MOVEMENTS}
    return {unit: own.get(unit, 0.0) + noise[unit] for unit in MOVEMENTS}
