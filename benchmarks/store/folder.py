"""The results folder: where everything of a run stands. No other module names a file of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock

from benchmarks.errors import InputError
from benchmarks.protocol.names import slug
from datasets.files import is_half_written, remove_abandoned

SEED = "seed-"
ASIDE = ".stale-"
"""Between the name of a fit's folder and the key of its result, where it is set aside."""


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
    def backbone(self) -> Path:
        """The weights that another variant can start from, where its engine has them."""
        return self.path / "backbone.safetensors"

    @property
    def card(self) -> Path:
        """What is told of a model that is kept: what it takes, what it scored, its licence."""
        return self.path / "model-card.json"

    @property
    def attention(self) -> Path:
        """Where the fit looks."""
        return self.path / "attention.npz"

    @property
    def robustness(self) -> Path:
        """What the fit answers to corrupted images."""
        return self.path / "robustness.parquet"

    @property
    def views(self) -> Path:
        """What the fit answers on average over several views of an image."""
        return self.path / "views.parquet"

    def asked(self) -> tuple[Path, ...]:
        """Return the files that the test set was opened for, there or not."""
        return (self.predictions, self.attention, self.robustness, self.views)


@dataclass(frozen=True)
class PretrainedFolder:
    """The folder ``path`` of one backbone that was trained on the source."""

    path: Path

    @property
    def record(self) -> Path:
        """How the training went."""
        return self.path / "pretrain.json"

    @property
    def backbone(self) -> Path:
        """The weights that variants start from."""
        return self.path / "backbone.safetensors"


def run_of(fit: Path) -> Path:
    """Return the results folder that the folder ``fit`` of a fit is in."""
    return fit.parent.parent.parent


def pretrained(shared: Path, key: str) -> PretrainedFolder:
    """Return the folder of the backbone ``key`` among those that several runs may use."""
    return PretrainedFolder(shared / "pretrained" / key)


@dataclass(frozen=True)
class LaboratoryFolder:
    """The folder ``path`` of a leak laboratory, which holds a results folder for each run."""

    path: Path

    @property
    def page(self) -> Path:
        """The report."""
        return self.path / "leaks.html"

    @property
    def csv(self) -> Path:
        """What each mistake is worth, a row each."""
        return self.path / "leaks.csv"

    @property
    def json(self) -> Path:
        """The same, and the claims."""
        return self.path / "leaks.json"


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
    def votes(self) -> Path:
        """How many annotators of FER+ voted for what, of each test image."""
        return self.path / "fer-plus.parquet"

    @property
    def kept(self) -> Path:
        """How a run was kept without its labels; of such a run alone."""
        return self.path / "kept.json"

    @property
    def images(self) -> Path:
        """The images that a kept run has predictions for, in their order."""
        return self.path / "images.parquet"

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
    def csv(self) -> Path:
        """The leaderboard, a row for each variant."""
        return self.path / "leaderboard.csv"

    @property
    def json(self) -> Path:
        """The same."""
        return self.path / "leaderboard.json"

    @property
    def reproduction(self) -> Path:
        """How a run that was made again compares with its original; of such a run alone."""
        return self.path / "reproduction.json"

    @property
    def log(self) -> Path:
        """What the libraries said."""
        return self.path / "log.txt"

    @property
    def lock(self) -> Path:
        """What a command holds locked while it works in the folder."""
        return self.path / ".lock"

    @property
    def fits(self) -> Path:
        """The folder of all fits."""
        return self.path / "fits"

    @property
    def work(self) -> Path:
        """The folder of what tuning leaves, and of trainings under way."""
        return self.path / "work"

    def variant(self, variant: str) -> Path:
        """Return the folder of a variant's fits."""
        return self.fits / slug(variant)

    def fit(self, variant: str, seed: int) -> Path:
        """Return the folder of one fit."""
        return self.variant(variant) / f"{SEED}{seed}"

    def seeds(self, variant: str) -> list[int]:
        """Return the seeds of a variant's fits that are not set aside, in ascending order."""
        records = self.variant(variant).glob(f"*/{FitFolder(Path()).record}")
        return sorted(seed for file in records if (seed := _seed(file.parent)) is not None)

    def scored(self) -> Iterator[Path]:
        """Yield the folder of every fit that is scored and not set aside."""
        for path in sorted(self.fits.glob(f"*/{SEED}*/{FitFolder(Path()).predictions}")):
            if _seed(path.parent) is not None:
                yield path.parent

    def trained(self) -> Iterator[Path]:
        """Yield the folder of every fit, of those that were set aside too."""
        for path in sorted(self.fits.glob(f"*/{SEED}*/{FitFolder(Path()).record}")):
            yield path.parent

    def files(self) -> Iterator[Path]:
        """Yield every file of the folder but the lock and what a killed process had half written.

        Names that begin with a point are no exception.
        """
        for path in sorted(self.path.rglob("*")):
            parts = path.relative_to(self.path).parts
            if path.is_file() and path != self.lock and not any(map(is_half_written, parts)):
                yield path

    def _tables(self) -> tuple[Path, ...]:
        """Return what tells of the run as a whole and holds its own digest, there or not."""
        told = (self.manifest, self.status, self.audit, self.splits, self.votes, self.tuning)
        return (*told, self.kept, self.images)

    def records(self) -> Iterator[Path]:
        """Yield every file there is that holds its own digest if this version wrote it."""
        yield from (path for path in (*self._tables(), self.reproduction) if path.is_file())
        for path in sorted(self.fits.glob(f"*/{SEED}*")):
            fit = FitFolder(path)
            yield from (file for file in (fit.record, *fit.asked()) if file.is_file())
        yield from sorted(self.fits.glob("*/cost.json"))
        yield from sorted(self.work.glob("*/weights.json"))
        yield from sorted(self.work.glob("*/trial-*/rung-*.json"))

    def is_read(self, path: Path) -> bool:
        """Tell whether the page and its numbers are made of the file ``path``."""
        if path in (*self._tables(), self.ledger):
            return True
        if path.parent.parent == self.fits:
            return path == self.cost(path.parent.name)
        fit = FitFolder(path.parent)
        made = (fit.record, fit.history, *fit.asked())
        return run_of(fit.path) == self.path and _seed(fit.path) is not None and path in made

    def cost(self, variant: str) -> Path:
        """Return the file of a variant's parameters, MACs and latencies."""
        return self.variant(variant) / "cost.json"

    def weights(self, variant: str) -> Path:
        """Return the file that says whether a variant's published weights can be had."""
        return self.work / slug(variant) / "weights.json"

    def rung(self, variant: str, number: int, until: int) -> Path:
        """Return the file of a trial's result at the rung that ends at epoch ``until``."""
        return self.work / slug(variant) / f"trial-{number}" / f"rung-{until}.json"

    def checkpoint(self, variant: str, course: str) -> Path:
        """Return the folder of an unfinished training's checkpoint; ``course`` names it."""
        return self.work / slug(variant) / f"checkpoint-{course}"

    def copy_variant(self, variant: str, target: RunFolder) -> None:
        """Copy a variant's fits and cost into ``target``; what was set aside stays here."""
        if self.variant(variant).is_dir():
            shutil.copytree(self.variant(variant), target.variant(variant), ignore=_unused)

    def copy_fit(self, variant: str, seed: int, target: RunFolder) -> None:
        """Copy one fit of a variant into ``target``."""
        shutil.copytree(self.fit(variant, seed), target.fit(variant, seed), ignore=_unused)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one command, which may hold it more than once.

        What killed commands left half written is removed. Raises ``InputError`` if another one
        has it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self.lock, is_singleton=True)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise InputError(
                f"{self.path}: another ferbench is working in this folder; "
                "wait for it or give --out another folder"
            ) from None
        try:
            remove_abandoned(self.path)
            yield
        finally:
            lock.release()

    def set_aside(self, folder: Path, key: str) -> Path:
        """Rename ``folder``, a result of other settings or code: it is kept but not used."""
        place = folder.with_name(f"{folder.name}{ASIDE}{key[:8]}")
        if place.exists():
            shutil.rmtree(place)
        folder.rename(place)
        return place


def _unused(folder: str, names: list[str]) -> set[str]:
    """Return those of the ``names`` in a variant's folder that are set aside or half written."""
    return {name for name in names if ASIDE in name or is_half_written(name)}


def _seed(fit: Path) -> int | None:
    """Return the seed of the fit in the folder ``fit``; ``None`` where that is set aside."""
    seed = fit.name.removeprefix(SEED)
    return int(seed) if seed.isdigit() else None
