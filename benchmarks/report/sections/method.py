"""How the numbers came about: in prose, and as protocol, ledgers and environment."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.protocol.reading import load_protocol, presets
from benchmarks.report.elements.elements import Cell, Column, Table, table
from benchmarks.report.elements.numbers import MISSING, duration, searched, setting, whole
from benchmarks.report.elements.outline import Content, present
from benchmarks.report.sections.fairness import ledgers
from benchmarks.report.sections.search import search_table
from benchmarks.report.writing.methods import methods
from benchmarks.report.writing.prose import as_latex, as_text, cited
from benchmarks.report.writing.references import bibtex
from benchmarks.store.files import as_stored
from benchmarks.store.records import RunResults, VariantRecord


@dataclass(frozen=True, kw_only=True)
class MethodSection(Content):
    """What the page tells of the method; what a run does not have is ``None``.

    ``text`` is the methods in prose, a paragraph each; ``latex`` and ``references`` the same for
    a manuscript. ``again`` says what ``commands`` do.
    """

    text: tuple[str, ...]
    latex: str
    references: str
    protocol: Table
    spaces: Table | None
    search: Table | None
    budget: Table
    openings: Table
    sameness: Table
    origins: Table | None
    environment: Table
    again: str
    commands: tuple[str, ...]

    def exports(self) -> Iterator[tuple[str, Table]]:
        """Yield the tables."""
        return present(
            protocol=self.protocol,
            spaces=self.spaces,
            search=self.search,
            budget=self.budget,
            openings=self.openings,
            sameness=self.sameness,
            origins=self.origins,
            environment=self.environment,
        )


def method_section(run: RunResults) -> MethodSection:
    """Return the method of ``run``: in prose, what was held equal, what was spent and on what."""
    paragraphs = methods(run)
    budget, openings, sameness = ledgers(run)
    return MethodSection(
        text=as_text(paragraphs),
        latex=as_latex(paragraphs),
        references=bibtex(cited(paragraphs)),
        protocol=_protocol(run),
        spaces=_spaces(run),
        search=search_table(run),
        budget=budget,
        openings=openings,
        sameness=sameness,
        origins=_origins(run) if run.manifest.origins else None,
        environment=_environment(run),
        again=_again(run),
        commands=repeat_commands(run),
    )


def _spaces(run: RunResults) -> Table | None:
    """Return a row for all variants that were tuned alike, and a column for each hyperparameter."""
    alike: dict[str, list[VariantRecord]] = {}
    for variant in run.variants:
        record = variant.record
        if record.space:
            space = {name: asdict(dimension) for name, dimension in record.space.items()}
            key = json.dumps([space, record.defaults], sort_keys=True)
            alike.setdefault(key, []).append(record)
    if not alike:
        return None
    groups = list(alike.values())
    names = list(dict.fromkeys(name for group in groups for name in group[0].space))
    columns = [Column("Variants", numeric=False), *(Column(n, numeric=False) for n in names)]
    rows = [
        (
            Cell(", ".join(record.name for record in group)),
            *(_searched(group[0], name) for name in names),
        )
        for group in groups
    ]
    return table("Search spaces: what tuning could choose, and where it began", columns, rows)


def _searched(record: VariantRecord, name: str) -> Cell:
    if name not in record.space:
        return Cell(MISSING)
    return Cell(searched(record.space[name]), f"default {setting(record.defaults.get(name))}")


def method_tables(run: RunResults) -> tuple[Table, ...]:
    """Return what was held equal, on what machine and, unless an audit tells, on which images."""
    joined = (_origins(run),) if run.manifest.origins else ()
    split = () if run.audit else (_split(run),)
    return (_protocol(run), *split, _environment(run), *joined)


def _protocol(run: RunResults) -> Table:
    protocol = as_stored(run.manifest.protocol)
    del protocol["variants"]
    for ensemble in protocol.pop("ensembles", []):
        protocol[f"ensemble {ensemble['name']}"] = ensemble["members"]
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
    found: dict[str, Any] = {
        "ferbench": manifest.ferbench,
        "commit": manifest.git.commit,
        "uncommitted changes": manifest.git.dirty,
        "threads of a worker": manifest.threads,
        "started": manifest.started,
        "finished": manifest.finished,
        "wall time": duration(manifest.wall_seconds),
        "protocol digest": manifest.protocol_digest,
        "split digest": manifest.split.digest,
        "data digest": manifest.data.digest,
        "source data": manifest.source_data.name if manifest.source_data else None,
        **dict(_flat(as_stored(manifest.environment))),
    }
    rows = [(name.removeprefix("libraries."), setting(value)) for name, value in found.items()]
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
            origin.device or setting(origin.environment.cpu),
            setting(origin.git.commit)[:10],
            setting(origin.finished),
            duration(origin.wall_seconds),
        )
        for origin in run.manifest.origins
    ]
    return table("Origins: the runs that this one joins", columns, rows)


def repeat_commands(run: RunResults) -> tuple[str, ...]:
    """Return the commands that make this run again, and render or recompute this page."""
    manifest = run.manifest
    data = f" --data {shlex.quote(manifest.data.file)}" if manifest.data.file else ""
    folder = shlex.quote(f"results/{manifest.name}")
    again = f"run {shlex.quote(manifest.name)}" if _of_preset(run) else f"reproduce {folder}"
    commit = manifest.git.commit
    return (
        *((f"git checkout {shlex.quote(str(commit))}",) if commit else ()),
        f"ferbench {again}{data}",
        f"ferbench verify {folder}{data}" if run.kept else f"ferbench report {folder}",
    )


def _again(run: RunResults) -> str:
    if _of_preset(run):
        last = "computes every number of" if run.kept else "renders"
        return f"The protocol ships with ferbench; the last command {last} this page anew."
    return (
        "The protocol is no preset of this version: it stands in manifest.json of the results "
        "folder, under “protocol”, from where “ferbench reproduce” reads it."
    )


def _of_preset(run: RunResults) -> bool:
    """Tell whether the preset of the run's name is still the protocol that was carried out."""
    manifest = run.manifest
    if manifest.name not in presets() or manifest.origins:
        return False
    shipped = load_protocol(manifest.name, manifest.protocol.precision)
    return shipped.digest == manifest.protocol_digest
