"""Reads the files of a results folder into their records, and a whole folder into one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from benchmarks.errors import InputError
from benchmarks.protocol.reading import stored_protocol
from benchmarks.store.files import array_attributes, read_json, table_attributes
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.ledger import read_ledger
from benchmarks.store.records import (
    AttentionMaps,
    CorruptedAnswers,
    CorruptionRecord,
    CostRecord,
    ExplainRecord,
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
)
from datasets.audit import AUDIT, Audit

T = TypeVar("T")
MANIFEST = TypeAdapter(Manifest)
STATUSES = TypeAdapter(dict[str, VariantOutcome])
STUDIES = TypeAdapter(dict[str, tuple[TrialRecord, ...]])
FIT = TypeAdapter(FitRecord)
COST = TypeAdapter(CostRecord)
EXPLAIN = TypeAdapter(ExplainRecord)
ROBUSTNESS = TypeAdapter(RobustnessRecord)
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
    splits = _read_splits(place.splits)
    fits = _read_fits(folder, manifest, splits)
    known = {facts.name for facts in manifest.variants}
    for stray in sorted(fits.keys() - known):
        raise InputError(f"{folder}: fits of {stray!r}, which manifest.json does not name")
    variants = tuple(
        _variant(facts, outcomes.get(facts.name), fits.get(facts.name, {}), studies)
        for facts in manifest.variants
    )
    paths = splits.loc[splits["split"] == "test", "path"].to_numpy(np.str_)
    return RunResults(
        folder,
        manifest,
        variants,
        ledger=tuple(read_ledger(place.ledger)),
        test_shared=_test_shared(splits),
        audit=_read_audit(place.audit),
        test_paths=paths,
    )


def is_run(folder: Path) -> bool:
    """Tell whether ``folder`` is a results folder."""
    return (folder / "manifest.json").is_file()


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a results folder.

    Raises ``InputError`` where there is none, or it is damaged or has a protocol that this
    version does not know.
    """
    path = folder / "manifest.json"
    if not is_run(folder):
        raise InputError(f"{folder}: not a results folder (it has no manifest.json)")
    content = _read_json(path, ANYTHING)
    return _valid(path, MANIFEST, {**content, "protocol": stored_protocol(content, path)})


def stored_manifest(folder: Path) -> Manifest | None:
    """Read the manifest in ``folder``; ``None`` where there is none or it is no JSON."""
    return None if read_json(folder / "manifest.json") is None else read_manifest(folder)


def read_statuses(folder: Path) -> Mapping[str, VariantOutcome]:
    """Read how each variant ended so far, by its name."""
    return _read_json(RunFolder(folder).status, STATUSES, {})


def read_studies(folder: Path) -> Mapping[str, tuple[TrialRecord, ...]]:
    """Read the trials of each variant, by its name."""
    return _read_json(RunFolder(folder).tuning, STUDIES, {})


def read_fit(place: Path) -> FitRecord:
    """Read the ``fit.json`` in a fit's folder; raises ``InputError`` where it is damaged."""
    return _read_json(FitFolder(place).record, FIT)


def stored_fit(place: Path) -> FitRecord | None:
    """Read the ``fit.json`` in a fit's folder; ``None`` where there is none or it is no JSON."""
    return None if read_json(FitFolder(place).record) is None else read_fit(place)


def read_cost(path: Path) -> CostRecord:
    """Read a ``cost.json``; where there is none, nothing is known."""
    return _read_json(path, COST, CostRecord())


def explain_record(path: Path) -> ExplainRecord | None:
    """Return what an ``attention.npz`` says of itself; ``None`` where it is damaged or missing."""
    return _attributes(EXPLAIN, array_attributes(path))


def robustness_record(path: Path) -> RobustnessRecord | None:
    """Return what a ``robustness.parquet`` says of itself; ``None`` where it is damaged."""
    return _attributes(ROBUSTNESS, table_attributes(path))


def _attributes(kind: TypeAdapter[T], content: Mapping[str, Any]) -> T | None:
    try:
        return kind.validate_python(content)
    except ValidationError:
        return None


def _variant(
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
    costs = [folder.parent / "cost.json" for folder in fits]
    cost = read_cost(costs[0]) if costs else CostRecord()
    trials = tuple(sorted(studies.get(facts.name, ()), key=lambda trial: trial.number))
    return VariantResults(facts, outcome, ordered, trials, cost)


def _read_fits(
    folder: Path, manifest: Manifest, splits: pd.DataFrame
) -> dict[str, dict[Path, FitResults]]:
    """Return variant → seed folder → fit, of the fits that are scored and not set aside."""
    fits: dict[str, dict[Path, FitResults]] = {}
    for place in RunFolder(folder).scored():
        fit = _read_fit(place, manifest)
        for split, answered in (("validation", fit.validation), ("test", fit.test)):
            _check_images(place, split, answered, splits[splits["split"] == split])
        fits.setdefault(fit.record.variant, {})[place] = fit
    return fits


def _read_fit(place: Path, manifest: Manifest) -> FitResults:
    files, class_names = FitFolder(place), manifest.data.class_names
    columns = [f"p_{name}" for name in class_names]
    table = _read_parquet(
        files.predictions, ["row", "image_id", "label", "split", *columns]
    ).sort_values("row")
    if not np.isfinite(table[columns].to_numpy(np.float64)).all():
        raise InputError(f"{files.predictions}: a probability is not finite")
    if not table["label"].between(0, len(class_names) - 1).all():
        raise InputError(f"{files.predictions}: a label names no class")
    record, test = read_fit(place), _predictions(table[table["split"] == "test"], columns)
    return FitResults(
        record=record,
        history=_read_history(files.history),
        validation=_predictions(table[table["split"] == "validation"], columns),
        test=test,
        attention=read_attention(files.attention, record.key, manifest, test),
        robustness=read_robustness(files.robustness, record.key, manifest, test),
    )


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
    with np.load(path, allow_pickle=False) as archive:
        rows, answers, maps = (archive.get(name) for name in ("rows", "answers", "maps"))
    if rows is None or answers is None or maps is None or maps.ndim != 3:
        raise InputError(f"{path}: is damaged; remove it and run again")
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
    table = pd.read_parquet(path)
    corruptions = record.corruptions or tuple(_by_columns(table))
    columns = {column for corruption in corruptions for column in _columns(corruption)}
    missing = {"row", "label", "clean", *columns} - set(table.columns) or not columns
    if missing or not table["row"].isin(test.rows).all() or table["row"].duplicated().any():
        raise InputError(f"{path}: holds other images or columns; remove it and run again")
    return CorruptedAnswers(
        rows=table["row"].to_numpy(np.int64),
        labels=test.labels[np.searchsorted(test.rows, table["row"])],
        clean=table["clean"].to_numpy(np.int64),
        answers={c.name: table[_columns(c)].to_numpy(np.int64) for c in corruptions},
        corruptions=corruptions,
    )


def _columns(corruption: CorruptionRecord) -> list[str]:
    return [f"{corruption.name}_{number + 1}" for number in range(len(corruption.severities))]


def _by_columns(table: pd.DataFrame) -> Iterator[CorruptionRecord]:
    """Read ``blur_1``, ``blur_2`` … as the corruption blur of so many unknown severities.

    A table of an earlier version does not name its corruptions otherwise.
    """
    parted = (str(column).rpartition("_") for column in table.columns)
    counts = Counter(name for name, _, number in parted if name and number.isdigit())
    for name, count in counts.items():
        yield CorruptionRecord(name, name.capitalize(), (float("nan"),) * count)


def _predictions(table: pd.DataFrame, columns: list[str]) -> Predictions:
    """Take one split's rows; probabilities are normalised, as stored ones may be float32."""
    probabilities = table[columns].to_numpy(np.float64)
    return Predictions(
        rows=table["row"].to_numpy(np.int64),
        image_ids=table["image_id"].to_numpy(np.str_),
        labels=table["label"].to_numpy(np.int64),
        probabilities=probabilities / probabilities.sum(axis=1, keepdims=True),
    )


def _read_splits(path: Path) -> pd.DataFrame:
    columns = ["row", "image_id", "path", "label", "split"]
    return _read_parquet(path, columns).sort_values("row")


def _test_shared(splits: pd.DataFrame) -> NDArray[np.bool_]:
    test = splits["split"] == "test"
    shared = splits.loc[test, "image_id"].isin(splits.loc[~test, "image_id"])
    return shared.to_numpy(np.bool_)


def _read_audit(path: Path) -> Audit | None:
    """Read a whole audit; runs of earlier versions left a short one, or none."""
    if "duplicates" not in _read_json(path, ANYTHING, {}):
        return None
    return _read_json(path, AUDIT)


def _check_images(place: Path, split: str, answered: Predictions, asked: pd.DataFrame) -> None:
    """Refuse predictions whose images or labels are not the split's."""
    if not (
        np.array_equal(answered.rows, asked["row"].to_numpy())
        and np.array_equal(answered.labels, asked["label"].to_numpy())
        and np.array_equal(answered.image_ids, asked["image_id"].to_numpy(np.str_))
    ):
        raise InputError(
            f"{place / 'predictions.parquet'}: its {split} images are not those of splits.parquet; "
            "remove the fit and run it again"
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


def _read_parquet(path: Path, columns: list[str]) -> pd.DataFrame:
    try:
        return pd.read_parquet(path, columns=columns)
    except (OSError, pyarrow.ArrowInvalid) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: not readable as Parquet: {reason}") from error


def _read_history(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame()
    try:
        return pd.read_csv(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as CSV: {error}") from error


def mistake_of(folder: Path) -> str | None:
    """Return the mistake that the run in ``folder`` makes on purpose, or ``None``."""
    manifest = read_json(folder / "manifest.json")
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
