"""The votes of annotators, taken up by a run that was made before from its stored predictions."""

from __future__ import annotations

from pathlib import Path

from benchmarks.data.prepared import votes_on
from benchmarks.errors import InputError
from benchmarks.execution.progress import Display
from benchmarks.execution.run import prepare_target
from benchmarks.store.digests import refuse_changes, renew_digests
from benchmarks.store.folder import RunFolder
from benchmarks.store.plugins import refuse_other_plugins, used_plugins
from benchmarks.store.reading import read_manifest
from benchmarks.store.splits import read_splits
from benchmarks.store.votes import write_votes
from datasets.reading.fer_plus import FILE


def take_up_votes(run: Path, data: Path, plugins: tuple[Path, ...], display: Display) -> Path:
    """Write the votes that lie by ``data`` into the results folder ``run``; return the file.

    ``data`` are those that the run was made from, split for split, read with those ``plugins``
    that it was made with; nothing is trained or scored.
    Raises ``InputError`` where they are others or have no votes, and ``DataError`` where the
    votes cannot be joined to them.
    """
    folder, manifest = RunFolder(run), read_manifest(run)
    with folder.locked():
        refuse_changes(run)
        refuse_other_plugins(run, used_plugins(manifest), plugins)
        prepared = prepare_target(manifest.protocol, data, plugins, display)
        theirs, ours = manifest.split.digest, prepared.split.digest
        if theirs != ours:
            raise InputError(
                f"{data}: not the data of {run} (split {theirs[:12]}, here {ours[:12]}); "
                "give those that it was made from"
            )
        votes = votes_on(prepared, plugins)
        if not votes:
            raise InputError(f"{data}: no votes of FER+ beside it; put {FILE} there")
        write_votes(folder, votes, read_splits(folder))
        renew_digests(run, [folder.votes.name])
    return run / folder.votes.name
