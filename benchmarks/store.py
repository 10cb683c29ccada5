"""The results folder: where everything of a run stands, and how it gets there whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import filelock
import numpy as np
import pandas as pd

from benchmarks.errors import InputError


def slug(variant: str) -> str:
    """Return ``variant`` as a folder name: other characters than ``A-Za-z0-9._-`` become ``-``."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", variant)


def now() -> str:
    """Return the present time, UTC, as ISO 8601 with seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside ``path`` that takes its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path`` that takes its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        yield temporary
        temporary.chmod(0o755)
        if path.exists():
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as JSON, whole or not at all."""
    with replacing(path) as temporary:
        text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", "utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file of the results folder; ``None`` where there is none or it is damaged."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return None


def append_line(path: Path, record: Mapping[str, Any]) -> None:
    """Append one JSON line and see it onto the disk; a line cut off by a kill is closed first."""
    line = json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
    with path.open("a+b") as file:
        if file.tell() and not _ends_with_newline(file):
            line = "\n" + line
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())


def record_opening(ledger: Path, *, variant: str, seed: int, key: str, purpose: str) -> None:
    """Say in ``ledger`` that the test set is opened now for one fit, whose key is ``key``."""
    opened = {"variant": variant, "seed": seed, "key": key, "purpose": purpose}
    append_line(ledger, {"event": "test-opened", "time": now(), **opened})


def _ends_with_newline(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


class RunFolder:
    """One results folder. Paths are properties; reading and writing are the methods' business."""

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
    def log(self) -> Path:
        """What the libraries said."""
        return self.path / "log.txt"

    def fit(self, variant: str, seed: int) -> Path:
        """Return the folder of one fit."""
        return self.path / "fits" / slug(variant) / f"seed-{seed}"

    def attention(self, variant: str, seed: int) -> Path:
        """Return the file of where a fit looks."""
        return self.fit(variant, seed) / "attention.npz"

    def robustness(self, variant: str, seed: int) -> Path:
        """Return the file of what a fit answers to corrupted images."""
        return self.fit(variant, seed) / "robustness.parquet"

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


class Ledger:
    """The ledger of a run: one line for an event, and one event once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = {self._identity(line) for line in read_ledger(path)}

    @staticmethod
    def _identity(line: Mapping[str, Any]) -> tuple[Any, ...]:
        return line.get("event"), line.get("variant"), line.get("key"), line.get("state")

    def record(self, event: str, **facts: Any) -> None:
        """Append the event unless a line of the same event, variant, key and state is there."""
        line = {"event": event, "time": now(), **facts}
        if self._identity(line) not in self._seen:
            self._seen.add(self._identity(line))
            append_line(self._path, line)


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """Return the ledger's lines; one that a kill cut off, or that is damaged, is left out."""
    if not path.is_file():
        return []
    lines = []
    for line in path.read_text("utf-8", "replace").split("\n"):
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(record, dict):
            lines.append(record)
    return lines


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet, whole or not at all; its ``attrs`` are kept."""
    with replacing(path) as temporary:
        table.to_parquet(temporary, index=False)


def stored_key(path: Path) -> str | None:
    """Return the key with which predictions were written, or ``None``."""
    key = table_attributes(path).get("key")
    return key if isinstance(key, str) else None


def table_attributes(path: Path) -> dict[str, Any]:
    """Return the ``attrs`` that `write_table` kept; empty where there is no whole table."""
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
        attributes = json.loads(metadata.get(b"PANDAS_ATTRS", b"{}"))
    except (OSError, ValueError):
        return {}
    return attributes if isinstance(attributes, dict) else {}


def write_arrays(path: Path, arrays: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
    """Write arrays and JSON attributes as NumPy's ``.npz``, whole or not at all."""
    text = json.dumps(attributes, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays, attributes=np.array(text))


def array_attributes(path: Path) -> dict[str, Any]:
    """Return the attributes that `write_arrays` kept; empty where there is no whole file."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            attributes = json.loads(str(archive["attributes"]))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return {}
    return attributes if isinstance(attributes, dict) else {}
