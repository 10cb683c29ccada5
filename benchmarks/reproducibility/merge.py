"""Merging runs: the same protocol, carried out on several machines, joined into one folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import optuna

from benchmarks.errors import InputError
from benchmarks.execution.tuning import open_storage, require_journal
from benchmarks.machine.environment import CodeState, Environment
from benchmarks.machine.temporary import temporary_folder
from benchmarks.machine.versions import installed
from benchmarks.protocol.canonical import digest, first_difference
from benchmarks.protocol.ensembles import check_ensembles
from benchmarks.protocol.schema import EnsembleChoice, VariantChoice
from benchmarks.report.page import render
from benchmarks.reproducibility.joined_rows import Row, RunPart, entries, joined_rows, seeds_of
from benchmarks.store.contents import contents
from benchmarks.store.digests import changes, stored_digests, write_digests
from benchmarks.store.files import as_stored, values_of, write_record
from benchmarks.store.folder import RunFolder
from benchmarks.store.kept import Labels, is_kept, read_kept
from benchmarks.store.ledger import append_event
from benchmarks.store.models import spoilt_files
from benchmarks.store.reading import (
    is_run,
    read_manifest,
    read_run,
    read_statuses,
    read_studies,
    refuse_mistaken,
)
from benchmarks.store.records import (
    EXTERNAL,
    KeptRecord,
    LedgerEvent,
    Manifest,
    Merged,
    Origin,
    PretrainSpent,
    TestOpened,
    UnknownEvent,
)
from benchmarks.store.writing import write_manifest, write_statuses, write_studies
from datasets.files import replacing_folder, sha256_of, sha256_once

T = TypeVar("T")


def merge(places: Sequence[Path], out: Path, labels: Labels | None = None) -> list[str]:
    """Join the runs in ``places`` into the new folder ``out``; return remarks for the user.

    The protocols must be the same but for their variants and seeds, and so must data, split and
    code of a variant that several runs have. Such a variant is taken once if its results are the
    same, bit for bit or to the bits that were kept of both, from a run that has its model; other
    results are refused, and so is a run that is unfinished, changed, or a deliberate mistake.
    Fits of one variant with different seeds make one row if they were trained alike; a row that
    lacks a seed which another has is "not run". Every file of ``out`` appears at once; where it
    joins these very runs already, as they are now, it stays as it is. Kept runs are joined into a
    kept one, with the ``labels`` of their data; those may have been kept before they were
    finished, and so is then the joined one. Raises ``InputError``.
    """
    if len({place.resolve() for place in places}) < 2:
        raise InputError("give two different runs or more to merge")
    taken = out.exists() and (not out.is_dir() or any(out.iterdir()))
    if taken and not is_run(out):
        raise InputError(f"{out} is not empty; give -o another folder")
    _refuse_mixed(places)
    parts = _opened(places, labels)
    for part in parts[1:]:
        _require_same(part, parts[0])
    rows = joined_rows(parts)
    if taken and not _joins_already(out, _manifest(parts, rows), rows):
        raise InputError(f"{out} is not empty; give -o another folder")
    if taken:
        return [f"{out}: joins these runs already; nothing was written"]
    with replacing_folder(out) as folder:
        for row in rows:
            _copy_fits(row, RunFolder(folder))
        _write(parts, rows, folder)
        render(folder, labels=labels)
        write_digests(folder)
    return [row.remark for row in rows if row.remark] + list(_unproved(parts))


def _copy_fits(row: Row, folder: RunFolder) -> None:
    """Copy the fits of a row, each out of its part; those of one without a result as they are."""
    source = RunFolder(row.part.place)
    if not row.fits:
        source.copy_variant(row.name, folder)
    for seed, part in row.fits.items():
        RunFolder(part.place).copy_fit(row.name, seed, folder)
    cost = folder.cost(row.name)
    if source.cost(row.name).is_file() and not cost.exists():
        shutil.copyfile(source.cost(row.name), cost)


def _joins_already(out: Path, manifest: Manifest, rows: Sequence[Row]) -> bool:
    """Tell whether ``out`` is the whole run of ``rows`` with that ``manifest``, as it was written.

    A run that was kept while under way keeps its manifest; what it holds becomes more.
    """
    known = stored_digests(out)
    if known is None or any(changes(out)):
        return False
    if values_of(read_manifest(out)) != values_of(manifest):
        return False
    told = (read_statuses(out), read_studies(out))
    if told != ({row.name: row.outcome for row in rows}, _taken(rows, read_studies)):
        return False
    return all(known.get(name) == sha256_once(file) for name, file in _fit_files(rows))


def _fit_files(rows: Sequence[Row]) -> Iterator[tuple[str, Path]]:
    """Yield each file of the fits of ``rows``, its name in a results folder first."""
    for row in rows:
        for seed, part in row.fits.items():
            place = RunFolder(part.place)
            for file in sorted(place.fit(row.name, seed).iterdir()):
                yield file.relative_to(place.path).as_posix(), file


def _refuse_mixed(places: Sequence[Path]) -> None:
    """Refuse to join kept runs with others: the folder would hold labels, or lack models."""
    kept = [place for place in places if is_kept(place)]
    others = [place for place in places if place not in kept]
    if kept and others:
        raise InputError(
            f"{kept[0]} is a kept run and {others[0]} is none; keep that first "
            f"(ferbench keep {others[0]} -o DIR)"
        )


def _opened(places: Sequence[Path], labels: Labels | None) -> list[RunPart]:
    """Open every run; those in folders of one name are called ``quick``, ``quick (2)``."""
    parts: list[RunPart] = []
    for place in places:
        folder = place.resolve().name
        alike = sum(part.place.resolve().name == folder for part in parts)
        parts.append(_part(f"{folder} ({alike + 1})" if alike else folder, place, labels))
    return parts


def _part(name: str, place: Path, labels: Labels | None) -> RunPart:
    run = read_run(place, labels=labels)
    bits = read_kept(contents(place)).significant_bits if run.kept else {}
    part = RunPart(name, run, bits)
    refuse_mistaken(place)
    if run.manifest.finished is None and not run.kept:
        raise InputError(f"{place}: not finished; go on with it first")
    if RunFolder(place).digests.exists() and (change := next(changes(place), None)):
        raise InputError(f"{place / change.file}: {change.what}; see `ferbench verify {place}`")
    require_journal(RunFolder(place).journal)
    for fit in (fit for variant in run.variants for fit in variant.fits):
        folder = RunFolder(place).fit(fit.record.variant, fit.record.seed)
        for file in spoilt_files(folder, fit.record.files):
            if file.is_file():
                raise InputError(f"{file}: changed; see `ferbench verify {place}`")
    return part


def _require_same(part: RunPart, first: RunPart) -> None:
    """Refuse a run whose protocol or data are not the first one's, naming where they part."""
    ours, theirs = (_shared(each) for each in (part, first))
    if found := first_difference(ours, theirs):
        raise InputError(f"{part.place} and {first.place} cannot be merged: {found}")


def _shared(part: RunPart) -> dict[str, Any]:
    """Return what all parts must agree in."""
    manifest = part.manifest
    protocol, data, split = manifest.protocol.decisive(), manifest.data, manifest.split
    protocol.pop("variants")
    protocol["fit"] = {name: of for name, of in protocol["fit"].items() if name != "seeds"}
    asked, source = manifest.protocol.robustness, manifest.source_data
    return {
        "data": {"name": data.name, "digest": data.digest, "class_names": list(data.class_names)},
        "protocol": protocol,
        "robustness": asked.model_dump() if asked else None,
        "views": manifest.protocol.views,
        "targets_digest": manifest.targets_digest,
        "source_data": {"digest": source.digest if source else None},
        "split": {"digest": split.digest, "training_digest": split.training_digest},
    }


def _write(parts: Sequence[RunPart], rows: Sequence[Row], folder: Path) -> None:
    first, place = parts[0], RunFolder(folder)
    source = RunFolder(first.place)
    copies = (
        (source.splits, place.splits),
        (source.audit, place.audit),
        (source.votes, place.votes),
        (source.images, place.images),
    )
    for file, copy in copies:
        if file.is_file():
            shutil.copyfile(file, copy)
    write_manifest(place, _manifest(parts, rows))
    write_statuses(place, {row.name: row.outcome for row in rows})
    write_studies(place, _taken(rows, read_studies))
    for event in _ledger(parts, rows):
        append_event(place.ledger, event)
    if first.run.kept:
        write_record(place.kept, _kept(parts, rows))
    else:
        _copy_studies(rows, place.journal)


def _kept(parts: Sequence[RunPart], rows: Sequence[Row]) -> KeptRecord:
    """Tell how the rows were kept; what the pages of some parts lack, that of all lacks."""
    audited = (read_kept(contents(part.place)).audited for part in parts)
    bits = {
        row.name: min(part.bits[row.name] for part in row.fits.values()) for row in rows if row.fits
    }
    votes = [part.run.votes for part in parts]
    voted = votes[0] if None not in votes else None
    return KeptRecord(
        ferbench=installed("ferbench") or "",
        significant_bits=bits,
        audited=all(audited),
        voted=voted is not None,
        votes_digest=voted.digest if voted else "",
    )


def _taken(rows: Sequence[Row], read: Callable[[Path], Mapping[str, T]]) -> dict[str, T]:
    """Return what ``read`` finds of each row in the run that it is taken from."""
    stored = {row.part.place: read(row.part.place) for row in rows}
    return {
        row.name: stored[row.part.place][row.name]
        for row in rows
        if row.name in stored[row.part.place]
    }


def _manifest(parts: Sequence[RunPart], rows: Sequence[Row]) -> Manifest:
    first = parts[0].manifest
    chosen: dict[str, Any] = {"variants": _choices(parts), "ensembles": _ensembles(parts)}
    chosen["fit"] = first.protocol.fit.model_copy(update={"seeds": seeds_of(parts)})
    protocol = first.protocol.model_copy(update=chosen).spelt_out()
    check_ensembles(protocol, [row.name for row in rows])
    origins = tuple(origin for part in parts for origin in _origins(part, rows))
    return replace(
        first,
        protocol=protocol,
        protocol_digest=protocol.digest,
        environment=Environment(**_common([as_stored(each.environment) for each in origins])),
        git=CodeState(**_common([as_stored(each.git) for each in origins])),
        device=_agreed([each.device for each in origins]) or "",
        keras_backend=_agreed([each.keras_backend for each in origins]),
        plugins=(),
        started=min(part.manifest.started for part in parts),
        finished=_ended([part.manifest.finished for part in parts]),
        wall_seconds=sum(part.manifest.wall_seconds or 0.0 for part in parts),
        variants=tuple(entries(row.part)[row.name] for row in rows),
        seeds=seeds_of(parts),
        origins=origins,
    )


def _ended(finished: Sequence[str | None]) -> str | None:
    """Return when the last of several runs was finished; ``None`` where one is not."""
    return None if None in finished else max(each for each in finished if each is not None)


def _choices(parts: Sequence[RunPart]) -> tuple[VariantChoice, ...]:
    """Return the protocols' choices of variants, one for each name that they resolve to."""
    chosen: dict[str, VariantChoice] = {}
    for part in parts:
        choices = part.manifest.protocol.variants
        own = [name for name, record in entries(part).items() if record.engine != EXTERNAL]
        names = own if len(own) == len(choices) else [""] * len(choices)
        for name, choice in zip(names, choices, strict=True):
            chosen.setdefault(name or digest(choice.model_dump(mode="json")), choice)
    return tuple(chosen.values())


def _ensembles(parts: Sequence[RunPart]) -> tuple[EnsembleChoice, ...]:
    """Return the ensembles of all parts; two of one name must have the same members."""
    chosen: dict[str, EnsembleChoice] = {}
    for part in parts:
        for each in part.manifest.protocol.ensembles:
            if chosen.setdefault(each.name, each) != each:
                raise InputError(
                    f"{part.place}: its ensemble {each.name!r} has other members than that of "
                    "another run; give one of them another name"
                )
    return tuple(chosen.values())


def _origins(part: RunPart, rows: Sequence[Row]) -> Iterator[Origin]:
    """Describe where a part was made; a part that is merged itself has several places."""
    taken = tuple(row.name for row in rows if row.part is part or row.seeds_of(part))
    manifest = part.manifest
    for origin in manifest.origins:
        yield replace(origin, variants=tuple(name for name in origin.variants if name in taken))
    if not manifest.origins:
        yield Origin(
            name=part.name,
            variants=taken,
            manifest_digest=sha256_of(RunFolder(part.place).manifest),
            environment=manifest.environment,
            git=manifest.git,
            device=manifest.device,
            keras_backend=manifest.keras_backend,
            plugins=manifest.plugins,
            started=manifest.started,
            finished=manifest.finished,
            wall_seconds=manifest.wall_seconds,
        )


def _common(values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what all mappings agree in, their inner mappings likewise."""
    first, *others = values
    shared = {}
    for name, value in first.items():
        theirs = [other.get(name) for other in others]
        if isinstance(value, Mapping) and all(isinstance(other, Mapping) for other in theirs):
            shared[name] = _common([value, *theirs])  # type: ignore[list-item]
        elif all(other == value for other in theirs):
            shared[name] = value
    return shared


def _agreed(values: Sequence[T]) -> T | None:
    return values[0] if all(value == values[0] for value in values) else None


def _ledger(parts: Sequence[RunPart], rows: Sequence[Row]) -> Iterator[LedgerEvent | UnknownEvent]:
    """Yield every opening of the test set, and what was spent on the rows that were taken.

    What the parts share is yielded once: pre-trainings, and events that are unknown here, all of
    which are kept.
    """
    taken = {row.name: row for row in rows}
    shared = set()
    for part in parts:
        for event in part.run.ledger:
            if isinstance(event, PretrainSpent | UnknownEvent):
                name = event.key if isinstance(event, PretrainSpent) else event.line
                if name in shared:
                    continue
                shared.add(name)
            elif not (isinstance(event, TestOpened) or _is_of(event, part, taken)):
                continue
            yield event
    for row in rows:
        if row.remark:
            yield Merged(variant=row.name, reason=row.remark)


def _is_of(event: LedgerEvent, part: RunPart, rows: Mapping[str, Row]) -> bool:
    """Tell whether an event of ``part`` is of what was taken from it, or of no row."""
    row = rows.get(event.variant)
    return row is None or row.takes(part, getattr(event, "seed", None))


def _copy_studies(rows: Sequence[Row], journal: Path) -> None:
    """Copy the studies of the rows; a journal is read from a copy, as opening may mend it."""
    target = open_storage(journal)
    with temporary_folder() as folder:
        for row in rows:
            source = RunFolder(row.part.place).journal
            if not source.is_file():
                continue
            storage = open_storage(Path(shutil.copyfile(source, folder / row.part.name)))
            for name in optuna.get_all_study_names(storage):
                if name.rpartition(" ")[0] == row.name:
                    optuna.copy_study(from_study_name=name, from_storage=storage, to_storage=target)


def _unproved(parts: Sequence[RunPart]) -> Iterator[str]:
    for part in parts:
        name = RunFolder(part.place).digests.name
        if stored_digests(part.place) is None:
            yield f"{part.place} has no {name}: whether it was changed cannot be told"
