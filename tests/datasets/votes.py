"""Small tables of FER+ votes, for the images of `samples.write_fer2013_csv`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from datasets.reading.fer_plus import COLUMNS
from tests.datasets import samples

HEADER = (
    "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
)
PLACES = {"angry": 4, "disgust": 5, "fear": 6, "happy": 1, "neutral": 0, "sad": 3, "surprise": 2}


def ballot(**counts: int) -> list[int]:
    return [counts.get(column, 0) for column in COLUMNS]


def agreeing(most: int = 9, others: str = "unknown") -> list[list[int]]:
    """Votes of ten: ``most`` for each small image's own class, the rest for another column."""
    return [
        [
            most * (place == PLACES[emotion]) + (10 - most) * (column == others)
            for place, column in enumerate(COLUMNS)
        ]
        for _, emotion, _ in samples.fer2013_images()
    ]


def write_votes(file: Path, ballots: Sequence[Sequence[int]], header: str = HEADER) -> Path:
    usages = [usage for usage, _, _ in samples.fer2013_images()]
    lines = [
        ",".join([usage, f"fer{row:07d}.png", *map(str, each)])
        for row, (usage, each) in enumerate(zip(usages, ballots, strict=False))
    ]
    file.write_text("\n".join([header, *lines]) + "\n")
    return file
