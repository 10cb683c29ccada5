"""How the numbers came about: protocol, data, budget, openings of the test set, environment."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.evaluation.records import RunResults, VariantResults
from benchmarks.report.formatting import duration, plural, setting, whole
from benchmarks.report.view import Cell, Column, Table, table


def method_tables(run: RunResults) -> tuple[Table, ...]:
    """Return what was held equal, on which images, and on what machine."""
    return (_protocol(run), _split(run), _environment(run))


def ledgers(run: RunResults) -> tuple[Table, ...]:
    """Return what was spent, and each opening of the test set."""
    return (_budget(run), _openings(run))


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


def _budget(run: RunResults) -> Table:
    columns = [
        Column("Variant", numeric=False),
        Column("Complete"),
        Column("Pruned"),
        Column("Failed"),
        Column("Images, tuning"),
        Column("Time, tuning"),
        Column("Images, fits"),
        Column("Time, fits"),
    ]
    rows = [_spent(variant) for variant in run.variants if not variant.external]
    rows += [_pretrained(event) for event in run.events("pretrain")]
    return table("Budget ledger: trials and what they and the fits cost", columns, rows)


def _spent(variant: VariantResults) -> tuple[str, ...]:
    states = Counter(trial.state for trial in variant.trials)
    return (
        variant.name,
        *(whole(states[state]) for state in ("complete", "pruned", "failed")),
        whole(sum(trial.images_seen for trial in variant.trials)),
        duration(sum(trial.seconds for trial in variant.trials)),
        whole(sum(fit.facts.images_seen for fit in variant.fits)),
        duration(sum(fit.facts.train_seconds for fit in variant.fits)),
    )


def _pretrained(event: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"pre-training: {event.get('variant', '')}",
        *("–",) * 5,
        whole(event.get("images_seen")),
        duration(event.get("seconds")),
    )


def _openings(run: RunResults) -> Table:
    rows = [
        (
            str(event.get("variant", "")),
            setting(event.get("seed")),
            str(event.get("time", "")),
            str(event.get("purpose", "score")),
            Cell(str(event.get("key", ""))[:10]),
        )
        for event in run.events("test-opened")
    ]
    return table(
        f"Test ledger: the test set was opened {plural(len(rows), 'time')}",
        ["Variant", Column("Seed"), "Opened", "Purpose", "Key"],
        rows,
    )


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


def repeat_commands(run: RunResults) -> tuple[str, ...]:
    """Return the commands that make this run again and render this page again."""
    manifest = run.manifest
    data = f" --data {shlex.quote(manifest.data.file)}" if manifest.data.file else ""
    commit = manifest.git.get("commit")
    return (
        *((f"git checkout {shlex.quote(str(commit))}",) if commit else ()),
        f"ferbench run {shlex.quote(manifest.name)}{data}",
        f"ferbench report {shlex.quote(f'results/{manifest.name}')}",
    )
