"""How the numbers came about: protocol, data and environment."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.evaluation.records import RunResults
from benchmarks.report.formatting import duration, setting, whole
from benchmarks.report.view import Column, Table, table


def method_tables(run: RunResults) -> tuple[Table, ...]:
    """Return what was held equal, on what machine and, unless an audit tells, on which images."""
    joined = (_origins(run),) if run.manifest.origins else ()
    split = () if run.audit else (_split(run),)
    return (_protocol(run), *split, _environment(run), *joined)


def _protocol(run: RunResults) -> Table:
    protocol = {name: value for name, value in run.manifest.protocol.items() if name != "variants"}
    rows = [(name, setting(value)) for name, value in _flat(protocol)]
    return table("Protocol: what was held equal", ["Setting", "Value"], rows)


def _flat(value: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{place}{name}.")
        else:
            yield f"{place}{name}", inner


def _split(run: RunResults) -> Table:
    counts = run.manifest.split.counts
    columns = [
        Column("Class", numeric=False),
        *(Column(split.capitalize()) for split in counts),
    ]
    rows = [
        (name, *(whole(classes.get(name, 0)) for classes in counts.values()))
        for name in run.class_names
    ]
    total = ("All", *(whole(sum(classes.values())) for classes in counts.values()))
    return table("Images of each class in each split", columns, [*rows, total])


def _environment(run: RunResults) -> Table:
    manifest = run.manifest
    facts: dict[str, Any] = {
        "ferbench": manifest.ferbench,
        "commit": manifest.git.get("commit"),
        "uncommitted changes": manifest.git.get("dirty"),
        "threads of a worker": manifest.threads,
        "started": manifest.started,
        "finished": manifest.finished,
        "wall time": duration(manifest.wall_seconds),
        "protocol digest": manifest.protocol_digest,
        "split digest": manifest.split.digest,
        "data digest": manifest.data.digest,
        "source data": manifest.source_data.name if manifest.source_data else None,
        **dict(_flat(manifest.environment)),
    }
    rows = [(name.removeprefix("libraries."), setting(value)) for name, value in facts.items()]
    return table("Environment and versions", ["What", "Value"], rows)


def _origins(run: RunResults) -> Table:
    names = ("Run", "Variants", "Hardware", "Commit", "Finished")
    columns = [
        *(Column(name, numeric=False) for name in names),
        Column("Wall time", "Times of different hardware do not compare."),
    ]
    rows = [
        (
            origin.name,
            ", ".join(origin.variants),
            origin.device or setting(origin.environment.get("cpu")),
            setting(origin.git.get("commit"))[:10],
            setting(origin.finished),
            duration(origin.wall_seconds),
        )
        for origin in run.manifest.origins
    ]
    return table("Origins: the runs that this one joins", columns, rows)


def repeat_commands(run: RunResults) -> tuple[str, ...]:
    """Return the commands that make this run again and render this page again."""
    manifest = run.manifest
    data = f" --data {shlex.quote(manifest.data.file)}" if manifest.data.file else ""
    again = "reproduce results/" if manifest.origins else "run "
    commit = manifest.git.get("commit")
    return (
        *((f"git checkout {shlex.quote(str(commit))}",) if commit else ()),
        f"ferbench {again}{shlex.quote(manifest.name)}{data}",
        f"ferbench report {shlex.quote(f'results/{manifest.name}')}",
    )
