"""What two runs of one protocol must agree in to the bit, and what none may leave behind."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import filelock
import pandas as pd
import psutil

from benchmarks.store.files import json_values, values_of
from benchmarks.store.folder import RunFolder
from benchmarks.store.ledger import damaged_lines, openings, read_ledger
from benchmarks.store.reading import read_run
from benchmarks.store.records import Fallback, TestOpened
from tests.faults.forked import Bench

TIMES = re.compile(r"seconds|latency|peak_memory|per_second|time")
"""How what a machine decides is called in tables and records."""
WHOLE = ("predictions.parquet", "backbone.safetensors", "model.safetensors", "model.json")


def evidence(run: Path) -> dict[str, Any]:
    """Return all of a finished run that the protocol decides, files by their digests."""
    files = {
        str(file.relative_to(run)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (run / "splits.parquet", *sorted(run.glob("fits/*/*/*")))
        if file.name in (*WHOLE, "splits.parquet")
    }
    board = pd.read_csv(run / "leaderboard.csv")
    return {
        "files": files,
        "status": json_values((run / "status.json").read_bytes()),
        "tuning": _timeless(json_values((run / "tuning.json").read_bytes())),
        "audit": json_values((run / "audit.json").read_bytes()),
        "board": board[[name for name in board if not TIMES.search(name)]].to_csv(),
        "answers": {
            str(file.relative_to(run)): pd.read_parquet(file).to_csv()
            for file in sorted(run.glob("fits/*/*/robustness.parquet"))
        },
        "spent": _spent(run),
        "openings": {(o.variant, o.seed, o.purpose, o.key) for o in openings(read_run(run))},
        "scorings": {opening.scoring for opening in openings(read_run(run))},
    }


def _timeless(values: Any) -> Any:
    if isinstance(values, dict):
        return {k: _timeless(v) for k, v in values.items() if not TIMES.search(k)}
    return [_timeless(value) for value in values] if isinstance(values, list) else values


def _spent(run: Path) -> Counter[str]:
    """Count the ledger's events but openings; one that is there twice was spent twice.

    What it tells of workers that died until their job was given up spent nothing.
    """
    events = read_ledger(run / "ledger.jsonl")
    others = (event for event in events if not isinstance(event, TestOpened | Fallback))
    return Counter(str(sorted(_timeless(values_of(event)).items())) for event in others)


def left_behind(bench: Bench, *runs: Path) -> list[str]:
    """Say what commands left anywhere, and what is not in order in the results folders ``runs``."""
    found = [str(path) for path in bench.temporary.rglob("*")]
    for folder in (bench.here, bench.cache):
        half = (path for path in folder.rglob("*") if path.name.startswith(".") and path.is_dir())
        found += [
            str(path) for path in (*folder.rglob("*.half"), *folder.rglob("*.partial"), *half)
        ]
    for run in runs:
        if RunFolder(run).ledger.exists():
            found += [f"{run}: line {n} of its ledger" for n in damaged_lines(run / "ledger.jsonl")]
            found += [str(path) for path in run.glob("tuning.journal.lock*")]
            found += [str(path) for path in run.glob("work/*/checkpoint-*")]
            found += [f"{run}: locked"] * _is_locked(run)
    return sorted(set(found))


def _is_locked(run: Path) -> bool:
    lock = filelock.FileLock(RunFolder(run).lock)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return True
    lock.release()
    return False


def stray(bench: Bench) -> list[psutil.Process]:
    """Return the processes that commands of ``bench`` left, after a moment in which they end."""
    return psutil.wait_procs(list(_started(bench)), timeout=15)[1]


def _started(bench: Bench) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("TMPDIR", "").startswith(str(bench.temporary)):
                yield process
