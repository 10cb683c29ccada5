"""Draws trees of images as people have them, and knows what it wrote."""

from __future__ import annotations

import io
import os
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

SIDE = 10
EXACT = {".png": "PNG", ".PNG": "PNG", ".bmp": "BMP", ".tiff": "TIFF", ".TIF": "TIFF", "": "PNG"}
"""Suffixes of images that decode to the pixels that were written, and their formats."""
LOSSY = {".jpg": "JPEG", ".JPG": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG"}
OTHERS = {"README.md": b"about\n", "labels": b"\x00\x01\x02 no image", "run.py": b"print()\n"}
CLASSES = (
    ("angry", "happy", "sad"),
    ("Angry", "Fear", "Happy", "Neutral"),
    ("0_angry", "1_disgust", "2_fear"),
    ("dégoût", "joie", "colère"),
    ("喜び", "怒り"),
    ("no smile", "smile"),
)
WORDS = (
    ("train", "test", "val"),
    ("Training", "PrivateTest", "PublicTest"),
    ("TRAIN", "TEST", "VALID"),
    ("FER2013Train", "FER2013Test", "FER2013Valid"),
    ("train_set", "test_set", "validation_set"),
    ("training", "testing", "dev"),
)
TRAPS = ("empty split", "split without classes", "unknown sibling", "broken link")


@dataclass(frozen=True)
class Written:
    """An image file: its class, the split of its folder, and its pixels where they are exact."""

    class_name: str
    split: str
    pixels: np.ndarray | None
    damaged: bool


@dataclass(frozen=True)
class Drawn:
    """A tree in a folder: its image files by their names (unique in it), and what is in its way.

    ``trap`` is a fault for which the whole must be refused; ``splits`` are those it gives.
    """

    root: Path
    images: dict[str, Written]
    splits: tuple[str, ...]
    trap: str

    @property
    def readable(self) -> dict[str, Written]:
        """The images that are whole."""
        return {name: one for name, one in self.images.items() if not one.damaged}


def draw(place: Path, seed: int) -> Drawn:
    """Draw a tree below ``place``: layout, names, suffixes, links, damage and other files."""
    rng = Random(seed)
    root = place / "tree"
    classes, words = rng.choice(CLASSES), rng.choice(WORDS)
    splits = rng.choice(((), ("train", "test"), ("train", "test", "validation")))
    trap = rng.choice(TRAPS) if splits and rng.random() < 0.2 else ""
    top = root / rng.choice(("", "data", "archive/images"))
    folder_of = dict(zip(("train", "test", "validation"), words, strict=True))
    images: dict[str, Written] = {}
    for split in splits or ("",):
        for name in classes:
            spelt = rng.choice((str, _decomposed))(name)
            folder = top / folder_of.get(split, "") / spelt
            folder.mkdir(parents=True)
            for _ in range(rng.randint(4, 7) if split in ("test", "validation") else 15):
                written, file = _image(rng, folder, len(images), name, split)
                images[file] = written
    _damage(rng, top, images)
    _others(rng, root)
    _link(rng, place, top)
    if trap:
        _set(rng, trap, top / folder_of["test"], place / "aside", classes)
    return Drawn(root, images, splits, trap)


def _decomposed(name: str) -> str:
    return unicodedata.normalize("NFD", name)


def _image(
    rng: Random, folder: Path, number: int, class_name: str, split: str
) -> tuple[Written, str]:
    pixels = np.random.default_rng(rng.randrange(2**32)).integers(0, 256, (SIDE, SIDE), np.uint8)
    suffix = rng.choice((*EXACT, *LOSSY))
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, (EXACT | LOSSY)[suffix])
    name = f"{rng.choice(('im', 'Ünï', 'a b', '写'))}{number:04}{suffix}"
    (folder / name).write_bytes(content.getvalue())
    return Written(class_name, split, pixels if suffix in EXACT else None, False), name


def _damage(rng: Random, top: Path, images: dict[str, Written]) -> None:
    """Spoil up to two files of training, so that every class still has enough."""
    spoilable = sorted(name for name, one in images.items() if one.split in ("", "train"))
    where = {file.name: file for file in top.rglob("*") if file.is_file()}
    for name in rng.sample(spoilable, rng.randint(0, 2)):
        if name.endswith(tuple("0123456789")):
            continue
        content = where[name].read_bytes()
        spoilt = rng.choice((content[: len(content) // 2], b"", b"<html>not found</html>"))
        where[name].write_bytes(spoilt)
        one = images[name]
        images[name] = Written(one.class_name, one.split, None, True)


def _others(rng: Random, root: Path) -> None:
    for name in rng.sample(sorted(OTHERS), rng.randint(0, len(OTHERS))):
        (root / name).write_bytes(OTHERS[name])


def _link(rng: Random, place: Path, top: Path) -> None:
    """Put some folder or some files elsewhere and link to them, softly or hard."""
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    how = rng.choice(("none", "folder", "files", "hard"))
    folders = sorted({file.parent for file in top.rglob("*") if file.is_file()} - {top})
    if how == "folder":
        moved = rng.choice(folders)
        target = elsewhere / "folder"
        moved.rename(target)
        moved.symlink_to(target, target_is_directory=True)
    elif how != "none":
        for file in rng.sample(sorted(f for f in top.rglob("*") if f.is_file()), 5):
            target = elsewhere / file.name
            file.rename(target)
            if how == "hard":
                os.link(target, file)
            else:
                file.symlink_to(target)


def _set(rng: Random, trap: str, test: Path, aside: Path, classes: tuple[str, ...]) -> None:
    if trap == "unknown sibling":
        for name in classes:
            folder = test.with_name("holdout") / name
            folder.mkdir(parents=True)
            picture = np.full((SIDE, SIDE), rng.randrange(256), np.uint8)
            Image.fromarray(picture).save(folder / "x.png")
        return
    test.rename(aside)
    if trap == "broken link":
        test.symlink_to(aside.with_name("nowhere"), target_is_directory=True)
        return
    test.mkdir()
    if trap == "split without classes":
        for file in sorted(f for f in aside.rglob("*") if f.is_file())[:5]:
            (test / file.name).write_bytes(file.read_bytes())


def archives(drawn: Drawn, place: Path, seed: int) -> Iterator[Path]:
    """Write the tree as a zip and as a tar, each in one of its kinds; links are followed."""
    rng = Random(seed)
    files = sorted(Path(top) / name for top, _, names in _walk(drawn.root) for name in names)
    zipped = place / rng.choice(("data.zip", "data"))
    with zipfile.ZipFile(zipped, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as z:
        for file in files:
            z.write(file, file.relative_to(drawn.root).as_posix())
    yield zipped
    kind = rng.choice(("", "gz", "bz2", "xz"))
    tarred = place / rng.choice((f"data.tar.{kind}" if kind else "data.tar", "packed"))
    opened: Callable[..., tarfile.TarFile] = tarfile.open
    with opened(tarred, f"w:{kind}", dereference=rng.random() < 0.5) as tar:
        for file in files:
            inside = file.relative_to(drawn.root).as_posix()
            if file.is_symlink() and not tar.dereference:
                tar.add(file.resolve(), inside)
            else:
                tar.add(file, inside)
    yield tarred


def _walk(root: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    return os.walk(root, followlinks=True)
