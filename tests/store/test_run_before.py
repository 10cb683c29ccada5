"""A folder that an earlier version made is read and verified, its page in the words of today."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.data import corruptions
from benchmarks.data.prepared import prepare_data
from benchmarks.protocol.canonical import digest
from benchmarks.protocol.schema import decisive
from benchmarks.report.page import rendered
from benchmarks.reproducibility.differences import first_difference_in
from benchmarks.reproducibility.verify import verify
from benchmarks.store.files import as_stored, values_of
from benchmarks.store.folder import RunFolder
from benchmarks.store.ledger import EVENT, read_ledger
from benchmarks.store.reading import read_fit, read_manifest, read_run, read_statuses, read_studies
from benchmarks.store.records import STUDIES, RunResults

BEFORE = Path(__file__).parent / "run_before"
LEFT_OUT = ("work/", "tuning.journal", "log.txt")


def left_out(file: str) -> bool:
    """Tell whether a file was left out of the kept run: models, trials, journal and log."""
    return file.startswith(LEFT_OUT) or Path(file).stem in ("model", "backbone")


def test_nothing_of_it_fails_but_the_files_that_were_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path))
    findings = verify(BEFORE)
    assert {finding.what for finding in findings} == {"is missing"}
    assert all(left_out(finding.where) for finding in findings)
    assert any(finding.where == "tuning.journal" for finding in findings)


def test_its_leaderboard_is_rendered_with_the_same_numbers() -> None:
    """But for the last digit of a sum, in which processors differ."""
    made, place = rendered(read_run(BEFORE), images=False, named=False), RunFolder(BEFORE)
    for path, text in ((place.csv, made.csv), (place.json, made.json)):
        kept = path.read_text("utf-8")
        assert first_difference_in(path.name, kept, text, drawings=False) is None


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunResults:
    """The kept run, with its data in the cache."""
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path))
    run = read_run(BEFORE)
    prepare_data(run.manifest.protocol.data, None, seed=run.manifest.protocol.seed)
    return run


def test_its_page_says_the_same_with_the_pictures_of_its_data(run: RunResults) -> None:
    text = rendered(run, images=True, named=True).page
    assert "A training image under blur of strength 5" in text
    kept = (BEFORE / "leaderboard.html").read_text("utf-8")
    assert first_difference_in("leaderboard.html", kept, text, drawings=False) is None


def test_an_older_run_is_not_illustrated_with_other_severities_than_its_own(
    run: RunResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    *others, occlusion = corruptions.CORRUPTIONS
    changed = replace(occlusion, severities=(0.1, 0.2, 0.3, 0.4, 0.5))
    monkeypatch.setattr(corruptions, "CORRUPTIONS", (*others, changed))
    assert "A training image under" not in rendered(run, images=True, named=True).page


def test_what_its_fits_were_asked_is_read() -> None:
    variants = {variant.name: variant for variant in read_run(BEFORE).variants}
    assert [len(variant.fits) for variant in variants.values()] == [2, 2, 2]
    fits = [fit for variant in variants.values() for fit in variant.fits]
    assert all(fit.robustness is not None for fit in fits)
    assert {len(fit.robustness.answers) for fit in fits if fit.robustness} == {6}
    assert variants["plain-cnn"].fits[0].attention is not None


def test_its_keys_are_still_the_digests_of_their_identities() -> None:
    for variant in read_run(BEFORE).variants:
        for fit in variant.fits:
            assert fit.record.identity is not None
            assert fit.record.identity.key == fit.record.key


def test_its_protocol_still_has_its_digest() -> None:
    manifest = read_manifest(BEFORE)
    assert digest(decisive(as_stored(manifest.protocol))) == manifest.protocol_digest
    assert manifest.protocol.digest == manifest.protocol_digest


def test_its_files_would_be_written_with_the_keys_and_values_they_have() -> None:
    def stored(name: str) -> dict[str, object]:
        return dict(json.loads((BEFORE / name).read_text("utf-8")))

    written = values_of(read_manifest(BEFORE))
    manifest = stored("manifest.json")
    assert {name: written[name] for name in manifest} == manifest
    assert STUDIES.dump_python(read_studies(BEFORE), mode="json") == stored("tuning.json")
    assert read_statuses(BEFORE).keys() == stored("status.json").keys()
    for path in BEFORE.glob("fits/*/seed-*/fit.json"):
        fit = json.loads(path.read_text("utf-8"))
        again = values_of(read_fit(path.parent))
        assert {name: again[name] for name in fit} == fit


def test_every_line_of_its_ledger_is_known() -> None:
    lines = [json.loads(line) for line in (BEFORE / "ledger.jsonl").read_text("utf-8").splitlines()]
    events = read_ledger(BEFORE / "ledger.jsonl")
    assert [EVENT.dump_python(event, mode="json") for event in events] == lines
