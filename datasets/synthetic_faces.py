"""Faces that ferbench draws itself: no download, no licence question, two related domains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.drawing.expressions import CLASS_NAMES, drawn_intensities, geometry
from datasets.drawing.faces import CANVAS, Canvas, draw, drawn_face
from datasets.reading.images import Pixels
from datasets.records import DataError, Provenance
from datasets.registry import Decoded, Sample, data_set

SIDE = 48
SIZES = MappingProxyType(
    {
        "source": {"train": 11_200, "validation": 700, "test": 700},
        "target": {"train": 1_400, "validation": 700, "test": 1_400},
    }
)
LARGEST = 100
"""Times as many images as usual."""
LABEL_NOISE = 0.05
UNEQUAL = MappingProxyType(
    {"angry": 4, "disgust": 1, "fear": 4, "happy": 7, "neutral": 5, "sad": 5, "surprise": 3}
)
"""How often each class occurs, in 29 images, where classes are not balanced."""


@data_set(
    name="synthetic-faces",
    summary="drawn 48×48 grey faces in seven expressions; a plentiful source, a small target",
    origin="drawn by ferbench from facial action units (Ekman & Friesen 1978, FACS and EMFACS)",
    licence="MIT, as ferbench",
    needs_path=False,
    options=MappingProxyType(
        {
            "domain": "target",
            "seed": 0,
            "scale": 1.0,
            "balanced": True,
            "copies": 0.0,
            "posed": False,
        }
    ),
)
def synthetic_faces(path: Path | None, options: Mapping[str, Any]) -> Decoded:
    """Draw the domain ``source`` (line drawings) or ``target`` (shaded faces).

    Both move the same face by the same action units; they differ in how it is rendered.
    ``seed`` draws other faces; ``scale`` multiplies the number of images in every split.
    Classes are equally frequent unless ``balanced`` is false: then about as unequal as in FER2013.
    ``copies`` is the share of the images, in all splits together, that repeat an earlier one.
    ``posed`` faces show strong and whole expressions, which are learned from fewer images.
    In the target domain, 5 % of the labels in every split are drawn at random.
    """
    del path
    domain, seed, scale = options["domain"], options["seed"], options["scale"]
    posed = options["posed"]
    if domain not in SIZES:
        raise DataError(f"synthetic-faces: domain is {domain!r}; expected source or target")
    if scale > LARGEST:
        raise DataError(f"synthetic-faces: scale is {scale}; expected {LARGEST} at most")
    if not 0 <= seed < 2**31:
        raise DataError(f"synthetic-faces: seed is {seed}; expected 0 to below 2^31")
    sizes = {split: round(size * scale) for split, size in SIZES[domain].items()}
    if min(sizes.values()) < len(CLASS_NAMES):
        raise DataError(f"synthetic-faces: scale {scale} leaves a split without every class")
    if not 0 <= options["copies"] < 1:
        raise DataError(f"synthetic-faces: copies is {options['copies']}; expected 0 to below 1")

    def samples() -> Iterator[Sample]:
        places = [(split, index) for split, size in sizes.items() for index in range(size)]
        for number, (split, index) in enumerate(places):
            place = f"{domain}/{split}/{index:05d}"
            origin, index = places[_origin(number, seed, options["copies"])]
            part = list(sizes).index(origin)
            rng = np.random.default_rng([seed, sorted(SIZES).index(domain), part, index])
            label = _label(index, sizes[origin], balanced=options["balanced"])
            if domain == "source":
                yield Sample(_drawing(label, rng, posed), label, place, split)
            else:
                face = _photograph(label, rng, posed)
                yield Sample(face, _noisy(label, rng), place, split)

    return Decoded(
        class_names=CLASS_NAMES,
        image_shape=(SIDE, SIDE, 1),
        count=sum(sizes.values()),
        samples=samples,
        provenance=lambda: Provenance("official", _notes(options)),
    )


def _label(index: int, size: int, *, balanced: bool) -> int:
    """Return the class of the face ``index`` of ``size``."""
    if balanced:
        return index % len(CLASS_NAMES)
    limits = np.cumsum([UNEQUAL[name] for name in CLASS_NAMES]) / sum(UNEQUAL.values())
    return int(np.searchsorted(limits, (index + 0.5) / size))


def _origin(number: int, seed: int, copies: float) -> int:
    """Return which face is drawn as the one ``number``: itself or, for a copy, an earlier one."""
    rng = np.random.default_rng([seed, number])
    while number and rng.random() < copies:
        number = int(rng.integers(number))
        rng = np.random.default_rng([seed, number])
    return number


def _notes(options: Mapping[str, Any]) -> tuple[str, ...]:
    other = [f"{k} {options[k]}" for k, v in (("seed", 0), ("scale", 1.0)) if options[k] != v]
    notes = [f"drawn with {' and '.join(other)}"] if other else []
    if not options["balanced"]:
        notes.append("drawn with classes about as unequal as FER2013's")
    if options["posed"]:
        notes.append("drawn with strong and whole expressions")
    if options["copies"]:
        notes.append(f"{options['copies']:.0%} of the images repeat an earlier one on purpose")
    return tuple(notes)


def _noisy(label: int, rng: np.random.Generator) -> int:
    return int(rng.integers(len(CLASS_NAMES))) if rng.random() < LABEL_NOISE else label


def _drawing(label: int, rng: np.random.Generator, posed: bool) -> Pixels:
    """Draw lines in dark ink on light paper."""
    canvas = draw(
        drawn_face(rng), geometry(drawn_intensities(label, rng, posed=posed)), outline=True
    )
    paper = rng.uniform(190, 255)
    ink = paper * rng.uniform(0, 0.3)
    inked = np.asarray(paper + (ink - paper) * (1 - _small(canvas) / 255), dtype=np.float32)
    return _developed(inked, rng, blur=0.6, noise=3)


def _photograph(label: int, rng: np.random.Generator, posed: bool) -> Pixels:
    """Draw a shaded face, perhaps half hidden, in uneven light, blurred and noisy."""
    canvas = draw(
        drawn_face(rng), geometry(drawn_intensities(label, rng, posed=posed)), outline=False
    )
    _occlude(canvas, rng)
    return _developed(_small(canvas) * _light(rng), rng, blur=1.1, noise=9)


def _expression(label: int, rng: np.random.Generator, posed: bool) -> Mapping[str, float]:
    return geometry(drawn_intensities(label, rng, posed=posed))


def _small(canvas: Canvas) -> NDArray[np.float32]:
    resized = cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, dtype=np.float32)


def _developed(
    image: NDArray[np.float32], rng: np.random.Generator, *, blur: float, noise: float
) -> Pixels:
    """Blur and add noise, each of a random strength up to the one given."""
    blurred = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, blur))
    noisy = blurred + rng.normal(0, rng.uniform(1, noise), blurred.shape)
    return np.asarray(np.clip(noisy, 0, 255), dtype=np.uint8)[..., None]


def _occlude(canvas: Canvas, rng: np.random.Generator) -> None:
    """Sometimes hide a part of the face behind a tilted bar or a disc, as a hand or hair would."""
    chance = rng.random()
    x, y = (int(c) for c in rng.uniform(0.2, 0.8, 2) * CANVAS)
    tone = int(rng.integers(20, 235))
    if chance < 0.12:
        cv2.circle(canvas, (x, y), int(rng.integers(12, 24)), tone, -1)
    elif chance < 0.22:
        right, down = (int(c) for c in rng.normal(0, 0.6 * CANVAS, 2))
        cv2.line(canvas, (x, y), (x + right, y + down), tone, int(rng.integers(6, 16)))


_GRID = np.stack(np.meshgrid(np.linspace(-1, 1, SIDE), np.linspace(-1, 1, SIDE)))


def _light(rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a plane of light from a random side, with a random overall level."""
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.45)
    slope = strength * (np.cos(angle) * _GRID[0] + np.sin(angle) * _GRID[1])
    return np.asarray(rng.uniform(0.55, 1.15) * (1 + slope), dtype=np.float32)
