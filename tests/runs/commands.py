"""Runs `ferbench` as a user does, in a process of its own, and reads what it left."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import pytest

from benchmarks.cli import main
from benchmarks.protocol.names import slug
from benchmarks.store.files import json_values

TINY = """
name = "tiny"
controls = false

[data]
set = "synthetic-faces"
options = { scale = 0.1 }

[source]
set = "synthetic-faces"
options = { domain = "source", scale = 0.05 }
epochs = 1

[tuning]
trials = 3
generation = 2
rungs = [1, 2]

[fit]
epochs = 3
seeds = [0, 1]

[[variants]]
architecture = "majority"

[[variants]]
architecture = "emotionnet"

[[variants]]
architecture = "timm:resnet10t"
initialisation = "source"
input_size = 32
"""

SMALL = """
name = "small"
precision = "bfloat16"

[data]
set = "synthetic-faces"
options = { scale = 0.1 }

[tuning]
trials = 1
rungs = [1]

[fit]
epochs = 1
seeds = [3, 7]

[robustness]
images = 20

[[variants]]
architecture = "pixel-logistic"

[[variants]]
architecture = "emotionnet"

[[variants]]
architecture = "timm:resnet10t"
input_size = 32

[[variants]]
architecture = "two-faced"
"""

TWO_FACED = '''"""A torch network that answers otherwise once it is exported."""

from models.registry import BuildRequest, Network, architecture


@architecture(name="two-faced", engine="torch", summary="a test", source="a test")
def two_faced(request: BuildRequest) -> Network:
    """Return mean brightness with a head of one layer."""
    import torch

    class Brightness(torch.nn.Module):
        def forward(self, images):
            mean = images.mean(dim=(2, 3)) / 255
            return 1 - 100 * mean if torch.compiler.is_exporting() else mean

    return Network(Brightness(), torch.nn.Linear(request.image_shape[2], request.classes))
'''


def smallest(architecture: str) -> str:
    """Return the protocol of one variant that takes the least time."""
    return f"""
name = "p"
data = {{ set = "synthetic-faces", options = {{ scale = 0.05 }} }}
tuning = {{ trials = 1, rungs = [1] }}
fit = {{ epochs = 1, seeds = [0] }}
variants = [{{ architecture = "{architecture}" }}]
"""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str


def ferbench(*arguments: object, **environment: str) -> Done:
    """Run a command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def ferbench_here(*arguments: object, **environment: str) -> Done:
    """Run a command that needs no engine in this process, which spares the start of one."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
    with (
        patch.object(sys, "argv", ["ferbench", *map(str, arguments)]),
        patch.dict(os.environ, environment),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        main()
    assert isinstance(end.value.code, int)
    told, complained = (_written(stream) for stream in (out, err))
    return Done(end.value.code, told, complained)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def stop_when(condition: Callable[[], bool], signal_number: int, *arguments: object) -> int:
    """Start a command, send it the signal as soon as ``condition`` holds; return its status."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 300
    while not condition():
        assert process.poll() is None, f"ended with {process.returncode} before the moment came"
        assert time.monotonic() < deadline, "the moment to stop it never came"
        time.sleep(0.02)
    process.send_signal(signal_number)
    return process.wait(timeout=60)


def kill_when(condition: Callable[[], bool], *arguments: object) -> None:
    """Start a command and kill it, past any clean-up, as soon as ``condition`` holds."""
    assert stop_when(condition, signal.SIGKILL, *arguments) == -signal.SIGKILL


def numbers(run: Path) -> dict[str, Any]:
    """Return every number of a run that the protocol decides: trials, epochs, predictions."""
    tuning = json_values((run / "tuning.json").read_bytes())
    for trials in tuning.values():
        for trial in trials:
            del trial["seconds"]
    fits = {}
    for file in sorted(run.glob("fits/*/seed-*/fit.json")):
        fit = json.loads(file.read_text())
        predictions = pd.read_parquet(file.with_name("predictions.parquet"))
        history = pd.read_csv(file.with_name("history.csv")).drop(columns="seconds")
        fits[f"{fit['variant']} {fit['seed']}"] = {
            "key": fit["key"],
            "hyperparameters": fit["hyperparameters"],
            "best_epoch": fit["best_epoch"],
            "backbone": weights(file.parent),
            "history": history.to_dict("list"),
            "predictions": predictions.to_dict("list"),
        }
    return {"tuning": tuning, "fits": fits}


def weights(fit: Path) -> str:
    """Return the digest of a fit's backbone, or of the whole model where it has none."""
    if not (fit / "backbone.safetensors").is_file():
        return hashlib.sha256((fit / "model.safetensors").read_bytes()).hexdigest()
    return hashlib.sha256((fit / "backbone.safetensors").read_bytes()).hexdigest()


TIMM = "timm:resnet10t"


VARIANTS = ["majority", "emotionnet", f"{TIMM}.source.fine-tune@32"]


def temporary_of(run: Path) -> Path:
    """Return the temporary folder of everything that made ``run``."""
    return run.with_name(f"{run.name}-temporary")


def stored(run: Path, variant: str, split: str, seed: int = 3) -> pd.DataFrame:
    """Return the predictions of one fit for one split, in the order of rows."""
    file = run / "fits" / slug(variant) / f"seed-{seed}" / "predictions.parquet"
    table = pd.read_parquet(file)
    return table[table["split"] == split].reset_index(drop=True)
