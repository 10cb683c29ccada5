"""Reads the files of a results folder into their records, and a whole folder into one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from benchmarks.errors import InputError
from benchmarks.protocol.reading import stored_protocol
from benchmarks.protocol.views import View, averages
from benchmarks.store.contents import ADD_AGAIN, Contents, contents
from benchmarks.store.digests import AGAIN
from benchmarks.store.ensembles import ensembles_of
from benchmarks.store.files import (
    adapter,
    array_attributes,
    json_values,
    read_arrays,
    read_table,
    record_of,
    table_attributes,
)
from benchmarks.store.folder import FitFolder, RunFolder, run_of
from benchmarks.store.history import history_of
from benchmarks.store.kept import KeptTables, Labels, read_kept, require_labels, require_votes
from benchmarks.store.ledger import ledger_of
from benchmarks.store.records import (
    STATUSES,
    STUDIES,
    AttentionMaps,
    Completed,
    CorruptedAnswers,
    CorruptionRecord,
    CostRecord,
    ExplainRecord,
    FitPredictions,
    FitRecord,
    FitResults,
    Manifest,
    Predictions,
    RobustnessRecord,
    RunResults,
    TrialRecord,
    VariantOutcome,
    VariantRecord,
    VariantResults,
    ViewsRecord,
    answer_columns,
    probability_column,
    view_column,
)
from benchmarks.store.splits import SplitTable, read_splits
from benchmarks.store.votes import read_votes
from benchmarks.training.checkpoint import EpochRecord
from datasets.audit.audit import AUDIT, Audit

T = TypeVar("T")
ROUNDING = 1e-4
"""How far from 1 the sum of an image's probabilities may lie, as stored ones may be float32."""
KEPT_ROUNDING = 2e-3
"""The same of probabilities with few significant bits."""
ANYTHING = TypeAdapter(dict[str, Any])
UNREACHED = VariantOutcome("not run", "the run was interrupted before it; the same command goes on")


def read_run(folder: Path, *, trusting: bool = False, labels: Labels | None = None) -> RunResults:
    """Read the results folder ``folder``; each file of it is checked against its digests.

    A variant without fits is kept with its reason, and a run that is still under way can be
    read. A kept run needs the ``labels`` of its data. A folder that is no run, a file that is
    damaged, changed or gone, or predictions for other images than the split's test set raise
    ``InputError``. ``trusting`` checks no digest.
    """
    require_run(folder)
    place, held = RunFolder(folder), contents(folder, trusting=trusting)
    held.require_complete()
    if labels is None:
        require_labels(folder)
    manifest, outcomes = _manifest(held), _statuses(held)
    if labels is None:
        found, tables = _stored_labels(held), None
    else:
        found, tables = _wanted(labels, held, manifest), KeptTables(held, labels)
    splits, studies = found.splits, _studies(held)
    fits = _read_fits(held, manifest, splits, tables)
    known = {facts.name for facts in manifest.variants}
    for stray in sorted(fits.keys() - known):
        raise InputError(f"{folder}: fits of {stray!r}, which manifest.json does not name")
    variants = tuple(
        _variant(held, facts, outcomes.get(facts.name), fits.get(facts.name, {}), studies)
        for facts in manifest.variants
    )
    return RunResults(
        folder,
        manifest,
        variants,
        ledger=tuple(ledger_of(held.log_of(place.ledger))),
        test_shared=splits.test_shared,
        audit=found.audit,
        test_paths=splits.of("test").paths,
        votes=found.votes,
        ensembles=ensembles_of(manifest.protocol, variants),
        kept=tables is not None,
    )


def _stored_labels(held: Contents) -> Labels:
    """Return what a run that is not kept tells of its data itself."""
    place = RunFolder(held.run)
    splits = read_splits(place, held)
    votes = read_votes(place, splits, held)
    return Labels(splits, _read_audit(held, place.audit), votes)


def _wanted(labels: Labels, held: Contents, manifest: Manifest) -> Labels:
    """Return what the page of a kept run was made with, of what the data tell.

    What is known of the data's origin is what the run knew: it depends on files beside them too.
    """
    record = read_kept(held)
    if labels.known:
        require_votes(held.run, record, labels.votes)
    known = manifest.data.provenance
    audit = replace(labels.audit, provenance=known) if labels.audit and record.audited else None
    return replace(
        labels,
        audit=audit,
        votes=labels.votes if record.voted else None,
    )


def is_run(folder: Path) -> bool:
    """Tell whether ``folder`` is a results folder."""
    return RunFolder(folder).manifest.is_file()


def require_run(folder: Path) -> None:
    """Raise ``InputError`` where ``folder`` is no results folder."""
    if not is_run(folder):
        name = RunFolder(folder).manifest.name
        raise InputError(f"{folder}: not a results folder (it has no {name})")


def read_manifest(folder: Path, *, trusting: bool = False) -> Manifest:
    """Read the manifest of a results folder; ``trusting`` checks no digest.

    Raises ``InputError`` where there is none, or it is damaged or has a protocol that this
    version does not know.
    """
    require_run(folder)
    return _manifest(contents(folder, trusting=trusting))


def _manifest(held: Contents) -> Manifest:
    path = held.run / RunFolder(held.run).manifest.name
    content = _valid(path, ANYTHING, held.json_of(path))
    return _valid(path, adapter(Manifest), {**content, "protocol": stored_protocol(content, path)})


def stored_manifest(folder: Path) -> Manifest | None:
    """Read the manifest in ``folder``; ``None`` where there is none."""
    return read_manifest(folder) if is_run(folder) else None


def read_statuses(folder: Path) -> Mapping[str, VariantOutcome]:
    """Read how each variant ended so far, by its name."""
    return _statuses(contents(folder))


def _statuses(held: Contents) -> Mapping[str, VariantOutcome]:
    return _read_json(held, RunFolder(held.run).status, STATUSES, {})


def read_studies(folder: Path) -> Mapping[str, tuple[TrialRecord, ...]]:
    """Read the trials of each variant, by its name."""
    return _studies(contents(folder))


def _studies(held: Contents) -> Mapping[str, tuple[TrialRecord, ...]]:
    return _read_json(held, RunFolder(held.run).tuning, STUDIES, {})


def read_fit(place: Path, held: Contents | None = None) -> FitRecord:
    """Read the ``fit.json`` in a fit's folder; raises ``InputError`` where it does not hold."""
    held = held or contents(run_of(place))
    return _read_json(held, FitFolder(place).record, adapter(FitRecord))


def stored_fit(place: Path) -> FitRecord | None:
    """Read the ``fit.json`` in a fit's folder, whoever changed it; ``None`` where it is none.

    What it says is good for naming the fit, not for using it.
    """
    path = FitFolder(place).record
    return record_of(FitRecord, json_values(path.read_bytes())) if path.is_file() else None


def explain_record(content: bytes) -> ExplainRecord | None:
    """Return what an ``attention.npz`` says of itself; ``None`` where it is damaged."""
    return record_of(ExplainRecord, array_attributes(content))


def robustness_record(content: bytes) -> RobustnessRecord | None:
    """Return what a ``robustness.parquet`` says of itself; ``None`` where it is damaged."""
    return record_of(RobustnessRecord, table_attributes(content))


def views_record(content: bytes) -> ViewsRecord | None:
    """Return what a ``views.parquet`` says of itself; ``None`` where it is damaged."""
    return record_of(ViewsRecord, table_attributes(content))


def predictions_key(path: Path) -> str | None:
    """Return the key of a ``predictions.parquet``; ``None`` where it is damaged or missing."""
    record = record_of(Completed, table_attributes(path.read_bytes())) if path.is_file() else None
    return record.key if record else None


def _variant(
    held: Contents,
    facts: VariantRecord,
    outcome: VariantOutcome | None,
    fits: Mapping[Path, FitResults],
    studies: Mapping[str, tuple[TrialRecord, ...]],
) -> VariantResults:
    ordered = tuple(sorted(fits.values(), key=lambda fit: fit.record.seed))
    if outcome is None:
        outcome = VariantOutcome("ok") if ordered else UNREACHED
    elif outcome.status == "ok" and not ordered:
        outcome = VariantOutcome("failed", "the folder holds no fit of this variant; run it again")
    path = RunFolder(held.run).cost(facts.name)
    cost = _read_json(held, path, adapter(CostRecord), CostRecord()) if fits else CostRecord()
    trials = tuple(sorted(studies.get(facts.name, ()), key=lambda trial: trial.number))
    return VariantResults(facts, outcome, ordered, trials, cost)


def _read_fits(
    held: Contents, manifest: Manifest, splits: SplitTable, tables: KeptTables | None
) -> dict[str, dict[Path, FitResults]]:
    """Return variant → seed folder → fit, of the fits that are scored and not set aside."""
    fits: dict[str, dict[Path, FitResults]] = {}
    for place in RunFolder(held.run).scored():
        fit = _read_fit(held, place, manifest, tables)
        for split, answered in (("validation", fit.validation), ("test", fit.test)):
            _check_images(place, split, answered, splits.of(split))
        fits.setdefault(fit.record.variant, {})[place] = fit
    return fits


def _read_fit(
    held: Contents, place: Path, manifest: Manifest, tables: KeptTables | None
) -> FitResults:
    files = FitFolder(place)
    record = read_fit(place, held)
    remedy = ADD_AGAIN if record.external else AGAIN
    content = held.bytes_of(files.predictions, remedy)
    answered = predictions_of(content, files.predictions, manifest.data.class_names, tables)
    validation, test = answered.validation.normalised, answered.test.normalised
    return FitResults(
        record=record,
        history=_history(held, files.history, record),
        validation=validation,
        test=test,
        attention=read_attention(held, files.attention, record.key, manifest, test),
        robustness=read_robustness(held, files.robustness, record.key, manifest, test, tables),
        views=read_views(
            held, files.views, record.key, manifest, FitPredictions(validation, test), tables
        ),
    )


def _history(held: Contents, path: Path, record: FitRecord) -> tuple[EpochRecord, ...]:
    stated = record.files.get(path.name)
    if not path.is_file() and (stated is None or held.trusting):
        return ()
    return history_of(held.bytes_of(path, stated=stated), path)


def read_predictions(path: Path, class_names: Sequence[str]) -> FitPredictions:
    """Read the ``predictions.parquet`` at ``path`` in a fit's folder; raises ``InputError``."""
    content = contents(run_of(path.parent)).bytes_of(path)
    return predictions_of(content, path, class_names)


def predictions_of(
    content: bytes, path: Path, class_names: Sequence[str], tables: KeptTables | None = None
) -> FitPredictions:
    """Return what the ``predictions.parquet`` at ``path`` holds; of a kept run with ``tables``.

    Raises ``InputError`` where it is damaged or its numbers are no probabilities.
    """
    columns = [probability_column(name) for name in class_names]
    table = _answers(content, path, ["row", "image_id", "label", "split"], columns, tables)
    if wrong := no_probabilities(table[columns].to_numpy(np.float64), kept=tables is not None):
        raise InputError(f"{path}: {wrong}; {AGAIN}")
    if not table["label"].between(0, len(class_names) - 1).all():
        raise InputError(f"{path}: a label names no class")
    validation, test = (
        Predictions(
            rows=part["row"].to_numpy(np.int64),
            image_ids=part["image_id"].to_numpy(np.str_),
            labels=part["label"].to_numpy(np.int64),
            probabilities=part[columns].to_numpy(np.float64),
        )
        for part in (table[table["split"] == split] for split in ("validation", "test"))
    )
    return FitPredictions(validation, test)


def _answers(
    content: bytes,
    path: Path,
    facts: Sequence[str],
    columns: Sequence[str],
    tables: KeptTables | None,
) -> pd.DataFrame:
    """Return ``facts`` of the images and ``columns`` of answers, in ascending order of rows."""
    if tables is None:
        return read_table(content, path, [*facts, *columns]).sort_values("row")
    return tables.answered(path, read_table(content, path, columns)).sort_values("row")


def no_probabilities(numbers: NDArray[np.float64], *, kept: bool = False) -> str:
    """Say why ``numbers``, N×K, are no probabilities of K classes; blank where they are.

    Those of a ``kept`` run may have been rounded.
    """
    if not np.isfinite(numbers).all():
        return "a probability is not finite"
    if (numbers < 0).any():
        return "a probability is negative"
    off = np.abs(numbers.sum(axis=1) - 1) > (KEPT_ROUNDING if kept else ROUNDING)
    return f"the probabilities of {off.sum():,} images do not sum to 1" if off.any() else ""


def read_attention(
    held: Contents, path: Path, key: str, manifest: Manifest, test: Predictions
) -> AttentionMaps | None:
    """Read the ``attention.npz`` at ``path`` of the fit ``key``; ``None``: none, or of others.

    A damaged file raises ``InputError``.
    """
    if not path.is_file():
        return None
    content = held.bytes_of(path)
    record = explain_record(content)
    if record is None:
        raise InputError(f"{path}: is damaged; remove it and run again")
    if (record.identity.fit, record.identity.split) != (key, manifest.split.digest):
        return None
    found = read_arrays(content, ("rows", "answers", "maps"))
    if found is None or found["maps"].ndim != 3:
        raise InputError(f"{path}: is damaged; remove it and run again")
    rows, answers, maps = found["rows"], found["answers"], found["maps"]
    known = np.isin(rows, test.rows).all() and np.isin(answers, range(test.probabilities.shape[1]))
    if not (len(rows) == len(answers) == len(maps) and np.all(known) and np.isfinite(maps).all()):
        raise InputError(f"{path}: holds other images or classes; remove it and run again")
    return AttentionMaps(
        rows.astype(np.int64), answers.astype(np.int64), maps.astype(np.float64), record.layer
    )


def read_robustness(
    held: Contents,
    path: Path,
    key: str,
    manifest: Manifest,
    test: Predictions,
    tables: KeptTables | None = None,
) -> CorruptedAnswers | None:
    """Read the ``robustness.parquet`` at ``path`` of the fit ``key``.

    ``None`` where there is none, the protocol asks for none, or it is of another fit or on
    other images than the protocol asks for. A damaged file raises ``InputError``.
    """
    wanted = manifest.protocol.robustness
    if wanted is None or not path.is_file():
        return None
    content = held.bytes_of(path)
    record = robustness_record(content)
    if record is None:
        raise InputError(f"{path}: is damaged; remove it and run again")
    asked = (key, manifest.split.digest, wanted.images, manifest.protocol.seed)
    made = record.identity
    if (made.fit, made.split, made.images, made.seed) != asked:
        return None
    table = read_table(content, path)
    if tables is not None:
        table = tables.corrupted(path, table).sort_values("row")
    corruptions = record.corruptions or tuple(_by_columns(table))
    columns = {column for corruption in corruptions for column in answer_columns(corruption)}
    missing = {"row", "label", "clean", *columns} - set(table.columns) or not columns
    if missing or not table["row"].isin(test.rows).all() or table["row"].duplicated().any():
        raise InputError(f"{path}: holds other images or columns; remove it and run again")
    return CorruptedAnswers(
        rows=table["row"].to_numpy(np.int64),
        labels=test.labels[np.searchsorted(test.rows, table["row"])],
        clean=table["clean"].to_numpy(np.int64),
        answers={c.name: table[answer_columns(c)].to_numpy(np.int64) for c in corruptions},
        corruptions=corruptions,
    )


def _by_columns(table: pd.DataFrame) -> Iterator[CorruptionRecord]:
    """Read ``blur_1``, ``blur_2`` … as the corruption blur of so many unknown severities.

    A table of an earlier version does not name its corruptions otherwise.
    """
    parted = (str(column).rpartition("_") for column in table.columns)
    counts = Counter(name for name, _, number in parted if name and number.isdigit())
    for name, count in counts.items():
        yield CorruptionRecord(name, name.capitalize(), (float("nan"),) * count)


def read_views(
    held: Contents,
    path: Path,
    key: str,
    manifest: Manifest,
    answered: FitPredictions,
    tables: KeptTables | None = None,
) -> Mapping[View, FitPredictions]:
    """Read the ``views.parquet`` at ``path`` of the fit ``key``, which ``answered`` single images.

    The averages that the protocol asks for; none where it asks for none, there is no file, or it
    is of another fit. A damaged file raises ``InputError``.
    """
    wanted = averages(manifest.protocol.views)
    if not wanted or not path.is_file():
        return {}
    content = held.bytes_of(path)
    record = views_record(content)
    if record is None:
        raise InputError(f"{path}: is damaged; remove it and run again")
    if (record.identity.fit, record.identity.split) != (key, manifest.split.digest):
        return {}
    found = [view for view in averages(record.identity.views) if view in wanted]
    names = manifest.data.class_names
    columns = [view_column(view, name) for view in found for name in names]
    table = _answers(content, path, ["row", "split"], columns, tables)
    kept = tables is not None
    return {view: _view(path, table, view, names, answered, kept=kept) for view in found}


def _view(
    path: Path,
    table: pd.DataFrame,
    view: View,
    names: Sequence[str],
    answered: FitPredictions,
    *,
    kept: bool,
) -> FitPredictions:
    """Return one average of a ``table`` of views, on the images that were ``answered``."""
    columns = [view_column(view, name) for name in names]
    found = []
    for split, single in (("validation", answered.validation), ("test", answered.test)):
        part = table[table["split"] == split].sort_values("row")
        probabilities = part[columns].to_numpy(np.float64)
        wrong = no_probabilities(probabilities, kept=kept)
        if wrong or not np.array_equal(part["row"], single.rows):
            raise InputError(
                f"{path}: holds other images or no probabilities; remove it and run again"
            )
        found.append(replace(single, probabilities=probabilities).normalised)
    return FitPredictions(*found)


def _read_audit(held: Contents, path: Path) -> Audit | None:
    """Read a whole audit; runs of earlier versions left a short one, or none."""
    content = held.json_of(path) if path.is_file() else {}
    return _valid(path, AUDIT, content) if "duplicates" in content else None


def _check_images(place: Path, split: str, answered: Predictions, asked: SplitTable) -> None:
    """Refuse predictions whose images or labels are not the split's."""
    if not (
        np.array_equal(answered.rows, asked.rows)
        and np.array_equal(answered.labels, asked.labels)
        and np.array_equal(answered.image_ids, asked.image_ids)
    ):
        raise InputError(
            f"{FitFolder(place).predictions}: its {split} images are not those of "
            "splits.parquet; remove the fit and run it again"
        )


def _read_json(held: Contents, path: Path, kind: TypeAdapter[T], absent: T | None = None) -> T:
    if absent is not None and not path.is_file():
        return absent
    return _valid(path, kind, held.json_of(path))


def _valid(path: Path, kind: TypeAdapter[T], content: Any) -> T:
    try:
        return kind.validate_python(content)
    except ValidationError as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: ValidationError) -> InputError:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "the file"
    return InputError(f"{path}: {place}: {first['msg']}")


def mistake_of(folder: Path) -> str | None:
    """Return the mistake that the run in ``folder`` makes on purpose, or ``None``."""
    path = RunFolder(folder).manifest
    manifest = json_values(path.read_bytes()) if path.is_file() else None
    protocol = manifest.get("protocol") if isinstance(manifest, dict) else None
    return protocol.get("mistake") if isinstance(protocol, dict) else None


def refuse_mistaken(folder: Path) -> None:
    """Raise ``InputError`` if the run in ``folder`` makes a mistake on purpose.

    Whatever ranks, joins, chooses from or builds on a run asks this first.
    """
    if mistake := mistake_of(folder):
        raise InputError(
            f"{folder}: this run makes a known mistake on purpose ({mistake}); it is never "
            "ranked, compared or built upon; give an honest run"
        )
