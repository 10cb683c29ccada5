"""Ensembles that cannot be rows are refused before anything is prepared."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.errors import InputError
from benchmarks.protocol.ensembles import check_ensembles
from benchmarks.protocol.views import averages
from tests.protocol.protocols import MINIMAL, load

ROWS = ("majority", "plain-cnn")


def ensemble(name: str, *members: str) -> str:
    listed = ", ".join(f'"{member}"' for member in members)
    return f'[[ensembles]]\nname = "{name}"\nmembers = [{listed}]\n'


@pytest.mark.parametrize(
    ("added", "told"),
    [
        (ensemble("both", "majority", "plain-cn"), "no row 'plain-cn'; did you mean 'plain-cnn'"),
        (ensemble("majority", *ROWS), "'majority' is the name of another row"),
        (ensemble("Plain-CNN", *ROWS), "'Plain-CNN' is too like 'plain-cnn'"),
        (ensemble("theirs", *ROWS), "'theirs' is the name of another row"),
        (ensemble("one", "majority"), "'one' would be of one fit; name a second member"),
    ],
)
def test_what_is_no_ensemble_is_refused(tmp_path: Path, added: str, told: str) -> None:
    protocol = load(tmp_path, MINIMAL + added)
    with pytest.raises(InputError) as refused:
        check_ensembles(protocol, ROWS, ["theirs"])
    assert str(refused.value).startswith(f"ensembles[0]: {told}")


def test_two_ensembles_of_one_name_are_refused(tmp_path: Path) -> None:
    protocol = load(tmp_path, MINIMAL + 2 * ensemble("both", *ROWS))
    with pytest.raises(InputError, match=r"ensembles\[1\]: 'both' is the name of another row"):
        check_ensembles(protocol, ROWS)


def test_one_member_with_several_seeds_is_an_ensemble(tmp_path: Path) -> None:
    text = MINIMAL.replace("epochs = 1", "epochs = 1\nseeds = [0, 1]")
    check_ensembles(load(tmp_path, text + ensemble("seeds", "majority")), ROWS)


@pytest.mark.parametrize(
    ("added", "told"),
    [
        (ensemble("both", "majority", "majority"), "members: must all be different"),
        (ensemble(" both", "majority"), "name: a row cannot be named ' both'"),
        (ensemble("both"), "members: should have at least one entry"),
    ],
)
def test_a_wrong_section_is_told_with_its_place(tmp_path: Path, added: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        load(tmp_path, MINIMAL + added)
    assert f"ensembles.0.{told}" in str(refused.value)


def test_views_and_ensembles_decide_no_training(tmp_path: Path) -> None:
    more = 'views = "ten-crop"\n' + MINIMAL + ensemble("both", *ROWS)
    assert load(tmp_path, more).digest == load(tmp_path, MINIMAL).digest


def test_ten_crops_hold_the_views_of_flip() -> None:
    assert [averages("one"), averages("flip"), averages("ten-crop")] == [
        (),
        ("flip",),
        ("flip", "ten-crop"),
    ]


def test_unknown_views_are_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="views: should be 'one', 'flip' or 'ten-crop'"):
        load(tmp_path, 'views = "tta"\n' + MINIMAL)
