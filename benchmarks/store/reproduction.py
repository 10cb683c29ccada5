"""How a run that was made again compares with its original: ``reproduction.json``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.errors import InputError
from benchmarks.store.contents import contents
from benchmarks.store.files import record_of, write_record
from benchmarks.store.folder import RunFolder
from datasets.files import sha256_of

Judgement = Literal["bit-identical", "equal within the stated spread", "different"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How one fit compares with its original; ``reason`` says why there is nothing to compare.

    ``accuracy`` is the original's on the test set, ``again`` the new fit's, both fractions;
    ``agreement`` is the share of test images that got the same answer, ``largest`` the largest
    difference of a probability.
    """

    variant: str
    seed: int
    judgement: Judgement
    accuracy: float
    again: float | None = None
    agreement: float | None = None
    largest: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Difference:
    """Something in which two runs are not the same, with both values: here is the new run."""

    kind: Literal["data", "code", "versions", "hardware", "tuning"]
    what: str


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """A verdict on every fit, and all that differs between the two runs.

    ``of`` is the name of the original's folder and ``manifest_digest`` its manifest's SHA-256.
    ``finished`` is ``None`` while the run is under way.
    """

    of: str
    manifest_digest: str
    finished: str | None = None
    verdicts: tuple[Verdict, ...] = ()
    differences: tuple[Difference, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether no fit is different."""
        return all(verdict.judgement != "different" for verdict in self.verdicts)

    def is_of_the_same(self, other: Reproduction) -> bool:
        """Tell whether both reproduce the same run."""
        return (self.of, self.manifest_digest) == (other.of, other.manifest_digest)


def reproduction_of(original: Path) -> Reproduction:
    """Return what is known of a reproduction of the run in ``original`` before it is made."""
    digest = sha256_of(RunFolder(original).manifest)
    return Reproduction(of=original.resolve().name, manifest_digest=digest)


def write_reproduction(folder: RunFolder, record: Reproduction) -> None:
    """Write ``reproduction.json``."""
    write_record(folder.reproduction, record)


def stored_reproduction(folder: RunFolder) -> Reproduction | None:
    """Read ``reproduction.json``; ``None`` where there is none.

    Raises ``InputError`` where it does not hold.
    """
    path = folder.reproduction
    if not path.is_file():
        return None
    known = record_of(Reproduction, contents(folder.path).json_of(path))
    if known is None:
        raise InputError(f"{path}: tells of no reproduction; give --out another folder")
    return known
