"""A run on a real folder of images, with copies and contradicting labels, to be kept."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from benchmarks.data.prepared import prepare_data, votes_on
from benchmarks.protocol.schema import DataChoice
from benchmarks.report.page import render
from benchmarks.store.digests import write_digests
from benchmarks.store.folder import RunFolder
from benchmarks.store.kept import Labels
from benchmarks.store.reading import read_manifest, read_run, read_statuses
from benchmarks.store.records import DataRecord, PluginRecord
from benchmarks.store.splits import read_splits, split_table
from benchmarks.store.votes import write_votes
from benchmarks.store.writing import write_audit, write_manifest, write_statuses
from datasets.audit.audit import audit
from datasets.files import sha256_of
from tests.datasets.samples import noise, write_image
from tests.folder import ROWS, Row, build
from tests.folder_extras import ask, view

CLASSES = ("angry", "happy", "sad")
EACH = 12
COPIES = (("angry", "happy"), ("sad", "sad"), ("happy", "angry"))
"""The classes of two test images that are one picture."""


def faces(folder: Path) -> Path:
    """Write images in class folders; some test images are copies, with other labels too."""
    seed = 0
    for split in ("train", "val", "test"):
        for name in CLASSES:
            for number in range(EACH):
                seed += 1
                write_image(folder / split / name / f"{name}-{number}.png", noise(seed))
    for number, classes in enumerate(COPIES):
        for twin, name in enumerate(classes):
            place = folder / "test" / name / f"twin-{number}-{twin}.png"
            write_image(place, noise(900 + number))
    return folder


def run_on(
    data: Path,
    out: Path,
    rows: tuple[Row, ...] = ROWS[:2],
    *,
    name: str = "image-folder",
    plugins: tuple[Path, ...] = (),
) -> Path:
    """Write a finished run of ``rows`` on the images in ``data``, with made-up answers."""
    choice = DataChoice(set=name, path=str(data))
    prepared = prepare_data(choice, data, seed=0, plugins=plugins)
    names, images = prepared.data.class_names, split_table(prepared.table())
    build(out, rows, seeds=(0, 1), classes=names, epochs=3, splits=images)
    place, manifest = RunFolder(out), read_manifest(out)
    protocol = manifest.protocol.model_copy(update={"data": choice}).spelt_out()
    known = DataRecord(
        name=prepared.data.name,
        digest=prepared.data.digest,
        class_names=names,
        image_shape=prepared.data.image_shape,
        provenance=prepared.data.provenance,
        file=data.name,
    )
    told = replace(
        manifest,
        data=known,
        protocol=protocol,
        protocol_digest=protocol.digest,
        plugins=tuple(PluginRecord(file=file.name, digest=sha256_of(file)) for file in plugins),
    )
    write_manifest(place, told)
    write_audit(place, audit(prepared.data, prepared.split))
    write_votes(place, votes_on(prepared, plugins), images)
    ask(view(out), images=min(20, len(images.of("test"))))
    render(out, images=False)
    write_digests(out)
    return out


def under_way(run: Path, out: Path, *rows: str) -> Path:
    """Write ``run`` as it was while ``rows`` had their first fit and no more."""
    shutil.copytree(run, out)
    place = RunFolder(out)
    place.digests.unlink()
    write_manifest(place, replace(read_manifest(out), finished=None))
    write_statuses(place, {n: s for n, s in read_statuses(out).items() if n not in rows})
    for row in rows:
        shutil.rmtree(place.fit(row, 1))
    return out


def labels_in(run: Path) -> Labels:
    """Return the labels that a run which is not kept holds itself."""
    found, images = read_run(run), read_splits(RunFolder(run))
    return Labels(images, found.audit, found.votes)
