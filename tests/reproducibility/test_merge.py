"""Merging joins runs of one protocol and loses, replaces and mixes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.evaluation.conditions import timed_apart
from benchmarks.evaluation.leaderboard import leaderboard
from benchmarks.protocol.names import slug
from benchmarks.reproducibility.merge import merge
from benchmarks.reproducibility.verify import verify
from benchmarks.store import records
from benchmarks.store.digests import changes, write_digests
from benchmarks.store.files import write_table, write_values
from benchmarks.store.folder import RunFolder
from benchmarks.store.ledger import append_event, openings, read_ledger, scorings
from benchmarks.store.reading import (
    read_fit,
    read_manifest,
    read_run,
    read_statuses,
    read_studies,
)
from benchmarks.store.records import Manifest, UnknownEvent, VariantOutcome
from benchmarks.store.writing import write_fit, write_manifest, write_statuses, write_studies
from tests.folder import ROWS, build
from tests.folder_extras import join, view
from tests.report.pages import text

FIRST, SECOND = ("majority", "plain-cnn"), ("augmented-cnn", "resnet50.scratch")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("runs") / "whole", ROWS, seeds=(0, 1), images=40, epochs=3)


@pytest.fixture
def part(whole: Path, tmp_path: Path) -> Callable[..., Path]:
    """Make a run of some of the variants, as another machine would."""

    def make(name: str, keep: tuple[str, ...], device: str = "CPU") -> Path:
        folder = Path(shutil.copytree(whole, tmp_path / name / "run"))
        place = RunFolder(folder)
        restrict(place, keep, device)
        for fits in place.fits.iterdir():
            if fits.name not in map(slug, keep):
                shutil.rmtree(fits)
        for path in place.trained():
            write_fit(path, replace(read_fit(path), device=device))
        events = [event for event in read_ledger(place.ledger) if event.variant in keep]
        place.ledger.unlink()
        for event in events:
            append_event(place.ledger, event)
        return finish(folder)

    return make


def restrict(place: RunFolder, keep: tuple[str, ...], device: str) -> None:
    """Leave the variants ``keep`` in the records of a run, as if made on ``device``."""
    manifest = read_manifest(place.path)
    choices = tuple(choice for choice in manifest.protocol.variants if choice.name in keep)
    protocol = manifest.protocol.model_copy(update={"variants": choices})
    part = replace(
        manifest,
        variants=tuple(record for record in manifest.variants if record.name in keep),
        protocol=protocol,
        protocol_digest=protocol.digest,
        device=device,
        environment=manifest.environment.model_copy(update={"cpu": device}),
    )
    write_manifest(place, part)
    write_statuses(place, {n: s for n, s in read_statuses(place.path).items() if n in keep})
    write_studies(place, {n: s for n, s in read_studies(place.path).items() if n in keep})


def edit(folder: Path, change: Callable[[Manifest], Manifest]) -> None:
    write_manifest(RunFolder(folder), change(read_manifest(folder)))


def asked(manifest: Manifest, **changes: Any) -> Manifest:
    """Return ``manifest`` with another protocol."""
    return replace(manifest, protocol=manifest.protocol.model_copy(update=changes))


def fitted(manifest: Manifest, **changes: Any) -> Manifest:
    """Return ``manifest`` with another protocol for fits."""
    return asked(manifest, fit=manifest.protocol.fit.model_copy(update=changes))


def with_code(manifest: Manifest, name: str, code: str) -> Manifest:
    """Return ``manifest`` with a variant that other code trained."""
    return replace(
        manifest,
        variants=tuple(replace(v, code=code) if v.name == name else v for v in manifest.variants),
    )


def finish(folder: Path) -> Path:
    write_digests(folder)
    return folder


def refusal(runs: list[Path], out: Path) -> str:
    with pytest.raises(InputError) as raised:
        merge(runs, out)
    assert not out.exists() or not any(out.iterdir())
    assert not list(out.parent.glob(f".{out.name}.*"))
    return str(raised.value)


def test_two_parts_make_the_whole(whole: Path, part: Callable[..., Path], tmp_path: Path) -> None:
    names = tuple(row.name for row in ROWS)
    out = tmp_path / "out"
    assert merge([part("a", names[:3]), part("b", names[3:])], out) == []
    assert verify(out) == []
    board, expected = leaderboard(read_run(out)), leaderboard(read_run(whole))
    pd.testing.assert_frame_equal(board, expected)
    assert [event.key for event in read_run(out).events(records.TestOpened)] == [
        event.key for event in read_run(whole).events(records.TestOpened)
    ]


def with_seeds(folder: Path, *seeds: int) -> Path:
    """Leave the fits of a run that have these ``seeds``, as if no other had been asked for."""
    place = RunFolder(folder)
    asked = replace(fitted(read_manifest(folder), seeds=seeds), seeds=seeds)
    write_manifest(place, replace(asked, protocol_digest=asked.protocol.digest))
    for variant in place.fits.iterdir():
        for fit in variant.glob("seed-*"):
            if int(fit.name.removeprefix("seed-")) not in seeds:
                shutil.rmtree(fit)
        if 0 not in seeds:
            (variant / "cost.json").unlink()
    events = read_ledger(place.ledger)
    place.ledger.unlink()
    for event in events:
        if getattr(event, "seed", None) in (None, *seeds):
            append_event(place.ledger, event)
    return finish(folder)


def test_seeds_that_were_fitted_apart_make_the_whole(
    whole: Path, part: Callable[..., Path], tmp_path: Path
) -> None:
    names, out = tuple(row.name for row in ROWS), tmp_path / "out"
    one, two = with_seeds(part("a", names), 0), with_seeds(part("b", names), 1)
    assert merge([one, two], out) == []
    assert verify(out) == []
    pd.testing.assert_frame_equal(leaderboard(read_run(out)), leaderboard(read_run(whole)))
    assert read_manifest(out).protocol_digest == read_manifest(whole).protocol_digest
    assert read_manifest(out).seeds == (0, 1)
    spent = [(each.variant, each.seed) for each in read_run(out).events(records.FitSpent)]
    assert len(spent) == len(set(spent))


def test_a_row_that_lacks_the_seed_of_another_is_not_run(
    part: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    merge([part("a", FIRST), with_seeds(part("b", SECOND), 0)], out)
    outcomes = {variant.name: variant.outcome for variant in read_run(out).variants}
    assert [outcomes[name].status for name in FIRST] == ["ok", "ok"]
    for name in SECOND:
        assert outcomes[name].status == "not run"
        assert outcomes[name].reason == "none of the joined runs has its fit with seed 1"
    assert verify(out) == []


def test_seeds_that_were_not_trained_alike_are_refused(
    part: Callable[..., Path], tmp_path: Path
) -> None:
    one, two = with_seeds(part("a", SECOND), 0), with_seeds(part("b", SECOND), 1)
    for path in RunFolder(two).trained():
        fit = read_fit(path)
        assert fit.identity is not None
        identity = fit.identity.model_copy(update={"epochs": 99})
        write_fit(path, replace(fit, identity=identity, key=identity.key))
    finish(two)
    said = refusal([one, two], tmp_path / "out")
    assert "their seeds were not trained alike: epochs" in said


def test_ensembles_of_the_parts_are_ensembles_of_the_whole(
    part: Callable[..., Path], tmp_path: Path
) -> None:
    seeds = {"seeds": ("plain-cnn",)}
    parts = [join(part("a", FIRST), **seeds), join(part("b", SECOND), few=SECOND)]
    out = tmp_path / "out"
    merge([finish(folder) for folder in parts], out)
    assert [each.name for each in read_run(out).ensembles if each.ranked] == ["seeds", "few"]
    assert verify(out) == []
    other = finish(join(parts[1], seeds=SECOND))
    told = refusal([parts[0], other], tmp_path / "none")
    assert "its ensemble 'seeds' has other members than that of another run" in told


def test_runs_that_were_scored_on_other_views_are_not_merged(
    part: Callable[..., Path], tmp_path: Path
) -> None:
    one, other = part("a", FIRST), finish(view(part("b", SECOND), "flip"))
    assert 'views is "flip" here and "one" there' in refusal([one, other], tmp_path / "out")


def test_the_manifest_lists_each_origin_with_its_environment(
    part: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    merge([part("a", FIRST, "CPU one"), part("b", SECOND, "CPU two")], out)
    manifest = read_run(out).manifest
    assert [(o.name, o.variants, o.device) for o in manifest.origins] == [
        ("run", FIRST, "CPU one"),
        ("run (2)", SECOND, "CPU two"),
    ]
    assert [o.environment.cpu for o in manifest.origins] == ["CPU one", "CPU two"]
    assert manifest.environment.cpu is None
    assert manifest.environment.libraries["keras"] == "3.15.1"
    page = text((out / "leaderboard.html").read_text("utf-8"))
    assert "Origins: the runs that this one joins" in page


def test_times_of_two_machines_are_kept_apart(part: Callable[..., Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    merge([part("a", FIRST, "CPU one"), part("b", SECOND[:1], "CPU two")], out)
    run = read_run(out)
    assert timed_apart(run) == {"augmented-cnn"}
    assert (
        leaderboard(run).set_index("variant").loc["augmented-cnn", "hardware"].startswith("CPU two")
    )


def test_a_merged_run_can_be_merged_again(part: Callable[..., Path], tmp_path: Path) -> None:
    one = tmp_path / "one"
    merge([part("a", FIRST), part("b", SECOND)], one)
    out = tmp_path / "out"
    merge([one, part("c", ("vgg16.scratch",))], out)
    assert verify(out) == []
    origins = read_run(out).manifest.origins
    assert [o.variants for o in origins] == [FIRST, SECOND, ("vgg16.scratch",)]


def test_the_same_result_in_both_is_taken_once(part: Callable[..., Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    merge([part("a", FIRST), part("b", (*FIRST, *SECOND))], out)
    run = read_run(out)
    assert sorted(variant.name for variant in run.variants) == sorted((*FIRST, *SECOND))
    assert [len(variant.fits) for variant in run.variants] == [2] * 4
    assert len(run.manifest.protocol.variants) == 4
    assert set(scorings(run).values()) == {1}
    assert sum(opening.variant == "plain-cnn" for opening in openings(run)) == 4


def test_another_result_of_the_same_variant_is_refused_by_name(
    part: Callable[..., Path], tmp_path: Path
) -> None:
    a, b = part("a", FIRST), part("b", FIRST)
    file = b / "fits" / "plain-cnn" / "seed-1" / "predictions.parquet"
    table = pd.read_parquet(file)
    table.loc[5, "p_fear"] = np.nextafter(table["p_fear"][5], np.float32(1))
    write_table(file, table)
    message = refusal([a, finish(b)], tmp_path / "out")
    for fact in ("plain-cnn", "seed 1", str(a), str(b), "accuracy"):
        assert fact in message


def test_the_same_variant_of_other_code_is_refused_with_the_difference(
    part: Callable[..., Path], tmp_path: Path
) -> None:
    a, b = part("a", FIRST), part("b", FIRST)
    edit(b, lambda m: with_code(m, "plain-cnn", "ab" * 32))
    message = refusal([a, finish(b)], tmp_path / "out")
    assert "plain-cnn" in message
    assert "code is" in message


def test_a_result_takes_the_place_of_a_failure_and_the_page_says_so(
    part: Callable[..., Path], tmp_path: Path
) -> None:
    a, b = part("a", FIRST), part("b", FIRST)
    shutil.rmtree(a / "fits" / "plain-cnn")
    lost = {"plain-cnn": VariantOutcome("failed", "out of memory")}
    write_statuses(RunFolder(a), {**read_statuses(a), **lost})
    out = tmp_path / "out"
    (remark,) = merge([finish(a), b], out)
    assert remark == "plain-cnn: taken from run (2), not from run (failed: out of memory)"
    assert read_run(out).variants[1].ranked
    assert remark in text((out / "leaderboard.html").read_text("utf-8"))
    assert verify(out) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda m: fitted(m, epochs=13), "protocol.fit.epochs is 13 here and 12"),
        (lambda m: asked(m, seed=4), "protocol.seed is 4 here and 0 there"),
        (lambda m: replace(m, split=replace(m.split, digest="ab" * 32)), "split.digest is"),
        (lambda m: replace(m, data=replace(m.data, digest="ab" * 32)), "data.digest is"),
    ],
)
def test_another_protocol_split_or_data_is_refused_with_the_first_difference(
    part: Callable[..., Path],
    tmp_path: Path,
    change: Callable[[Manifest], Manifest],
    difference: str,
) -> None:
    a, b = part("a", FIRST), part("b", SECOND)
    edit(b, change)
    assert difference in refusal([a, finish(b)], tmp_path / "out")


def test_a_deliberate_mistake_is_refused(part: Callable[..., Path], tmp_path: Path) -> None:
    a, b = part("a", FIRST), part("b", SECOND)
    edit(b, lambda m: asked(m, mistake="tune-on-test"))
    assert "mistake" in refusal([a, finish(b)], tmp_path / "out")


def test_an_unfinished_run_is_refused(part: Callable[..., Path], tmp_path: Path) -> None:
    a, b = part("a", FIRST), part("b", SECOND)
    edit(b, lambda m: replace(m, finished=None))
    assert "not finished" in refusal([a, finish(b)], tmp_path / "out")


def test_a_changed_run_is_refused_by_its_file(part: Callable[..., Path], tmp_path: Path) -> None:
    a, b = part("a", FIRST), part("b", SECOND)
    write_values(b / "tuning.json", {})
    assert "tuning.json" in refusal([a, b], tmp_path / "out")


def test_one_run_alone_or_a_folder_in_use_is_refused(
    part: Callable[..., Path], tmp_path: Path
) -> None:
    a, b = part("a", FIRST), part("b", SECOND)
    assert "two different runs" in refusal([a, a], tmp_path / "out")
    with pytest.raises(InputError, match="not empty"):
        merge([a, b], b)
    assert not list(changes(b))


def test_what_joins_the_same_runs_already_stays_and_another_is_refused(
    part: Callable[..., Path], tmp_path: Path
) -> None:
    a, b, out = part("a", FIRST), part("b", SECOND), tmp_path / "out"
    merge([a, b], out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert merge([a, b], out) == [f"{out}: joins these runs already; nothing was written"]
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    with pytest.raises(InputError, match="not empty"):
        merge([b, a], out)
    (out / "leaderboard.csv").write_text("changed", "utf-8")
    with pytest.raises(InputError, match="not empty"):
        merge([a, b], out)


def test_a_run_without_digests_is_merged_with_a_remark(
    part: Callable[..., Path], tmp_path: Path
) -> None:
    a, b = part("a", FIRST), part("b", SECOND)
    (b / "digests.json").unlink()
    (remark,) = merge([a, b], tmp_path / "out")
    assert "cannot be told" in remark


def test_events_that_this_version_does_not_know_are_kept_once(
    part: Callable[..., Path], tmp_path: Path
) -> None:
    a, b = part("a", FIRST), part("b", SECOND)
    shared, own = ('{"event": "rested", "hours": 8}', '{"event": "rested", "hours": 9}')
    for folder, lines in ((a, [shared]), (b, [shared, own])):
        for line in lines:
            append_event(RunFolder(folder).ledger, UnknownEvent(event="rested", line=line))
        finish(folder)
    out = tmp_path / "out"
    merge([a, b], out)
    kept = [e.line for e in read_ledger(RunFolder(out).ledger) if isinstance(e, UnknownEvent)]
    assert kept == [shared, own]
    assert verify(out) == []
