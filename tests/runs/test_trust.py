"""Whole runs can be verified, made again bit for bit, gone on with, and merged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.evaluation.budget import budgets
from benchmarks.protocol.canonical import digest
from benchmarks.store.digests import write_digests
from benchmarks.store.files import write_table, write_values
from benchmarks.store.ledger import scorings
from benchmarks.store.reading import read_run
from tests.runs.commands import TINY, VARIANTS, ferbench, ferbench_here, numbers

TRANSFER = "timm:resnet10t.source.fine-tune@32"


@pytest.fixture
def copy(unbroken: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(unbroken, tmp_path / "copy"))


def edit(path: Path, **change: object) -> None:
    """Change a record of a run as somebody does who renews its digests."""
    content = json.loads(path.read_text("utf-8"))
    write_values(path, content | change)
    write_digests(path.parent)


def test_the_manifest_names_everything_that_decided_the_numbers(unbroken: Path) -> None:
    manifest = json.loads((unbroken / "manifest.json").read_text("utf-8"))
    assert manifest["worker"]["OMP_NUM_THREADS"] == str(manifest["threads"])
    assert manifest["device"]
    assert manifest["keras_backend"] == "tensorflow"
    assert {"commit", "dirty"} <= manifest["git"].keys()
    for variant in manifest["variants"]:
        assert len(variant["code"]) == 64
        assert variant["versions"]["numpy"]
    for file in unbroken.glob("fits/*/seed-*/fit.json"):
        fit = json.loads(file.read_text("utf-8"))
        assert digest(fit["identity"]) == fit["key"]


def test_a_run_holds_as_it_was_made_and_after_another_rendering(copy: Path) -> None:
    assert ferbench_here("verify", copy).status == 0
    assert ferbench_here("report", copy).status == 0
    done = ferbench_here("verify", copy)
    assert (done.status, done.out) == (0, "")


def test_a_changed_model_is_named_and_nothing_builds_on_it(copy: Path, protocol: Path) -> None:
    model = copy / "fits" / "emotionnet" / "seed-1" / "model.keras"
    content = model.read_bytes()
    model.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    done = ferbench_here("verify", copy)
    assert done.status == 1
    assert done.out.splitlines() == [
        "fits/emotionnet/seed-1/model.keras: changed since it was written"
    ]
    refused = ferbench("run", protocol, "--out", copy)
    assert refused.status == 2
    assert "model.keras" in refused.err


@pytest.fixture(scope="module")
def again(unbroken: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run's transfer variant made again, and what it starts from."""
    out = tmp_path_factory.mktemp("again") / "run"
    done = ferbench("reproduce", unbroken, TRANSFER, "--out", out, "--workers", 2)
    assert done.status == 0, done.err + done.out
    return out


@pytest.mark.slow
def test_a_variant_made_again_is_bit_identical(unbroken: Path, again: Path) -> None:
    made = json.loads((again / "reproduction.json").read_text("utf-8"))
    judged = {(v["variant"], v["seed"]): v["judgement"] for v in made["verdicts"]}
    assert judged == dict.fromkeys(((TRANSFER, 0), (TRANSFER, 1)), "bit-identical")
    assert {d["kind"] for d in made["differences"]} <= {"code"}
    whole, alone = numbers(unbroken), numbers(again)
    assert alone["tuning"] == {TRANSFER: whole["tuning"][TRANSFER]}
    assert alone["fits"] == {
        f"{TRANSFER} {seed}": whole["fits"][f"{TRANSFER} {seed}"] for seed in (0, 1)
    }
    assert ferbench_here("verify", again).status == 0


@pytest.mark.slow
def test_a_whole_run_made_again_is_bit_identical(unbroken: Path, tmp_path: Path) -> None:
    """All its variants: scikit-learn, Keras and torch."""
    out = tmp_path / "again"
    done = ferbench("reproduce", unbroken, "--out", out, "--workers", 2)
    assert done.status == 0, done.err + done.out
    assert done.out.count("bit-identical") == 2 * len(VARIANTS)
    assert numbers(out) == numbers(unbroken)


@pytest.mark.slow
def test_what_a_run_starts_from_is_made_again_too(again: Path) -> None:
    assert list(again.glob("work/pretrained/*/backbone.safetensors"))


@pytest.mark.slow
def test_a_reproduction_goes_on_and_no_other_run_takes_its_folder(
    unbroken: Path, again: Path, copy: Path
) -> None:
    before = {p: p.stat().st_mtime_ns for p in again.glob("fits/*/seed-*/*")}
    done = ferbench("reproduce", unbroken, TRANSFER, "--out", again)
    assert done.status == 0
    assert done.out.count("bit-identical") == 2
    assert {p: p.stat().st_mtime_ns for p in again.glob("fits/*/seed-*/*")} == before
    edit(copy / "manifest.json", title="another")
    for out, message in ((again, "another run"), (copy, "the run itself")):
        refused = ferbench_here("reproduce", copy, TRANSFER, "--out", out)
        assert (refused.status, message in refused.err) == (2, True), refused.err


def test_one_variant_is_made_again_alone_and_a_wrong_number_found(
    copy: Path, tmp_path: Path
) -> None:
    file = copy / "fits" / "majority" / "seed-0" / "predictions.parquet"
    table = pd.read_parquet(file)
    table[[column for column in table if column.startswith("p_")]] = 0.0
    table["p_angry"] = 1.0
    write_table(file, table)
    write_digests(copy)
    done = ferbench("reproduce", copy, "majority", "--out", tmp_path / "out")
    assert done.status in (0, 1)
    lines = [line for line in done.out.splitlines() if line.startswith("majority")]
    assert len(lines) == 2
    assert "bit-identical" not in lines[0]
    assert "bit-identical" in lines[1]
    board = pd.read_csv(tmp_path / "out" / "leaderboard.csv")
    assert list(board["variant"]) == ["majority"]


def test_nothing_is_trained_on_other_data(copy: Path, tmp_path: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text("utf-8"))
    edit(copy / "manifest.json", split=manifest["split"] | {"digest": "ab" * 32})
    done = ferbench("reproduce", copy, "--out", tmp_path / "out")
    assert done.status == 1
    assert "the data differ, so nothing was trained" in done.out
    assert "data: split.digest is" in done.out
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("variant", "environment", "message"),
    [
        ("emotionet", {}, "did you mean 'emotionnet'"),
        ("majority", {"KERAS_BACKEND": "torch"}, "set KERAS_BACKEND=tensorflow"),
    ],
)
def test_what_cannot_be_made_again_is_refused_in_one_line(
    unbroken: Path, tmp_path: Path, variant: str, environment: dict[str, str], message: str
) -> None:
    done = ferbench("reproduce", unbroken, variant, "--out", tmp_path / "out", **environment)
    assert done.status == 2
    assert message in done.err
    assert not (tmp_path / "out").exists()


PLUGIN = """
from models.floors import majority
from models.registry import architecture

@architecture(name="mine", engine="scikit-learn", summary="a floor", source="a test", space={})
def mine(request):
    return majority.build(request)
"""


@pytest.fixture(scope="module")
def plugged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A protocol, the plugin that it needs, and its finished run."""
    folder = tmp_path_factory.mktemp("plugged")
    plugin, protocol, run = (folder / name for name in ("mine.py", "mine.toml", "run"))
    plugin.write_text(PLUGIN, "utf-8")
    header = TINY.partition("[[variants]]")[0]
    protocol.write_text(header + '[[variants]]\narchitecture = "mine"\n', "utf-8")
    done = ferbench("run", protocol, "--plugin", plugin, "--out", run)
    assert done.status == 0, done.err
    return protocol, plugin, run


@pytest.mark.slow
def test_a_plugin_is_asked_for_by_its_digest(
    plugged: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    _, plugin, run = plugged
    refused = ferbench_here("reproduce", run, "--out", tmp_path / "out")
    assert (refused.status, "mine.py" in refused.err) == (2, True)
    done = ferbench("reproduce", run, "--plugin", plugin, "--out", tmp_path / "out")
    assert done.status == 0, done.err
    assert done.out.count("bit-identical") == 2


@pytest.mark.slow
def test_a_variant_that_is_changed_and_scored_again_is_marked(
    plugged: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(plugged[2].parent, tmp_path / "plugged")
    protocol, plugin, run = (folder / place.name for place in plugged)
    for _ in range(2):
        plugin.write_text(plugin.read_text("utf-8") + "\nCHANGED = True\n", "utf-8")
        assert ferbench("run", protocol, "--plugin", plugin, "--out", run).status == 0
    results = read_run(run)
    assert scorings(results) == {"mine": 3}
    (budget,) = budgets(results)
    assert (budget.started, budget.earlier_trials, budget.earlier_fits) == (0, 0, 4)
    page = (run / "leaderboard.html").read_text("utf-8")
    assert "the test set has been opened 3 times for this row" in page
    assert ferbench_here("verify", run).status == 0


def test_an_unbroken_run_counts_everything_once(unbroken: Path) -> None:
    results = read_run(unbroken)
    assert set(scorings(results).values()) == {1}
    assert {(b.earlier_trials, b.earlier_fits) for b in budgets(results)} == {(0, 0)}
    assert {b.variant: b.started for b in budgets(results)} == {
        name: 0 if name == "majority" else 3 for name in VARIANTS
    }


@pytest.mark.slow
def test_parts_made_apart_are_merged_into_the_run(
    unbroken: Path, plugged: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "merged"
    done = ferbench_here("merge", unbroken, plugged[2], "-o", out)
    assert done.status == 0, done.err
    assert ferbench_here("verify", out).status == 0
    merged, whole = numbers(out), numbers(unbroken)
    assert {name: merged["fits"][name] for name in whole["fits"]} == whole["fits"]
    assert merged["fits"].keys() - whole["fits"].keys() == {"mine 0", "mine 1"}
    refused = ferbench("run", plugged[0], "--plugin", plugged[1], "--out", out)
    assert (refused.status, "joins several runs" in refused.err) == (2, True)
