"""A kept run tells no label, and gives every number of its page to whoever has the data."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.reproducibility import keep as keeping
from benchmarks.reproducibility.keep import keep
from benchmarks.reproducibility.verify import verify
from benchmarks.store.contents import contents
from benchmarks.store.digests import published, write_digests
from benchmarks.store.files import table_attributes, write_table
from benchmarks.store.folder import RunFolder
from benchmarks.store.kept import SINGLE, read_kept, rounded
from benchmarks.store.ledger import record_opening
from benchmarks.store.reading import read_run, read_statuses
from benchmarks.store.records import RunResults
from benchmarks.store.rendered import Rendered
from benchmarks.store.splits import SplitTable, read_splits, write_splits
from benchmarks.store.writing import write_statuses, write_studies
from tests.folder import ROWS, build
from tests.folder_extras import ask, view
from tests.kept import CLASSES, COPIES, EACH, faces, labels_in, run_on, under_way

KINDS = ("predictions", "views", "robustness")


@pytest.fixture(scope="module", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("FERBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    return run_on(faces(folder / "faces"), folder / "run")


@pytest.fixture(scope="module")
def kept(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kept") / "run"
    keep(run, out)
    return out


def text_files(folder: Path) -> list[Path]:
    return [folder / name for name in published(folder) if not name.endswith(".parquet")]


def tables(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.pa*")
    }


def test_every_number_is_recomputed_with_the_labels(run: Path, kept: Path) -> None:
    assert verify(kept, labels_in(run)) == []


def test_the_kept_numbers_are_those_of_the_run_but_for_rounding(run: Path, kept: Path) -> None:
    ours, theirs = read_run(kept, labels=labels_in(run)), read_run(run)
    bits = read_kept(contents(kept)).significant_bits["plain-cnn"]
    for one, other in zip(ours.variants, theirs.variants, strict=True):
        for a, b in zip(one.fits, other.fits, strict=True):
            pairs = [(a.test, b.test), (a.validation, b.validation)]
            pairs += [(a.views[view].test, b.views[view].test) for view in b.views]
            assert len(pairs) == 4
            for mine, its in pairs:
                assert mine.labels.tolist() == its.labels.tolist()
                assert mine.answers.tolist() == its.answers.tolist()
                assert mine.probabilities == pytest.approx(its.probabilities, rel=2.0 ** (2 - bits))
            assert a.robustness and b.robustness
            assert a.robustness.labels.tolist() == b.robustness.labels.tolist()
            assert a.robustness.clean.tolist() == b.robustness.clean.tolist()


def test_a_kept_run_holds_no_file_but_those_that_tell_no_label(kept: Path) -> None:
    allowed = {"manifest.json", "status.json", "tuning.json", "ledger.jsonl", "digests.json"}
    allowed |= {"kept.json", "images.parquet", "fit.json", "history.csv", "cost.json"}
    allowed |= {f"leaderboard.{ending}" for ending in ("html", "csv", "json")}
    allowed |= {f"{kind}.parquet" for kind in KINDS}
    assert {path.name for path in kept.rglob("*") if path.is_file()} - {".lock"} == allowed


def test_no_byte_of_it_names_an_image_or_a_class_folder(run: Path, kept: Path) -> None:
    images = read_splits(RunFolder(run))
    folders = [f"{split}/{name}" for split in ("train", "val", "test") for name in CLASSES]
    for file in text_files(kept):
        text = file.read_text("utf-8")
        files = {Path(path).name for path in images.paths.tolist()}
        assert not [name for name in (*folders, *files, *images.image_ids) if name in text], file
        assert str(run.parent) not in text


def test_its_tables_have_neither_rows_nor_labels(kept: Path) -> None:
    found = {path.name: set(pd.read_parquet(path)) for path in kept.rglob("*.parquet")}
    assert found["images.parquet"] == {"split", "image_id"}
    assert all(column.startswith("p_") for column in found["predictions.parquet"])
    assert all("_p_" in column for column in found["views.parquet"])
    assert not {"row", "label", "image_id", "split"} & found["robustness.parquet"]


def test_copies_of_one_picture_have_a_line_each(kept: Path) -> None:
    images = pd.read_parquet(RunFolder(kept).images)
    test = images[images["split"] == "test"]["image_id"]
    assert len(test) == len(CLASSES) * EACH + 2 * len(COPIES)
    assert test.duplicated().sum() == len(COPIES)
    assert test.is_monotonic_increasing


def relabelled(run: Path, chance: np.random.Generator) -> None:
    """Permute labels and rows within each split; every picture keeps what was answered to it."""
    place = RunFolder(run)
    images = read_splits(place)
    order = np.concatenate(
        [chance.permutation(np.flatnonzero(images.splits == s)) for s in np.unique(images.splits)]
    )
    split_of = images.splits[order]
    order = order[np.argsort([list(images.splits).index(s) for s in split_of], kind="stable")]
    labels = images.labels.copy()
    for split in np.unique(images.splits):
        part = np.flatnonzero(images.splits == split)
        labels[part] = chance.permutation(labels[part])
    made = SplitTable(
        images.rows, images.image_ids[order], images.paths[order], labels, images.splits
    )
    write_splits(place, made)
    row_of = {int(old): int(new) for new, old in zip(images.rows, images.rows[order], strict=True)}
    label_of = dict(zip(made.rows.tolist(), made.labels.tolist(), strict=True))
    for path in [*run.rglob("predictions.parquet"), *run.rglob("views.parquet")]:
        moved(path, row_of, label_of)
    for path in run.rglob("robustness.parquet"):
        moved(path, row_of, label_of)


def moved(path: Path, row_of: dict[int, int], label_of: dict[int, int]) -> None:
    attributes, table = table_attributes(path.read_bytes()), pd.read_parquet(path)
    table["row"] = table["row"].map(row_of)
    if "label" in table:
        table["label"] = table["row"].map(label_of)
    table = table.sort_values("row").reset_index(drop=True)
    table.attrs = attributes
    write_table(path, table)


def test_other_labels_and_another_order_leave_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is kept of single images cannot depend on a label that leaves it as it is."""
    monkeypatch.setattr(keeping, "PRECISIONS", (11,))
    first = ask(view(build(tmp_path / "one", ROWS[1:3], seeds=(0,), images=60)), images=None)
    for path in first.rglob("attention.npz"):
        path.unlink()
    other = Path(shutil.copytree(first, tmp_path / "other"))
    relabelled(other, np.random.default_rng(1))
    found = []
    for run in (first, other):
        write_digests(run)
        keep(run, tmp_path / f"kept-{run.name}")
        found.append(tables(tmp_path / f"kept-{run.name}"))
    labels = [read_splits(RunFolder(run)).labels.tolist() for run in (first, other)]
    assert labels[0] != labels[1]
    assert len(found[0]) == 1 + 3 * 2
    assert found[0] == found[1]


def test_more_bits_are_stored_where_the_page_prints_something_else(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter(("a digit", None))
    monkeypatch.setattr(keeping, "first_printed_difference", lambda one, other: next(told))
    monkeypatch.setattr(keeping, "PRECISIONS", (9, SINGLE))
    done = keep(run, tmp_path / "kept")
    assert (done.bits, done.changed) == (SINGLE, None)
    ours = read_run(tmp_path / "kept", labels=labels_in(run)).ranked[1].fits[0].test.probabilities
    theirs = read_run(run).ranked[1].fits[0].test.probabilities
    assert ours.tolist() == theirs.tolist()


def test_rounding_never_changes_an_answer_and_keeps_what_is_small() -> None:
    chance = np.random.default_rng(0)
    logits = chance.normal(size=(2000, 7), scale=4)
    exact = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    half = rounded(exact, 11)
    assert (half.argmax(axis=1) == exact.argmax(axis=1)).all()
    assert half == pytest.approx(exact, rel=2.0**-9)
    assert half.min() > 0
    assert (
        rounded(exact.astype(np.float32).astype(float), SINGLE) == exact.astype(np.float32)
    ).all()


def test_a_changed_byte_in_any_file_is_named(run: Path, kept: Path, tmp_path: Path) -> None:
    spoilt = Path(shutil.copytree(kept, tmp_path / "spoilt"))
    labels = labels_in(run)
    one_of_each = {Path(name).name: name for name in published(spoilt)}
    for name in [*one_of_each.values(), "digests.json"]:
        whole = (spoilt / name).read_bytes()
        at = len(whole) // 2
        (spoilt / name).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert name in {finding.where for finding in verify(spoilt)}, name
        if RunFolder(spoilt).is_read(spoilt.resolve() / name):
            with pytest.raises(InputError, match=Path(name).name):
                read_run(spoilt, labels=labels)
        (spoilt / name).write_bytes(whole)
    assert verify(spoilt) == []


def test_a_number_of_the_page_that_the_predictions_do_not_give_is_named(
    run: Path, kept: Path, tmp_path: Path
) -> None:
    changed = Path(shutil.copytree(kept, tmp_path / "changed"))
    board = changed / "leaderboard.csv"
    board.write_text(board.read_text().replace(",ok,", ",failed,", 1))
    write_digests(changed)
    assert verify(changed) == []
    assert [found.where for found in verify(changed, labels_in(run))] == ["leaderboard.csv"]


def test_of_a_run_under_way_the_finished_rows_are_kept(run: Path, tmp_path: Path) -> None:
    keep(under_way(run, tmp_path / "halfway", "plain-cnn"), tmp_path / "kept")
    found = read_run(tmp_path / "kept", labels=labels_in(run))
    assert [(v.name, v.ranked, len(v.fits)) for v in found.variants] == [
        ("majority", True, 2),
        ("plain-cnn", False, 0),
    ]
    assert verify(tmp_path / "kept", labels_in(run)) == []
    keep(run, tmp_path / "kept")
    assert len(read_run(tmp_path / "kept", labels=labels_in(run)).ranked) == 2


def test_what_a_run_does_while_it_is_kept_needs_no_further_digit(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = under_way(run, tmp_path / "going", "plain-cnn")
    undisturbed, place, made = keep(going, tmp_path / "first"), RunFolder(going), keeping.rendered

    def while_rendering(*arguments: Any, **options: Any) -> Rendered:
        record_opening(place.ledger, variant="plain-cnn", seed=1, key="ab" * 32, purpose="score")
        with place.ledger.open("a") as file:
            file.write('{"event": "fit-sp')
        write_studies(place, {})
        return made(*arguments, **options)

    monkeypatch.setattr(keeping, "rendered", while_rendering)
    done = keep(going, tmp_path / "second")
    assert (done.bits, done.changed) == (undisturbed.bits, None)
    assert verify(tmp_path / "second", labels_in(run)) == []


def test_a_row_that_ends_while_a_run_is_kept_is_kept_the_next_time(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = under_way(run, tmp_path / "going", "plain-cnn")
    read = keeping.read_run

    def then_it_ends(folder: Path, **options: Any) -> RunResults:
        found = read(folder, **options)
        write_statuses(RunFolder(going), read_statuses(run))
        return found

    monkeypatch.setattr(keeping, "read_run", then_it_ends)
    keep(going, tmp_path / "kept")
    assert read_statuses(tmp_path / "kept")["plain-cnn"].status == "not run"
    assert verify(tmp_path / "kept", labels_in(run)) == []


def test_a_line_of_the_ledger_that_is_being_written_is_not_kept(run: Path, tmp_path: Path) -> None:
    going = under_way(run, tmp_path / "going", "plain-cnn")
    with RunFolder(going).ledger.open("a") as file:
        file.write('{"event": "fit-sp')
    keep(going, tmp_path / "kept")
    assert verify(tmp_path / "kept", labels_in(run)) == []


def test_a_place_that_holds_something_else_is_left_alone(run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(InputError, match="is not empty"):
        keep(run, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("said", ["{}: damaged", "cannot read /home/u/faces/{}."])
def test_a_text_that_names_an_image_is_not_kept(said: str, run: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(run, tmp_path / "run"))
    statuses = read_statuses(other)
    path = read_splits(RunFolder(other)).paths[0]
    reason = said.format(path)
    write_statuses(
        RunFolder(other),
        {**statuses, "plain-cnn": replace(statuses["plain-cnn"], status="failed", reason=reason)},
    )
    write_digests(other)
    with pytest.raises(InputError, match="would name the image"):
        keep(other, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()
