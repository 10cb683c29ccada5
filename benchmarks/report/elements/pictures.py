"""The pictures on a page: small tiles, all in two sprites, one of photographs and one of maps."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

import cv2
import matplotlib
import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from benchmarks.store.records import Manifest
from datasets.cache.packs import Packs, Part, open_part, stored_packs
from datasets.reading.images import Pixels
from datasets.records import SplitName

LONGEST = 64
"""Pixels of a tile's longer side; larger images are made smaller."""
COLUMNS = 24
SHADES = 24
OPAQUE = 0.7
MARKED = re.compile(r"<!--pictures-->.*?<!--/pictures-->", re.DOTALL)
NAMED = '<meta name="ferbench-single-images" content="yes">'
CLAIM = re.compile(r'<meta name="ferbench-pictures" content="(yes|no)">')


@dataclass(frozen=True)
class Tile:
    """One picture of the page: its place in the sprite, told in widths of a tile.

    ``heat`` is the place of a map that lies over it. ``alternative`` says the same in words;
    ``caption`` is shown below, ``wrong`` marks a wrong answer.
    """

    photo: str
    alternative: str
    caption: str = ""
    heat: str = ""
    wrong: bool = False


@dataclass
class _Sprite:
    """Tiles of one shape, height × width, each with a border of a pixel against bleeding."""

    name: str
    tiles: list[Pixels] = field(default_factory=list)
    places: dict[object, str] = field(default_factory=dict)

    def add(self, key: object, tile: Pixels) -> str:
        """Return the style that shows ``tile``; the same ``key`` is stored once."""
        if key not in self.places:
            down, across = divmod(len(self.tiles), COLUMNS)
            height, width = tile.shape[:2]
            x, y = (across * (width + 2) + 1) / width, (down * (height + 2) + 1) / width
            self.places[key] = f"--{self.name}-x:{x:.4f};--{self.name}-y:{y:.4f}"
            self.tiles.append(tile)
        return self.places[key]

    def style(self) -> str:
        """Return the rule that gives every tile its picture."""
        height, width = self.tiles[0].shape[:2]
        bordered = [cv2.copyMakeBorder(t, 1, 1, 1, 1, cv2.BORDER_REPLICATE) for t in self.tiles]
        blank = np.zeros_like(bordered[0])
        bordered += [blank] * (-len(bordered) % COLUMNS)
        rows = [np.hstack(bordered[i : i + COLUMNS]) for i in range(0, len(bordered), COLUMNS)]
        png = cv2.imencode(".png", np.vstack(rows), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1]
        data = base64.b64encode(png.tobytes()).decode()
        wide = COLUMNS * (width + 2) / width
        return (
            f".{self.name}{{background-image:url(data:image/png;base64,{data});"
            f"--{self.name}-wide:{wide:.4f};aspect-ratio:{width}/{height}}}"
        )


class ImageSheet:
    """Collects the pictures of a page; without packs it is closed and holds none."""

    def __init__(self, packs: Packs | None) -> None:
        self._packs = packs
        self._photos, self._heats = _Sprite("photo"), _Sprite("heat")
        self._parts: dict[SplitName, Part] = {}

    @property
    def open(self) -> bool:
        """Whether there are pictures to show."""
        return self._packs is not None

    def part(self, split: SplitName) -> Part:
        """Return a split with its images; only an open album has any."""
        assert self._packs is not None
        if split not in self._parts:
            folder = self._packs.sealed if split == "test" else self._packs.training
            self._parts[split] = open_part(folder, split)
        return self._parts[split]

    def image(self, split: SplitName, row: int) -> Pixels:
        """Return the image that stands in ``row`` of the split's table."""
        part = self.part(split)
        return np.asarray(part.images[int(np.searchsorted(part.rows["row"], row))])

    def stored(self, split: SplitName, row: int) -> str:
        """Return the style that shows the image in ``row``."""
        return self._photos.add((split, row), tile_of(self.image(split, row)))

    def made(self, key: object, image: Pixels) -> str:
        """Return the style that shows ``image``, which is named by ``key``."""
        return self._photos.add(key, tile_of(image))

    def heat(self, key: object, heat: NDArray[np.float64]) -> str:
        """Return the style that lays a map, h×w in [0, 1], over a photograph."""
        assert self._photos.tiles, "a map lies over a photograph"
        height, width = self._photos.tiles[0].shape[:2]
        size = (max(1, width // 2), max(1, height // 2))
        return self._heats.add(key, coloured(cv2.resize(heat, size)))

    def style(self) -> Markup:
        """Return the rules that hold the pictures; they are ours and safe."""
        filled = [sprite for sprite in (self._photos, self._heats) if sprite.tiles]
        return Markup("\n".join(sprite.style() for sprite in filled))


def album_of(manifest: Manifest, images: bool) -> ImageSheet:
    """Return an album of a run's data: open if ``images`` and the cache has them decoded."""
    split = manifest.split
    return ImageSheet(stored_packs(split.training_digest, split.digest) if images else None)


def claims_pictures(page: str) -> bool:
    """Tell whether a stored page says that it has pictures."""
    found = CLAIM.search(page)
    return found is not None and found[1] == "yes"


def names_images(page: str) -> bool:
    """Tell whether a stored page says that it names single images."""
    return NAMED in page


def sprites(page: str) -> str:
    """Return the part of a page that holds its pictures, empty where there is none."""
    found = MARKED.search(page)
    return found[0] if found else ""


def without_pictures(page: str) -> str:
    """Return ``page`` without what is marked as pictures, and without saying if it has any."""
    return CLAIM.sub("", MARKED.sub("", page))


def tile_of(image: Pixels) -> Pixels:
    """Return an image, H×W×C, as OpenCV writes it: grey or blue-green-red, and not large."""
    plain = image[:, :, 0] if image.shape[2] == 1 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    scale = LONGEST / max(plain.shape[:2])
    if scale < 1:
        size = (max(1, round(plain.shape[1] * scale)), max(1, round(plain.shape[0] * scale)))
        plain = cv2.resize(plain, size, interpolation=cv2.INTER_AREA)
    return np.asarray(plain, np.uint8)


def coloured(heat: NDArray[np.float64]) -> Pixels:
    """Return a map, h×w in [0, 1], in viridis and more opaque where it is larger: BGRA."""
    steps = np.rint(heat.clip(0, 1) * (SHADES - 1)) / (SHADES - 1)
    colours = matplotlib.colormaps["viridis"](steps)
    colours[:, :, 3] = OPAQUE * steps
    return np.asarray(np.rint(255 * colours[:, :, [2, 1, 0, 3]]), np.uint8)
