"""Adds to a made-up results folder what its fits were asked beyond their score, and its images."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.data import corruptions
from benchmarks.data.corruptions import edition
from benchmarks.data.views import EDITION
from benchmarks.engines.registry import engine_spec
from benchmarks.execution.jobs.choice import chosen
from benchmarks.execution.jobs.scoring import described, drawn
from benchmarks.protocol.schema import EnsembleChoice, Robustness
from benchmarks.protocol.views import Views, averages
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.keys import ExplainIdentity, RobustnessIdentity, ViewsIdentity
from benchmarks.store.ledger import append_event
from benchmarks.store.reading import read_fit, read_manifest, read_predictions
from benchmarks.store.records import (
    CorruptedAnswers,
    ExplainRecord,
    FitRecord,
    Predictions,
    RobustnessRecord,
    RobustnessSpent,
    TestOpened,
    ViewsRecord,
)
from benchmarks.store.splits import read_splits
from benchmarks.store.writing import (
    write_attention,
    write_manifest,
    write_robustness,
    write_views,
)
from datasets.cache.content import write_record
from datasets.cache.packs import HEADER, ROWS

IMAGES = 40


def ask(folder: Path, images: int | None = IMAGES) -> Path:
    """Give every network of ``folder`` maps, and every fit answers to corrupted images."""
    place, manifest = RunFolder(folder), read_manifest(folder)
    asked = manifest.protocol.model_copy(update={"robustness": Robustness(images=images)})
    write_manifest(place, replace(manifest, protocol=asked.spelt_out()))
    split, seeds = manifest.split.digest, manifest.seeds
    for path in place.scored():
        fit, files = read_fit(path), FitFolder(path)
        test = read_predictions(files.predictions, manifest.data.class_names).test
        if fit.seed == seeds[0] and fit.variant != "majority":
            looked = ExplainIdentity(
                kind="explain",
                fit=fit.key,
                split=split,
                edition=engine_spec("keras").attention_edition,
            )
            _look(files.attention, test, looked)
            _open(place, fit, "explain")
        bore = RobustnessIdentity(
            kind="robustness", fit=fit.key, split=split, images=images, seed=0, edition=edition()
        )
        _bear(files.robustness, test, bore)
        _open(place, fit, "robustness")
        spent = RobustnessSpent(
            variant=fit.variant,
            seed=fit.seed,
            key=fit.key,
            images_seen=31 * IMAGES,
            seconds=2.5,
        )
        append_event(place.ledger, spent)
    return folder


def _look(path: Path, test: Predictions, identity: ExplainIdentity) -> None:
    places = chosen(test.labels, test.probabilities)
    found = np.zeros((len(places), 6, 6), np.float16)
    found[:, :2, 1:5] = 1
    rows, answers = test.rows[places], test.answers[places]
    record = ExplainRecord(key=identity.key, identity=identity, layer="block4_conv3")
    write_attention(path, rows, answers, found, record)


def _bear(path: Path, test: Predictions, identity: RobustnessIdentity) -> None:
    """Let every strength turn a further tenth of the answers into another class."""
    part = drawn(test.labels, identity.images, identity.seed)
    clean, classes = test.answers[part], test.probabilities.shape[1]

    def turned(number: int) -> NDArray[np.int64]:
        tenths = np.arange(len(clean)) < len(clean) * number // 10
        return np.where(tenths, (clean + 1) % classes, clean)

    found = CorruptedAnswers(
        rows=test.rows[part],
        labels=test.labels[part],
        clean=clean,
        answers={
            each.name: np.column_stack([turned(n + 1) for n in range(len(each.severities))])
            for each in corruptions.CORRUPTIONS
        },
        corruptions=described(),
    )
    record = RobustnessRecord(key=identity.key, identity=identity, corruptions=described())
    write_robustness(path, found, record)


def _open(place: RunFolder, fit: FitRecord, purpose: str) -> None:
    opened = TestOpened(
        time="2024-05-01T11:00:00+00:00",
        variant=fit.variant,
        seed=fit.seed,
        key=fit.key,
        purpose=purpose,
    )
    append_event(place.ledger, opened)


def view(
    folder: Path, asked: Views = "ten-crop", purpose: Literal["score", "views"] = "score"
) -> Path:
    """Give every fit of ``folder`` answers on average over views, a little nearer to its labels."""
    place, manifest = RunFolder(folder), read_manifest(folder)
    protocol = manifest.protocol.model_copy(update={"views": asked})
    write_manifest(place, replace(manifest, protocol=protocol.spelt_out()))
    images = read_splits(place).of("validation", "test")
    names = manifest.data.class_names
    for path in place.scored():
        fit, files = read_fit(path), FitFolder(path)
        answered = read_predictions(files.predictions, names)
        single = np.concatenate(
            [answered.validation.probabilities, answered.test.probabilities], dtype=np.float64
        )
        right = np.eye(len(names))[images.labels]
        found = {
            average: (1 - share) * single + share * right
            for average, share in zip(averages(asked), (0.1, 0.2), strict=False)
        }
        identity = ViewsIdentity(
            kind="views", fit=fit.key, split=manifest.split.digest, edition=EDITION, views=asked
        )
        record = ViewsRecord(key=identity.key, identity=identity, purpose=purpose)
        write_views(files.views, images, found, names, record)
    return folder


def join(folder: Path, **members: tuple[str, ...]) -> Path:
    """Give the run in ``folder`` ensembles: name → members."""
    place, manifest = RunFolder(folder), read_manifest(folder)
    chosen = tuple(EnsembleChoice(name=name, members=each) for name, each in members.items())
    protocol = manifest.protocol.model_copy(update={"ensembles": chosen})
    write_manifest(place, replace(manifest, protocol=protocol.spelt_out()))
    return folder


def pack(folder: Path, cache: Path) -> None:
    """Lay made-up images of the run in ``folder`` into ``cache``, as decoded packs."""
    manifest = read_manifest(folder)
    splits = pd.read_parquet(RunFolder(folder).splits)
    shape = manifest.data.image_shape
    chance = np.random.default_rng(0)
    rooms = {
        cache / "splits" / manifest.split.training_digest: ("train", "validation"),
        cache / "sealed" / manifest.split.digest: ("test",),
    }
    for room, names in rooms.items():
        room.mkdir(parents=True)
        for name in names:
            part = splits[splits["split"] == name]
            pixels = chance.integers(0, 256, (len(part), *shape), np.uint8)
            np.save(room / f"{name}-images.npy", pixels)
            np.save(room / f"{name}-labels.npy", part["label"].to_numpy())
        splits[splits["split"].isin(names)].to_parquet(room / ROWS, index=False)
        header = {"class_names": manifest.data.class_names, "image_shape": shape}
        (room / HEADER).write_text(json.dumps(header), "utf-8")
        write_record(room, room.name)
