"""The labels of kept runs, from the user's own copy of their data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.data.prepared import PreparedData, votes_on
from benchmarks.errors import InputError
from benchmarks.execution.progress import Display
from benchmarks.execution.run import prepare_target
from benchmarks.machine.settings import data_path
from benchmarks.store.contents import contents
from benchmarks.store.kept import (
    KeptImages,
    Labels,
    is_kept,
    read_images,
    read_kept,
    require_votes,
)
from benchmarks.store.plugins import described, refuse_other_plugins, used_plugins
from benchmarks.store.reading import read_manifest, require_run
from benchmarks.store.records import KeptRecord, Manifest
from benchmarks.store.splits import split_table
from benchmarks.store.votes import counted_votes
from datasets.audit.audit import audit
from datasets.records import DataError
from datasets.registry import Source, discover


class Damaged(InputError):
    """What a kept run says of its data is damaged, so that no data can be told to be its own."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the user gives of a run's data: where they are, and the plug-ins that read them."""

    data: Path | None = None
    plugins: tuple[Path, ...] = ()


@dataclass(frozen=True)
class _Claim:
    """What a kept run says of its data."""

    run: Path
    manifest: Manifest
    record: KeptRecord
    images: KeptImages


def labels_of(
    runs: Sequence[Path], given: Given, display: Display, *, audited: bool = False
) -> Labels | None:
    """Return the labels of the kept runs among ``runs`` from the data that are ``given``.

    ``None`` where none is kept, or the data are not given and are no drawn ones, which need no
    files. ``audited`` asks for an audit of the data, which the page needs and takes some time.
    Plug-ins are those that are given, if the runs were made with them; what a folder names is
    never loaded. Raises ``Damaged``, or ``InputError`` where the data are not those of each run.
    """
    claims = [_claim(run) for run in runs if is_kept(run)]
    source = _source(claims, given.plugins) if claims else None
    if not claims or (given.data is None and not _at_hand(source)):
        return None
    _require_known(claims[0], source)
    with _from_the_environment(given.data is None and data_path() is not None):
        protocol = claims[0].manifest.protocol
        prepared = prepare_target(protocol, given.data, given.plugins, display)
        for claim in claims:
            _require_same(claim, prepared)
    images = split_table(prepared.table())
    found = None
    if audited and any(claim.record.audited for claim in claims):
        with display.auditing(prepared.data.name) as progress:
            found = audit(prepared.data, prepared.split, progress=progress)
    voted = any(claim.record.voted for claim in claims)
    votes = counted_votes(votes_on(prepared, given.plugins), images) if voted else None
    for claim in claims:
        require_votes(claim.run, claim.record, votes)
    return Labels(images, found, votes)


def refuse_given(runs: Sequence[Path], given: Given) -> None:
    """Raise ``InputError`` where anything is given for runs that hold their labels themselves."""
    for run in runs:
        require_run(run)
    if given != Given() and not any(map(is_kept, runs)):
        option = "--plugin" if given.data is None else "--data"
        raise InputError(f"{runs[0]}: holds its labels itself; leave {option} out")


def _claim(run: Path) -> _Claim:
    try:
        held = contents(run)
        return _Claim(run, read_manifest(run), read_kept(held), read_images(held))
    except InputError as error:
        raise Damaged(str(error)) from error


def _source(claims: Sequence[_Claim], plugins: Sequence[Path]) -> Source | None:
    """Return the data set of kept runs; ``None`` where a plug-in that is not given brings it."""
    used = [plugin for claim in claims for plugin in used_plugins(claim.manifest)]
    refuse_other_plugins(claims[0].run, used, plugins)
    return discover(plugins).get(claims[0].manifest.protocol.data.set)


def _at_hand(source: Source | None) -> bool:
    """Tell whether the data can be had without a path on the command line."""
    return source is not None and (not source.needs_path or data_path() is not None)


def _require_known(claim: _Claim, source: Source | None) -> None:
    """Refuse a run whose data set comes with a plug-in that was not given."""
    used = used_plugins(claim.manifest)
    if source is None and used:
        raise InputError(
            f"{claim.run}: its data set {claim.manifest.protocol.data.set!r} comes with a plug-in; "
            f"give it with --plugin PATH, of {described(used)}"
        )


@contextmanager
def _from_the_environment(taken: bool) -> Iterator[None]:
    """Name the variable in a refusal of data that nobody gave on the command line."""
    try:
        yield
    except (InputError, DataError) as error:
        if not taken:
            raise
        raise InputError(f"FERBENCH_DATA: {error}; unset it, or give --data PATH") from error


def _require_same(claim: _Claim, prepared: PreparedData) -> None:
    """Refuse data that are not those of a kept run, with how they differ."""
    manifest, images = claim.manifest, claim.images
    theirs = (manifest.data.digest, manifest.split.digest, manifest.targets_digest)
    ours = (prepared.data.digest, prepared.split.digest, prepared.targets_digest)
    if theirs == ours:
        return
    missing = int((~np.isin(images.image_ids, prepared.data.image_ids)).sum())
    what = "its validation and test images are all there, but "
    if missing:
        total = len(images.image_ids)
        what = f"{missing:,} of its {total:,} validation and test images are not there"
    elif theirs[:2] != ours[:2]:
        what += "training images, labels, places or splits are others"
    else:
        what += "the votes that it was trained on are others"
    one, two = next(pair for pair in zip(theirs, ours, strict=True) if pair[0] != pair[1])
    raise InputError(
        f"{prepared.path or prepared.data.name}: not the data of {claim.run}: {what} "
        f"(digest {one[:12]}, here {two[:12]}); give those that it was made from"
    )
