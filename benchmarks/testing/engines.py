"""The contract of an engine: ``class TestMine(EngineContract): name = "mine"``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import pytest

from benchmarks.engines.contract import Attention
from benchmarks.engines.registry import engine_spec
from benchmarks.engines.spec import EngineSpec
from benchmarks.processes.nursery import nursery
from benchmarks.processes.starting import Afresh
from benchmarks.processes.worker import call
from benchmarks.report.writing.references import in_text
from benchmarks.testing.trainings import (
    CLASSES,
    DATA,
    EPOCHS,
    EngineExamination,
    Question,
    Trained,
)
from models.registry import Value

PLACE = "benchmarks.testing.trainings"


class EngineContract:
    """What every engine does with a network and tells of itself.

    ``name`` is the engine, found in ferbench and in installed packages. It trains ``network``,
    by default the one that ``ferbench doctor`` trains, found also in the files ``plugins``, with
    ``settings`` in place of fields of its `Recipe`; so each of them is a small one and learns
    within four epochs of five steps. Two processes do all of it.
    """

    name: ClassVar[str]
    network: ClassVar[str] = ""
    plugins: ClassVar[tuple[Path, ...]] = ()
    settings: ClassVar[Mapping[str, Value]] = MappingProxyType(
        {"learning_rate": 1e-2, "batch_size": 16}
    )

    @pytest.fixture
    def spec(self) -> EngineSpec:
        """The engine's row."""
        return engine_spec(self.name)

    @classmethod
    def question(cls) -> Question:
        """Return what the processes are asked."""
        network = cls.network or engine_spec(cls.name).probe_network
        return Question(
            engine=cls.name, network=network, settings=dict(cls.settings), plugins=cls.plugins
        )

    @pytest.fixture(scope="class")
    @classmethod
    def examination(cls) -> EngineExamination:
        """What the engine does, in a process of its own."""
        answer = call(f"{PLACE}:examine_engine", {"question": cls.question()})
        assert isinstance(answer, EngineExamination)
        return answer

    def test_its_row_is_read_without_it(self, examination: EngineExamination) -> None:
        """Listings and the coordinator import no engine."""
        assert not examination.early

    def test_it_learns(self, examination: EngineExamination) -> None:
        """The loss falls, and the network ends with the weights of its best epoch."""
        whole = examination.whole
        assert len(whole.losses) == EPOCHS
        assert whole.losses[-1] < whole.losses[0]
        assert whole.best_loss == min(whole.validation_losses)
        assert whole.loss_at_end == pytest.approx(whole.best_loss, rel=1e-6)
        assert whole.images_seen == EPOCHS * len(DATA.train.labels)

    def test_its_weights_are_of_a_backbone_or_of_a_head(
        self, examination: EngineExamination
    ) -> None:
        """As their names say; a head there always is."""
        parts = {name.partition("/")[0] for name in examination.whole.weights}
        assert parts in ({"head"}, {"backbone", "head"})

    def test_a_fit_is_bit_identical_in_a_copied_process_and_after_other_jobs(
        self, examination: EngineExamination, spec: EngineSpec, tmp_path: Path
    ) -> None:
        """Nothing but its job decides it."""
        with closing(nursery(spec.preloaded(), Afresh(), tmp_path / "said.txt")) as copies:
            question = {"question": self.question()}
            again = call(f"{PLACE}:train_after_another", question, starter=copies)
        assert again == examination.whole

    def test_a_broken_fit_goes_on_as_if_unbroken(self, examination: EngineExamination) -> None:
        """Its weights and the state of its optimiser are all there is to it."""
        assert examination.in_parts == examination.whole

    def test_with_all_its_levers_a_broken_fit_goes_on_as_if_unbroken(
        self, examination: EngineExamination, spec: EngineSpec
    ) -> None:
        """They change what is trained, and all that they remember is in the checkpoint."""
        pulled = examination.pulled
        assert examination.pulled_in_parts == pulled
        assert (pulled == examination.whole) == (not spec.levers)
        assert pulled.loss_at_end == pytest.approx(pulled.best_loss, rel=1e-6)

    def test_a_frozen_backbone_stays_as_it_was_bit_for_bit(
        self, examination: EngineExamination
    ) -> None:
        """And the head learns. What has no backbone says in one line that it cannot freeze."""
        frozen = examination.frozen
        if has_backbone(examination):
            assert isinstance(frozen, Trained), frozen
            assert backbone(frozen.weights) == backbone(examination.start)
            assert backbone(examination.whole.weights) != backbone(examination.start)
            assert frozen.losses[-1] < frozen.losses[0]
        else:
            assert isinstance(frozen, str)
            assert frozen
            assert "\n" not in frozen

    def test_of_the_last_stage_all_learns_and_nothing_before_it_changes(
        self, examination: EngineExamination
    ) -> None:
        """Bit for bit, statistics of batch norm too. One without a backbone says that it has none.

        A network of one stage learns as a whole.
        """
        last, start = examination.last, examination.start
        if isinstance(last, str):
            assert not has_backbone(examination)
            assert last
            assert "\n" not in last
            return
        changed = {name for name, found in last.weights.items() if found != start[name]}
        assert {*last.learned} <= changed
        assert {*backbone(last.weights)} & {*last.learned}
        first = next(iter(backbone(start)))
        assert first not in changed or {*last.learned} == {*examination.whole.learned}
        assert last.losses[-1] < last.losses[0]

    def test_a_backbone_is_written_where_there_is_one(self, examination: EngineExamination) -> None:
        """For other networks to start from."""
        assert examination.kept.backbone_written == has_backbone(examination)

    def test_it_answers_each_image_with_probabilities(self, examination: EngineExamination) -> None:
        """N×K, rows summing to 1."""
        found = examination.kept.probabilities
        assert found.dtype == np.float64
        assert found.shape == (len(DATA.validation.labels), CLASSES)
        assert found.min() >= 0
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)

    def test_a_saved_model_answers_as_before(self, examination: EngineExamination) -> None:
        """It says which files it wrote."""
        assert examination.kept.saved == examination.kept.found
        np.testing.assert_allclose(
            examination.kept.restored, examination.kept.probabilities, atol=1e-6
        )

    def test_its_cost_is_counted(self, examination: EngineExamination) -> None:
        """Also of a model that was saved; multiply-accumulates may not be known."""
        assert examination.kept.cost.parameters > 0
        assert examination.kept.cost.macs is None or examination.kept.cost.macs > 0
        assert examination.kept.restored_cost == examination.kept.cost

    def test_where_it_looks_is_told_if_its_row_says_so(
        self, examination: EngineExamination, spec: EngineSpec
    ) -> None:
        """Float16 maps in [0, 1], one for each image; else why there are none."""
        attention = examination.kept.attention
        assert isinstance(attention, Attention) == (spec.attention_edition is not None)
        if isinstance(attention, Attention):
            assert attention.maps.dtype == np.float16
            assert (attention.maps.ndim, len(attention.maps)) == (3, 4)
            assert 0 <= attention.maps.min() <= attention.maps.max() <= 1

    def test_it_tells_the_versions_that_its_row_tells(
        self, examination: EngineExamination, spec: EngineSpec
    ) -> None:
        """Of the libraries that decide its numbers, by the names of their distributions."""
        told = spec.versions(spec.backend())
        told.pop(spec.backend_key, None)
        assert examination.versions == told

    def test_the_works_of_its_libraries_can_be_cited(self, spec: EngineSpec) -> None:
        """In the methods paragraph, out of ``references.bib``."""
        libraries = [library for several in spec.libraries.values() for library in several]
        for work in (library.citation for library in libraries if library.citation):
            assert in_text(work)

    def test_it_tells_its_conditions(
        self, examination: EngineExamination, spec: EngineSpec
    ) -> None:
        """The versions, and the precision if it has a choice."""
        half, full = examination.conditions["bfloat16"], examination.conditions["float32"]
        assert examination.versions.items() <= full.items()
        assert (half != full) == (len(spec.precisions) > 1)


def has_backbone(examination: EngineExamination) -> bool:
    """Tell whether the network has anything but a head."""
    return bool(backbone(examination.start))


def backbone(weights: Mapping[str, str]) -> dict[str, str]:
    """Return the digests of a backbone's weights."""
    return {name: found for name, found in weights.items() if name.startswith("backbone/")}
