"""Draws one face, from an identity and the movements of its parts, in one of two styles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

CANVAS = 144
SHIFT = 4
EYE_LINE = -0.15
Canvas = NDArray[np.uint8]
Points = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Face:
    """Who is drawn: proportions in shares of the face's half width, tones in grey levels."""

    half_width: float
    length: float
    eye_distance: float
    eye_size: float
    brow_height: float
    brow_thickness: float
    mouth_height: float
    mouth_width: float
    lip: float
    nose: float
    skin: float
    hair: float
    hair_line: float
    backdrop: float
    turn: float
    roll: float
    shift: tuple[float, float]


def drawn_face(rng: np.random.Generator) -> Face:
    """Draw an identity and a pose; ``turn`` is a share of the half width, ``roll`` in radians."""
    skin = rng.uniform(95, 215)
    return Face(
        half_width=CANVAS * rng.uniform(0.31, 0.38),
        length=rng.uniform(1.22, 1.42),
        eye_distance=rng.uniform(0.40, 0.50),
        eye_size=rng.uniform(0.17, 0.23),
        brow_height=rng.uniform(0.22, 0.32),
        brow_thickness=rng.uniform(0.04, 0.09),
        mouth_height=rng.uniform(0.60, 0.72),
        mouth_width=rng.uniform(0.33, 0.45),
        lip=rng.uniform(0.04, 0.08),
        nose=rng.uniform(0.30, 0.42),
        skin=skin,
        hair=rng.uniform(10, 0.8 * skin),
        hair_line=rng.uniform(0.55, 0.85),
        backdrop=rng.uniform(20, 235),
        turn=float(np.clip(rng.normal(0, 0.10), -0.25, 0.25)),
        roll=float(np.clip(rng.normal(0, 0.10), -0.28, 0.28)),
        shift=(rng.normal(0, 0.035), rng.normal(0, 0.035)),
    )


class Pen:
    """Places points of the face's own frame on the canvas and draws with them."""

    def __init__(self, face: Face, canvas: Canvas) -> None:
        self._face = face
        self._canvas = canvas
        turned = face.half_width * np.array(
            [[np.cos(face.roll), -np.sin(face.roll)], [np.sin(face.roll), np.cos(face.roll)]]
        )
        self._turned = turned
        self._centre = CANVAS * (0.5 + np.array(face.shift))

    def _place(self, points: Points) -> NDArray[np.int32]:
        x, y = points[:, 0], points[:, 1]
        depth = np.sqrt(np.clip(1 - 0.6 * x**2, 0, 1))
        moved = np.stack([x * (1 - abs(self._face.turn) * 0.3) + self._face.turn * depth, y], 1)
        placed = moved @ self._turned.T + self._centre
        return np.asarray(np.round(placed * 2**SHIFT), dtype=np.int32)

    def fill(self, points: Points, tone: float) -> None:
        """Fill a polygon."""
        cv2.fillPoly(self._canvas, [self._place(points)], _tone(tone), cv2.LINE_AA, SHIFT)

    def line(self, points: Points, tone: float, width: float, *, closed: bool = False) -> None:
        """Draw a line ``width`` wide, in shares of the half width."""
        thickness = max(1, round(width * self._face.half_width))
        cv2.polylines(
            self._canvas, [self._place(points)], closed, _tone(tone), thickness, cv2.LINE_AA, SHIFT
        )


def _tone(value: float) -> int:
    return int(min(255, max(0, value)))


_ANGLES = np.linspace(0, 2 * np.pi, 24, endpoint=False)
_SPAN = np.linspace(-1, 1, 9)


def ellipse(x: float, y: float, a: float, b: float) -> Points:
    """Return the outline of an ellipse with half axes ``a`` and ``b``."""
    return np.stack([x + a * np.cos(_ANGLES), y + b * np.sin(_ANGLES)], 1)


def arc(x0: float, y0: float, x1: float, y1: float, bend: float) -> Points:
    """Return a parabola from one point to the other, its middle ``bend`` below the chord."""
    t = (_SPAN + 1) / 2
    return np.stack([x0 + (x1 - x0) * t, y0 + (y1 - y0) * t + bend * (1 - _SPAN**2)], 1)


def lens(x: float, y: float, width: float, up: float, down: float, tilt: float = 0.0) -> Points:
    """Return an eye- or lip-shaped outline, ``up`` above and ``down`` below its corners' line."""
    top = arc(x - width, y + tilt, x + width, y - tilt, -up)
    bottom = arc(x + width, y - tilt, x - width, y + tilt, down)
    return np.concatenate([top, bottom])


def draw(face: Face, move: Mapping[str, float], *, outline: bool) -> Canvas:
    """Return the face, uint8 144×144, before light, blur and noise.

    ``move`` is what `datasets.drawing.expressions.geometry` returns. ``outline`` draws dark lines
    on light paper; otherwise surfaces are filled in the tones of skin, hair and lips.
    """
    canvas = np.full((CANVAS, CANVAS), _tone(255 if outline else face.backdrop), np.uint8)
    pen = Pen(face, canvas)
    ink = Ink(face, outline)
    _head(pen, face, ink)
    for side in (-1.0, 1.0):
        _cheek(pen, face, move, side, ink)
        _eye(pen, face, move, side, ink)
        _brow(pen, face, move, side, ink)
    _nose(pen, face, move, ink)
    _mouth(pen, face, move, ink)
    return canvas


class Ink:
    """The grey level of each part, in outline and in filled drawings."""

    def __init__(self, face: Face, outline: bool) -> None:
        self.outline = outline
        self.skin = 250.0 if outline else face.skin
        self.hair = 60.0 if outline else face.hair
        self.line = 30.0 if outline else face.skin * 0.45
        self.crease = 110.0 if outline else face.skin * 0.78
        self.white = 255.0 if outline else min(245.0, face.skin * 1.15 + 20)
        self.iris = 20.0
        self.lip = 250.0 if outline else face.skin * 0.68
        self.inside = 90.0 if outline else face.skin * 0.22


def _head(pen: Pen, face: Face, ink: Ink) -> None:
    outline = ellipse(0, 0.1, 1, face.length)
    if not ink.outline:
        pen.fill(ellipse(0, 0.0, 1.12, face.length * 1.02), face.hair)
        pen.fill(ellipse(0, 0.1, 0.96, face.length * 0.98), face.skin)
    pen.line(outline, ink.line, 0.04, closed=True)
    width = float(np.sqrt(1 - ((face.hair_line + 0.1) / face.length) ** 2)) if ink.outline else 0.85
    fringe = arc(-width, -face.hair_line, width, -face.hair_line, -0.12)
    if ink.outline:
        pen.line(fringe, ink.line, 0.04)
    else:
        pen.fill(np.concatenate([fringe, _crown(face)]), face.hair)


def _crown(face: Face) -> Points:
    angles = np.linspace(-0.15 * np.pi, -0.85 * np.pi, 9)
    return np.stack([1.08 * np.cos(angles), 0.1 + (face.length + 0.06) * np.sin(angles)], 1)


def _eye(pen: Pen, face: Face, move: Mapping[str, float], side: float, ink: Ink) -> None:
    x, y, size = side * face.eye_distance, EYE_LINE, face.eye_size
    up = max(0.01, 0.50 * size + move["eye_open"])
    down = max(0.01, 0.38 * size + 0.3 * move["eye_open"] - move["lower_lid"])
    outline = lens(x, y, size, up, down)
    pen.fill(outline, ink.white)
    radius = 0.45 * size
    top, bottom = max(-radius, -0.85 * up), min(radius, 0.85 * down)
    pen.fill(
        lens(x, y + (top + bottom) / 2, radius, (bottom - top) / 2, (bottom - top) / 2), ink.iris
    )
    pen.line(arc(x - size, y, x + size, y, -up), ink.line, 0.045)
    pen.line(arc(x - size, y, x + size, y, down), ink.crease, 0.025)


def _brow(pen: Pen, face: Face, move: Mapping[str, float], side: float, ink: Ink) -> None:
    inner = side * (face.eye_distance - face.eye_size + 0.5 * move["brow_gap"])
    outer = side * (face.eye_distance + 1.15 * face.eye_size)
    y = EYE_LINE - face.brow_height
    brow = arc(inner, y - move["inner_brow"], outer, y - move["outer_brow"] + 0.02, -0.05)
    pen.line(brow, ink.hair, face.brow_thickness)
    if move["brow_gap"] < -0.04:
        x = side * 0.06
        pen.line(np.array([[x, y], [x, y + 0.14]]), ink.crease, 0.025)


def _cheek(pen: Pen, face: Face, move: Mapping[str, float], side: float, ink: Ink) -> None:
    strength = min(1.0, move["cheek"])
    if strength < 0.2:
        return
    x, y = side * (face.eye_distance + 0.05), EYE_LINE + 0.32
    pen.line(arc(x - 0.2, y, x + 0.2, y, -0.1 * strength), ink.crease, 0.03)


def _nose(pen: Pen, face: Face, move: Mapping[str, float], ink: Ink) -> None:
    tip, wrinkle = EYE_LINE + face.nose, min(1.0, move["nose_wrinkle"])
    tip -= 0.05 * wrinkle
    pen.line(arc(-0.13, tip, 0.13, tip, 0.07), ink.line, 0.035)
    pen.line(arc(0.05, EYE_LINE + 0.05, 0.11, tip - 0.05, 0.0), ink.crease, 0.03)
    if wrinkle > 0.2:
        for side in (-1.0, 1.0):
            start, end = EYE_LINE + 0.06, EYE_LINE + 0.06 - 0.10 * wrinkle
            pen.line(np.array([[side * 0.05, start], [side * 0.16, end]]), ink.line, 0.03)
            fold = arc(side * 0.18, tip, side * 0.42, tip + 0.25, 0.05)
            pen.line(fold, ink.crease, 0.03)


def _mouth(pen: Pen, face: Face, move: Mapping[str, float], ink: Ink) -> None:
    width = max(0.12, face.mouth_width + move["mouth_width"])
    y = face.mouth_height
    corner = -move["mouth_corner"]
    gap = max(0.0, move["mouth_open"])
    press = 1 - 0.75 * min(1.0, move["lip_press"])
    upper = y - move["upper_lip"]
    lower = y + move["lower_lip"] + gap
    top = arc(-width, y + corner, width, y + corner, upper - y - corner)
    bottom = arc(width, y + corner, -width, y + corner, lower - y - corner)
    lip = np.array([0.0, face.lip * press])
    pen.fill(np.concatenate([top - lip, bottom + 1.3 * lip]), ink.lip)
    if ink.outline:
        pen.line(np.concatenate([top - lip, bottom + 1.3 * lip]), ink.line, 0.03, closed=True)
    pen.fill(np.concatenate([top, bottom]), ink.inside)
    pen.line(top, ink.line, 0.03)
    pen.line(bottom, ink.line, 0.03)
