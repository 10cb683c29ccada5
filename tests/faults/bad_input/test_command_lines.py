"""Every command with what it cannot take, made from the commands themselves."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from benchmarks.cli import app
from benchmarks.store.folder import RunFolder
from tests.datasets.hostile import PLACES
from tests.faults.bad_input.refusals import refused
from tests.folder import ROWS, build

STEERING = "a\x1b[2J\nb"


def commands(command: Any, name: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command with the words that call it."""
    inner = getattr(command, "commands", {})
    if name and not inner:
        yield name, command
    for word, one in inner.items():
        yield from commands(one, (*name, word))


COMMANDS = dict(commands(typer.main.get_command(app)))
NEEDS = {name for name, command in COMMANDS.items() if any(p.required for p in command.params)}
OPTIONS = [
    (name, option)
    for name, command in COMMANDS.items()
    for option in command.params
    if option.param_type_name == "option" and option.name != "help"
]
VALUED = [(name, option) for name, option in OPTIONS if not option.is_flag]
NUMBERS_AND_WORDS = {
    *("--workers", "--format", "--max-latency-ms", "--max-params", "--input-size", "--scale"),
    *("--colour", "--port"),
}
"""Options that take a number or one of some words."""
TYPED = [(name, option) for name, option in VALUED if option.opts[0] in NUMBERS_AND_WORDS]
RUNS = [
    ("report", "{}"),
    ("compare", "{}", "a", "b"),
    ("choose", "{}"),
    ("verify", "{}"),
    ("reproduce", "{}"),
    ("merge", "{}", "{}-too", "--out", "new"),
    ("predict", "{}", "{}"),
    ("webcam", "{}"),
    ("demo", "{}"),
    ("export", "{}/majority", "--format", "keras", "--out", "new.keras"),
    ("add", "{}", "--name", "theirs", "--predictions", "{}.csv"),
]


def words(name: tuple[str, ...]) -> str:
    return " ".join(name)


def given(name: tuple[str, ...]) -> list[str]:
    """Return a value for each argument that a command needs."""
    found = []
    for parameter in COMMANDS[name].params:
        if parameter.param_type_name == "argument" and parameter.required:
            found.append("absent")
        elif parameter.required:
            found += [parameter.opts[0], "absent"]
    return found


@pytest.mark.parametrize("name", sorted(NEEDS), ids=words)
def test_what_a_command_needs_is_asked_for(name: tuple[str, ...], place: Path) -> None:
    assert "Missing " in refused(place, *name)


@pytest.mark.parametrize("name", COMMANDS, ids=words)
def test_an_unknown_option_is_named(name: tuple[str, ...], place: Path) -> None:
    assert "No such option: --zzz" in refused(place, *name, *given(name), "--zzz")


@pytest.mark.parametrize(("name", "option"), VALUED, ids=str)
def test_an_option_without_its_value_is_named(
    name: tuple[str, ...], option: Any, place: Path
) -> None:
    line = refused(place, *name, *given(name), option.opts[0])
    assert f"Option '{option.opts[0]}' requires an argument" in line


@pytest.mark.parametrize(("name", "option"), TYPED, ids=str)
@pytest.mark.parametrize("value", ["", "x", "nan", "-inf", STEERING, "-1e400"])
def test_an_option_of_another_kind_is_named(
    name: tuple[str, ...], option: Any, value: str, place: Path
) -> None:
    line = refused(place, *name, *given(name), f"{option.opts[0]}={value}")
    assert option.opts[0] in line, line


def foreign(place: Path) -> None:
    place.mkdir()
    (place / "thesis.tex").write_text("mine")


GIVEN: dict[str, Callable[[Path], object]] = {
    "absent": lambda place: None,
    "file": Path.touch,
    "foreign folder": foreign,
    **{f"{kind}": PLACES[kind][0] for kind in ("pipe", "socket", "circle", "folder")},
}


@pytest.mark.parametrize("command", RUNS, ids=lambda command: command[0])
@pytest.mark.parametrize("kind", GIVEN)
def test_what_is_no_run_is_told(command: tuple[str, ...], kind: str, place: Path) -> None:
    GIVEN[kind](place / "given")
    line = refused(place, *(word.replace("{}", "given") for word in command))
    assert "given" in line, line


@pytest.mark.parametrize("command", RUNS, ids=lambda command: command[0])
@pytest.mark.parametrize("name", ["", STEERING, "x" * 5000, "/", "\x1b]0;title\x07"])
def test_a_name_that_cannot_be_is_told(command: tuple[str, ...], name: str, place: Path) -> None:
    refused(place, *(word.replace("{}", name) for word in command))


@pytest.mark.parametrize("kind", ["file", "foreign folder", "pipe", "socket", "circle"])
@pytest.mark.parametrize("option", ["--out", "--output"])
def test_nothing_foreign_is_written_over(option: str, kind: str, place: Path) -> None:
    GIVEN[kind](place / "given")
    command = ("run", "quick") if option == "--out" else ("init", "given")
    assert "given" in refused(place, *command, option, "given")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = build(tmp_path_factory.mktemp("runs") / "run", ROWS[:2], seeds=(0,), images=20)
    RunFolder(folder).lock.touch()
    return folder


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("compare", "run", "majority", "majority"), "give two different variants"),
        (("compare", "run", "majority", "plain-cmn"), "plain-cnn"),
        (("compare", "run", "", ""), ""),
        (("compare", "run", STEERING, "majority"), ""),
        (("predict", "run/absent", "x.png"), "absent"),
        (("predict", "run/../run", "x.png"), ""),
        (("export", "run/absent", "--format", "keras", "--out", "x"), "absent"),
        (("export", "run/majority", "--format", "x", "--out", "x"), "x"),
        (("reproduce", "run", "absent"), "absent"),
        (("merge", "run", "--out", "run"), "run"),
        (("merge", "run", "run", "--out", "new"), "run"),
        (("add", "run", "--name", "x"), "give either --model FILE or --predictions FILE"),
        (("add", "run", "--name", "x", "--model", "absent.keras"), "absent.keras"),
        (("add", "run", "--name", "x", "--predictions", "run"), "run"),
        (("report", "run", "--data", "absent"), "absent"),
    ],
    ids=str,
)
def test_what_a_run_does_not_have_is_named(
    command: tuple[str, ...], said: str, made: Path, place: Path
) -> None:
    shutil.copytree(made, place / "run")
    assert said in refused(place, *command)
