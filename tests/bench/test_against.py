"""`ferbench bench --against`: ratios are of one round, and verdicts and the series follow them."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path

import pytest

from benchmarks.bench.against import GOAL, augmented, ratios, verdict
from benchmarks.bench.bench import bench_variants, shipped_protocol
from benchmarks.bench.records import AgainstRecord, BenchRow, Blocks, ContestedRow
from benchmarks.bench.series import COLUMNS, append
from benchmarks.commands.bench_against import print_against
from benchmarks.errors import InputError
from benchmarks.machine.console import Console
from benchmarks.machine.environment import CodeState, Environment, has_bfloat16
from benchmarks.machine.timing import Spread, spread_of
from models.registry import discover
from tests.runs.commands import ferbench, ferbench_here

SPEEDS = {
    "ferbench": (100.0, 50.0, 90.0),
    "bare": (50.0, 50.0, 100.0),
    "files": (10.0, 5.0, 9.0),
    "limit": (200.0, 100.0, 100.0),
}
FAILED = BenchRow(
    variant="vgg16",
    engine="keras",
    precision="float32",
    input_size=48,
    augmentation="strong",
    status="failed",
    reason="no room",
)
MEASURED = ContestedRow(
    **{**vars(FAILED), "variant": "plain-cnn", "status": "ok", "reason": ""},
    batch_size=64,
    device="cpu",
    limit_macs=10**9,
    speeds=SPEEDS,
    images_per_second={name: spread_of(each) for name, each in SPEEDS.items()},
    ratios=ratios(SPEEDS),
    verdict="open",
)
RECORD = AgainstRecord(
    measured="2030-01-02T03:04:05+00:00",
    code=CodeState(commit="abc", dirty=True),
    environment=Environment(cores=2, libraries={"ferbench": "0.1.0"}),
    device="CPU of a test",
    keras_backend="tensorflow",
    threads=1,
    precisions=("float32",),
    blocks=Blocks(0.5, 3),
    goal=GOAL,
    rows=(MEASURED, FAILED),
)


def read(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.open(encoding="utf-8", newline="")))


def test_a_ratio_is_the_median_of_the_rounds_ratios_and_not_the_ratio_of_medians() -> None:
    found = ratios(SPEEDS)
    assert found["bare"].median == 1.0  # of 2, 1 and 0.9; the medians' is 1.8
    assert (found["bare"].low, found["bare"].high) == pytest.approx((0.95, 1.5))
    assert found["files"] == Spread(10.0, 10.0, 10.0, 3)
    assert found["limit"].median == 0.5


@pytest.mark.parametrize(
    ("low", "median", "high", "says"),
    [(0.97, 1.0, 1.1, "reached"), (0.9, 0.98, 1.1, "open"), (0.9, 0.93, 0.969, "missed")],
)
def test_what_lies_between_the_quartiles_is_open(
    low: float, median: float, high: float, says: str
) -> None:
    assert verdict(Spread(median, low, high, 9)) == says


def test_ferbench_augments_whatever_a_recipe_says() -> None:
    protocol = shipped_protocol(["plain-cnn", "vgg16"], 1)
    variants = bench_variants(protocol, discover(), (48, 48, 1))
    assert [v.augmentation for v in map(augmented, variants)] == ["standard", "standard"]
    strong = dataclasses.replace(variants[0], augmentation="strong")
    assert augmented(strong).augmentation == "strong"


def test_a_series_begins_with_its_columns_and_has_a_line_for_what_was_measured(
    tmp_path: Path,
) -> None:
    file = tmp_path / "bench.csv"
    append(file, RECORD)
    (row,) = read(file)
    assert tuple(row) == COLUMNS
    assert row["network"] == "plain-cnn"
    assert row["commit"] == "abc-dirty"
    assert row["libraries"].startswith("tensorflow=")
    assert (row["cores"], row["threads"], row["rounds"]) == ("2", "1", "3")
    assert float(row["bare_images_per_second"]) == 50
    assert float(row["ferbench_to_bare"]) == 1
    assert float(row["ferbench_to_bare_high"]) == 1.5
    assert row["verdict"] == "open"


@pytest.mark.parametrize("end", ["\n", "", "\r\n"])
def test_what_stands_in_a_series_is_not_touched(end: str, tmp_path: Path) -> None:
    file = tmp_path / "bench.csv"
    append(file, RECORD)
    before = file.read_bytes().removesuffix(b"\n") + end.encode()
    file.write_bytes(before)
    append(file, RECORD)
    assert file.read_bytes().startswith(before)
    assert len(read(file)) == 2
    assert read(file)[0] == read(file)[1]


def test_another_header_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(InputError, match="its first line is not that of a series"):
        append(file, RECORD)
    done = ferbench_here("bench", "--against", "--append", file)
    assert done.status == 2
    assert len(done.err.splitlines()) == 1
    assert file.read_text("utf-8") == "a,b\n1,2\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--append", "x.csv"], "give both"),
        (["--against", "--protocol", "quick"], "leave --protocol and --data out"),
        (["--against", "--data", "."], "leave --protocol and --data out"),
        (["--against", "plain-cmn"], "did you mean plain-cnn"),
        (["--against", "majority"], "majority trains on scikit-learn, which has no bare loop"),
        (["--against", "--append", "."], "is no file"),
        (["--against", "--append", "nowhere/x.csv"], "there is no folder nowhere"),
    ],
)
def test_a_wrong_input_gets_one_line(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = ferbench_here("bench", *arguments, FERBENCH_CACHE=str(tmp_path))
    assert done.status == 2
    assert len(done.err.splitlines()) == 1
    assert message in done.err


def test_what_is_printed_says_what_was_reached_and_what_failed() -> None:
    out = io.StringIO()
    print_against(Console(file=out, width=140), RECORD)
    assert "plain-cnn, float32: 1.000 of bare; whether it reaches 0.97 is open" in out.getvalue()
    assert "vgg16, float32: failed: no room" in out.getvalue()
    assert "1.00 (0.95–1.50)" in out.getvalue()
    assert "bfloat16 is left out" in out.getvalue()


@pytest.mark.slow
def test_a_network_is_timed_against_its_rivals_and_the_series_is_kept(tmp_path: Path) -> None:
    output, series = tmp_path / "against.json", tmp_path / "bench.csv"
    done = ferbench(
        *("bench", "--against", "plain-cnn", "--quick", "-o", output, "--append", series),
        FERBENCH_CACHE=str(tmp_path / "cache"),
    )
    assert done.status == 0, done.err
    record = json.loads(output.read_text("utf-8"))
    precisions = ["float32", "bfloat16"] if has_bfloat16() else ["float32"]
    assert [row["precision"] for row in record["rows"]] == precisions
    assert [row["precision"] for row in read(series)] == precisions
    for row in record["rows"]:
        assert {len(each) for each in row["speeds"].values()} == {record["blocks"]["rounds"]}
        assert row["ratios"]["limit"]["median"] < row["ratios"]["files"]["median"]
        assert f"plain-cnn, {row['precision']}: {row['ratios']['bare']['median']:.3f}" in done.out
