"""The contract of an architecture: ``class TestMine(ModelContract): names = ("mine",)``."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields
from importlib.metadata import packages_distributions
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

import pytest

from benchmarks.engines.libraries import OWN, titled_libraries
from benchmarks.processes.starting import Afresh
from benchmarks.processes.worker import call
from benchmarks.testing.examination import ModelExamination
from models.registry import (
    Architecture,
    BuildRequest,
    Categorical,
    Float,
    ModelError,
    Recipe,
    discover,
)


class ModelContract:
    """What every architecture states and does.

    ``names`` are the architectures, found as the command line finds them: in ferbench, in
    installed packages, and in the files ``plugins``. ``environment`` is set where they are
    examined, one process for each engine. ``is_floor``: it has no random first weights, and may
    answer every image alike.
    """

    names: ClassVar[tuple[str, ...]]
    plugins: ClassVar[tuple[Path, ...]] = ()
    environment: ClassVar[Mapping[str, str]] = MappingProxyType({})
    is_floor: ClassVar[bool] = False

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Ask every test of each of ``names``."""
        if "name" in metafunc.fixturenames:
            metafunc.parametrize("name", self.names)

    @pytest.fixture
    def architecture(self, name: str) -> Architecture:
        """The architecture ``name``."""
        return discover(self.plugins)[name]

    @pytest.fixture(scope="class")
    @classmethod
    def examinations(cls) -> Mapping[str, ModelExamination]:
        """What each of ``names`` does under its engine."""
        registry, by_engine = discover(cls.plugins), defaultdict(list)
        for name in cls.names:
            by_engine[registry[name].engine].append(name)
        found: dict[str, ModelExamination] = {}
        for names in by_engine.values():
            arguments = {"names": names, "plugins": cls.plugins}
            target = "benchmarks.testing.examination:examine"
            found |= call(target, arguments, starter=Afresh(environment=cls.environment))
        return found

    @pytest.fixture
    def examination(
        self, examinations: Mapping[str, ModelExamination], name: str
    ) -> ModelExamination:
        """What the architecture ``name`` does under its engine."""
        return examinations[name]

    def test_finding_it_imports_no_engine(self) -> None:
        """A file of models imports its engine inside the functions that build."""
        program = (
            "import sys; from pathlib import Path; from models.registry import discover; "
            "discover(map(Path, sys.argv[1:])); "
            "print(*sys.modules)"
        )
        command = [sys.executable, "-c", program, *map(str, self.plugins)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert set(done.stdout.split()) & imported_as_engines() == set()

    def test_it_states_what_it_is(self, architecture: Architecture) -> None:
        """A summary, a source, and the initialisation and strategy that all have."""
        assert architecture.summary
        assert architecture.source
        assert "scratch" in architecture.initialisations
        assert "fine-tune" in architecture.strategies

    def test_its_search_space_names_recipe_fields_and_stays_within_their_types(
        self, architecture: Architecture
    ) -> None:
        """Every dimension is a field of `Recipe`, and can be searched."""
        assert set(architecture.space) <= {f.name for f in fields(Recipe)}
        assert set(architecture.recipes) <= {*architecture.strategies, "scratch"}
        for dimension in architecture.space.values():
            if isinstance(dimension, Float):
                assert dimension.low < dimension.high
                assert dimension.low > 0 or not dimension.log
            else:
                assert len(set(dimension.values)) == len(dimension.values) > 1

    def test_its_defaults_lie_in_its_search_space(self, architecture: Architecture) -> None:
        """In every situation that it can be trained in."""
        situations = [(s, "source") for s in architecture.strategies] + [("fine-tune", "scratch")]
        for situation in situations:
            for hyperparameter, dimension in architecture.space.items():
                value = getattr(architecture.recipe_for(*situation), hyperparameter)
                if isinstance(dimension, Categorical):
                    assert value in dimension.values
                else:
                    assert dimension.low <= value <= dimension.high

    def test_an_input_below_its_minimum_is_refused_in_one_line(
        self, architecture: Architecture
    ) -> None:
        """The line begins with its name and says what to set."""
        request = BuildRequest(
            classes=7,
            image_shape=(48, 48, 1),
            input_size=architecture.minimum_input - 1,
            recipe=architecture.recipe,
            seed=0,
        )
        with pytest.raises(ModelError) as caught:
            architecture.build(request)
        assert str(caught.value).startswith(f"{architecture.name}: ")
        assert f"set input_size = {architecture.minimum_input}" in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_it_answers_each_image_with_probabilities(self, examination: ModelExamination) -> None:
        """For grey images, and for images in colour that it enlarges itself."""
        assert examination.shapes == {"grey": (3, 7), "colour": (3, 7)}
        assert examination.sums_to_one

    def test_it_tells_images_apart(self, examination: ModelExamination) -> None:
        """Before any training, unless it is a floor."""
        assert examination.tells_images_apart or self.is_floor

    def test_the_seed_alone_decides_its_first_weights(self, examination: ModelExamination) -> None:
        """Equal seeds give equal weights; other seeds others, unless it is a floor."""
        assert examination.same_seed_same_weights
        assert examination.other_seed_other_weights or self.is_floor

    def test_every_kernel_learns(self, examination: ModelExamination) -> None:
        """Two steps change something, and every kernel that was there."""
        assert examination.learns
        assert examination.still == []

    def test_files_give_back_the_same_predictions(self, examination: ModelExamination) -> None:
        """The whole model, and its backbone where it has one."""
        assert "whole" in examination.differences
        assert max(examination.differences.values()) < 1e-5, examination.differences


def imported_as_engines() -> set[str]:
    """Return the names by which the libraries are imported that engines alone stand on."""
    of_engines = {library.distribution for library in titled_libraries()}
    theirs = of_engines - {library.distribution for library in OWN}
    return {name for name, owners in packages_distributions().items() if theirs & set(owners)}
