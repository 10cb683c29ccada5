"""Which model is used: the best on validation, or the one that was named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.evaluation.fitted import resolve_fit
from benchmarks.protocol.names import slug
from benchmarks.store.files import write_table, write_values
from tests.folder import ROWS, Row, build


@pytest.fixture
def run(tmp_path: Path) -> Path:
    run = build(tmp_path / "run", (*ROWS, Row(name="timm:a/b", skill=0.2)), images=100)
    for fit in run.glob("fits/*/seed-*"):
        (fit / "model.keras").write_bytes(b"a model")
    return run


def rewrite(run: Path, variant: str, split: str) -> None:
    """Replace a variant's probabilities on one split by certain mistakes."""
    for file in run.glob(f"fits/{slug(variant)}/seed-*/predictions.parquet"):
        table = pd.read_parquet(file)
        columns = [c for c in table if c.startswith("p_")]
        rows = table["split"] == split
        wrong = (table.loc[rows, "label"].to_numpy() + 1) % len(columns)
        table.loc[rows, columns] = np.eye(len(columns), dtype=np.float32)[wrong]
        write_table(file, table)


def test_without_a_variant_the_best_on_validation_is_used(run: Path) -> None:
    chosen = resolve_fit(str(run))
    assert chosen.variant.name == "resnet50.source.fine-tune"
    assert "best of 7 on validation, accuracy 0." in chosen.why


def test_test_predictions_choose_nothing_and_validation_does(run: Path) -> None:
    rewrite(run, "resnet50.source.fine-tune", "test")
    assert resolve_fit(str(run)).variant.name == "resnet50.source.fine-tune"
    rewrite(run, "resnet50.source.fine-tune", "validation")
    assert resolve_fit(str(run)).variant.name == "augmented-cnn"


def test_a_protocol_that_selects_by_log_loss_takes_the_least(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["protocol"]["selection"] = "log_loss"
    write_values(run / "manifest.json", manifest)
    assert resolve_fit(str(run)).variant.name == "resnet50.source.fine-tune"


@pytest.mark.parametrize("name", ["plain-cnn", "timm:a/b"])
def test_a_named_variant_is_its_first_seeds_fit(run: Path, name: str) -> None:
    chosen = resolve_fit(f"{run}/{name}")
    assert (chosen.variant.name, chosen.fit.seed) == (name, 0)
    assert chosen.folder == run.resolve() / "fits" / slug(name) / "seed-0"


def test_seeds_are_numbers_and_fits_set_aside_are_not_used(run: Path) -> None:
    fits = run / "fits" / "plain-cnn"
    for seed in (0, 1):
        shutil.rmtree(fits / f"seed-{seed}")
    shutil.copytree(fits / "seed-2", fits / "seed-1.stale-cdcdcdcd")
    shutil.copytree(fits / "seed-2", fits / "seed-10")
    assert resolve_fit(f"{run}/plain-cnn").folder.name == "seed-2"


def test_a_fit_that_lost_its_model_gives_way_to_the_next_seed(run: Path) -> None:
    (run / "fits" / "plain-cnn" / "seed-0" / "model.keras").unlink()
    assert resolve_fit(f"{run}/plain-cnn").fit.seed == 1


def test_a_variant_needs_nothing_of_the_others(run: Path) -> None:
    (run / "splits.parquet").unlink()
    shutil.rmtree(run / "fits" / "majority")
    assert resolve_fit(f"{run}/plain-cnn/").variant.name == "plain-cnn"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plan-cnn", "no variant 'plan-cnn'; did you mean 'plain-cnn'?"),
        ("zzz", "there are: majority, plain-cnn"),
        ("vgg16.imagenet.frozen", "not run: the ImageNet weights cannot be had offline"),
        ("timm:resnet18", "failed: out of memory at batch 64"),
    ],
)
def test_a_variant_that_cannot_be_used_is_told_with_its_reason(
    run: Path, name: str, message: str
) -> None:
    with pytest.raises(InputError) as refused:
        resolve_fit(f"{run}/{name}")
    assert message in str(refused.value)


def test_a_run_without_models_says_so(run: Path) -> None:
    for file in run.glob("fits/*/seed-*/model.keras"):
        file.unlink()
    with pytest.raises(InputError, match="holds no model"):
        resolve_fit(str(run))


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a results folder"):
        resolve_fit(str(tmp_path / "absent" / "plain-cnn"))


def test_other_versions_than_the_fits_are_named(run: Path) -> None:
    file = run / "fits" / "plain-cnn" / "seed-0" / "fit.json"
    fit = json.loads(file.read_text())
    fit["versions"] = {"numpy": np.__version__, "keras": "2.0.0", "no-such-library": "1"}
    write_values(file, fit)
    differing = resolve_fit(f"{run}/plain-cnn").differing_versions()
    assert set(differing) == {"keras", "no-such-library"}
    assert differing["keras"][0] == "2.0.0"
    assert differing["no-such-library"] == ("1", None)
