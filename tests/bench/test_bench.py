"""`ferbench bench`: what is timed is the whole work, and ratios are to a baseline of the run."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.bench.bench import bench_variants, shipped_protocol
from benchmarks.commands.written import require_writable
from benchmarks.errors import InputError
from benchmarks.execution.jobs.job import BenchJob
from benchmarks.execution.jobs.measuring import measure_speed
from benchmarks.machine.environment import has_bfloat16
from benchmarks.machine.timing import Spread, timed
from benchmarks.protocol.schema import Protocol
from benchmarks.training.loop import Examples
from models.registry import Recipe, discover
from tests.runs.commands import Done, ferbench

PROTOCOL = """
name = "speed"
threads = 1

[data]
set = "synthetic-faces"
options = { scale = 0.1 }

[tuning]
trials = 1
rungs = [1]

[fit]
epochs = 1

[[variants]]
architecture = "pixel-logistic"

[[variants]]
architecture = "emotionnet"

[[variants]]
architecture = "timm:resnet10t"
input_size = 32

[[variants]]
architecture = "broken"
"""
BROKEN = """
from models.registry import architecture

@architecture(name="broken", engine="scikit-learn", summary="none", source="none")
def broken(request):
    raise RuntimeError("nothing to build")
"""


@pytest.fixture(scope="module")
def benched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("bench")
    (folder / "speed.toml").write_text(PROTOCOL, "utf-8")
    (folder / "broken.py").write_text(BROKEN, "utf-8")
    output = folder / "speed.json"
    done = ferbench(
        *("bench", "--quick", "--protocol", folder / "speed.toml", "--plugin"),
        *(folder / "broken.py", "-o", output),
        FERBENCH_CACHE=str(folder / "cache"),
    )
    assert output.is_file(), done.err
    return done, json.loads(output.read_text("utf-8"))


def rows(record: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["variant"], row["precision"]): row for row in record["rows"]}


@pytest.mark.slow
def test_every_engine_is_timed_in_each_precision_that_it_has(benched: Any) -> None:
    measured = {key for key, row in rows(benched[1]).items() if row["status"] == "ok"}
    expected = {(name, "float32") for name in ("pixel-logistic", "emotionnet", "timm:resnet10t@32")}
    if has_bfloat16():
        expected |= {(name, "bfloat16") for name in ("emotionnet", "timm:resnet10t@32")}
    else:
        assert "bfloat16 is left out" in benched[0].out
    assert measured == expected


@pytest.mark.slow
def test_every_number_has_its_spread(benched: Any) -> None:
    for row in rows(benched[1]).values():
        if row["status"] != "ok":
            continue
        for quantity in ("train_images_per_second", "latency_ms", "batch_latency_ms"):
            spread = row[quantity]
            assert 0 < spread["low"] <= spread["median"] <= spread["high"]
            assert spread["repetitions"] >= 5
        assert row["peak_memory_mb"] > 50


@pytest.mark.slow
def test_ratios_are_to_the_first_variant_in_float32_of_the_same_run(benched: Any) -> None:
    record = benched[1]
    assert record["baseline"]["variant"] == "pixel-logistic"
    assert record["baseline"]["precision"] == "float32"
    baseline = rows(record)["pixel-logistic", "float32"]
    network = rows(record)["timm:resnet10t@32", "float32"]
    for quantity in ("train_images_per_second", "latency_ms", "batch_latency_ms"):
        assert baseline[f"{quantity}_ratio"] == 1
    slower = network["latency_ms"]["median"] / baseline["latency_ms"]["median"]
    assert network["latency_ms_ratio"] == pytest.approx(1 / slower)
    fewer = network["train_images_per_second"]["median"]
    fewer /= baseline["train_images_per_second"]["median"]
    assert network["train_images_per_second_ratio"] == pytest.approx(fewer)
    assert record["baseline"]["drift"] is not None


@pytest.mark.slow
def test_a_network_that_fails_has_its_row_with_the_reason_and_status_1(benched: Any) -> None:
    done, record = benched
    assert done.status == 1
    assert "nothing to build" in rows(record)["broken", "float32"]["reason"]
    assert "broken, float32: failed: RuntimeError: nothing to build" in done.out


@pytest.mark.slow
def test_the_datas_way_is_timed_too(benched: Any) -> None:
    data = benched[1]["data"]
    assert set(data["decode"]) == {"png", "jpeg"}
    assert set(data["stream"]) == {"none", "standard", "strong"}
    assert data["stream"]["none"]["median"] > data["stream"]["strong"]["median"]
    assert 0 < data["open_seconds"]["median"] < 1


@pytest.mark.slow
def test_the_table_says_what_the_ratios_are_to(benched: Any) -> None:
    out = benched[0].out
    assert "as fast as pixel-logistic in float32, measured in the same run" in out
    assert "1 thread(s)" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plain-cmn"], "did you mean plain-cnn"),
        (["plain-cnn", "--protocol", "quick"], "not both"),
        (["--threads", "0"], "--threads"),
        (["-o", "."], "is a folder"),
    ],
)
def test_a_wrong_input_gets_one_line(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = ferbench("bench", *arguments, FERBENCH_CACHE=str(tmp_path))
    assert done.status == 2
    assert message in done.err.splitlines()[-1]


def test_variants_that_differ_in_their_first_weights_only_are_timed_once() -> None:
    protocol = Protocol.model_validate(
        {
            "name": "x",
            "data": {"set": "synthetic-faces"},
            "tuning": {"trials": 1, "rungs": [1]},
            "fit": {"epochs": 1},
            "variants": [
                {"architecture": "vgg16"},
                {"architecture": "vgg16", "initialisation": "imagenet"},
                {"architecture": "vgg16", "initialisation": "imagenet", "strategy": "frozen"},
                {"architecture": "vgg16", "input_size": 32},
            ],
        }
    )
    found = [v.name for v in bench_variants(protocol, discover(), (48, 48, 1))]
    assert found == ["vgg16", "vgg16.frozen", "vgg16@32"]


def test_what_of_a_recipe_takes_time_makes_a_row_of_its_own() -> None:
    settings = ({"learning_rate": 1e-4}, {"batch_size": 512}, {"average_decay": 0.9, "crop": 40})
    rows = [
        {"architecture": "plain-cnn", "name": f"row {number}", "hyperparameters": each}
        for number, each in enumerate(settings)
    ]
    protocol = shipped_protocol(["majority"], 1).model_dump(mode="json") | {"variants": rows}
    found = bench_variants(Protocol.model_validate(protocol), discover(), (48, 48, 1))
    assert [variant.name for variant in found] == [
        "plain-cnn",
        "plain-cnn (batch_size = 512)",
        "plain-cnn@40 (crop = 40, average_decay = 0.9)",
    ]


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_measured(
    tmp_path: Path,
) -> None:
    (tmp_path / "notes").write_text("", "utf-8")
    for file, told in ((tmp_path, "is a folder"), (tmp_path / "notes/new/x.json", "is no folder")):
        with pytest.raises(InputError, match=f"{told}.*give --output"):
            require_writable(file, "--output")
    require_writable(tmp_path / "new" / "x.json", "--output")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_of_others_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot be written; give --append another place"):
        require_writable(tmp_path / "x.csv", "--append")


def test_warm_up_calls_do_not_count() -> None:
    calls: list[float] = []

    def call() -> None:
        calls.append(0.2 if len(calls) < 2 else 0.01)
        time.sleep(calls[-1])

    taken = timed(call, seconds=0.0, warm_up=2, least=5)
    assert len(calls) == 7
    assert taken.repetitions == 5
    assert 0.01 <= taken.low <= taken.median < 0.2


def test_a_rate_turns_the_quartiles_round() -> None:
    assert Spread(2.0, 1.0, 4.0, 9).rate(8) == Spread(4.0, 2.0, 8.0, 9)


class Behind:
    """A learner that returns at once and works later, as torch does on a GPU."""

    STEP = 0.01

    def __init__(self) -> None:
        self.queued = 0

    def begin_epoch(self, seed: int) -> None: ...

    def train_batch(self, images: Any, targets: Any, learning_rate: float, weights: Any) -> None:
        self.queued += 1

    def training_metrics(self) -> tuple[float, float]:
        time.sleep(self.queued * self.STEP)
        self.queued = 0
        return 0.0, 0.0

    def predict(self, images: Any) -> Any:
        return np.full((len(images), 2), 0.5)


def test_steps_that_a_gpu_does_behind_the_program_are_waited_for() -> None:
    images = np.zeros((64, 8, 8, 1), np.uint8)
    job = BenchJob(
        key="",
        output=Path(),
        engine="torch",
        variant="x",
        architecture="x",
        strategy="fine-tune",
        augmentation="none",
        input_size=8,
        image_shape=(8, 8, 1),
        recipe=Recipe(batch_size=16),
        class_names=("a", "b"),
        protocol_seed=0,
        training=Path(),
        seconds=0.2,
        least=3,
    )
    data = Examples(images, np.zeros(64, np.int64))
    found = measure_speed(Behind(), data, job).train_images_per_second  # type: ignore[arg-type]
    assert found.high <= 16 / Behind.STEP
    assert found.median > 0.3 * 16 / Behind.STEP
