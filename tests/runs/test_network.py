"""Nothing is fetched, sent or looked up without being asked for, by any library either."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import cv2
import numpy as np
import pandas as pd
import pytest

from benchmarks.protocol.reading import load_protocol
from tests.runs.commands import TIMM, smallest
from tests.runs.network import Watched, has_namespaces

CHANCE = np.random.default_rng(0)
SHORT = """
name = "short"
data = { set = "synthetic-faces", options = { scale = 0.05 } }
source = { set = "synthetic-faces", options = { domain = "source", scale = 0.05 }, epochs = 1 }
tuning = { trials = 1, rungs = [1] }
fit = { epochs = 1 }
robustness = { images = 20 }
"""


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with images of two classes."""
    for name in ("happy", "sad"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(30):
            face = CHANCE.integers(0, 256, (48, 48), np.uint8)
            cv2.imwrite(str(tmp_path / "images" / name / f"{number}.png"), face)
    return tmp_path / "images"


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    """The small run, which may be changed."""
    return shutil.copytree(small, tmp_path / "small")


def answers(run: Path, file: Path) -> Path:
    """Write the answers of a fit as somebody else would."""
    table = pd.read_parquet(run / "fits" / "pixel-logistic" / "seed-0" / "predictions.parquet")
    named = {name: name.removeprefix("p_") for name in table}
    table.drop(columns=["image_id", "label", "split"]).rename(columns=named).to_csv(file)
    return file


@pytest.fixture(scope="module")
def floors(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Watched]:
    """A run of the floors, and what its making has tried."""
    place = tmp_path_factory.mktemp("floors")
    protocol, watched = place / "p.toml", Watched(place)
    row = '{ architecture = "majority" }'
    protocol.write_text(smallest("pixel-logistic").replace("[{", f"[{row}, {{"), "utf-8")
    watched.ferbench(("run", protocol, "--out", place / "run"))
    return place / "run", watched


def test_no_run_reaches_for_the_network(floors: tuple[Path, Watched]) -> None:
    assert floors[1].attempts == []
    assert floors[1].unroutable == 0


@pytest.mark.slow
def test_no_command_reaches_for_the_network(
    floors: tuple[Path, Watched], images: Path, watched: Watched, tmp_path: Path
) -> None:
    picture, run = images / "sad" / "0.png", shutil.copytree(floors[0], tmp_path / "run")
    watched.ferbench(
        ("models",),
        ("datasets",),
        ("datasets", "inspect", "image-folder", "--data", images),
        ("audit", "image-folder", "--data", images),
        ("init", images, "--no-measure", "-o", tmp_path / "mine.toml"),
        ("report", run),
        ("compare", run, "pixel-logistic", "majority"),
        ("choose", run),
        ("predict", f"{run}/pixel-logistic", picture),
        ("export", f"{run}/pixel-logistic", "--format", "joblib", "-o", tmp_path / "m.joblib"),
        ("merge", run, floors[0], "-o", tmp_path / "both"),
        ("verify", run),
        ("add", run, "--name", "theirs", "--predictions", answers(run, tmp_path / "a.csv")),
        ("bench", "pixel-logistic", "--quick"),
    )
    assert watched.attempts == []
    assert watched.unroutable == 0


def test_the_demo_asks_no_name_server(floors: tuple[Path, Watched], watched: Watched) -> None:
    model = f"{floors[0]}/pixel-logistic"
    demo = [sys.executable, "-m", "benchmarks", "demo", model, "--port", "0"]
    with subprocess.Popen(demo, env=watched.environment, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        address = next(line.split()[1] for line in run.stderr if line.startswith("open "))
        with urlopen(address) as page:
            assert page.status == 200
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=60) == 0
    assert watched.attempts == []


def test_what_a_worker_looks_up_is_counted(watched: Watched) -> None:
    asked = 'call("socket:getaddrinfo", {"host": "example.org", "port": 80})'
    code = (
        f"from benchmarks.processes.worker import call\ntry:\n    {asked}\nexcept Exception: pass"
    )
    watched.run(sys.executable, "-c", code)
    (attempt,) = watched.attempts
    assert attempt.startswith("socket.getaddrinfo ('example.org', 80")


@pytest.mark.skipif(not has_namespaces(), reason="no network namespaces on this machine")
def test_what_is_sent_past_python_is_counted(watched: Watched) -> None:
    kind = "socket.AF_INET, socket.SOCK_DGRAM"
    send = f"import socket; socket.socket({kind}).connect_ex(('203.0.113.1', 53))"
    watched.run(sys.executable, "-I", "-c", send)
    assert (watched.attempts, watched.unroutable) == ([], 1)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_no_engine_reaches_for_the_network(
    copy: Path, floors: tuple[Path, Watched], images: Path, watched: Watched, tmp_path: Path
) -> None:
    picture, keras = images / "sad" / "0.png", f"{copy}/emotionnet"
    torch = f"{copy}/{TIMM}.scratch@32"
    watched.ferbench(
        ("doctor",),
        ("report", copy, "--tables", tmp_path / "tables", "--figures", tmp_path / "figures"),
        ("init", images, "-o", tmp_path / "mine.toml"),
        ("bench", "--quick"),
        ("predict", keras, picture),
        ("predict", torch, picture),
        ("export", keras, "--format", "keras", "-o", tmp_path / "m.keras"),
        ("export", keras, "--format", "onnx", "-o", tmp_path / "keras.onnx"),
        ("export", keras, "--format", "tflite", "-o", tmp_path / "m.tflite"),
        ("export", torch, "--format", "onnx", "-o", tmp_path / "torch.onnx"),
        ("export", torch, "--format", "torch-export", "-o", tmp_path / "m.pt2"),
        ("reproduce", floors[0], "pixel-logistic", "--out", tmp_path / "again"),
    )
    assert watched.attempts == []
    assert watched.unroutable == 0


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_no_variant_of_quick_reaches_for_the_network(watched: Watched, tmp_path: Path) -> None:
    rows = [
        f'[[variants]]\narchitecture = "{each.architecture}"\ninput_size = 32\n'
        f'initialisation = "{each.initialisation}"\n'
        for each in load_protocol("quick").variants
        if each.architecture not in ("majority", "pixel-logistic")
    ]
    protocol = tmp_path / "short.toml"
    protocol.write_text(SHORT + "\n".join(rows), "utf-8")
    watched.ferbench(("run", protocol, "--out", tmp_path / "run"))
    assert watched.attempts == []
    assert watched.unroutable == 0
