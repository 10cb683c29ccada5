"""The labels of a kept run, from the user's own copy of its data set."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.data.prepared import PreparedData, votes_on
from benchmarks.errors import InputError
from benchmarks.execution.progress import Display
from benchmarks.execution.run import prepare_target
from benchmarks.machine.settings import data_path
from benchmarks.store.contents import contents
from benchmarks.store.kept import KeptImages, Labels, is_kept, read_images, read_kept
from benchmarks.store.reading import read_manifest
from benchmarks.store.records import Manifest
from benchmarks.store.splits import split_table
from benchmarks.store.votes import counted_votes
from datasets.audit.audit import audit
from datasets.registry import discover


def labels_of(
    run: Path, data: Path | None, display: Display, *, audited: bool = False
) -> Labels | None:
    """Return the labels of the kept run in ``run`` from its data set at ``data``.

    ``None`` where the run is not kept, or the data are not given and are no drawn ones, which
    need no files. ``audited`` asks for an audit of the data, which the page needs and takes some
    time. Raises ``InputError`` where they are not the data that the run was made from.
    """
    if not is_kept(run) or (data is None and not _at_hand(read_manifest(run))):
        return None
    held, manifest = contents(run), read_manifest(run)
    plugins = _plugins(manifest)
    prepared = prepare_target(manifest.protocol, data, plugins, display)
    _require_same(run, data, manifest, prepared, read_images(held))
    images = split_table(prepared.table())
    record = read_kept(held)
    found = None
    if audited and record.audited:
        with display.auditing(prepared.data.name) as progress:
            found = audit(prepared.data, prepared.split, progress=progress)
    votes = counted_votes(votes_on(prepared, plugins), images) if record.voted else None
    return Labels(images, found, votes)


def refuse_data(run: Path, data: Path | None) -> None:
    """Raise ``InputError`` where ``data`` are given for a run that holds its labels itself."""
    if data is not None and not is_kept(run):
        raise InputError(f"{run}: holds its labels itself; leave --data out")


def _at_hand(manifest: Manifest) -> bool:
    """Tell whether the data can be had without a path on the command line."""
    source = discover(_plugins(manifest)).get(manifest.protocol.data.set)
    return source is not None and (not source.needs_path or data_path() is not None)


def _plugins(manifest: Manifest) -> tuple[Path, ...]:
    """Return those files of plug-ins that lie where ferbench was started."""
    return tuple(path for path in map(Path, manifest.protocol.plugins) if path.is_file())


def _require_same(
    run: Path,
    data: Path | None,
    manifest: Manifest,
    prepared: PreparedData,
    images: KeptImages,
) -> None:
    """Refuse data that are not those of the kept ``images``, with how they differ."""
    digests = manifest.data.digest, manifest.split.digest
    if digests == (prepared.data.digest, prepared.split.digest):
        return
    missing = int((~np.isin(images.image_ids, prepared.data.image_ids)).sum())
    total = len(images.image_ids)
    what = (
        f"{missing:,} of its {total:,} validation and test images are not there"
        if missing
        else "its images are all there, but labels, places or splits are others"
    )
    name = data or manifest.protocol.data.set
    raise InputError(
        f"{name}: not the data of {run}: {what} (digest {digests[0][:12]}, here "
        f"{prepared.data.digest[:12]}); give those that it was made from"
    )
