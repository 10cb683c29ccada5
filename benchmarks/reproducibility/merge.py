"""Merging runs: the same protocol, carried out on several machines, joined into one folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from benchmarks.errors import InputError
from benchmarks.execution.tuning import open_storage
from benchmarks.protocol.canonical import digest, first_difference
from benchmarks.protocol.reading import stored_protocol
from benchmarks.protocol.schema import decisive
from benchmarks.report.page import render
from benchmarks.store.digests import FILE, changes, stored_digests, write_digests
from benchmarks.store.files import read_json, write_json
from benchmarks.store.folder import RunFolder, slug
from benchmarks.store.ledger import append_line, read_ledger
from benchmarks.store.reading import read_run, refuse_mistaken
from benchmarks.store.records import EXTERNAL, FitResults, RunResults, VariantResults
from datasets.files import replacing_folder, sha256_of

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class RunPart:
    """One of the runs to join: what it is called among them, its records, and its manifest."""

    name: str
    run: RunResults
    manifest: dict[str, Any]

    @property
    def place(self) -> Path:
        """The results folder."""
        return self.run.folder

    def stored(self, name: str) -> Any:
        """Return one of its JSON files, empty where there is none."""
        return read_json(self.place / name) or NOTHING


@dataclass(frozen=True)
class Row:
    """One variant of the merged run and the part that it is taken from.

    ``remark`` says what was decided where several parts have it.
    """

    name: str
    part: RunPart
    remark: str = ""


def merge(places: Sequence[Path], out: Path) -> list[str]:
    """Join the runs in ``places`` into the new folder ``out``; return remarks for the user.

    The protocols must be the same but for their variants, and so must data, split and code of a
    variant that several runs have. Such a variant is taken once if its results are the same, bit
    for bit; other results are refused, and so is a run that is unfinished, changed, or a
    deliberate mistake. Every file of ``out`` appears at once. Raises ``InputError``.
    """
    if len({place.resolve() for place in places}) < 2:
        raise InputError("give two different runs or more to merge")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is not empty; give -o another folder")
    parts = _opened(places)
    for part in parts[1:]:
        _require_same(part, parts[0])
    rows = _rows(parts)
    with replacing_folder(out) as folder:
        for row in rows:
            _copy(row, folder)
        _write(parts, rows, folder)
        render(folder)
        write_digests(folder)
    return [row.remark for row in rows if row.remark] + list(_unproved(parts))


def _opened(places: Sequence[Path]) -> list[RunPart]:
    """Open every run; those in folders of one name are called ``quick``, ``quick (2)``."""
    parts: list[RunPart] = []
    for place in places:
        folder = place.resolve().name
        alike = sum(part.place.resolve().name == folder for part in parts)
        parts.append(_part(f"{folder} ({alike + 1})" if alike else folder, place))
    return parts


def _part(name: str, place: Path) -> RunPart:
    run = read_run(place)
    part = RunPart(name, run, read_json(place / "manifest.json"))
    refuse_mistaken(place)
    if run.manifest.finished is None:
        raise InputError(f"{place}: not finished; go on with it first")
    if (place / FILE).exists() and (change := next(changes(place), None)):
        raise InputError(f"{place / change.file}: {change.what}; see `ferbench verify {place}`")
    return part


def _require_same(part: RunPart, first: RunPart) -> None:
    """Refuse a run whose protocol or data are not the first one's, naming where they part."""
    ours, theirs = (_shared(each) for each in (part, first))
    if found := first_difference(ours, theirs):
        raise InputError(f"{part.place} and {first.place} cannot be merged: {found}")


def _shared(part: RunPart) -> dict[str, Any]:
    """Return what all parts must agree in."""
    manifest = part.manifest
    protocol = stored_protocol(manifest, part.place / "manifest.json").decisive()
    protocol.pop("variants")
    source = manifest.get("source_data") or NOTHING
    return {
        "data": {name: manifest["data"][name] for name in ("name", "digest", "class_names")},
        "protocol": protocol,
        "robustness": manifest["protocol"].get("robustness"),
        "source_data": {"digest": source.get("digest")},
        "split": {name: manifest["split"][name] for name in ("digest", "training_digest")},
    }


def _rows(parts: Sequence[RunPart]) -> list[Row]:
    """Choose the part that each variant is taken from, in the order in which they come."""
    names = dict.fromkeys(variant.name for part in parts for variant in part.run.variants)
    slugs = {slug(name): name for name in names}
    for name in names:
        if slugs[slug(name)] != name:
            raise InputError(f"{name!r} and {slugs[slug(name)]!r} would share a folder; rename one")
    return [_row(name, parts) for name in names]


def _row(name: str, parts: Sequence[RunPart]) -> Row:
    having = [part for part in parts if name in _entries(part)]
    ranked = [part for part in having if _variant(part, name).ranked]
    chosen, *others = ranked or having
    for other in others if ranked else ():
        _require_same_row(name, other, chosen)
    outcome = _variant(chosen, name).outcome
    lost = [(part, _variant(part, name).outcome) for part in having if part not in ranked]
    told = [f"{part.name} ({left.status}: {left.reason})" for part, left in lost if left != outcome]
    remark = f"{name}: taken from {chosen.name}, not from {', '.join(told)}" if told else ""
    return Row(name, chosen, remark)


def _require_same_row(name: str, other: RunPart, chosen: RunPart) -> None:
    """Refuse two results of one variant unless they are the same, bit for bit."""
    places = f"{name} is in {other.place} and in {chosen.place}"
    ours, theirs = _entries(other)[name], _entries(chosen)[name]
    if found := first_difference(ours, theirs):
        raise InputError(f"{places}, and they are not the same variant: {found}")
    fits = [{f.record.seed: f for f in _variant(part, name).fits} for part in (other, chosen)]
    for seed in sorted(fits[0].keys() | fits[1].keys()):
        one, two = (each.get(seed) for each in fits)
        if found := _fits_differ(one, two):
            raise InputError(f"{places} with other results: seed {seed}: {found}")


def _fits_differ(one: FitResults | None, two: FitResults | None) -> str | None:
    """Say how two fits of one variant and seed differ, or return ``None``."""
    if one is None or two is None:
        return "only one of them has it"
    if found := first_difference(one.record.identity, two.record.identity):
        return found
    pairs = ((one.validation, two.validation), (one.test, two.test))
    same = all(np.array_equal(a.probabilities, b.probabilities) for a, b in pairs)
    if same and one.record.key == two.record.key:
        return None
    return f"accuracy {one.test.accuracy:.4f} and {two.test.accuracy:.4f}"


def _entries(part: RunPart) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in part.manifest["variants"]}


def _variant(part: RunPart, name: str) -> VariantResults:
    return next(variant for variant in part.run.variants if variant.name == name)


def _copy(row: Row, folder: Path) -> None:
    """Copy a variant's fits and cost; what was set aside in its own run stays there."""
    variant = RunFolder(row.part.place).cost(row.name).parent
    if variant.is_dir():
        ignored = shutil.ignore_patterns("*.stale-*", ".*")
        shutil.copytree(variant, folder / "fits" / variant.name, ignore=ignored)


def _write(parts: Sequence[RunPart], rows: Sequence[Row], folder: Path) -> None:
    first, place = parts[0], RunFolder(folder)
    for name in ("splits.parquet", "audit.json"):
        if (first.place / name).is_file():
            shutil.copyfile(first.place / name, folder / name)
    write_json(place.manifest, _manifest(parts, rows))
    for file in (place.status, place.tuning):
        content = {row.name: row.part.stored(file.name).get(row.name) for row in rows}
        write_json(file, {name: value for name, value in content.items() if value is not None})
    for line in _ledger(parts, rows):
        append_line(place.ledger, line)
    _copy_studies(rows, place.journal)


def _manifest(parts: Sequence[RunPart], rows: Sequence[Row]) -> dict[str, Any]:
    first = parts[0].manifest
    protocol = {**first["protocol"], "variants": _choices(parts)}
    origins = [origin for part in parts for origin in _origins(part, rows)]
    finished = [part.manifest["finished"] for part in parts]
    return {
        **first,
        "protocol": protocol,
        "protocol_digest": digest(decisive(protocol)),
        "environment": _common([origin["environment"] for origin in origins]),
        "git": _common([origin["git"] for origin in origins]),
        "device": _agreed([origin["device"] for origin in origins]) or "",
        "keras_backend": _agreed([origin["keras_backend"] for origin in origins]),
        "plugins": [],
        "started": min(part.manifest["started"] for part in parts),
        "finished": max(finished),
        "wall_seconds": sum(part.manifest["wall_seconds"] for part in parts),
        "variants": [_entries(row.part)[row.name] for row in rows],
        "origins": origins,
    }


def _choices(parts: Sequence[RunPart]) -> list[dict[str, Any]]:
    """Return the protocols' choices of variants, one for each name that they resolve to."""
    chosen: dict[str, dict[str, Any]] = {}
    for part in parts:
        choices = part.manifest["protocol"]["variants"]
        own = [name for name, entry in _entries(part).items() if entry.get("engine") != EXTERNAL]
        names = own if len(own) == len(choices) else [""] * len(choices)
        for name, choice in zip(names, choices, strict=True):
            chosen.setdefault(name or digest(choice), choice)
    return list(chosen.values())


def _origins(part: RunPart, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Describe where a part was made; a part that is merged itself has several places."""
    taken = [row.name for row in rows if row.part is part]
    manifest = part.manifest
    if manifest.get("origins"):
        return [
            {**origin, "variants": [name for name in origin["variants"] if name in taken]}
            for origin in manifest["origins"]
        ]
    facts = ("environment", "git", "started", "finished", "wall_seconds")
    return [
        {
            "name": part.name,
            "variants": taken,
            "manifest_digest": sha256_of(part.place / "manifest.json"),
            **{name: manifest[name] for name in facts},
            "device": manifest.get("device", ""),
            "keras_backend": manifest.get("keras_backend"),
            "plugins": manifest.get("plugins", []),
        }
    ]


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


def _agreed(values: Sequence[Any]) -> Any:
    return values[0] if all(value == values[0] for value in values) else None


def _ledger(parts: Sequence[RunPart], rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Yield every opening of the test set, and what was spent on the rows that were taken."""
    taken = {row.name: row.part for row in rows}
    pretrained = set()
    for part in parts:
        for line in read_ledger(part.place / "ledger.jsonl"):
            event, variant = line.get("event"), line.get("variant", "")
            if event == "pretrain":
                if line.get("key") in pretrained:
                    continue
                pretrained.add(line.get("key"))
            elif event != "test-opened" and taken.get(variant, part) is not part:
                continue
            yield line
    for row in rows:
        if row.remark:
            yield {"event": "merged", "variant": row.name, "reason": row.remark}


def _copy_studies(rows: Sequence[Row], journal: Path) -> None:
    """Copy the studies of the rows; a journal is read from a copy, as opening may mend it."""
    target = open_storage(journal)
    with tempfile.TemporaryDirectory() as folder:
        for row in rows:
            source = row.part.place / journal.name
            if not source.is_file():
                continue
            storage = open_storage(Path(shutil.copyfile(source, Path(folder) / row.part.name)))
            for name in optuna.get_all_study_names(storage):
                if name.rpartition(" ")[0] == row.name:
                    optuna.copy_study(from_study_name=name, from_storage=storage, to_storage=target)


def _unproved(parts: Sequence[RunPart]) -> Iterator[str]:
    for part in parts:
        if stored_digests(part.place) is None:
            yield f"{part.place} has no digests.json: whether it was changed cannot be told"
