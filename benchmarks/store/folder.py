"""The results folder: where everything of a run stands."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock

from benchmarks.errors import InputError


def slug(variant: str) -> str:
    """Return ``variant`` as a folder name: other characters than ``A-Za-z0-9._-`` become ``-``."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", variant)


@dataclass(frozen=True)
class FitFolder:
    """The folder ``path`` of one fit, which holds its model too."""

    path: Path

    @property
    def record(self) -> Path:
        """How the training went."""
        return self.path / "fit.json"

    @property
    def history(self) -> Path:
        """A row for each epoch of the training."""
        return self.path / "history.csv"

    @property
    def predictions(self) -> Path:
        """What the fit answered for each image of validation and test."""
        return self.path / "predictions.parquet"

    @property
    def attention(self) -> Path:
        """Where the fit looks."""
        return self.path / "attention.npz"

    @property
    def robustness(self) -> Path:
        """What the fit answers to corrupted images."""
        return self.path / "robustness.parquet"


class RunFolder:
    """One results folder. Its paths are properties."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    @property
    def manifest(self) -> Path:
        """What was run, where and with what."""
        return self.path / "manifest.json"

    @property
    def status(self) -> Path:
        """Each variant's status and reason."""
        return self.path / "status.json"

    @property
    def audit(self) -> Path:
        """What is wrong with the data."""
        return self.path / "audit.json"

    @property
    def splits(self) -> Path:
        """Every image's place in the split."""
        return self.path / "splits.parquet"

    @property
    def ledger(self) -> Path:
        """Openings of the test set, costs and fallbacks, a line each."""
        return self.path / "ledger.jsonl"

    @property
    def journal(self) -> Path:
        """Optuna's journal."""
        return self.path / "tuning.journal"

    @property
    def tuning(self) -> Path:
        """Every trial of every study, as the report reads them."""
        return self.path / "tuning.json"

    @property
    def digests(self) -> Path:
        """The SHA-256 of every other file; there is none while the run is under way."""
        return self.path / "digests.json"

    @property
    def page(self) -> Path:
        """The report."""
        return self.path / "leaderboard.html"

    @property
    def reproduction(self) -> Path:
        """How a run that was made again compares with its original; of such a run alone."""
        return self.path / "reproduction.json"

    @property
    def log(self) -> Path:
        """What the libraries said."""
        return self.path / "log.txt"

    def fit(self, variant: str, seed: int) -> Path:
        """Return the folder of one fit."""
        return self.path / "fits" / slug(variant) / f"seed-{seed}"

    def attention(self, variant: str, seed: int) -> Path:
        """Return the file of where a fit looks."""
        return FitFolder(self.fit(variant, seed)).attention

    def robustness(self, variant: str, seed: int) -> Path:
        """Return the file of what a fit answers to corrupted images."""
        return FitFolder(self.fit(variant, seed)).robustness

    def scored(self) -> Iterator[Path]:
        """Yield the folder of every fit that is scored and not set aside."""
        for path in sorted(self.path.glob("fits/*/seed-*/predictions.parquet")):
            if path.parent.name.removeprefix("seed-").isdigit():
                yield path.parent

    def trained(self) -> Iterator[Path]:
        """Yield the folder of every fit, of those that were set aside too."""
        for path in sorted(self.path.glob("fits/*/seed-*/fit.json")):
            yield path.parent

    def cost(self, variant: str) -> Path:
        """Return the file of a variant's parameters, MACs and latencies."""
        return self.path / "fits" / slug(variant) / "cost.json"

    def trial(self, variant: str, number: int) -> Path:
        """Return the folder of one trial's results."""
        return self.path / "work" / slug(variant) / f"trial-{number}"

    def checkpoint(self, variant: str, course: str) -> Path:
        """Return the folder of an unfinished training's checkpoint; ``course`` names it."""
        return self.path / "work" / slug(variant) / f"checkpoint-{course}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one coordinator; raises ``InputError`` if another one has it."""
        self.path.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise InputError(
                f"{self.path}: another ferbench is working in this folder; "
                "wait for it or give --out another folder"
            ) from None
        try:
            yield
        finally:
            lock.release()

    def set_aside(self, folder: Path, key: str) -> Path:
        """Rename ``folder``, a result of other settings or code: it is kept but not used."""
        place = folder.with_name(f"{folder.name}.stale-{key[:8]}")
        if place.exists():
            shutil.rmtree(place)
        folder.rename(place)
        return place
