"""How well scouting ranked a run: Kendall's tau over the rows that both have, with their number."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.commands.scout import agreement_line
from benchmarks.scout.agreement import agreements
from benchmarks.scout.records import Agreement, ScoutRecord
from benchmarks.store.reading import read_run
from tests.folder import Row, build
from tests.scout.recorded import record, scouted

ROWS = (
    Row(name="vgg16.imagenet.fine-tune", skill=0.6),
    Row(name="resnet50.imagenet.fine-tune", skill=0.4),
    Row(name="densenet121.imagenet.fine-tune", skill=0.2),
    Row(name="vgg16.imagenet.frozen", skill=0.3),
    Row(name="vgg16.scratch", skill=0.1),
    Row(name="mini-xception", skill=0.5),
    Row(name="vgg16.edges.fine-tune", status="failed", reason="no memory"),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("runs") / "lite", ROWS, seeds=(0,))


def found(run: Path, scouting: ScoutRecord) -> dict[tuple[str, str], Agreement]:
    return {(a.strategy, a.score): a for a in agreements(scouting, read_run(run))}


def test_tau_counts_the_pairs_that_are_in_the_same_order(run: Path) -> None:
    scouting = record(
        scouted("vgg16", accuracy=0.4, logme=-0.4),
        scouted("densenet121", accuracy=0.38, logme=-0.2),
        scouted("resnet50", accuracy=0.36, logme=-0.3),
        scouted("vgg16", "scratch", accuracy=0.3),
        scouted("vgg16", size=96, accuracy=0.5),
        scouted("vgg16", "edges", accuracy=0.2),
    )
    agreed = found(run, scouting)
    probe = agreed["fine-tune", "probe"]
    assert probe.tau == pytest.approx(1 / 3), "two pairs of three"
    assert set(probe.rows) == {
        "vgg16.imagenet@48",
        "densenet121.imagenet@48",
        "resnet50.imagenet@48",
    }
    assert agreed["fine-tune", "logme"].tau == pytest.approx(-1)
    assert agreed["fine-tune", "logme"].p == pytest.approx(1 / 3)


def test_one_row_ranks_nothing(run: Path) -> None:
    alone = found(run, record(scouted("vgg16", accuracy=0.4)))["frozen", "probe"]
    assert (alone.tau, alone.p) == (None, None)
    assert agreement_line(alone).endswith(
        "frozen, 1 row: too few, or too alike, to be ranked by the probe"
    )


def test_the_line_tells_how_many_rows_it_rests_on(run: Path) -> None:
    scouting = record(scouted("vgg16", accuracy=0.2), scouted("resnet50", accuracy=0.3))
    line = agreement_line(found(run, scouting)["fine-tune", "probe"])
    assert "lite, fine-tune, 2 rows: Kendall's tau −1.00 with the probe (p = 1.00)" in line


def test_a_run_without_the_scouted_rows_has_no_agreement(run: Path) -> None:
    assert not found(run, record(scouted("timm:resnet18", accuracy=0.2)))
