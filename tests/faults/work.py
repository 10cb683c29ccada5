"""The commands that write, each with what it needs, and what must come of it in the end."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import safe_open

from benchmarks.protocol.schema import DataChoice, Fit, Protocol, Tuning, VariantChoice
from benchmarks.store.files import json_values
from tests.faults.evidence import evidence
from tests.faults.forked import Bench

FLOOR = """
name = "floor"
controls = false
[data]
set = "synthetic-faces"
options = { scale = 0.05 }
[tuning]
trials = 2
generation = 2
rungs = [1, 2]
[fit]
epochs = 2
seeds = [0]
[robustness]
images = 10
[[variants]]
architecture = "pixel-logistic"
"""
ONE_FLOOR = Protocol(
    name="floor",
    data=DataChoice(set="synthetic-faces", options={"scale": 0.05}),
    tuning=Tuning(trials=1, generation=1, rungs=(1,)),
    fit=Fit(epochs=1, seeds=(0,)),
    variants=(VariantChoice(architecture="majority"),),
)
OTHER = FLOOR.replace("pixel-logistic", "majority")
NETWORKS = """
name = "networks"
controls = false
[data]
set = "synthetic-faces"
options = { scale = 0.05 }
[source]
set = "synthetic-faces"
options = { domain = "source", scale = 0.05 }
epochs = 1
[tuning]
trials = 1
rungs = [1]
[fit]
epochs = 2
seeds = [0]
[robustness]
images = 10
[[variants]]
architecture = "emotionnet"
initialisation = "source"
[[variants]]
architecture = "timm:resnet10t"
input_size = 32
"""
RUN = "run"


@dataclass(frozen=True)
class Work:
    """A command: what it is given, beside runs that are made, and what it came to, to compare."""

    arguments: tuple[object, ...]
    outcome: Callable[[Path], Any]
    begins_with: str = ""


def contents(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of ``folder``, without what holds times of its own."""
    own = {"tuning.journal", "digests.json", "reproduction.json", ".lock"}
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name not in own
    }


def reported(folder: Path) -> Any:
    return evidence(folder / RUN), contents(folder / "tables")


def exported(folder: Path) -> Any:
    """Return what an exported file tells and holds; the format keeps no order of the former."""
    (file,) = (folder / RUN).glob("*.safetensors")
    (card,) = (folder / RUN).glob("*.json")
    with safe_open(file, framework="np") as opened:
        tensors = {name: opened.get_tensor(name).tobytes() for name in opened.keys()}  # noqa: SIM118
        told = opened.metadata()
    values = json_values(card.read_bytes())
    assert values["file"].pop("sha256") == hashlib.sha256(file.read_bytes()).hexdigest()
    return tensors, told, values


WORK = {
    "run": Work(("run", "floor.toml", "--out", RUN, "--workers", 1), lambda at: evidence(at / RUN)),
    "report": Work(("report", RUN, "--tables", "tables"), reported, "floor"),
    "merge": Work(("merge", "floor", "other", "-o", RUN), lambda at: contents(at / RUN)),
    "add": Work(
        ("add", RUN, "--name", "theirs", "--predictions", "theirs.csv"),
        lambda at: evidence(at / RUN),
        "floor",
    ),
    "export": Work(
        ("export", "floor/pixel-logistic", "--format", "safetensors", "-o", f"{RUN}/m.safetensors"),
        exported,
        "empty",
    ),
}


def make(bench: Bench) -> None:
    """Make what commands are given: two runs of one protocol, and somebody's predictions."""
    for name, protocol in (("floor", FLOOR), ("other", OTHER)):
        (bench.here / f"{name}.toml").write_text(protocol, "utf-8")
        done = bench.run("run", f"{name}.toml", "--out", name, "--workers", 1)
        assert done.status == 0, done.err
    splits = pd.read_parquet(bench.here / "floor" / "splits.parquet")
    asked = splits[splits["split"] != "train"]
    chance = np.random.default_rng(0).dirichlet(np.ones(7), len(asked))
    names = pd.read_parquet(
        next((bench.here / "floor").glob("fits/*/*/predictions.parquet"))
    ).filter(like="p_")
    table = pd.DataFrame(chance, columns=[name.removeprefix("p_") for name in names])
    table.insert(0, "row", asked["row"].to_numpy())
    table.to_csv(bench.here / "theirs.csv", index=False)
    (bench.here / "empty").mkdir()


def bench_for(work: Work, made: Bench, place: Path) -> Bench:
    """Return a bench at ``place`` with what ``work`` is given, as if nothing had been done yet."""
    bench = Bench(place)
    given = ("floor", "other", "empty")
    for name in given if work.arguments[0] in ("merge", "export") else ():
        shutil.copytree(made.here / name, bench.here / name)
    for name in ("floor.toml", "theirs.csv"):
        shutil.copyfile(made.here / name, bench.here / name)
    if work.begins_with:
        shutil.copytree(made.here / work.begins_with, bench.here / RUN)
    if work.arguments[0] != "run":  # which makes its own, and is broken there too
        shutil.copytree(made.cache, bench.cache, dirs_exist_ok=True)
    return bench
