"""The page tells what the audit found, as text, and does without where there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.errors import InputError
from benchmarks.report.page import render_page
from benchmarks.report.sections.data import LISTED, data_section
from benchmarks.store.files import write_values
from benchmarks.store.reading import read_run
from datasets.audit.audit import Audit, audit, to_json
from datasets.cache.digests import rows_digest
from datasets.left_out import told
from datasets.reading.images import image_id
from datasets.records import DataSet, LeftOut, Provenance
from datasets.splits import make_split
from tests.datasets.samples import noise
from tests.folder import ROWS, build
from tests.report.pages import HOSTILE, text

NAMES = ("sad", '"happy" & <b>bold</b>', HOSTILE)


def faulty(cache: Path, **changes: Any) -> Audit:
    """The audit of small data with a leak, a contradiction, a blank image and a lost one."""
    pictures = [noise(seed) for seed in range(60)]
    pictures[50] = pictures[51] = pictures[0]
    pictures[52] = np.full_like(pictures[52], 7)
    pictures[53] = np.ascontiguousarray(pictures[1][:, ::-1])
    labels = np.arange(60) % 3
    paths = [f"{NAMES[label]}/{row}.png" for row, label in enumerate(labels)]
    split = np.array(["train"] * 40 + ["validation"] * 10 + ["test"] * 10)
    ids = [image_id(picture) for picture in pictures]
    rows = list(zip(ids, labels, paths, split, strict=True))
    data = DataSet(
        name="small",
        images=np.stack(pictures),
        labels=labels,
        class_names=NAMES,
        image_ids=np.array(ids),
        paths=np.array(paths),
        split=split,
        subjects=np.full(60, ""),
        provenance=Provenance("altered", (f"note {HOSTILE}",)),
        digest=rows_digest(NAMES, rows),
        left_out=(LeftOut(path=f"{HOSTILE}/lost.png", kind="unreadable", reason="truncated"),),
    )
    return replace(audit(data, make_split(data, seed=0), cache=cache), **changes)


def page(tmp_path: Path, content: Any) -> str:
    folder = build(tmp_path / "run", ROWS[:2], images=40)
    write_values(folder / "audit.json", content)
    return render_page(read_run(folder))


def test_the_page_tells_what_the_audit_found(tmp_path):
    found = faulty(tmp_path)
    assert len(found.near_duplicates.pairs) == 1
    seen = text(page(tmp_path, to_json(found)))
    told = seen[seen.index("The data What was found") :]
    assert "keep: every image stays where the split has it" in told
    assert "58 images differ in their pixels" in told
    assert "Test images that have one in train2" in told.replace(" 2", "2")
    assert "Identical images with different labels" in told
    assert "test row 53" in told
    assert "train row 1" in told
    assert "blank: standard deviation under 5 grey levels" in told
    assert "lost.png" in told
    assert "Class balance: images, and their share of the split" in told
    assert "Share of each class in each split" in told
    assert "Test images have near duplicates elsewhere: 1 in train and 0 in validation." in seen


def test_what_was_left_out_is_told_in_the_words_of_the_commands(tmp_path):
    found = faulty(tmp_path)
    seen = text(page(tmp_path, to_json(found)))
    assert "left out: 1 file (1 unreadable)" in seen
    assert all(text(line) in seen for line in told(found.left_out) if HOSTILE not in line)


def test_an_audit_of_a_version_that_did_not_count_them_is_read(tmp_path):
    content = to_json(faulty(tmp_path))
    del content["left_out"]
    seen = text(page(tmp_path, content))
    assert "58 images differ in their pixels" in seen
    assert "left out: 1" not in seen


def test_what_was_dropped_is_told(tmp_path):
    found = faulty(
        tmp_path, policy="drop-train-duplicates", dropped={"train": 281, "validation": 44}
    )
    seen = text(page(tmp_path, to_json(found)))
    assert "near duplicates stayed (281 train and 44 validation images)" in seen


def test_a_search_that_was_given_up_is_told_and_shows_no_zero(tmp_path):
    found = faulty(tmp_path)
    near = replace(found.near_duplicates, not_searched="too many", pairs=(), searched=0)
    seen = text(page(tmp_path, to_json(replace(found, near_duplicates=near))))
    assert "near duplicates were not searched: too many" in seen
    assert "In train and test 1 –" in seen


def test_warnings_stand_among_the_caveats(tmp_path):
    found = faulty(tmp_path, warnings=("train images are softer than test images",))
    seen = text(page(tmp_path, to_json(found)))
    caveats = seen[seen.index("Before you rely on it") : seen.index("Leaderboard Scores")]
    assert "Train images are softer than test images." in caveats


def test_long_lists_are_cut_and_say_so(tmp_path):
    found = faulty(tmp_path, unreadable=tuple(f"a/{n}.png" for n in range(300)))
    whole = page(tmp_path, to_json(found))
    assert f"(first {LISTED} of 301; audit.json has all)" in text(whole)
    assert whole.count("cannot be read; left out") == LISTED


def test_foreign_text_in_an_audit_cannot_become_markup(tmp_path):
    found = faulty(tmp_path, warnings=(f"</style>{HOSTILE}",))
    whole = page(tmp_path, to_json(found))
    assert whole.count("<script>") == 1
    assert whole.count("</script>") == whole.count("<script")
    assert whole.count("</style>") == 1
    assert "<b>" not in whole
    assert HOSTILE in text(whole)


@pytest.mark.parametrize("short", [{}, {"images": 120, "unique_images": 119}])
def test_a_run_of_an_earlier_version_has_its_class_balance_alone(short, tmp_path):
    seen = text(page(tmp_path, short))
    assert "What was found before anything was trained" not in seen
    assert "Class balance: images, and their share of the split" in seen
    assert "Duplicates:" not in seen


def test_the_class_balance_has_the_counts_of_the_manifest(tmp_path):
    run = read_run(build(tmp_path / "run", ROWS[:2], images=40))
    assert run.audit is None
    rows = data_section(run).balance.rows
    counts = run.manifest.split.counts
    for (name, *cells), wanted in zip(rows[:-1], run.class_names, strict=True):
        assert name.text == wanted
        assert [cell.text for cell in cells] == [str(each[wanted]) for each in counts.values()]
    assert [cell.text for cell in rows[-1]] == ["All", "40", "40", "40"]


def test_a_run_that_counted_nothing_has_no_section(tmp_path):
    split = {"digest": "", "counts": {}}
    assert data_section(read_run(build(tmp_path / "run", ROWS[:2], images=40, split=split))) is None


def test_a_damaged_audit_is_named_with_its_place(tmp_path):
    content = to_json(faulty(tmp_path))
    content["near_duplicates"]["searched"] = "many"
    with pytest.raises(InputError, match=r"audit\.json: near_duplicates\.searched"):
        page(tmp_path, content)
