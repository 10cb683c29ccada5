"""Code that a results folder names is never run; a plug-in that is given is, if it is the run's."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.reproducibility.keep import keep
from benchmarks.store.digests import write_digests
from benchmarks.store.folder import RunFolder
from benchmarks.store.reading import read_manifest
from benchmarks.store.writing import write_manifest
from tests.kept import faces, run_on
from tests.runs.commands import Done, ferbench_here

PLUGIN = """
from dataclasses import replace
from pathlib import Path
from datasets.image_folder import image_folder

Path(__file__).with_suffix(".ran").touch()
mine = replace(image_folder, name="mine")
"""
COMMANDS = {
    "verify": ("verify", "RUN"),
    "compare": ("compare", "RUN", "majority", "plain-cnn"),
    "choose": ("choose", "RUN"),
    "report": ("report", "RUN"),
    "merge": ("merge", "RUN", "OTHER", "-o", "OUT"),
    "reproduce": ("reproduce", "RUN", "--out", "OUT"),
}


@pytest.fixture(scope="module", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("FERBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.delenv("FERBENCH_DATA", raising=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return faces(tmp_path_factory.mktemp("data") / "faces")


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("plugins") / "mine.py"
    file.write_text(PLUGIN, "utf-8")
    return file


@pytest.fixture(scope="module")
def run(data: Path, plugin: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    return run_on(data, out, name="mine", plugins=(plugin,))


@pytest.fixture(scope="module")
def kept(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kept") / "kept"
    keep(run, out)
    return out


def naming(run: Path, place: Path) -> Path:
    """Return a copy of ``run`` in ``place`` whose protocol names a plug-in that lies in it."""
    copy = Path(shutil.copytree(run, place))
    planted = copy / "planted.py"
    planted.write_text(PLUGIN, "utf-8")
    manifest = read_manifest(copy)
    protocol = manifest.protocol.model_copy(update={"plugins": (str(planted),)}).spelt_out()
    write_manifest(RunFolder(copy), replace(manifest, protocol=protocol))
    write_digests(copy)
    return copy


def asked(command: str, run: Path, place: Path, *more: object) -> Done:
    other = Path(shutil.copytree(run, place / "other"))
    words = {"RUN": run, "OTHER": other, "OUT": place / "out"}
    return ferbench_here(*[words.get(word, word) for word in COMMANDS[command]], *more)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_kept_run_names_is_not_executed(
    command: str, kept: Path, data: Path, tmp_path: Path
) -> None:
    copy = naming(kept, tmp_path / "copy")
    for more in ((), ("--data", data)):
        asked(command, copy, tmp_path / str(len(more)), *more)
    assert not (copy / "planted.ran").exists()


def test_what_a_run_names_is_not_executed_to_take_up_votes(
    run: Path, data: Path, tmp_path: Path
) -> None:
    copy = naming(run, tmp_path / "copy")
    assert ferbench_here("report", copy, "--data", data).status == 2
    assert not (copy / "planted.ran").exists()


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "reproduce"])
def test_the_plug_in_of_a_run_reads_its_data(
    command: str, kept: Path, data: Path, plugin: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(kept, tmp_path / "copy"))
    done = asked(command, copy, tmp_path, "--data", data, "--plugin", plugin)
    assert done.status == 0, done
    if command == "verify":
        assert "every number and every digest holds" in done.err


@pytest.mark.parametrize("command", COMMANDS)
def test_without_its_plug_in_a_run_says_which_to_give(
    command: str, kept: Path, data: Path, tmp_path: Path
) -> None:
    done = asked(command, kept, tmp_path, "--data", data)
    assert done.status == 2
    assert "its data set 'mine' comes with a plug-in; give it with --plugin PATH" in done.err
    assert "mine.py (SHA-256 " in done.err


@pytest.mark.parametrize("command", COMMANDS)
def test_another_plug_in_is_refused_before_it_is_executed(
    command: str, kept: Path, data: Path, tmp_path: Path
) -> None:
    other = tmp_path / "mine.py"
    other.write_text(f"{PLUGIN}\n# changed\n", "utf-8")
    done = asked(command, kept, tmp_path, "--data", data, "--plugin", other)
    assert done.status == 2
    assert f"plugin {other}: not one that" in done.err
    assert not other.with_suffix(".ran").exists()


def test_a_plug_in_of_a_run_that_holds_its_labels_is_refused(run: Path, plugin: Path) -> None:
    done = ferbench_here("verify", run, "--plugin", plugin)
    assert done.status == 2
    assert "holds its labels itself; leave --plugin out" in done.err
