"""Builds results folders with random but plausible predictions."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.protocol.canonical import digest
from benchmarks.protocol.schema import decisive
from benchmarks.store.files import write_table
from benchmarks.store.folder import slug
from benchmarks.store.keys import measure_key, score_key
from datasets.digests import rows_digest

HOSTILE = "<script>document.title='taken'</script>"
EXPRESSIONS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
SPACE = {
    "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "dropout": {"low": 0.0, "high": 0.6, "log": False},
    "optimizer": {"values": ["adam", "sgd"]},
}
DEFAULTS = {"learning_rate": 1e-3, "dropout": 0.5, "optimizer": "adam"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One variant to invent: how good it is, or why it has no fits."""

    name: str
    skill: float = 0.6
    status: str = "ok"
    reason: str = ""
    engine: str = "keras"
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def manifest(self) -> dict[str, Any]:
        architecture, _, rest = self.name.partition(".")
        initialisation, _, strategy = rest.partition(".")
        return {
            "name": self.name,
            "architecture": architecture,
            "initialisation": initialisation or "scratch",
            "strategy": strategy or "fine-tune",
            "augmentation": "standard" if architecture == "augmented-cnn" else "none",
            "input_size": 48,
            "engine": self.engine,
            "summary": f"what {architecture} is",
            "source": "Author et al. 2017, arXiv:1710.07557",
            "space": SPACE,
            "defaults": DEFAULTS,
            **self.facts,
        }


ROWS = (
    Row(name="majority", skill=0.0, engine="scikit-learn"),
    Row(name="plain-cnn", skill=0.5),
    Row(name="augmented-cnn", skill=0.55),
    Row(name="resnet50.scratch", skill=0.3),
    Row(name="resnet50.source.fine-tune", skill=0.6),
    Row(name="vgg16.scratch", skill=0.0),
    Row(
        name="vgg16.imagenet.frozen",
        status="not run",
        reason='the ImageNet weights cannot be had offline; give initialisation = "file:PATH"',
    ),
    Row(name="timm:resnet18", status="failed", reason="out of memory at batch 64", engine="torch"),
)


def build(
    folder: Path,
    rows: tuple[Row, ...] = ROWS,
    *,
    seeds: tuple[int, ...] = (0, 1, 2),
    classes: tuple[str, ...] = EXPRESSIONS,
    images: int = 300,
    epochs: int = 12,
    **manifest: Any,
) -> Path:
    """Write a results folder of ``rows`` × ``seeds`` with ``images`` a split; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(0)
    splits = _splits(chance, classes, images)
    write_table(folder / "splits.parquet", splits)
    _dump(folder / "manifest.json", {**_manifest(rows, seeds, classes, splits), **manifest})
    _dump(folder / "status.json", {r.name: {"status": r.status, "reason": r.reason} for r in rows})
    fitted = [row for row in rows if row.status == "ok"]
    _dump(folder / "tuning.json", {row.name: _trials(chance, row) for row in fitted})
    ledger = []
    for row in fitted:
        for seed in seeds:
            place = folder / "fits" / slug(row.name) / f"seed-{seed}"
            fit = _fit(row, seed, epochs, _split_digests(classes, splits)["training_digest"])
            _write_fit(place, row, fit, classes, splits, epochs, chance)
            opening = {"event": "test-opened", "time": "2024-05-01T10:00:00+00:00"}
            ledger.append(opening | {"variant": row.name, "seed": seed, "key": fit["key"]})
        first = _fit(row, seeds[0], epochs, _split_digests(classes, splits)["training_digest"])
        cost = _cost(chance)
        cost["key"] = measure_key(first["key"], cost["device"])
        _dump(folder / "fits" / slug(row.name) / "cost.json", cost)
    lines = "".join(json.dumps(line) + "\n" for line in ledger)
    (folder / "ledger.jsonl").write_text(lines, "utf-8")
    return folder


def _splits(chance: np.random.Generator, classes: tuple[str, ...], images: int) -> pd.DataFrame:
    total = 3 * images
    return pd.DataFrame(
        {
            "row": np.arange(total),
            "image_id": [hashlib.sha256(str(row).encode()).hexdigest() for row in range(total)],
            "path": [f"images/{row}.png" for row in range(total)],
            "label": chance.integers(len(classes), size=total),
            "split": np.repeat(["train", "validation", "test"], images),
        }
    )


def _write_fit(
    place: Path,
    row: Row,
    fit: dict[str, Any],
    classes: tuple[str, ...],
    splits: pd.DataFrame,
    epochs: int,
    chance: np.random.Generator,
) -> None:
    asked = splits[splits["split"] != "train"]
    logits = chance.normal(size=(len(asked), len(classes)))
    logits[np.arange(len(asked)), asked["label"]] += 3 * row.skill
    if row.skill == 0:
        logits[:, 0] += 9
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    table = asked[["row", "image_id", "label", "split"]].reset_index(drop=True)
    for index, name in enumerate(classes):
        table[f"p_{name}"] = probabilities[:, index].astype(np.float32)
    split = _split_digests(classes, splits)["digest"]
    table.attrs = {"key": score_key(fit["key"], split)}
    write_table(place / "predictions.parquet", table)
    _history(chance, epochs, row.skill).to_csv(place / "history.csv", index=False)
    _dump(place / "fit.json", fit)


def _history(chance: np.random.Generator, epochs: int, skill: float) -> pd.DataFrame:
    epoch = np.arange(1, epochs + 1)
    rise = 1 - np.exp(-epoch / 4)
    noise = chance.normal(scale=0.01, size=(4, epochs))
    return pd.DataFrame(
        {
            "epoch": epoch,
            "images_seen": epoch * 1000,
            "learning_rate": 1e-3,
            "train_loss": 1.95 - 1.3 * skill * rise + noise[0],
            "train_accuracy": 0.15 + 0.9 * skill * rise + noise[1],
            "validation_loss": 1.95 - skill * rise + noise[2],
            "validation_accuracy": 0.15 + 0.8 * skill * rise + noise[3],
            "validation_macro_f1": 0.12 + 0.8 * skill * rise,
            "seconds": 1.5,
        }
    )


def _trials(chance: np.random.Generator, row: Row) -> list[dict[str, Any]]:
    trials = []
    for number in range(8):
        value = float(0.2 + row.skill * chance.uniform(0.5, 1))
        state = "failed" if number == 6 else "complete" if number % 2 == 0 else "pruned"
        trials.append(
            {
                "number": number,
                "state": state,
                "value": None if state == "failed" else value,
                "params": DEFAULTS | {"dropout": round(float(chance.uniform(0, 0.6)), 3)},
                "intermediate": {} if state == "failed" else {"1": value - 0.1, "3": value},
                "images_seen": 3000,
                "seconds": 4.2,
            }
        )
    return trials


def _cost(chance: np.random.Generator) -> dict[str, Any]:
    return {
        "parameters": int(chance.integers(50_000, 25_000_000)),
        "macs": int(chance.integers(1_000_000, 900_000_000)),
        "latency_ms": float(chance.uniform(0.5, 30)),
        "batch_latency_ms": float(chance.uniform(20, 900)),
        "batch_size": 64,
        "images_per_second": float(chance.uniform(70, 2000)),
        "device": "CPU",
    }


def _fit(row: Row, seed: int, epochs: int, data: str) -> dict[str, Any]:
    chosen = DEFAULTS | {"learning_rate": 3.1e-4, "dropout": 0.41}
    identity = {
        "data": data,
        "architecture": row.manifest["architecture"],
        "start": [row.manifest["initialisation"], ""],
        "recipe": chosen,
        "seeds": [0, seed],
        "threads": 1,
        "versions": {"keras": "3.15.1"},
    }
    return {
        "variant": row.name,
        "seed": seed,
        "key": digest(identity),
        "identity": identity,
        "hyperparameters": chosen,
        "epochs_run": epochs,
        "best_epoch": epochs - 2,
        "images_seen": epochs * 1000,
        "train_seconds": 83.4 + seed,
        "peak_memory_mb": 900.0,
        "stopped": "early stopping",
        "versions": {"keras": "3.15.1"},
        "precision": "float32",
        "threads": 1,
        "model_files": ["model.keras"],
        "warnings": [],
    }


def _manifest(
    rows: tuple[Row, ...], seeds: tuple[int, ...], classes: tuple[str, ...], splits: pd.DataFrame
) -> dict[str, Any]:
    counts = {
        str(split): {name: int((part["label"] == i).sum()) for i, name in enumerate(classes)}
        for split, part in splits.groupby("split", sort=False)
    }
    choices = [{"architecture": row.manifest["architecture"], "name": row.name} for row in rows]
    protocol = {
        "name": "quick",
        "seed": 0,
        "threads": 1,
        "precision": "float32",
        "selection": "accuracy",
        "data": {"set": "fer2013", "train_images": 4000},
        "fit": {"epochs": 12, "seeds": list(seeds)},
        "tuning": {"trials": 8, "generation": 4, "rungs": [1, 3], "keep": 0.5},
        "variants": choices,
    }
    return {
        "ferbench": "0.1.0",
        "name": "quick",
        "title": "Seven expressions, quickly",
        "protocol": protocol,
        "protocol_digest": digest(decisive(protocol)),
        "split": {
            **_split_digests(classes, splits),
            "made": False,
            "counts": counts,
        },
        "data": {
            "name": "fer2013",
            "digest": "78" * 32,
            "class_names": list(classes),
            "image_shape": [48, 48, 1],
            "provenance": {"status": "altered", "notes": ["train/happy has 12 images too few"]},
            "file": "fer2013.zip",
        },
        "source_data": None,
        "environment": {
            "python": "3.11.9",
            "platform": "Linux-6.1-x86_64",
            "cpu": "an x86-64 processor",
            "cores": 2,
            "memory_gb": 16.0,
            "gpu": None,
            "libraries": {"keras": "3.15.1", "tensorflow": "2.21.0", "torch": "2.15.0"},
        },
        "git": {"commit": "0123456789abcdef0123456789abcdef01234567", "dirty": True},
        "threads": 1,
        "seeds": list(seeds),
        "started": "2024-05-01T09:30:00+00:00",
        "finished": "2024-05-01T10:12:30+00:00",
        "wall_seconds": 2550.0,
        "variants": [row.manifest for row in rows],
    }


def _split_digests(classes: tuple[str, ...], splits: pd.DataFrame) -> dict[str, str]:
    rows = splits[["split", "image_id", "label", "path"]]
    training = rows[rows["split"] != "test"]
    return {
        "digest": rows_digest(classes, rows.itertuples(index=False)),
        "training_digest": rows_digest(classes, training.itertuples(index=False)),
    }


def _dump(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), "utf-8")
