"""The protocol: what a TOML file may say, and how a wrong one is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.errors import InputError
from benchmarks.protocol.canonical import first_difference
from benchmarks.protocol.reading import _sections, load_protocol, presets
from benchmarks.protocol.schema import (
    DataChoice,
    EnsembleChoice,
    Fit,
    Leaks,
    Protocol,
    Robustness,
    SourceChoice,
    Tuning,
    VariantChoice,
)
from datasets.records import DataError
from tests.datasets.hostile import PLACES
from tests.protocol.protocols import MINIMAL, load


@pytest.mark.parametrize("name", sorted(presets()))
def test_every_preset_loads(name: str) -> None:
    assert load_protocol(name).name == name


def test_a_minimal_file_is_enough(tmp_path: Path) -> None:
    protocol = load(tmp_path, MINIMAL)
    assert protocol.fit.seeds == (0,)
    assert protocol.precision == "float32"


def test_native_precision_is_what_the_machine_has(tmp_path: Path) -> None:
    load(tmp_path, 'precision = "native"\n' + MINIMAL)
    file = str(tmp_path / "mine.toml")
    assert load_protocol(file).precision == "float32"
    assert load_protocol(file, "bfloat16").precision == "bfloat16"


def test_a_precision_that_no_row_has_of_its_own_leaves_the_digest_as_it_was(tmp_path: Path) -> None:
    rows = load(tmp_path, MINIMAL).decisive()["variants"]
    assert all("precision" not in row for row in rows)
    own = load(tmp_path, MINIMAL + 'precision = "bfloat16"\n').decisive()["variants"]
    assert own[0]["precision"] == "bfloat16"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "mine"', 'name = "mine"\nprecision = "half"', "'bfloat16', or 'native' for bfloa"),
        ("trials = 2", "trails = 2", "tuning.trails: unknown key; did you mean 'trials'?"),
        ("trials = 2", "trials = 0", "tuning.trials: should be greater than or equal to 1 (got 0)"),
        ("trials = 2", "", "tuning.trials: is missing"),
        ("rungs = [1]", "rungs = [3, 1]", "tuning.rungs: must ascend"),
        ("rungs = [1]", "rungs = 1", "tuning.rungs: should be a list, in brackets (got 1)"),
        ("[[variants]]", "[variants]", "variants: should be a list of sections; write [[var"),
        ("[fit]", "[[fit]]", "fit: should be a section or a table, with keys of its own (got ["),
        ("[fit]", "[fit]\nseeds = [1, 1]", "fit.seeds: must all be different"),
        ('set = "synth', 'sett = "synth', "data.set"),
        ('"majority"', '"vgg16"\ninitialisation = "source"', "needs a [source] section"),
        ("[tuning]", 'duplicates = "drop"\n[tuning]', "data.duplicates: "),
        ("[tuning]", 'targets = "soft"\n[tuning]', "data.targets: should be 'labels' or 'votes'"),
        ('name = "mine"', 'name = "a/b"', "name: "),
        ('"majority"', '"vgg16"\nstrategy = "last:0"', "no stage learns; write 'frozen'"),
        *(
            ('"majority"', f'"vgg16"\nstrategy = "{wrong}"', "or 'last:N', N being how many stages")
            for wrong in ("last", "last:", "last:x", "last:-1", "last:02", "last:9999", "Frozen")
        ),
        ("trials = 2", "trials = true", "tuning.trials: should be a valid integer (got True)"),
        ("trials = 2", 'trials = "2"', "tuning.trials: should be a valid integer (got '2')"),
        ("[fit]", "[fit]\nseeds = [0.0]", "fit.seeds.0: should be a valid integer (got 0.0)"),
        ("[tuning]", "[tuning]\nkeep = nan", "tuning.keep: should be "),
        (
            '"majority"',
            '"majority"\nhyperparameters = { optimizer = "Adam" }',
            "variants.0.hyperparameters: optimizer = 'Adam': should be 'sgd', 'adam' or 'adamw'",
        ),
        *(
            ('"majority"', f'"majority"\nname = {name}', f"variants.0.name: a row{told}")
            for name, told in (
                ('".hidden"', " cannot be named '.hidden'; write printable characters"),
                ('".."', " cannot be named '..'"),
                ('""', " cannot be named ''"),
                ('" a"', " cannot be named ' a'"),
                ('"a\\u001b[2J"', " cannot be named 'a\\x1b[2J'"),
                (f'"{"a" * 300}"', "'s name of 300 letters is too long (aaaaaaaaaaaaaaaaaaaa…)"),
            )
        ),
        ('name = "mine"', "name = ", "not valid TOML"),
    ],
)
def test_a_wrong_key_or_value_gets_one_line_that_names_it(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, MINIMAL.replace(old, new))
    said = str(caught.value)
    assert message in said
    assert said.startswith(str(tmp_path / "mine.toml"))
    assert "\n" not in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"x = {'[' * 3000}{']' * 3000}", "not valid TOML: nested too deep"),
        (f"x = {'{ a = ' * 3000}", "not valid TOML"),
        (f"x = {'9' * 5000}", "not valid TOML: Exceeds the limit (4300 digits)"),
        (f"x = 1e{'9' * 5000}", "x: unknown key"),
        ("x = 9999-99-99", "not valid TOML"),
        ("\ud800", "not valid TOML: 'utf-8' codec can't decode"),
        ("\x00", "not valid TOML"),
        ("#" * (1 << 20) + "#", "cannot be read: larger than 1 MiB"),
    ],
)
def test_what_a_parser_cannot_take_is_told_in_one_line(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "mine.toml").write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises((InputError, DataError)) as caught:
        load_protocol(str(tmp_path / "mine.toml"))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


@pytest.mark.parametrize("kind", PLACES)
def test_a_protocol_that_is_no_ordinary_file_is_refused(tmp_path: Path, kind: str) -> None:
    make, told = PLACES[kind]
    make(tmp_path / "mine.toml")
    with pytest.raises((InputError, DataError), match=rf"mine\.toml: (no such preset|.*{told})"):
        load_protocol(str(tmp_path / "mine.toml"))


def test_an_unknown_preset_suggests_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'quick'"):
        load_protocol("quik")


def test_prose_and_places_do_not_change_the_digest(tmp_path: Path) -> None:
    plain = load(tmp_path, MINIMAL)
    renamed = load(tmp_path, MINIMAL.replace('"mine"', '"other"\ntitle = "Other"'))
    moved = load(tmp_path, MINIMAL.replace("[data]", '[data]\npath = "elsewhere"'))
    assert plain.digest == renamed.digest == moved.digest


def test_duplicates_are_kept_unless_the_protocol_says_otherwise(tmp_path: Path) -> None:
    assert load(tmp_path, MINIMAL).data.duplicates == "keep"
    text = MINIMAL.replace("[tuning]", 'duplicates = "drop-train-duplicates"\n[tuning]')
    assert load(tmp_path, text).data.duplicates == "drop-train-duplicates"
    assert load(tmp_path, text).digest != load(tmp_path, MINIMAL).digest


def test_votes_as_targets_change_the_digest_and_labels_leave_it_as_it_was(tmp_path: Path) -> None:
    plain, labels, votes = (
        load(tmp_path, MINIMAL.replace("[tuning]", f"{line}\n[tuning]"))
        for line in ("", 'targets = "labels"', 'targets = "votes"')
    )
    assert plain.digest == labels.digest != votes.digest


@pytest.mark.parametrize("change", ["trials = 3", "trials = 2\nkeep = 0.25"])
def test_whatever_decides_a_number_changes_the_digest(tmp_path: Path, change: str) -> None:
    assert (
        load(tmp_path, MINIMAL).digest
        != load(tmp_path, MINIMAL.replace("trials = 2", change)).digest
    )


def test_the_first_difference_is_named_with_both_values() -> None:
    ours = {"fit": {"epochs": 3, "seeds": [0, 1]}}
    theirs = {"fit": {"epochs": 3, "seeds": [0, 2]}}
    assert first_difference(ours, theirs) == "fit.seeds[1] is 1 here and 2 there"
    assert first_difference(ours, ours) is None


SECTIONS = {
    "data": DataChoice,
    "source": SourceChoice,
    "tuning": Tuning,
    "fit": Fit,
    "leaks": Leaks,
    "robustness": Robustness,
}


def test_every_section_of_a_protocol_is_asked_about() -> None:
    held = {
        name: found[0]
        for name, field in Protocol.model_fields.items()
        if (found := [*_sections(field.annotation)])
    }
    assert held == SECTIONS | {"variants": VariantChoice, "ensembles": EnsembleChoice}


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_an_unknown_key_is_answered_with_the_keys_of_its_own_section(
    tmp_path: Path, name: str
) -> None:
    header = f"[{name}]\n"
    text = MINIMAL if header in MINIMAL else MINIMAL + header
    with pytest.raises(InputError) as caught:
        load(tmp_path, text.replace(header, f"{header}zzzzz = 1\n"))
    keys = ", ".join(SECTIONS[name].model_fields)
    assert f"{name}.zzzzz: unknown key; known keys: {keys}" in str(caught.value)


def test_an_unknown_key_of_a_variant_is_answered_with_the_keys_of_a_variant(
    tmp_path: Path,
) -> None:
    keys = ", ".join(VariantChoice.model_fields)
    with pytest.raises(InputError, match=f"variants.0.zzzzz: unknown key; known keys: {keys}"):
        load(tmp_path, f"{MINIMAL}zzzzz = 1")


def test_an_unknown_key_beside_the_sections_is_answered_with_all_of_them(tmp_path: Path) -> None:
    keys = ", ".join(Protocol.model_fields)
    with pytest.raises(InputError, match=f"zzzzz: unknown key; known keys: {keys}"):
        load(tmp_path, f"zzzzz = 1\n{MINIMAL}")
