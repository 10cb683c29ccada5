"""Picture files: which ones are meant, what faces are in them, what the model answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.use.faces import Box, FaceFinder, FoundFace, faces_in
from benchmarks.use.predictor import PredictorProcess
from datasets.files import read_given
from datasets.reading.images import decode
from datasets.reading.listing import list_images
from datasets.reading.trees import MOST_BYTES, Tree, open_tree
from datasets.records import DataError

BATCH = 64
SAVED = ".predicted"
Warn = Callable[[str], None]


@dataclass(frozen=True)
class File:
    """A picture file; ``name`` is its place below what the user named."""

    path: Path
    name: Path


@dataclass(frozen=True, eq=False)
class FaceAnswer:
    """What the model says of one face; ``probabilities`` are float64, K, in class order."""

    box: Box | None
    probabilities: NDArray[np.float64]

    def best(self, class_names: tuple[str, ...]) -> str:
        """Return the most probable class."""
        return class_names[int(self.probabilities.argmax())]


def list_files(paths: Iterable[Path], warn: Warn) -> list[File]:
    """Return the files among ``paths`` and the pictures in the folders among them, recursively.

    What is a picture is decided as for a data set. Hidden files and annotated copies in folders
    are left out. A path that does not exist, a folder without pictures and files in one that cannot
    be read are told to ``warn``.
    """
    files: list[File] = []
    for path in paths:
        if path.is_dir():
            with open_tree(path) as tree:
                found = list(_pictures(path, tree, warn))
            files += found
            if not found:
                warn(f"{path}: no pictures in it")
        elif path.exists():
            files.append(File(path, Path(path.name)))
        else:
            warn(f"{path}: no such file or folder")
    return files


def answers(
    files: Iterable[File],
    predictor: PredictorProcess,
    shape: tuple[int, int, int],
    finder: FaceFinder | None,
    warn: Warn,
) -> Iterator[tuple[File, list[FaceAnswer]]]:
    """Yield each readable file that holds a face with the model's answers, largest face first.

    A file that cannot be read, or in which no face is found, is told to ``warn``.
    """
    waiting: list[tuple[File, list[FoundFace]]] = []
    for file in files:
        try:
            faces = faces_in(read(file.path, shape[2]), shape, finder)
        except DataError as error:
            warn(str(error))
            continue
        if not faces:
            warn(f"{file.path}: no face found; --whole takes pictures as they are")
            continue
        waiting.append((file, faces))
        if sum(len(faces) for _, faces in waiting) >= BATCH:
            yield from _answered(waiting, predictor)
            waiting = []
    yield from _answered(waiting, predictor)


def read(path: Path, channels: int) -> NDArray[np.uint8]:
    """Decode a picture file as the data sets do; raises ``DataError`` naming it."""
    return decode(read_given(path, MOST_BYTES), str(path), channels)


def answer_faces(faces: list[FoundFace], predictor: PredictorProcess) -> list[FaceAnswer]:
    """Return the model's answer to each face."""
    if not faces:
        return []
    probabilities = predictor.predict(np.stack([face.pixels for face in faces]))
    return [FaceAnswer(face.box, row) for face, row in zip(faces, probabilities, strict=True)]


def _answered(
    waiting: list[tuple[File, list[FoundFace]]], predictor: PredictorProcess
) -> Iterator[tuple[File, list[FaceAnswer]]]:
    found = iter(answer_faces([face for _, faces in waiting for face in faces], predictor))
    for file, faces in waiting:
        yield file, [next(found) for _ in faces]


def _pictures(folder: Path, tree: Tree, warn: Warn) -> Iterator[File]:
    listing = list_images(tree)
    for other in listing.others:
        if other.kind == "unreadable":
            warn(f"{folder / other.path}: cannot be read: {other.reason}")
    for name in listing.images:
        if not Path(name).stem.endswith(SAVED):
            yield File(folder / tree.origin(name), Path(name))
