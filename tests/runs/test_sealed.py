"""The sealed test set (law 1): what trains cannot see it, and it decides nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from benchmarks.store.ledger import read_ledger
from datasets.cache.decoded import open_data_set
from datasets.registry import discover
from tests.runs.commands import ferbench, numbers

PROTOCOL = """
name = "folder"
[data]
set = "image-folder"
[tuning]
trials = 2
rungs = [1]
[fit]
epochs = 2
[[variants]]
architecture = "emotionnet"
"""
FLOOR = PROTOCOL.replace("emotionnet", "majority").replace(
    '"image-folder"', '"synthetic-faces"\noptions = { scale = 0.1 }'
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn faces as a folder with train, val and test."""
    data = open_data_set(discover()["synthetic-faces"], None, {"scale": 0.1})
    root = tmp_path_factory.mktemp("faces")
    for index, image in enumerate(data.images):
        split = {"validation": "val"}.get(str(data.split[index]), str(data.split[index]))
        place = root / split / data.class_names[data.labels[index]]
        place.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / f"{index}.png"), np.asarray(image))
    return root


def carry_out(folder: Path, run: Path) -> Path:
    protocol = run.with_suffix(".toml")
    protocol.write_text(PROTOCOL, "utf-8")
    done = ferbench("run", protocol, "--data", folder, "--out", run)
    assert done.status == 0, done.err
    return run


@pytest.fixture(scope="session")
def honest(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return carry_out(folder, tmp_path_factory.mktemp("runs") / "honest")


def test_permuting_test_labels_changes_no_hyperparameter_epoch_or_model(
    folder: Path, honest: Path, tmp_path: Path
) -> None:
    permuted_folder = tmp_path / "permuted"
    for split in ("train", "val"):
        shutil.copytree(folder / split, permuted_folder / split)
    classes = sorted(place.name for place in (folder / "test").iterdir())
    for one, other in zip(classes, classes[1:] + classes[:1], strict=True):
        shutil.copytree(folder / "test" / one, permuted_folder / "test" / other)
    permuted = carry_out(permuted_folder, tmp_path / "permuted-run")

    ours, theirs = numbers(honest), numbers(permuted)
    assert ours["tuning"] == theirs["tuning"]
    for name, fit in ours["fits"].items():
        other = theirs["fits"][name]
        for fact in ("key", "hyperparameters", "best_epoch", "backbone", "history"):
            assert fit[fact] == other[fact], fact
        assert fit["predictions"]["label"] != other["predictions"]["label"]


def test_a_process_that_trains_cannot_open_what_is_sealed(tmp_path: Path) -> None:
    sealed = tmp_path / "sealed"
    sealed.mkdir()
    np.save(sealed / "test-images.npy", np.zeros(3))
    pd.DataFrame({"label": [1]}).to_parquet(sealed / "rows.parquet")
    np.save(tmp_path / "train-images.npy", np.zeros(3))
    (tmp_path / "alias.npy").symlink_to(sealed / "test-images.npy")
    attempts = [
        "np.load('sealed/test-images.npy')",
        "np.load('sealed/test-images.npy', mmap_mode='r')",
        "open('sealed/test-images.npy', 'rb')",
        "np.load('alias.npy')",
        "os.open('sealed/test-images.npy', os.O_RDONLY)",
    ]
    code = "import os, sys\nimport numpy as np\n"
    code += f"sys.path.insert(0, {str(Path.cwd())!r})\n"
    code += "from benchmarks.processes.wire import seal\nseal(['sealed'])\n"
    code += "np.load('train-images.npy')\n"
    for attempt in attempts:
        code += f"try:\n    {attempt}\n    print('opened', {attempt!r})\n"
        code += "except PermissionError as error:\n    assert 'sealed' in str(error)\n"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("place", ["audit.json", "splits.parquet"])
def test_what_tells_of_test_images_is_sealed(place: str, tmp_path: Path) -> None:
    plugin = tmp_path / "reader.py"
    plugin.write_text(
        f"""
from models.floors import majority
from models.registry import architecture

@architecture(name="reader", engine="scikit-learn", summary="looks", source="a test", space={{}})
def reader(request):
    open({str(tmp_path / "run" / place)!r}, "rb").read()
    return majority.build(request)
""",
        "utf-8",
    )
    protocol = tmp_path / "reader.toml"
    protocol.write_text(FLOOR.replace("majority", "reader"), "utf-8")
    done = ferbench("run", protocol, "--out", tmp_path / "run", "--plugin", plugin)
    assert done.status == 1, done.err
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert "sealed" in status["reader"]["reason"]


def test_a_model_that_looks_for_the_test_set_fails_and_the_others_go_on(
    cache: Path, tmp_path: Path
) -> None:
    plugin = tmp_path / "spy.py"
    plugin.write_text(
        f"""
from pathlib import Path
from models.floors import majority
from models.registry import architecture

@architecture(name="spy", engine="scikit-learn", summary="looks", source="a test", space={{}})
def spy(request):
    for file in Path({str(cache)!r}).glob("sealed/*/test-labels.npy"):
        file.read_bytes()
    return majority.build(request)
""",
        "utf-8",
    )
    protocol = tmp_path / "spy.toml"
    text = f"plugins = [{json.dumps(str(plugin))}]\n{FLOOR}"
    protocol.write_text(text + '[[variants]]\narchitecture = "spy"\n', "utf-8")
    run = tmp_path / "run"
    done = ferbench("run", protocol, "--out", run)
    assert done.status == 1, done.err
    status = json.loads((run / "status.json").read_text())
    assert status["spy"]["status"] == "failed"
    assert "sealed" in status["spy"]["reason"]
    assert status["majority"]["status"] == "ok"


def test_each_opening_is_recorded_before_the_test_set_is_read(
    folder: Path, honest: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(honest, run)
    for file in run.glob("fits/*/seed-*/predictions.parquet"):
        file.unlink()
    assert ferbench("run", honest.with_suffix(".toml"), "--data", folder, "--out", run).status == 0
    openings = [
        event
        for event in read_ledger(run / "ledger.jsonl")
        if event.event == "test-opened" and event.purpose == "score"
    ]
    assert len(openings) == 2
    assert openings[0].key == openings[1].key
