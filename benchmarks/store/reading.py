"""Reads the files of a results folder into their records, and a whole folder into one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from benchmarks.errors import InputError
from benchmarks.protocol.reading import stored_protocol
from benchmarks.store.files import (
    adapter,
    array_record,
    read_arrays,
    read_json,
    read_table,
    table_record,
)
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.history import read_history
from benchmarks.store.ledger import read_ledger
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
    answer_columns,
    probability_column,
)
from benchmarks.store.splits import SplitTable, read_splits
from benchmarks.store.votes import read_votes
from datasets.audit.audit import AUDIT, Audit

T = TypeVar("T")
ANYTHING = TypeAdapter(dict[str, Any])
UNREACHED = VariantOutcome("not run", "the run was interrupted before it; the same command goes on")


def read_run(folder: Path) -> RunResults:
    """Read the results folder ``folder``.

    A variant without fits is kept with its reason, and a run that is still under way can be
    read. A folder that is no run, a damaged file, or predictions for other images than the
    split's test set raise ``InputError``.
    """
    place, manifest = RunFolder(folder), read_manifest(folder)
    outcomes, studies = read_statuses(folder), read_studies(folder)
    splits = read_splits(place)
    fits = _read_fits(folder, manifest, splits)
    known = {facts.name for facts in manifest.variants}
    for stray in sorted(fits.keys() - known):
        raise InputError(f"{folder}: fits of {stray!r}, which manifest.json does not name")
    variants = tuple(
        _variant(place, facts, outcomes.get(facts.name), fits.get(facts.name, {}), studies)
        for facts in manifest.variants
    )
    return RunResults(
        folder,
        manifest,
        variants,
        ledger=tuple(read_ledger(place.ledger)),
        test_shared=splits.test_shared,
        audit=_read_audit(place.audit),
        test_paths=splits.of("test").paths,
        votes=read_votes(place, splits),
    )


def is_run(folder: Path) -> bool:
    """Tell whether ``folder`` is a results folder."""
    return RunFolder(folder).manifest.is_file()


def require_run(folder: Path) -> None:
    """Raise ``InputError`` where ``folder`` is no results folder."""
    if not is_run(folder):
        name = RunFolder(folder).manifest.name
        raise InputError(f"{folder}: not a results folder (it has no {name})")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a results folder.

    Raises ``InputError`` where there is none, or it is damaged or has a protocol that this
    version does not know.
    """
    require_run(folder)
    path = folder / RunFolder(folder).manifest.name
    content = _read_json(path, ANYTHING)
    return _valid(path, adapter(Manifest), {**content, "protocol": stored_protocol(content, path)})


def stored_manifest(folder: Path) -> Manifest | None:
    """Read the manifest in ``folder``; ``None`` where there is none or it is no JSON."""
    return None if read_json(RunFolder(folder).manifest) is None else read_manifest(folder)


def read_statuses(folder: Path) -> Mapping[str, VariantOutcome]:
    """Read how each variant ended so far, by its name."""
    return _read_json(RunFolder(folder).status, STATUSES, {})


def read_studies(folder: Path) -> Mapping[str, tuple[TrialRecord, ...]]:
    """Read the trials of each variant, by its name."""
    return _read_json(RunFolder(folder).tuning, STUDIES, {})


def read_fit(place: Path) -> FitRecord:
    """Read the ``fit.json`` in a fit's folder; raises ``InputError`` where it is damaged."""
    return _read_json(FitFolder(place).record, adapter(FitRecord))


def stored_fit(place: Path) -> FitRecord | None:
    """Read the ``fit.json`` in a fit's folder; ``None`` where there is none or it is no JSON."""
    return None if read_json(FitFolder(place).record) is None else read_fit(place)


def read_cost(path: Path) -> CostRecord:
    """Read a ``cost.json``; where there is none, nothing is known."""
    return _read_json(path, adapter(CostRecord), CostRecord())


def explain_record(path: Path) -> ExplainRecord | None:
    """Return what an ``attention.npz`` says of itself; ``None`` where it is damaged or missing."""
    return array_record(path, ExplainRecord)


def robustness_record(path: Path) -> RobustnessRecord | None:
    """Return what a ``robustness.parquet`` says of itself; ``None`` where it is damaged."""
    return table_record(path, RobustnessRecord)


def predictions_key(path: Path) -> str | None:
    """Return the key of a ``predictions.parquet``; ``None`` where it is damaged or missing."""
    record = table_record(path, Completed)
    return record.key if record else None


def _variant(
    place: RunFolder,
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
    cost = read_cost(place.cost(facts.name)) if fits else CostRecord()
    trials = tuple(sorted(studies.get(facts.name, ()), key=lambda trial: trial.number))
    return VariantResults(facts, outcome, ordered, trials, cost)


def _read_fits(
    folder: Path, manifest: Manifest, splits: SplitTable
) -> dict[str, dict[Path, FitResults]]:
    """Return variant → seed folder → fit, of the fits that are scored and not set aside."""
    fits: dict[str, dict[Path, FitResults]] = {}
    for place in RunFolder(folder).scored():
        fit = _read_fit(place, manifest)
        for split, answered in (("validation", fit.validation), ("test", fit.test)):
            _check_images(place, split, answered, splits.of(split))
        fits.setdefault(fit.record.variant, {})[place] = fit
    return fits


def _read_fit(place: Path, manifest: Manifest) -> FitResults:
    files, record = FitFolder(place), read_fit(place)
    answered = read_predictions(files.predictions, manifest.data.class_names)
    test = answered.test.normalised
    return FitResults(
        record=record,
        history=read_history(place),
        validation=answered.validation.normalised,
        test=test,
        attention=read_attention(files.attention, record.key, manifest, test),
        robustness=read_robustness(files.robustness, record.key, manifest, test),
    )


def read_predictions(path: Path, class_names: Sequence[str]) -> FitPredictions:
    """Read the ``predictions.parquet`` at ``path``; raises ``InputError`` where it is damaged."""
    columns = [probability_column(name) for name in class_names]
    table = read_table(path, ["row", "image_id", "label", "split", *columns]).sort_values("row")
    if not np.isfinite(table[columns].to_numpy(np.float64)).all():
        raise InputError(f"{path}: a probability is not finite")
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


def read_attention(
    path: Path, key: str, manifest: Manifest, test: Predictions
) -> AttentionMaps | None:
    """Read the ``attention.npz`` at ``path`` of the fit ``key``; ``None``: none, or of others.

    A damaged file raises ``InputError``.
    """
    if not path.is_file():
        return None
    record = explain_record(path)
    if record is None:
        raise InputError(f"{path}: is damaged; remove it and run again")
    if (record.identity.fit, record.identity.split) != (key, manifest.split.digest):
        return None
    found = read_arrays(path, ("rows", "answers", "maps"))
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
    path: Path, key: str, manifest: Manifest, test: Predictions
) -> CorruptedAnswers | None:
    """Read the ``robustness.parquet`` at ``path`` of the fit ``key``.

    ``None`` where there is none, the protocol asks for none, or it is of another fit or on
    other images than the protocol asks for. A damaged file raises ``InputError``.
    """
    wanted = manifest.protocol.robustness
    if wanted is None or not path.is_file():
        return None
    record = robustness_record(path)
    if record is None:
        raise InputError(f"{path}: is damaged; remove it and run again")
    asked = (key, manifest.split.digest, wanted.images, manifest.protocol.seed)
    made = record.identity
    if (made.fit, made.split, made.images, made.seed) != asked:
        return None
    table = read_table(path)
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


def _read_audit(path: Path) -> Audit | None:
    """Read a whole audit; runs of earlier versions left a short one, or none."""
    if "duplicates" not in _read_json(path, ANYTHING, {}):
        return None
    return _read_json(path, AUDIT)


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


def _read_json(path: Path, kind: TypeAdapter[T], absent: T | None = None) -> T:
    if absent is not None and not path.is_file():
        return absent
    try:
        return kind.validate_json(path.read_bytes())
    except ValidationError as error:
        raise _damaged(path, error) from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _valid(path: Path, kind: TypeAdapter[T], content: Mapping[str, Any]) -> T:
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
    manifest = read_json(RunFolder(folder).manifest)
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
