"""The leak laboratory's protocols: one for each mistake, equal in all else, and never ranked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.data.mistakes import COUNTERPARTS, HONEST, MISTAKES, announcement, check_experiment
from benchmarks.errors import InputError
from benchmarks.leaks.laboratory import chosen_data, experiments
from benchmarks.protocol.reading import load_protocol
from benchmarks.protocol.schema import DataChoice, Protocol
from benchmarks.store.files import write_values
from benchmarks.store.models import fitted_backbone
from benchmarks.store.reading import refuse_mistaken
from datasets.records import DataError
from tests.datasets.samples import write_classes, write_fer2013_csv
from tests.protocol.protocols import MINIMAL, load

COUNTERPART_NAMES = [counterpart.name for counterpart in COUNTERPARTS]
LABORATORY = load_protocol("leaks")


def parts() -> dict[str, Protocol]:
    return dict(experiments(LABORATORY))


def test_there_is_an_honest_run_and_one_for_each_mistake_that_needs_training() -> None:
    trained = {mistake.name for mistake in MISTAKES if mistake.trained}
    assert parts().keys() == {HONEST, *COUNTERPART_NAMES, *trained}
    assert next(iter(parts())) == HONEST


def test_every_mistake_comes_after_what_it_is_compared_with() -> None:
    order = [*parts()]
    for mistake in MISTAKES:
        made = mistake.name if mistake.trained else HONEST
        assert order.index(mistake.counterpart) <= order.index(made)


def test_the_runs_differ_in_the_mistake_alone() -> None:
    def rest(protocol: Protocol) -> dict[str, Any]:
        told = {"mistake", "counterpart"}
        return {key: value for key, value in protocol.decisive().items() if key not in told}

    for name, protocol in parts().items():
        assert rest(protocol) == rest(parts()[HONEST])
        marked = {"mistake": protocol.mistake, "counterpart": protocol.counterpart}
        kind = "counterpart" if name in COUNTERPART_NAMES else "mistake"
        assert marked[kind] == (None if name == HONEST else name)
    digests = {protocol.digest for protocol in parts().values()}
    assert len(digests) == len(parts())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('[leaks]\n[[variants]]\narchitecture = "emotionnet"', "takes one variant, not 2"),
        ("[leaks]\ntrain_images = 1", "leaks.train_images"),
        ("[leaks]\nmistakes = []", "leaks.mistakes: unknown key"),
    ],
)
def test_a_wrong_laboratory_is_answered_in_one_line(
    tmp_path: Path, change: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, MINIMAL + change)
    assert message in str(caught.value)


@pytest.mark.parametrize("mistake", ["select-on-tset", "honest"])
def test_an_unknown_mistake_is_refused(tmp_path: Path, mistake: str) -> None:
    loaded = load(tmp_path, f'mistake = "{mistake}"\n{MINIMAL}')
    with pytest.raises(InputError, match="mistake: should be 'select-on-test'"):
        check_experiment(loaded)


def test_a_mistake_and_its_counterpart_exclude_each_other(tmp_path: Path) -> None:
    both = 'mistake = "random-re-split"\ncounterpart = "grouped-re-split"\n'
    with pytest.raises(InputError, match="exclude each other"):
        load(tmp_path, both + MINIMAL)


def test_whatever_ranks_can_refuse_a_run_that_makes_a_mistake(tmp_path: Path) -> None:
    for name, protocol in parts().items():
        folder = tmp_path / name
        folder.mkdir()
        manifest = {"protocol": protocol.model_dump(mode="json")}
        write_values(folder / "manifest.json", manifest)
        if protocol.mistake is None:
            refuse_mistaken(folder)
        else:
            with pytest.raises(InputError, match=f"on purpose \\({name}\\); it is never ranked"):
                refuse_mistaken(folder)


def test_no_variant_starts_from_a_run_that_makes_a_mistake(tmp_path: Path) -> None:
    manifest = {"protocol": {"mistake": "test-in-training"}}
    write_values(tmp_path / "manifest.json", manifest)
    with pytest.raises(InputError, match="built upon"):
        fitted_backbone(f"{tmp_path}/plain-cnn")


@pytest.mark.parametrize("content", [None, "", "[]", '{"protocol": []}', "{}"])
def test_a_folder_without_a_sound_manifest_makes_no_mistake(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content, "utf-8")
    refuse_mistaken(tmp_path)


def test_a_run_announces_what_it_does() -> None:
    for name, protocol in parts().items():
        said = announcement(protocol.mistake, protocol.counterpart)
        assert ("known mistake on purpose" in said) == (protocol.mistake is not None)
        assert (said == "") == (name == HONEST)


def test_data_are_recognised_only_where_the_protocol_names_drawn_ones(tmp_path: Path) -> None:
    faces = write_classes(tmp_path / "faces", {"happy": 2, "sad": 2})
    drawn = DataChoice(set="synthetic-faces", options={"scale": 0.1})
    assert chosen_data(drawn, None, ()) is drawn
    chosen = chosen_data(drawn, faces, ())
    assert (chosen.set, chosen.options) == ("image-folder", {})
    assert chosen_data(drawn, write_fer2013_csv(tmp_path / "fer2013.csv"), ()).set == "fer2013"
    with pytest.raises(DataError, match="missing"):
        chosen_data(drawn, tmp_path / "missing", ())
    named = DataChoice(set="fer2013")
    assert chosen_data(named, faces, ()) is named
