"""The table: best first, and how far behind the best, image by image."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.commands.scout import print_scouting
from benchmarks.data.samples import Sample
from benchmarks.errors import JobFailed
from benchmarks.execution.jobs.job import PixelsJob
from benchmarks.execution.jobs.results import CORRECT, Counted, Probed
from benchmarks.machine.console import Console
from benchmarks.scout.jobs import Task
from benchmarks.scout.records import ScoutedRow, ScoutRow
from benchmarks.scout.rows import Scouted, table
from benchmarks.store.files import values_of, write_arrays
from datasets.records import DataError
from tests.scout.recorded import SHA, record, scouted

IMAGES = 200
CHANCE = np.random.default_rng(0)


def sample() -> Sample:
    zeros = np.zeros(IMAGES, np.int64)
    return Sample(np.zeros((IMAGES, 1, 1, 1), np.uint8), zeros, zeros, np.arange(IMAGES))


def task(folder: Path, name: str, sha256: str = SHA) -> Task:
    job = PixelsJob(
        key=name,
        output=folder / f"{name}.npz",
        engine="none",
        variant=name,
        class_names=("a", "b"),
        image_shape=(1, 1, 1),
        sample=folder,
    )
    return Task(ScoutRow(architecture=name, initialisation="imagenet", input_size=48), job, sha256)


def done(folder: Path, name: str, correct: NDArray[np.bool_], sha256: str = SHA) -> Scouted:
    reached = float(correct.mean())
    found = Probed(key=name, features=8, accuracy=reached, logme=-0.3, seconds=1.0, latency_ms=2.0)
    asked = task(folder, name, sha256)
    write_arrays(asked.job.output, {CORRECT: correct}, values_of(found))
    return Scouted(asked, found, Counted(key=name, parameters=10, macs=20))


def test_rows_are_in_order_of_accuracy_with_the_difference_to_the_best(tmp_path: Path) -> None:
    good, fair = CHANCE.random(IMAGES) < 0.7, CHANCE.random(IMAGES) < 0.4
    found = table(
        [done(tmp_path, "fair", fair), done(tmp_path, "good", good)],
        sample(),
    )
    best, other = found
    assert isinstance(best, ScoutedRow) and isinstance(other, ScoutedRow)
    assert (best.architecture, other.architecture) == ("good", "fair")
    assert (best.behind, best.behind_se) == (0.0, None)
    assert other.behind == pytest.approx(good.mean() - fair.mean())
    lost = good.astype(float) - fair
    assert other.behind_se == pytest.approx(lost.std(ddof=1) / np.sqrt(IMAGES))
    assert (best.parameters, best.macs, best.latency_ms) == (10, 20, 2.0)


def test_the_best_that_others_are_behind_has_weights(tmp_path: Path) -> None:
    control, weights = np.arange(IMAGES) < 150, np.arange(IMAGES) < 100
    found = table(
        [done(tmp_path, "weights", weights), done(tmp_path, "control", control, "")], sample()
    )
    assert [row.architecture for row in found] == ["control", "weights"]
    assert isinstance(found[0], ScoutedRow) and found[0].behind == -0.25


def test_what_failed_comes_last_with_its_reason(tmp_path: Path) -> None:
    failed = Scouted(task(tmp_path, "broken"), JobFailed("no memory"))
    found = table([failed, done(tmp_path, "good", np.ones(IMAGES, bool))], sample())
    assert [row.status for row in found] == ["ok", "failed"]
    assert found[1].reason == "no memory"


def test_a_damaged_result_is_named(tmp_path: Path) -> None:
    good = done(tmp_path, "good", np.ones(IMAGES, bool))
    good.task.job.output.write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"good\.npz: damaged or gone"):
        table([good], sample())


def test_the_best_backbones_are_each_at_their_best_size() -> None:
    found = record(
        scouted("a", size=96, accuracy=0.4),
        scouted("pixels", "", 32, accuracy=0.39),
        scouted("a", size=48, accuracy=0.38),
        scouted("a", "scratch", 96, accuracy=0.35),
        scouted("b", "edges", accuracy=0.3),
        scouted("c", accuracy=0.2),
    )
    assert [row.title for row in found.best(2)] == ["a.imagenet@96", "b.edges@48"]
    control = found.control_of(found.best(1)[0])
    assert control is not None and control.accuracy == 0.35
    assert found.control_of(found.best(2)[1]) is None
    assert found.pixels is not None and found.pixels.accuracy == 0.39


def test_what_is_not_known_of_a_row_is_printed_below_the_table() -> None:
    said = StringIO()
    found = replace(scouted("vgg16", "edges", accuracy=0.5), reason="its operations are unknown")
    print_scouting(Console(file=said, width=200), record(found))
    assert "\nvgg16.edges@48: its operations are unknown\n" in said.getvalue()


@pytest.mark.parametrize("made", [True, False])
def test_a_split_that_was_made_is_told(made: bool) -> None:
    said = StringIO()
    found = replace(record(scouted("vgg16", "edges", accuracy=0.5)), made=made)
    print_scouting(Console(file=said, width=200), found)
    assert ("tests on some of these images" in said.getvalue()) is made
