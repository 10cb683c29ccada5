"""Small data sets of drawn noise, written in the layouts that users bring."""

from __future__ import annotations

import csv
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.cache.digests import rows_digest
from datasets.reading.images import image_id
from datasets.records import DataSet, Provenance, Split
from datasets.splits import make_split

EMOTIONS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
CSV_CODES = {"angry": 0, "disgust": 1, "fear": 2, "happy": 3, "sad": 4, "surprise": 5, "neutral": 6}
Image = NDArray[np.uint8]


def noise(seed: int, *, size: tuple[int, int] = (48, 48), channels: int = 1) -> Image:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 6, channels), dtype=np.uint8)
    drawn = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(drawn, dtype=np.uint8).reshape(*size, channels)


def write_image(file: Path, image: Image) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(file), image[..., ::-1] if image.shape[2] == 3 else image)


def fer2013_images(per_class: int = 2) -> dict[tuple[str, str, int], Image]:
    """(usage, emotion, number) → image."""
    keys = [
        (usage, emotion, number)
        for usage in ("Training", "PublicTest", "PrivateTest")
        for emotion in EMOTIONS
        for number in range(per_class)
    ]
    return {key: noise(seed) for seed, key in enumerate(keys)}


def write_fer2013_folder(folder: Path, suffix: str = ".png", *, prefixes: bool = True) -> Path:
    for (usage, emotion, number), image in fer2013_images().items():
        split = "train" if usage == "Training" else "test"
        name = f"{usage}_{number}" if prefixes else f"{usage[:4].lower()}{number}"
        write_image(folder / split / emotion / f"{name}{suffix}", image)
    return folder


def write_fer2013_csv(file: Path, header: Iterable[str] = ("emotion", "pixels", "Usage")) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as opened:
        table = csv.writer(opened)
        table.writerow(header)
        for (usage, emotion, _), image in fer2013_images().items():
            table.writerow([CSV_CODES[emotion], " ".join(map(str, image.ravel())), usage])
    return file


def zipped(folder: Path) -> Path:
    file = folder.with_name(folder.name + ".zip")
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent))
    return file


def tarred(folder: Path) -> Path:
    file = folder.with_name(folder.name + ".tar.gz")
    with tarfile.open(file, "w:gz") as archive:
        archive.add(folder, folder.name)
    return file


def write_classes(folder: Path, counts: Mapping[str, int], **drawing: object) -> Path:
    for offset, (name, count) in enumerate(counts.items()):
        for number in range(count):
            image = noise(1000 * offset + number, **drawing)  # type: ignore[arg-type]
            write_image(folder / name / f"{number}.png", image)
    return folder


def in_memory(labels: list[int], split: list[str], pictures: list[int]) -> DataSet:
    """A data set of 1×2 images; equal ``pictures`` have equal pixels."""
    images = np.array([[[[p // 256], [p % 256]]] for p in pictures], dtype=np.uint8)
    names = tuple(f"class-{label}" for label in range(max(labels) + 1))
    ids = [image_id(image) for image in images]
    paths = [f"{row}.png" for row in range(len(labels))]
    rows = list(zip(ids, labels, paths, split, strict=True))
    return DataSet(
        name="in-memory",
        images=images,
        labels=np.array(labels, dtype=np.int64),
        class_names=names,
        image_ids=np.array(ids),
        paths=np.array(paths),
        split=np.array(split, dtype="U10"),
        subjects=np.full(len(labels), ""),
        provenance=Provenance("unofficial"),
        digest=rows_digest(names, rows),
    )


def prepared() -> tuple[DataSet, Split]:
    """Return a small data set in memory and its split."""
    labels = [0, 1] * 6 + [1, 0] + [0, 1, 1]
    split = ["train"] * 12 + ["validation"] * 2 + ["test"] * 3
    data = in_memory(labels, split, list(range(len(labels))))
    return data, make_split(data, seed=0)


def flip(file: Path) -> None:
    """Change one bit of a file."""
    content = bytearray(file.read_bytes())
    content[-len(content) // 3] ^= 1
    file.write_bytes(content)
