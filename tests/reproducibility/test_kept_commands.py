"""What each command says and does of a kept run, with the data and without them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.reproducibility.keep import keep
from benchmarks.store.kept import is_kept
from benchmarks.store.reading import read_manifest
from tests.folder import ROWS
from tests.kept import faces, run_on
from tests.runs.commands import Done, ferbench_here


@pytest.fixture(scope="module", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("FERBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.delenv("FERBENCH_DATA", raising=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return faces(tmp_path_factory.mktemp("data") / "faces")


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_on(data, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def made(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kept") / "kept"
    keep(run, out)
    return out


@pytest.fixture
def kept(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "kept"))


def refused(*arguments: object) -> str:
    """Return the one line by which a command is refused."""
    done = ferbench_here(*arguments)
    assert (done.status, done.out) == (2, ""), done
    (line,) = done.err.splitlines()[-1:]
    assert "Traceback" not in done.err
    return line


def worked(*arguments: object) -> Done:
    done = ferbench_here(*arguments)
    assert done.status == 0, done
    return done


def test_verify_says_what_it_cannot_check_without_the_data(kept: Path) -> None:
    told = worked("verify", kept).err
    assert "not checked" in told
    assert "give --data PATH" in told
    assert "every digest and key holds" in told


def test_verify_with_the_data_says_what_it_compared(kept: Path, data: Path) -> None:
    told = worked("verify", kept, "--data", data).err
    assert "every number and every digest holds" in told
    assert "of leaderboard.html" in told


def test_data_of_a_run_that_holds_its_labels_are_refused(run: Path, data: Path) -> None:
    assert "holds its labels itself" in refused("verify", run, "--data", data)


@pytest.mark.parametrize(
    "arguments", [("report",), ("compare", "majority", "plain-cnn"), ("choose",), ("reproduce",)]
)
def test_without_the_data_the_others_say_how_to_give_them(
    kept: Path, arguments: tuple[str, ...]
) -> None:
    command, *others = arguments
    line = refused(command, kept, *others)
    assert line.startswith(f"ferbench: {kept}: a kept run, which holds no labels; give --data PATH")


def test_with_the_data_they_answer_as_of_the_run_itself(
    run: Path, kept: Path, data: Path, tmp_path: Path
) -> None:
    for command, *others in (("compare", "majority", "plain-cnn"), ("choose",)):
        with_data = worked(command, kept, *others, "--data", data)
        assert with_data.out == worked(command, run, *others).out
    worked("report", kept, "--data", data, "--figures", tmp_path / "figures")
    assert (tmp_path / "figures" / "plain-cnn-thresholds.svg").is_file()
    assert "every number and every digest holds" in worked("verify", kept, "--data", data).err


def test_an_image_that_the_data_lack_is_told(kept: Path, data: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(data, tmp_path / "other"))
    (other / "test" / "sad" / "sad-3.png").unlink()
    line = refused("verify", kept, "--data", other)
    assert "not the data of" in line
    assert "1 of its 78 validation and test images are not there" in line


def test_an_image_with_another_label_is_told(kept: Path, data: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(data, tmp_path / "other"))
    (other / "test" / "sad" / "sad-3.png").rename(other / "test" / "happy" / "sad-3.png")
    line = refused("choose", kept, "--data", other)
    assert "its validation and test images are all there, but training images, labels" in line


def test_a_training_image_that_the_data_lack_is_told(
    kept: Path, data: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copytree(data, tmp_path / "other"))
    (other / "train" / "sad" / "sad-3.png").unlink()
    line = refused("verify", kept, "--data", other)
    assert "its validation and test images are all there, but training images, labels" in line


def test_data_out_of_the_environment_are_named_where_they_are_others(
    kept: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FERBENCH_DATA", str(data))
    assert "every number and every digest holds" in worked("verify", kept).err
    other = Path(shutil.copytree(data, tmp_path / "other"))
    (other / "test" / "sad" / "sad-3.png").unlink()
    for place in (other, tmp_path / "nowhere"):
        monkeypatch.setenv("FERBENCH_DATA", str(place))
        line = refused("verify", kept)
        assert line.startswith(f"ferbench: FERBENCH_DATA: {place}: ")
        assert line.endswith("; unset it, or give --data PATH")
    worked("verify", kept, "--data", data)


@pytest.mark.parametrize("command", [("verify",), ("choose",), ("compare", "a", "b"), ("report",)])
def test_a_mistyped_run_is_told_as_such(
    command: tuple[str, ...], data: Path, tmp_path: Path
) -> None:
    name, *others = command
    line = refused(name, tmp_path / "typo", *others, "--data", data)
    assert "not a results folder" in line


def test_a_mistyped_run_to_merge_is_told_as_such(kept: Path, data: Path, tmp_path: Path) -> None:
    for runs in ((kept, tmp_path / "typo"), (tmp_path / "typo", kept)):
        line = refused("merge", *runs, "-o", tmp_path / "out", "--data", data)
        assert f"{tmp_path / 'typo'}: not a results folder" in line


@pytest.mark.parametrize("name", ["manifest.json", "kept.json", "images.parquet", "digests.json"])
@pytest.mark.parametrize("given", [False, True], ids=["alone", "data"])
def test_a_changed_byte_in_what_a_run_says_of_its_data_is_a_finding(
    name: str, given: bool, kept: Path, data: Path
) -> None:
    file = kept / name
    whole = file.read_bytes()
    for at in (0, len(whole) // 2):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        done = ferbench_here("verify", kept, *(("--data", data) if given else ()))
        assert done.status == 1, done
        assert f"{name}: " in done.out
        assert "Traceback" not in done.err
        assert not given or "what this kept run says of its data does not hold" in done.err


@pytest.mark.parametrize("name", ["kept.json", "images.parquet"])
def test_a_file_that_tells_it_is_kept_and_is_gone_is_a_finding(
    name: str, kept: Path, data: Path
) -> None:
    (kept / name).unlink()
    for given in ((), ("--data", data)):
        done = ferbench_here("verify", kept, *given)
        assert done.status == 1, done
        assert f"{name}: is missing" in done.out
    assert name in refused("choose", kept, "--data", data)


@pytest.mark.parametrize("content", [b"no JSON", b"5", b"\xff\xfe", b""])
def test_a_board_that_cannot_be_read_is_a_finding(content: bytes, kept: Path, data: Path) -> None:
    (kept / "leaderboard.json").write_bytes(content)
    done = ferbench_here("verify", kept, "--data", data)
    assert done.status == 1
    assert "leaderboard.json: cannot be read" in done.out
    assert "Traceback" not in done.err
    assert "of leaderboard.html" in done.err
    assert "of leaderboard.json" not in done.err


def test_what_needs_a_model_says_that_there_is_none(kept: Path, data: Path, tmp_path: Path) -> None:
    picture = next(data.rglob("*.png"))
    for arguments in (
        ("predict", kept, picture),
        ("predict", f"{kept}/plain-cnn", picture),
        ("demo", kept),
        ("webcam", kept),
        ("export", f"{kept}/plain-cnn", "--format", "keras", "-o", tmp_path / "model.keras"),
    ):
        assert "a kept run, which holds no model of it; `ferbench reproduce`" in refused(*arguments)


def test_a_kept_run_is_neither_gone_on_with_nor_added_to(
    kept: Path, data: Path, tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in kept.rglob("*") if path.is_file()}
    table = tmp_path / "answers.csv"
    table.write_text("row\n0\n")
    assert "no labels; add the row" in refused(
        "add", kept, "--name", "theirs", "--predictions", table
    )
    assert "no models to go on with" in refused("run", "quick", "--out", kept)
    assert "no labels as it is" in refused("keep", kept, "-o", tmp_path / "again")
    assert {path: path.read_bytes() for path in kept.rglob("*") if path.is_file()} == before


def test_kept_runs_are_joined_into_a_kept_run(run: Path, data: Path, tmp_path: Path) -> None:
    parts = []
    for row in ROWS[:2]:
        whole = run_on(data, tmp_path / f"run-{row.name}", (row,))
        parts.append(tmp_path / row.name)
        worked("keep", whole, "-o", parts[-1])
    assert "give --data PATH" in refused("merge", *parts, "-o", tmp_path / "all")
    assert "is a kept run and" in refused("merge", *parts[:1], run, "-o", tmp_path / "all")
    assert not (tmp_path / "all").exists()
    worked("merge", *parts, "-o", tmp_path / "all", "--data", data)
    assert is_kept(tmp_path / "all")
    assert [row.name for row in read_manifest(tmp_path / "all").variants] == [
        row.name for row in ROWS[:2]
    ]
    worked("verify", tmp_path / "all", "--data", data)
