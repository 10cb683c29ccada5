"""What fits were asked beyond their score, in numbers."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.data import corruptions
from benchmarks.data.corruptions import CORRUPTIONS
from benchmarks.errors import InputError
from benchmarks.evaluation.attention import attention
from benchmarks.evaluation.robustness import robustness
from benchmarks.protocol.schema import Robustness
from benchmarks.store.files import write_table
from benchmarks.store.folder import RunFolder
from benchmarks.store.ledger import openings, scorings
from benchmarks.store.reading import read_manifest, read_run
from benchmarks.store.records import CorruptionRecord
from benchmarks.store.writing import write_manifest
from tests.folder import ROWS, build
from tests.folder_extras import IMAGES, ask

ORDER = ("plain-cnn", "majority")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ask(build(tmp_path_factory.mktemp("runs") / "run", ROWS[:2], seeds=(0, 1), images=80))


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "run")


def test_clean_accuracy_is_that_of_the_predictions_on_the_same_images(folder: Path) -> None:
    run = read_run(folder)
    plain, _ = robustness(run, ORDER)
    fits = next(v for v in run.variants if v.name == "plain-cnn").fits
    asked = fits[0].robustness
    assert asked is not None
    part = np.isin(fits[0].test.rows, asked.rows)
    assert part.sum() == IMAGES == plain.images
    assert plain.clean.value == pytest.approx(np.mean([f.test.correct[part] for f in fits]))


def test_a_drop_is_what_a_corruption_takes_of_the_clean_accuracy(folder: Path) -> None:
    for each in robustness(read_run(folder), ORDER):
        for corruption in each.corruptions:
            levels = [level.value for level in each.accuracy[corruption.name]]
            drop = each.drop[corruption.name]
            assert drop.value == pytest.approx(each.clean.value - np.mean(levels))
            assert drop.low <= drop.value <= drop.high
        every = [level.value for levels in each.accuracy.values() for level in levels]
        assert each.corrupted.value == pytest.approx(np.mean(every))
        assert 0 <= each.corrupted.low < each.corrupted.value < each.corrupted.high <= 1


def test_the_cost_is_that_of_all_seeds_each_once(folder: Path) -> None:
    plain, _ = robustness(read_run(folder), ORDER)
    assert (plain.images_seen, plain.seconds) == (2 * 31 * IMAGES, 5.0)


def test_a_variant_of_which_a_fit_was_not_asked_is_left_out(folder: Path) -> None:
    (folder / "fits/majority/seed-1/robustness.parquet").unlink()
    assert [each.variant for each in robustness(read_run(folder), ORDER)] == ["plain-cnn"]


def test_answers_to_other_images_than_the_protocol_wants_are_not_read(folder: Path) -> None:
    manifest = read_manifest(folder)
    protocol = manifest.protocol.model_copy(update={"robustness": Robustness(images=30)})
    write_manifest(RunFolder(folder), replace(manifest, protocol=protocol))
    assert robustness(read_run(folder), ORDER) == ()


def rewrite(path: Path, *, corruptions: Any = None) -> None:
    """Write a table of answers again, as if told of ``corruptions``."""
    table = pd.read_parquet(path)
    attributes = {**table.attrs, "corruptions": corruptions}
    table.attrs = {name: value for name, value in attributes.items() if value is not None}
    write_table(path, table)


def test_a_table_names_its_corruptions(folder: Path) -> None:
    fit = read_run(folder).variants[0].fits[0].robustness
    assert fit is not None
    told = [(c.name, c.title, c.severities, c.legend) for c in CORRUPTIONS]
    assert [(c.name, c.title, c.severities, c.legend) for c in fit.corruptions] == told


def test_of_an_older_table_the_columns_name_the_corruptions(folder: Path) -> None:
    before = robustness(read_run(folder), ORDER)
    for path in folder.glob("fits/*/*/robustness.parquet"):
        rewrite(path)
    after = robustness(read_run(folder), ORDER)
    assert [c.title for c in after[0].corruptions] == [c.title for c in CORRUPTIONS]
    assert [each.accuracy for each in after] == [each.accuracy for each in before]


def test_a_corruption_that_is_added_later_leaves_a_run_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = robustness(read_run(folder), ORDER)
    seventh = replace(CORRUPTIONS[0], name="seventh", title="Seventh", severities=(1, 2))
    monkeypatch.setattr(corruptions, "CORRUPTIONS", (*CORRUPTIONS, seventh))
    assert robustness(read_run(folder), ORDER) == before


def test_what_some_fits_were_not_asked_is_left_out_for_all(folder: Path) -> None:
    told = [asdict(CorruptionRecord("noise", "Noise", (0.04,) * 5))]
    rewrite(folder / "fits/plain-cnn/seed-1/robustness.parquet", corruptions=told)
    for each in robustness(read_run(folder), ORDER):
        assert [c.name for c in each.corruptions] == list(each.accuracy) == ["noise"]


@pytest.mark.parametrize(
    "told", ["blur", [{"name": "blur"}], [{"name": "snow", "severities": [1]}]]
)
def test_a_table_that_does_not_hold_what_it_names_is_refused(folder: Path, told: Any) -> None:
    rewrite(folder / "fits/majority/seed-0/robustness.parquet", corruptions=told)
    with pytest.raises(InputError, match=r"robustness.parquet: (is damaged|holds other images)"):
        read_run(folder)


@pytest.mark.parametrize("name", ["attention.npz", "robustness.parquet"])
@pytest.mark.parametrize("left", [b"", b"PK\x03\x04", b"half of it"])
def test_a_damaged_file_is_named(folder: Path, name: str, left: bytes) -> None:
    file = folder / "fits/plain-cnn/seed-0" / name
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2] if left == b"half of it" else left)
    with pytest.raises(
        InputError, match=f"{name}: (damaged|has no digest).*remove it and run again"
    ):
        read_run(folder)


def test_a_changed_byte_in_the_maps_is_told(folder: Path) -> None:
    file = folder / "fits/plain-cnn/seed-0/attention.npz"
    content = bytearray(file.read_bytes())
    place = content.index(b"maps.npy") + 200
    content[place] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"attention\.npz: damaged"):
        read_run(folder)


def test_shares_of_the_maps_tell_where_they_lie(folder: Path) -> None:
    plain = next(v for v in read_run(folder).variants if v.name == "plain-cnn")
    found = attention(plain)
    assert found is not None
    assert found.thirds == pytest.approx((1, 0, 0))
    assert found.centre == pytest.approx(0.25 * 0.75)
    assert (found.side, found.layer, found.blank) == ((6, 6), "block4_conv3", 0)
    assert {glance.right for glance in found.glances} == {True, False}


def test_an_inquiry_is_listed_and_is_no_scoring(folder: Path) -> None:
    run = read_run(folder)
    assert {opening.purpose for opening in openings(run)} == {"score", "explain", "robustness"}
    assert set(scorings(run).values()) == {1}
    assert not any(opening.repeated for opening in openings(run))
