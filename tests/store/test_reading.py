"""A results folder is read whole, or refused in one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.store.digests import write_digests
from benchmarks.store.files import write_table, write_values
from benchmarks.store.reading import read_run
from tests.folder import ROWS, build

BEFORE = Path(__file__).parent / "run_before"
"""A run that an earlier version wrote."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build(tmp_path / "run", ROWS[:2] + ROWS[-2:], seeds=(0, 10, 2), images=40)


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as raised:
        read_run(folder)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_fits_come_in_order_of_seed(folder: Path) -> None:
    plain = read_run(folder).variants[1]
    assert [fit.record.seed for fit in plain.fits] == [0, 2, 10]


def test_an_audit_of_before_its_newer_fields_is_read(folder: Path) -> None:
    shutil.copy(BEFORE / "audit.json", folder)
    write_digests(folder)
    written = json.loads((folder / "audit.json").read_text("utf-8"))
    read = read_run(folder).audit
    assert read is not None
    assert not {"left_out", "levelled"} & written.keys()
    assert (read.left_out, read.levelled, read.near_duplicates.mirrored_threshold) == (
        (),
        None,
        None,
    )
    assert read.counts == written["counts"]
    assert list(read.warnings) == written["warnings"]


def test_variants_without_fits_keep_their_reason(folder: Path) -> None:
    not_run, failed = read_run(folder).variants[2:]
    assert (not_run.outcome.status, failed.outcome.status) == ("not run", "failed")
    assert "ImageNet" in not_run.outcome.reason
    assert not not_run.ranked


def test_an_interrupted_run_can_be_read(folder: Path) -> None:
    (folder / "status.json").unlink()
    (folder / "tuning.json").unlink()
    (folder / "fits" / "plain-cnn" / "seed-2" / "predictions.parquet").unlink()
    run = read_run(folder)
    assert [len(variant.fits) for variant in run.variants] == [3, 2, 0, 0]
    assert run.variants[2].outcome.status == "not run"


def test_a_fit_that_was_set_aside_is_not_read(folder: Path) -> None:
    fit = folder / "fits" / "plain-cnn" / "seed-2"
    fit.rename(fit.with_name("seed-2.stale-0a1b2c3d"))
    assert [f.record.seed for f in read_run(folder).variants[1].fits] == [0, 10]


def test_an_ok_without_fits_is_shown_as_a_failure(folder: Path) -> None:
    shutil.rmtree(folder / "fits" / "plain-cnn")
    outcome = read_run(folder).variants[1].outcome
    assert outcome.status == "failed"
    assert "no fit" in outcome.reason


def test_another_folder_is_refused(tmp_path: Path) -> None:
    assert "not a results folder" in refusal(tmp_path)


def test_a_damaged_json_is_named_with_its_place(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["data"]["class_names"] = 7
    write_values(folder / "manifest.json", manifest)
    message = refusal(folder)
    assert "manifest.json" in message
    assert "data.class_names" in message


def test_damaged_predictions_are_named(folder: Path) -> None:
    (folder / "fits" / "plain-cnn" / "seed-2" / "predictions.parquet").write_bytes(b"PAR1")
    assert "plain-cnn/seed-2/predictions.parquet" in refusal(folder)


@pytest.mark.parametrize("column", ["label", "image_id"])
def test_predictions_for_other_images_are_refused(folder: Path, column: str) -> None:
    place = folder / "fits" / "plain-cnn" / "seed-2" / "predictions.parquet"
    table = pd.read_parquet(place)
    table[column] = table[column].to_numpy()[::-1]
    write_table(place, table)
    assert "not those of splits.parquet" in refusal(folder)


def test_a_probability_that_is_no_number_is_refused(folder: Path) -> None:
    place = folder / "fits" / "plain-cnn" / "seed-2" / "predictions.parquet"
    table = pd.read_parquet(place)
    table.loc[3, "p_fear"] = float("nan")
    write_table(place, table)
    assert "not finite" in refusal(folder)
