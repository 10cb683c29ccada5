"""A run that an earlier version began is gone on with; no number of it stands beside new ones."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.execution.progress import Display
from benchmarks.execution.run import RunRequest, run
from benchmarks.report.page import render
from benchmarks.reproducibility.verify import verify
from benchmarks.store.digests import write_digests
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.keys import measure_key, score_key
from benchmarks.store.reading import (
    predictions_key,
    read_manifest,
    read_run,
    read_studies,
    stored_fit,
)
from benchmarks.store.writing import write_manifest

BEFORE = Path(__file__).parents[1] / "store" / "run_before"
FLOOR = "majority"
"""The variant that is kept of it: one that takes no time to train again."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def begun(tmp_path: Path) -> RunFolder:
    """The part of the earlier run that its floor made."""
    folder = RunFolder(Path(shutil.copytree(BEFORE, tmp_path / "begun")))
    for path in folder.fits.iterdir():
        if path != folder.variant(FLOOR):
            shutil.rmtree(path)
    manifest = read_manifest(folder.path)
    asked = tuple(v for v in manifest.protocol.variants if v.architecture == FLOOR)
    protocol = manifest.protocol.model_copy(update={"variants": asked}).spelt_out()
    records = tuple(record for record in manifest.variants if record.name == FLOOR)
    part = replace(manifest, protocol=protocol, protocol_digest=protocol.digest, variants=records)
    write_manifest(folder, part)
    folder.digests.unlink()
    return folder


def go_on(folder: RunFolder) -> str:
    """Go on with the run under its own protocol; return what the user is told."""
    said = io.StringIO()
    protocol = read_manifest(folder.path).protocol
    request = RunRequest(protocol=protocol, data=None, out=folder.path, workers=1)
    (outcome,) = run(request, Display(Console(file=said, width=300))).values()
    assert outcome.status == "ok"
    return said.getvalue()


def keys_of(folder: RunFolder) -> Iterator[str]:
    """Yield every key in use: of trials, fits, predictions and costs."""
    split = read_manifest(folder.path).split.digest
    for variant in read_run(folder.path).variants:
        first = variant.fits[0].record.key
        yield from (trial.key for trial in read_studies(folder.path)[variant.name])
        for fit in variant.fits:
            place = folder.fit(variant.name, fit.record.seed)
            assert predictions_key(FitFolder(place).predictions) == score_key(fit.record.key, split)
            yield from (fit.record.key, score_key(fit.record.key, split))
        assert variant.cost.key == measure_key(first, variant.cost.device)
        yield variant.cost.key


@pytest.mark.parametrize("missing", ["a fit", "its predictions"])
def test_every_fit_of_it_is_set_aside_and_trained_again(
    begun: RunFolder, cache: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setenv("FERBENCH_CACHE", str(cache))
    lost = begun.fit(FLOOR, 1)
    if missing == "a fit":
        shutil.rmtree(lost)
    else:
        FitFolder(lost).predictions.unlink()
    fits = [stored_fit(place) for place in begun.trained()]
    stored = {fit.seed: fit.key for fit in fits if fit}
    said = go_on(begun)
    for seed, key in stored.items():
        aside = f"seed-{seed}.stale-{key[:8]}"
        assert (
            f"{FLOOR}, seed {seed}: the stored fit has other settings or code; "
            f"it is kept as {aside} and trained again" in said
        )
        kept = FitFolder(RunFolder(BEFORE).fit(FLOOR, seed)).record
        assert (begun.variant(FLOOR) / aside / kept.name).read_bytes() == kept.read_bytes()
    assert said.count("trained again") == len(stored)
    assert set(keys_of(RunFolder(BEFORE))).isdisjoint(keys_of(begun))
    render(begun.path)
    write_digests(begun.path)
    assert verify(begun.path) == []
