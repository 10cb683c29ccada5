"""The models of a run, one of them loaded at a time, for whoever asks next."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.evaluation.fitted import ChosenFit, fit_of, usable
from benchmarks.machine.console import Console
from benchmarks.use.faces import FaceFinder, FoundFace, faces_in
from benchmarks.use.formats import AnswerRecord, answer_record
from benchmarks.use.pictures import FaceAnswer, answer_faces
from benchmarks.use.predictor import PredictorProcess
from benchmarks.use.starting import start
from datasets.reading.images import decode, header
from datasets.records import DataError
from models.registry import ModelError

MOST_PIXELS = 50_000_000


@dataclass(frozen=True)
class PictureAnswer:
    """What a model sees in a picture, whose size is that after its EXIF orientation."""

    width: int
    height: int
    faces: Sequence[AnswerRecord]


class Models:
    """Answers pictures with any variant of a run; `close` ends the last worker.

    Several threads may ask: they are answered one after another.
    """

    def __init__(self, first: ChosenFit, plugins: tuple[Path, ...], console: Console) -> None:
        self.first = first
        self.names = usable(first.run, first.manifest)
        self._plugins, self._console = plugins, console
        self._finder = FaceFinder()
        self._lock = threading.Lock()
        self._loaded: tuple[str, PredictorProcess] | None = None
        self._predictor(first.variant.name)

    def answer(self, content: bytes, variant: str, *, whole: bool) -> PictureAnswer:
        """Return what ``variant`` sees in the picture file ``content``.

        Raises ``InputError`` for an unknown variant, ``DataError`` for what is no picture or too
        large, ``ModelError`` for a model that cannot be used.
        """
        if variant not in self.names:
            raise InputError(f"no variant {variant!r} with a model in this run")
        shape = self.first.image_shape
        with self._lock:
            _refuse_large(content)
            picture = decode(content, "this file", shape[2])
            faces = faces_in(picture, shape, None if whole else self._finder)
            answers = self._answers(variant, faces)
        names = self.first.class_names
        height, width = picture.shape[:2]
        return PictureAnswer(width, height, [answer_record(each, names) for each in answers])

    def close(self) -> None:
        """End the worker."""
        if self._loaded is not None:
            self._loaded[1].close()
            self._loaded = None

    def _answers(self, variant: str, faces: list[FoundFace]) -> list[FaceAnswer]:
        """Ask the variant's model; one that failed is loaded afresh the next time."""
        try:
            return answer_faces(faces, self._predictor(variant))
        except ModelError:
            self.close()
            raise

    def _predictor(self, variant: str) -> PredictorProcess:
        if self._loaded is None or self._loaded[0] != variant:
            self.close()
            chosen = (
                self.first
                if variant == self.first.variant.name
                else fit_of(self.first.run, self.first.manifest, variant, "as asked")
            )
            self._loaded = (variant, start(chosen, self._plugins, self._console))
        return self._loaded[1]


def _refuse_large(content: bytes) -> None:
    """Refuse a picture by its header, before its pixels could fill the memory."""
    (height, width), _ = header(content, "this file")
    if height * width > MOST_PIXELS:
        raise DataError(
            f"a picture of {width}×{height} is too large here; "
            f"the most is {MOST_PIXELS // 1_000_000} megapixels"
        )
