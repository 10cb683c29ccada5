"""Reads a results folder into records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from benchmarks.errors import InputError
from benchmarks.store.files import read_json
from benchmarks.store.inquiries import read_attention, read_robustness
from benchmarks.store.ledger import read_ledger
from benchmarks.store.records import (
    CostRecord,
    FitRecord,
    FitResults,
    Manifest,
    Predictions,
    RunResults,
    Trial,
    VariantOutcome,
    VariantRecord,
    VariantResults,
)
from datasets.audit import AUDIT, Audit

T = TypeVar("T")
MANIFEST = TypeAdapter(Manifest)
OUTCOMES = TypeAdapter(dict[str, VariantOutcome])
STUDIES = TypeAdapter(dict[str, tuple[Trial, ...]])
FIT = TypeAdapter(FitRecord)
COST = TypeAdapter(CostRecord)
ANYTHING = TypeAdapter(dict[str, Any])
UNREACHED = VariantOutcome("not run", "the run was interrupted before it; the same command goes on")


def read_run(folder: Path) -> RunResults:
    """Read the results folder ``folder``.

    A variant without fits is kept with its reason, and a run that is still under way can be
    read. A folder that is no run, a damaged file, or predictions for other images than the
    split's test set raise ``InputError``.
    """
    manifest = read_manifest(folder)
    outcomes = read_outcomes(folder)
    studies = _read_json(folder / "tuning.json", STUDIES, {})
    splits = _read_splits(folder / "splits.parquet")
    fits = _read_fits(folder, manifest, splits)
    known = {facts.name for facts in manifest.variants}
    for stray in sorted(fits.keys() - known):
        raise InputError(f"{folder}: fits of {stray!r}, which manifest.json does not name")
    variants = tuple(
        _variant(facts, outcomes.get(facts.name), fits.get(facts.name, {}), studies)
        for facts in manifest.variants
    )
    ledger = tuple(read_ledger(folder / "ledger.jsonl"))
    audit = _read_audit(folder / "audit.json")
    paths = splits.loc[splits["split"] == "test", "path"].to_numpy(np.str_)
    return RunResults(folder, manifest, variants, ledger, _test_shared(splits), audit, paths)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a results folder; raises ``InputError`` where there is none."""
    if not (folder / "manifest.json").is_file():
        raise InputError(f"{folder}: not a results folder (it has no manifest.json)")
    return _read_json(folder / "manifest.json", MANIFEST)


def read_outcomes(folder: Path) -> Mapping[str, VariantOutcome]:
    """Read how each variant ended so far, by its name."""
    return _read_json(folder / "status.json", OUTCOMES, {})


def read_fit_facts(place: Path) -> FitRecord:
    """Read the ``fit.json`` in a fit's folder; raises ``InputError`` where it is damaged."""
    return _read_json(place / "fit.json", FIT)


def _variant(
    facts: VariantRecord,
    outcome: VariantOutcome | None,
    fits: Mapping[Path, FitResults],
    studies: Mapping[str, tuple[Trial, ...]],
) -> VariantResults:
    ordered = tuple(sorted(fits.values(), key=lambda fit: fit.record.seed))
    if outcome is None:
        outcome = VariantOutcome("ok") if ordered else UNREACHED
    elif outcome.status == "ok" and not ordered:
        outcome = VariantOutcome("failed", "the folder holds no fit of this variant; run it again")
    costs = [folder.parent / "cost.json" for folder in fits]
    cost = _read_json(costs[0], COST, CostRecord()) if costs else CostRecord()
    trials = tuple(sorted(studies.get(facts.name, ()), key=lambda trial: trial.number))
    return VariantResults(facts, outcome, ordered, trials, cost)


def _read_fits(
    folder: Path, manifest: Manifest, splits: pd.DataFrame
) -> dict[str, dict[Path, FitResults]]:
    """Return variant → seed folder → fit, of the fits that are scored and not set aside."""
    places = [path.parent for path in sorted(folder.glob("fits/*/seed-*/predictions.parquet"))]
    places = [place for place in places if place.name.removeprefix("seed-").isdigit()]
    fits: dict[str, dict[Path, FitResults]] = {}
    for place in places:
        fit = _read_fit(place, manifest)
        for split, answered in (("validation", fit.validation), ("test", fit.test)):
            _check_images(place, split, answered, splits[splits["split"] == split])
        fits.setdefault(fit.record.variant, {})[place] = fit
    return fits


def _read_fit(place: Path, manifest: Manifest) -> FitResults:
    class_names = manifest.data.class_names
    columns = [f"p_{name}" for name in class_names]
    table = _read_parquet(
        place / "predictions.parquet", ["row", "image_id", "label", "split", *columns]
    ).sort_values("row")
    if not np.isfinite(table[columns].to_numpy(np.float64)).all():
        raise InputError(f"{place / 'predictions.parquet'}: a probability is not finite")
    if not table["label"].between(0, len(class_names) - 1).all():
        raise InputError(f"{place / 'predictions.parquet'}: a label names no class")
    facts, test = read_fit_facts(place), _predictions(table[table["split"] == "test"], columns)
    return FitResults(
        record=facts,
        history=_read_history(place / "history.csv"),
        validation=_predictions(table[table["split"] == "validation"], columns),
        test=test,
        attention=read_attention(place, facts.key, manifest, test),
        robustness=read_robustness(place, facts.key, manifest, test),
    )


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
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(f"{path}: {place}: {first['msg']}") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


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
