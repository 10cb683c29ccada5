"""What of a protocol is carried out again where a part of its rows is reproduced."""

from __future__ import annotations

import pytest

from benchmarks.errors import InputError
from benchmarks.reproducibility.reproduce import _chosen, _restricted
from benchmarks.store.reading import read_run
from benchmarks.store.records import RunResults
from models.registry import discover
from tests.folder import ROWS, build
from tests.folder_extras import join


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunResults:
    folder = build(tmp_path_factory.mktemp("runs") / "run", ROWS[:3], seeds=(0, 1), images=20)
    names = tuple(row.name for row in ROWS[:3])
    return read_run(join(folder, seeds=names[1:2], few=names[:2], every=names))


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (("plain-cnn",), ["seeds"]),
        (("majority", "plain-cnn"), ["seeds", "few"]),
        (("augmented-cnn",), []),
    ],
)
def test_ensembles_come_with_all_of_their_members(
    run: RunResults, names: tuple[str, ...], kept: list[str]
) -> None:
    protocol = _restricted(run.manifest.protocol, run, names, discover())
    assert [choice.name for choice in protocol.variants] == list(names)
    assert [ensemble.name for ensemble in protocol.ensembles] == kept


def test_an_ensemble_cannot_be_trained_again(run: RunResults) -> None:
    assert _chosen(run, None) == tuple(row.name for row in ROWS[:3])
    with pytest.raises(InputError, match="few: it is an ensemble of majority and plain-cnn, with"):
        _chosen(run, "few")
