"""Whatever happens to a file of a finished run, whoever reads the run says so in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
import pytest
from typer.main import get_command

from benchmarks import cli
from benchmarks.errors import InputError
from benchmarks.reproducibility import verify
from benchmarks.store.digests import published, write_digests
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.models import backbone_of, require_model
from benchmarks.store.reading import read_fit, read_run
from benchmarks.store.records import FoundWeights, RungResult
from benchmarks.store.reproduction import Reproduction, write_reproduction
from benchmarks.store.splits import read_splits
from benchmarks.store.votes import write_votes
from benchmarks.store.writing import write_audit, write_fit, write_rung, write_weights
from datasets.audit.audit import AUDIT
from datasets.reading.fer_plus import COLUMNS
from models.registry import PublishedWeights
from tests.folder import ROWS, Row, build
from tests.folder_extras import ask, view
from tests.runs.commands import Done, ferbench_here

NAME = "plain-cnn"
FIT = f"fits/{NAME}/seed-0"
READ = (
    "manifest.json",
    "status.json",
    "tuning.json",
    "audit.json",
    "splits.parquet",
    "fer-plus.parquet",
    "ledger.jsonl",
    "digests.json",
    f"fits/{NAME}/cost.json",
    *(f"{FIT}/{name}" for name in ("fit.json", "history.csv", "predictions.parquet")),
    *(f"{FIT}/{name}" for name in ("attention.npz", "robustness.parquet", "views.parquet")),
)
"""What the numbers of a run are made of."""
MODEL = (f"{FIT}/model.keras", f"{FIT}/backbone.safetensors")
WORK = ("tuning.journal", f"work/{NAME}/trial-0/rung-1.json", f"work/{NAME}/weights.json")
RENDERED = ("leaderboard.html", "leaderboard.csv", "leaderboard.json")
OTHERS = ("log.txt", "reproduction.json")
UNDER_WAY = ("digests.json", "removed")
"""What makes a finished run one that is under way; all its files hold."""
UNSEALED = {"ledger.jsonl", "digests.json"}
"""What says nothing of itself while a run is under way, as its lines become more."""


def flip(whole: bytes, other: bytes) -> bytes:
    place = len(whole) // 2
    return whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]


DAMAGES: dict[str, Callable[[bytes, bytes], bytes | None]] = {
    "a bit flipped": flip,
    "cut in half": lambda whole, other: whole[: len(whole) // 2],
    "emptied": lambda whole, other: b"",
    "removed": lambda whole, other: None,
    "another run's": lambda whole, other: other,
}


def made(folder: Path, rows: tuple[Row, ...], fill: bytes) -> Path:
    """Write a finished run with every kind of file, though with models that are none."""
    run = RunFolder(build(folder, rows, seeds=(0,), images=37 + len(fill), epochs=3))
    view(ask(run.path, images=20))
    for place in run.trained():
        (place / "model.keras").write_bytes(b"a model" + fill)
        FitFolder(place).backbone.write_bytes(b"a backbone" + fill)
        write_fit(place, read_fit(place))
    images = read_splits(run)
    votes = {path: (len(fill),) * len(COLUMNS) for path in images.paths.tolist()}
    write_votes(run, votes, images)
    write_reproduction(run, Reproduction(of=fill.decode(), manifest_digest="ab" * 32))
    rung = RungResult(key="k", value=len(fill), best_epoch=1, images_seen=1, seconds=1.0)
    write_rung(run.rung(NAME, 0, 1), rung)
    about = PublishedWeights(initialisation="imagenet", name="w.h5", sha256="ab" * 32)
    found = FoundWeights(key=fill.decode(), file=Path("w.h5"), weights=about)
    write_weights(run.weights(NAME), found)
    audit = Path(__file__).parents[1] / "store" / "run_before" / "audit.json"
    known = AUDIT.validate_json(audit.read_bytes())
    write_audit(run, replace(known, warnings=(*known.warnings, fill.decode())))
    for name in ("tuning.journal", "log.txt", *RENDERED):
        (folder / name).write_bytes(b"written by somebody: " + fill)
    write_digests(folder)
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs, and a picture."""
    place = tmp_path_factory.mktemp("tampering")
    made(place / "run", (*ROWS[:2], ROWS[-1]), b"one")
    made(place / "other", (*ROWS[:2], replace(ROWS[-1], reason="no such file")), b"other")
    cv2.imwrite(str(place / "face.png"), np.zeros((48, 48), np.uint8))
    answers = "row," + ",".join(read_run(place / "run").class_names)
    (place / "answers.csv").write_text(answers, "utf-8")
    return place


@pytest.fixture(scope="module", autouse=True)
def built_once() -> Iterator[None]:
    """Build the command line once; that takes as long as what is tested."""
    with patch.object(cli, "app", get_command(cli.app)):
        yield


@contextmanager
def damaged(place: Path, name: str, how: str) -> Iterator[None]:
    """Damage a file of the run for as long as the block takes."""
    file = place / "run" / name
    whole, other = file.read_bytes(), (place / "other" / name).read_bytes()
    left = DAMAGES[how](whole, other)
    assert left != whole
    file.unlink()
    if left is not None:
        file.write_bytes(left)
    try:
        yield
    finally:
        file.write_bytes(whole)


COMMANDS: dict[str, Callable[[Path], Done]] = {
    "report": lambda place: ferbench_here("report", place / "run"),
    "csv": lambda place: ferbench_here("report", place / "run", "--format", "csv"),
    "compare": lambda place: ferbench_here("compare", place / "run", NAME, "majority"),
    "choose": lambda place: ferbench_here("choose", place / "run"),
    "predict": lambda place: ferbench_here("predict", place / "run", place / "face.png", "--whole"),
    "export": lambda place: ferbench_here(
        "export", place / "run" / NAME, "--format", "keras", "-o", place / "model.keras"
    ),
    "add": lambda place: ferbench_here(
        "add", place / "run", "--name", "new", "--predictions", place / "answers.csv"
    ),
    "merge": lambda place: ferbench_here(
        "merge", place / "run", place / "other", "-o", place / "merged"
    ),
    "reproduce": lambda place: ferbench_here("reproduce", place / "run", "--out", place / "new"),
}


def outcomes(
    place: Path, names: tuple[str, ...], command: Callable[[Path], Done]
) -> Iterator[tuple[str, str, Done]]:
    for name in names:
        for how in DAMAGES:
            if (name, how) == UNDER_WAY:
                continue
            with damaged(place, name, how):
                yield name, how, command(place)


def is_told(name: str, done: Done) -> bool:
    """Tell whether a command ended with 2 and one line that names the file and what to do."""
    told = done.err.splitlines()
    helped = any(word in done.err for word in ("put ", "again", "see `ferbench verify"))
    return done.status == 2 and done.out == "" and len(told) == 1 and name in told[0] and helped


def is_expected(name: str, how: str, done: Done) -> bool:
    if (name, how) == ("manifest.json", "removed"):
        return done.status == 2 and "not a results folder" in done.err
    if (name, how) == ("digests.json", "another run's"):  # and so no file is the one it names
        return is_told("changed since the run ended", done) or "manifest.json: changed" in done.out
    return is_told(name, done) or is_told(f"fits/{NAME}: holds no model", done)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_uses_a_file_that_does_not_hold(place: Path, command: str) -> None:
    found = outcomes(place, READ, COMMANDS[command])
    assert [each for each in found if not is_expected(*each)] == []


def test_no_model_is_opened_that_is_not_the_one_fitted(place: Path) -> None:
    asked = ("predict", place / "run" / NAME, place / "face.png", "--whole")
    for command in (lambda place: ferbench_here(*asked), COMMANDS["export"], COMMANDS["add"]):
        found = list(outcomes(place, MODEL[:1], command))
        assert [each for each in found if each[1] != "removed" and not is_told(*each[::2])] == []
        assert {done.status for *_, done in found} == {2}


def test_whoever_reads_a_run_in_python_is_told(place: Path) -> None:
    for name in READ:
        for how in DAMAGES:
            if (name, how) != UNDER_WAY:
                with damaged(place, name, how), pytest.raises(InputError) as told:
                    read_run(place / "run")
                assert "\n" not in str(told.value)


def test_nothing_is_joined_or_added_to_while_anything_does_not_hold(place: Path) -> None:
    for name in (*MODEL, *WORK, *OTHERS, *RENDERED):
        for how in ("a bit flipped", "another run's"):
            with damaged(place, name, how):
                assert is_told(name, COMMANDS["merge"](place)), (name, how)
                if name not in RENDERED:
                    assert is_told(name, COMMANDS["add"](place)), (name, how)


@pytest.mark.parametrize("command", ["csv", "compare", "choose"])
def test_what_no_number_is_made_of_changes_none(place: Path, command: str) -> None:
    before = COMMANDS[command](place)
    with ExitStack() as damages:
        for name in (*MODEL, *WORK, *OTHERS, *RENDERED):
            damages.enter_context(damaged(place, name, "a bit flipped"))
        assert COMMANDS[command](place) == before
    assert before.status == 0


def test_verify_names_every_file_whatever_happened_to_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "_numbers", lambda run: iter(()))  # rendering takes long
    for name in (*published(place / "run"), "digests.json"):
        for how in DAMAGES:
            with damaged(place, name, how):
                done = ferbench_here("verify", place / "run")
            named = any(line.startswith(f"{name}: ") for line in done.out.splitlines())
            assert (done.status, named) == (1, True) or is_expected(name, how, done), (name, how)
    assert ferbench_here("verify", place / "run").out == ""


def everything(run: Path) -> None:
    read_run(run)
    require_model(run / FIT)
    backbone_of(run / FIT)


def test_a_run_under_way_tells_of_each_file_by_itself(place: Path) -> None:
    digests = place / "run" / "digests.json"
    known = digests.read_bytes()
    digests.unlink()
    read_run(place / "run")
    for name in (*(name for name in READ if name not in UNSEALED), *MODEL):
        for how in ("a bit flipped", "cut in half", "emptied"):
            with damaged(place, name, how), pytest.raises(InputError, match=f"{name}: "):
                everything(place / "run")
    digests.write_bytes(known)
