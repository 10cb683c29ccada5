"""A protocol is refused at the key that is wrong, whatever key it is and whatever it holds."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.errors import InputError
from benchmarks.protocol.reading import load_protocol
from models.registry import Recipe
from tests.datasets import samples
from tests.faults.bad_input.protocols import BASE, NEVER, VALUES, keys, toml, written
from tests.faults.bad_input.refusals import refused

KEYS = {key.name: key for key in keys()}
WORDS = {field.name for field in dataclasses.fields(Recipe) if field.type == "str"}
OPTIONS: dict[str, dict[str, Any]] = {
    "synthetic-faces": {
        "domain": ["", "moon", 1, []],
        "seed": [-1, 0.5, "x", True, 10**30],
        "scale": [0, -1, "x", float("nan"), float("inf"), 10**400, 1e300, True],
        "balanced": [1, "yes", []],
        "copies": [-0.1, 1, 2.0, "x", float("nan")],
        "colour": [1],
    },
    "image-folder": {
        "image_size": [-1, 0.5, "x", True, 10**30, float("nan"), []],
        "labels": ["", 7],
        "size": [48],
    },
}


def told(file: Path, protocol: dict[str, Any] | str) -> str:
    """Return what is said of a protocol behind its file's name."""
    file.write_text(protocol if isinstance(protocol, str) else written(protocol), "utf-8")
    with pytest.raises(InputError) as caught:
        load_protocol(str(file))
    line = str(caught.value)
    assert line.startswith(f"{file}: ")
    assert line.isprintable() and len(line) < 600
    return line.removeprefix(f"{file}: ")


def cases() -> int:
    """Return how many wrong protocols this file makes."""
    wrong = sum(len([*key.wrong()]) + key.required + 1 for key in KEYS.values())
    recipes = len(dataclasses.fields(Recipe)) * len(NOT_OF_A_RECIPE)
    return wrong + recipes + sum(map(len, [c for o in OPTIONS.values() for c in o.values()]))


def test_more_than_a_thousand_wrong_protocols_are_tried() -> None:
    assert cases() >= 1000


def test_the_schema_names_every_kind_of_value() -> None:
    assert all(key.kinds for key in KEYS.values())
    assert {kind for key in KEYS.values() for kind in key.kinds} == {k for k, _ in VALUES.values()}


@pytest.mark.parametrize("name", KEYS)
def test_a_value_of_another_kind_is_refused_at_its_key(name: str, tmp_path: Path) -> None:
    key = KEYS[name]
    for case, value in key.wrong():
        line = told(tmp_path / "mine.toml", key.given(value))
        assert line.startswith(name), (case, line)
        assert "Tuple" not in line and "instance of" not in line, (case, line)


@pytest.mark.parametrize("name", KEYS)
def test_a_key_misspelt_or_missing_is_named(name: str, tmp_path: Path) -> None:
    key = KEYS[name]
    line = told(tmp_path / "mine.toml", key.misspelt())
    assert f"unknown key; did you mean {key.path[-1]!r}?" in line
    if key.required:
        assert told(tmp_path / "mine.toml", key.missing()) == f"{name}: is missing"


@pytest.mark.parametrize("name", [name for name, key in KEYS.items() if key.kinds & {"int"}])
def test_a_number_one_beyond_its_bounds_is_refused(name: str, tmp_path: Path) -> None:
    key = KEYS[name]
    for bound in key.beyond():
        assert told(tmp_path / "mine.toml", key.given(bound)).startswith(f"{name}: should be ")


NOT_OF_A_RECIPE = (
    *[v for n, (_, v) in VALUES.items() if n in NEVER],
    [],
    {},
    "no such word",
)


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Recipe)])
def test_a_hyperparameter_is_refused_by_its_name(field: str, tmp_path: Path) -> None:
    for value in NOT_OF_A_RECIPE:
        protocol = KEYS["variants.0.hyperparameters"].given({field: value})
        protocol.pop("leaks")
        line = told(tmp_path / "mine.toml", protocol)
        assert line.startswith("variants.0.hyperparameters") and field in line, (value, line)


@pytest.mark.parametrize(
    ("source", "option", "value"),
    [
        (source, option, value)
        for source, options in OPTIONS.items()
        for option, values in options.items()
        for value in values
    ],
)
def test_an_option_of_a_data_set_is_refused_by_its_name(
    source: str, option: str, value: Any, place: Path
) -> None:
    data = {"set": source, "options": {option: value}}
    protocol = {**BASE, "data": data}
    protocol.pop("leaks")
    (place / "mine.toml").write_text(written(protocol), "utf-8")
    if source == "image-folder":
        samples.write_classes(place / "images", {"a": 2, "b": 2}, size=(16, 16))
    given = ["--data", "images"] if source == "image-folder" else []
    line = refused(place, "run", "mine.toml", *given)
    assert option in line, line


STEERING = "a\x1b[2J\nb"
MEANT = {
    "data.set": [("synthetic-face", "synthetic-faces"), (STEERING, "there are: "), ("", "there")],
    "data.path": [("faces", "leave"), ("", "leave"), (STEERING, "leave")],
    "data.labels": [("fer+", "its labels are its own"), ("x" * 5000, "…")],
    "data.targets": [("votes", "votes")],
    "data.classes": [
        (["hapy", "sad"], "data.classes names 'hapy'; did you mean 'happy'?"),
        (["sad", "SAD"], "data.classes"),
        (["sad"], "data.classes"),
    ],
    "data.train_images": [(10**30, "train_images"), (2, "train_images")],
    "data.duplicates": [("group", "official split")],
    "source.set": [("synthetic-face", "synthetic-faces")],
    "selection": [("acuracy", "'accuracy', 'macro_f1'"), ("ece", "should be 'accuracy'")],
    "mistake": [("select-on-tests", "select-on-test"), ("x" * 5000, "…")],
    "counterpart": [("grouped-resplit", "grouped-re-split")],
    "plugins": [(["absent.py"], "absent.py"), ([""], "not a Python file"), ([STEERING], "not a P")],
    "variants": [([], "at least one")],
    "tuning.rungs": [([], "at least one"), ([2, 1], "must ascend"), ([1, 1], "must ascend")],
    "fit.seeds": [([], "at least one"), ([1, 1], "must all be different"), ([-1], "fit.seeds.0")],
    "name": [("../up", "letters"), ("", "letters"), ("a b", "letters"), ("a\nb", "letters")],
    "variants.0.architecture": [
        ("majorty", "did you mean majority?"),
        ("timm:", "timm"),
        ("", "unknown architecture"),
        (STEERING, "unknown architecture"),
        ("x" * 5000, "…"),
    ],
    "variants.0.initialisation": [
        ("imagenet", "majority has no initialisation 'imagenet'; it has: scratch"),
        ("", "it has: scratch"),
        ("x" * 5000, "…"),
    ],
    "variants.0.strategy": [("frozen", "majority has no strategy 'frozen'")],
    "variants.0.name": [(".hidden", "cannot be named"), ("x" * 300, "too long")],
}
"""Values of the right kind that mean nothing, and what is said of them."""


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [(name, value, said) for name, values in MEANT.items() for value, said in values],
    ids=lambda value: json.dumps(value)[:40],
)
def test_a_run_is_refused_for_what_a_value_means(
    name: str, value: Any, said: str, place: Path
) -> None:
    protocol = KEYS[name].given(value)
    protocol.pop("leaks")
    (place / "mine.toml").write_text(written(protocol), "utf-8")
    line = refused(place, "run", "mine.toml")
    assert said in line, line
    assert name.rpartition(".")[2].rstrip("s") in line or "variants[0]" in line, line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = 'a'\nname = 'b'", "not valid TOML"),
        ("[data]\n[data]", "not valid TOML"),
        ("[tuning\ntrials = 1", "not valid TOML"),
        ("name = 'mine", "not valid TOML"),
        ("\ufeffname = 'mine'", "not valid TOML"),
        ("name: mine", "not valid TOML"),
        ('{"name": "mine"}', "not valid TOML"),
        ("", "is missing"),
        ("# nothing", "is missing"),
        ("leaks = {}\nmistake = 'select-on-test'", "is missing"),
        (f"name = {toml('mine')}\n[[data]]\nset = 'x'", "data: "),
        ("[variants]\narchitecture = 'majority'", "is missing (and 4 more)"),
    ],
)
def test_what_is_no_protocol_is_told(text: str, said: str, place: Path) -> None:
    (place / "mine.toml").write_text(text, "utf-8")
    line = refused(place, "run", "mine.toml")
    assert line.startswith("mine.toml: ") and said in line
