"""Adds to a made-up results folder what its fits were asked beyond their score, and its images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.data.corruptions import CORRUPTIONS, edition
from benchmarks.engines import grad_cam as maps
from benchmarks.execution.jobs.choice import chosen
from benchmarks.execution.jobs.scoring import described, drawn
from benchmarks.protocol.canonical import digest
from benchmarks.store.files import write_arrays, write_table
from benchmarks.store.keys import explain_identity, robustness_identity
from benchmarks.store.ledger import append_line
from datasets.packs import HEADER, ROWS

IMAGES = 40


def ask(folder: Path, images: int | None = IMAGES) -> Path:
    """Give every network of ``folder`` maps, and every fit answers to corrupted images."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["protocol"]["robustness"] = {"images": images}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    split, seeds = manifest["split"]["digest"], manifest["seeds"]
    for place in sorted(folder.glob("fits/*/seed-*")):
        fit = json.loads((place / "fit.json").read_text("utf-8"))
        facts = {"variant": fit["variant"], "seed": fit["seed"], "key": fit["key"]}
        table = pd.read_parquet(place / "predictions.parquet")
        test = table[table["split"] == "test"].sort_values("row").reset_index(drop=True)
        if fit["seed"] == seeds[0] and fit["variant"] != "majority":
            _look(place, test, {**explain_identity(fit["key"], split), "edition": maps.EDITION})
            _open(folder, facts, "explain")
        identity = robustness_identity(fit["key"], split, images, 0) | {"edition": edition()}
        _bear(place, test, identity)
        _open(folder, facts, "robustness")
        spent = {"event": "robustness", **facts, "images_seen": 31 * IMAGES, "seconds": 2.5}
        append_line(folder / "ledger.jsonl", spent)
    return folder


def _look(place: Path, test: pd.DataFrame, identity: dict[str, Any]) -> None:
    probabilities = test.filter(like="p_").to_numpy(np.float64)
    places = chosen(test["label"].to_numpy(np.int64), probabilities)
    found = np.zeros((len(places), 6, 6), np.float16)
    found[:, :2, 1:5] = 1
    arrays = {
        "rows": test["row"].to_numpy(np.int64)[places],
        "answers": probabilities[places].argmax(axis=1),
        "maps": found,
    }
    attributes = {"key": digest(identity), "identity": identity, "layer": "block4_conv3"}
    write_arrays(place / "attention.npz", arrays, attributes)


def _bear(place: Path, test: pd.DataFrame, identity: dict[str, Any]) -> None:
    """Let every strength turn a further tenth of the answers into another class."""
    columns = test.filter(like="p_")
    part = drawn(test["label"].to_numpy(np.int64), identity["images"], identity["seed"])
    table = test.loc[part, ["row", "label"]].reset_index(drop=True)
    table["clean"] = columns.to_numpy()[part].argmax(axis=1)
    for corruption in CORRUPTIONS:
        for number in range(1, len(corruption.severities) + 1):
            answers = table["clean"].to_numpy().copy()
            turned = slice(None, len(answers) * number // 10)
            answers[turned] = (answers[turned] + 1) % columns.shape[1]
            table[f"{corruption.name}_{number}"] = answers.astype(np.int16)
    table.attrs = {"key": digest(identity), "identity": identity, "corruptions": described()}
    write_table(place / "robustness.parquet", table)


def _open(folder: Path, facts: dict[str, Any], purpose: str) -> None:
    line = {"event": "test-opened", "time": "2024-05-01T11:00:00+00:00", **facts}
    append_line(folder / "ledger.jsonl", line | {"purpose": purpose})


def pack(folder: Path, cache: Path) -> None:
    """Lay made-up images of the run in ``folder`` into ``cache``, as decoded packs."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    splits = pd.read_parquet(folder / "splits.parquet")
    shape = tuple(manifest["data"]["image_shape"])
    chance = np.random.default_rng(0)
    rooms = {
        cache / "splits" / manifest["split"]["training_digest"]: ("train", "validation"),
        cache / "sealed" / manifest["split"]["digest"]: ("test",),
    }
    for room, names in rooms.items():
        room.mkdir(parents=True)
        for name in names:
            part = splits[splits["split"] == name]
            pixels = chance.integers(0, 256, (len(part), *shape), np.uint8)
            np.save(room / f"{name}-images.npy", pixels)
            np.save(room / f"{name}-labels.npy", part["label"].to_numpy())
        splits[splits["split"].isin(names)].to_parquet(room / ROWS, index=False)
        sizes = {file.name: file.stat().st_size for file in room.iterdir()}
        names_of = manifest["data"]["class_names"]
        header = {"class_names": names_of, "image_shape": shape, "sizes": sizes}
        (room / HEADER).write_text(json.dumps(header), "utf-8")
