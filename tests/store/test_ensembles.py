"""Ensembles are the means of stored predictions, and views are read as they were written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.store import records
from benchmarks.store.folder import RunFolder
from benchmarks.store.ledger import append_event
from benchmarks.store.openings import untold_openings
from benchmarks.store.reading import read_manifest, read_run
from benchmarks.store.writing import write_manifest
from tests.folder import ROWS, build
from tests.folder_extras import join, view

LOST = "timm:resnet18"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = (*ROWS[:2], ROWS[-1])
    folder = build(tmp_path_factory.mktemp("runs") / "run", rows, seeds=(0, 1), images=40, epochs=2)
    both = ("majority", "plain-cnn")
    return join(view(folder), both=both, seeds=both[1:], more=("plain-cnn", LOST))


def stored(folder: Path, file: str, column: str) -> list[pd.Series]:
    tables = [pd.read_parquet(path) for path in sorted(folder.glob(f"fits/*/*/{file}"))]
    return [table[table["split"] == "test"].sort_values("row")[column] for table in tables]


def test_an_ensemble_is_the_mean_of_what_its_fits_answered(made: Path) -> None:
    both, seeds, _ = read_run(made).ensembles
    (fit,) = both.fits
    happy = stored(made, "predictions.parquet", "p_happy")
    assert fit.test.probabilities[:, 3] == pytest.approx(np.mean(happy, axis=0), abs=1e-7)
    plain = np.mean(happy[2:], axis=0)
    assert seeds.fits[0].test.probabilities[:, 3] == pytest.approx(plain, abs=1e-7)
    assert "2 fits of plain-cnn" in seeds.record.summary


def test_its_views_are_the_means_of_those_of_its_fits(made: Path) -> None:
    (fit,) = read_run(made).ensembles[0].fits
    for average in ("flip", "ten-crop"):
        happy = stored(made, "views.parquet", f"{average}_p_happy")
        found = fit.views[average].test.probabilities[:, 3]
        assert found == pytest.approx(np.mean(happy, axis=0), abs=1e-7)


def test_it_costs_what_its_fits_cost_together(made: Path) -> None:
    run = read_run(made)
    majority, plain = run.variants[:2]
    costs = [majority.cost, majority.cost, plain.cost, plain.cost]
    both = run.ensembles[0].cost
    assert both.parameters == sum(cost.parameters or 0 for cost in costs)
    assert both.macs == sum(cost.macs or 0 for cost in costs)
    assert both.latency_ms == pytest.approx(sum(cost.latency_ms or 0 for cost in costs))


def test_without_a_member_it_was_not_run_and_says_why(made: Path) -> None:
    more = read_run(made).ensembles[2]
    assert more.outcome.status == "not run"
    assert more.outcome.reason == f"its member {LOST}: failed: out of memory at batch 64"
    assert not more.fits


def asking(folder: Path, **changes: object) -> Path:
    manifest = read_manifest(folder)
    protocol = manifest.protocol.model_copy(update=changes)
    write_manifest(RunFolder(folder), replace(manifest, protocol=protocol))
    return folder


@pytest.mark.parametrize(
    ("asked", "found"), [("one", set()), ("flip", {"flip"}), ("ten-crop", {"flip", "ten-crop"})]
)
def test_of_the_views_that_there_are_those_asked_for_are_read(
    tmp_path: Path, asked: str, found: set[str]
) -> None:
    folder = asking(view(build(tmp_path / "run", ROWS[:1], seeds=(0,), images=20)), views=asked)
    (variant,) = read_run(folder).variants
    assert set(variant.fits[0].views) == found


@pytest.mark.parametrize("left", [b"", b"half of it"])
def test_damaged_views_are_named(tmp_path: Path, left: bytes) -> None:
    folder = view(build(tmp_path / "run", ROWS[:1], seeds=(0,), images=20))
    file = folder / "fits/majority/seed-0/views.parquet"
    file.write_bytes(left and file.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"views\.parquet: (damaged|has no digest)"):
        read_run(folder)


def test_views_that_came_with_the_score_are_told_by_its_opening(tmp_path: Path) -> None:
    folder = view(build(tmp_path / "run", ROWS[:1], seeds=(0,), images=20))
    place, run = RunFolder(folder), read_run(folder)
    assert not list(untold_openings(place, run.ledger))
    (untold,) = untold_openings(place, ())
    assert untold.purpose == "score"


def test_views_that_came_later_have_an_opening_of_their_own(tmp_path: Path) -> None:
    folder = view(build(tmp_path / "run", ROWS[:1], seeds=(0,), images=20), purpose="views")
    place, run = RunFolder(folder), read_run(folder)
    (untold,) = untold_openings(place, run.ledger)
    assert untold.purpose == "views"
    (scored,) = run.events(records.TestOpened)
    append_event(place.ledger, replace(scored, purpose="views"))
    assert not list(untold_openings(place, read_run(folder).ledger))
