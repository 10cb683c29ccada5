"""Frames of a camera or a video file, with the time at which each was taken."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.errors import InputError
from datasets.reading.images import Pixels

FRAMES_PER_SECOND = 10


@dataclass(frozen=True, eq=False)
class Frame:
    """``seconds`` since the start; ``pixels`` uint8 H×W×C, C 1 (grey) or 3 (RGB)."""

    seconds: float
    pixels: Pixels


class Camera:
    """A camera, named by its number, or a video file; `close` lets go of it.

    Raises ``InputError`` where it cannot be opened.
    """

    def __init__(self, source: str) -> None:
        self._name = f"camera {source}" if source.isdecimal() else source
        self._live = source.isdecimal()
        if not self._live and not Path(source).is_file():
            raise InputError(f"{source}: no such video file; a camera is named by its number")
        _silence()
        self._capture = cv2.VideoCapture(int(source) if self._live else source)
        if not self._capture.isOpened():
            self._capture.release()
            reason = (
                "cannot be opened; is it plugged in, and used by no other program? --camera takes "
                "another number, or a video file"
                if self._live
                else "not a video that OpenCV can read; convert it to .mp4"
            )
            raise InputError(f"{self._name}: {reason}")
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def frames(self, channels: int) -> Iterator[Frame]:
        """Yield up to ten frames a second; those between are skipped.

        A file is read as fast as its frames are taken. A camera that stops giving frames
        raises ``InputError``; a file ends.
        """
        started, due, number = time.monotonic(), 0.0, 0
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        while self._capture.grab():
            seconds = time.monotonic() - started if self._live else _position(number, rate)
            number += 1
            if seconds + 1e-6 < due:
                continue
            due = max(due + 1 / FRAMES_PER_SECOND, seconds)
            good, picture = self._capture.retrieve()
            if good:
                yield Frame(seconds, _converted(picture, channels))
        if self._live or not number:
            raise InputError(f"{self._name}: gives no picture" + " any more" * bool(number))

    def close(self) -> None:
        """Let go of the camera or file."""
        self._capture.release()


def _position(number: int, rate: float) -> float:
    """Return a frame's time in a file; one that does not tell its rate is taken for 25 a second."""
    return number / (rate if 0 < rate < 1000 else 25.0)


def _converted(picture: Pixels, channels: int) -> Pixels:
    """Turn OpenCV's BGR (or a grey camera's picture) into grey or RGB."""
    if picture.ndim == 2:
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    wanted = cv2.COLOR_BGR2GRAY if channels == 1 else cv2.COLOR_BGR2RGB
    converted = cv2.cvtColor(picture, wanted)
    return np.asarray(converted.reshape(*converted.shape[:2], channels), np.uint8)


def _silence() -> None:
    """Keep OpenCV and FFmpeg from writing to the terminal."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
