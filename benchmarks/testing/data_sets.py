"""The contract of a data set: ``class TestMine(DataSetContract): name = "mine"``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pytest

from datasets.cache.decoded import open_data_set
from datasets.reading.images import image_id
from datasets.records import SPLIT_NAMES, DataError, DataSet
from datasets.registry import Source, discover


class DataSetContract:
    """What every data set states and yields.

    ``name`` is the data set, found as the command line finds it: in ferbench, in installed
    packages, and in the files ``plugins``. ``options`` are given when it is opened, so that it
    is small; one that needs a path overrides `write`.
    """

    name: ClassVar[str]
    plugins: ClassVar[tuple[Path, ...]] = ()
    options: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    @classmethod
    def write(cls, folder: Path) -> Path | None:
        """Write a small copy into ``folder``; return its place, ``None`` where it needs none."""
        return None

    @pytest.fixture(scope="class")
    @classmethod
    def source(cls) -> Source:
        """The data set as it was declared."""
        return discover(cls.plugins)[cls.name]

    @pytest.fixture(scope="class")
    @classmethod
    def place(cls, tmp_path_factory: pytest.TempPathFactory) -> Path | None:
        """Where the small copy is."""
        return cls.write(tmp_path_factory.mktemp(cls.name))

    @pytest.fixture(scope="class")
    @classmethod
    def opened(
        cls, source: Source, place: Path | None, tmp_path_factory: pytest.TempPathFactory
    ) -> DataSet:
        """The small copy, decoded into a cache of its own."""
        cache = tmp_path_factory.mktemp(f"{cls.name}-cache")
        return open_data_set(source, place, cls.options, cache=cache)

    def test_it_states_what_it_is(self, source: Source) -> None:
        """A summary, an origin and a licence."""
        assert source.summary
        assert source.origin
        assert source.licence

    def test_its_images_are_uint8_of_one_shape(self, opened: DataSet) -> None:
        """N×H×W×C, grey or in colour."""
        assert opened.images.dtype == np.uint8
        assert opened.images.shape == (len(opened.labels), *opened.image_shape)
        assert opened.image_shape[2] in (1, 3)

    def test_every_class_occurs_and_no_other(self, opened: DataSet) -> None:
        """Labels are int64 indices of the class names."""
        assert opened.labels.dtype == np.int64
        assert set(opened.labels.tolist()) == set(range(len(opened.class_names)))

    def test_an_image_is_in_a_split_or_in_none(self, opened: DataSet) -> None:
        """An image without an official split has the empty name."""
        assert set(opened.split.tolist()) <= {*SPLIT_NAMES, ""}

    def test_every_image_has_a_place_of_its_own(self, opened: DataSet) -> None:
        """Findings name images by their place."""
        assert len(set(opened.paths.tolist())) == len(opened.labels)

    def test_an_image_is_named_by_its_pixels(self, opened: DataSet) -> None:
        """Identical images have one id."""
        assert opened.image_ids.tolist() == [image_id(image) for image in opened.images]

    def test_it_is_the_same_when_it_is_read_again(
        self, source: Source, place: Path | None, opened: DataSet, tmp_path: Path
    ) -> None:
        """Nothing but its content and options decides it."""
        again = open_data_set(source, place, self.options, cache=tmp_path)
        assert again.digest == opened.digest
        assert (again.images == opened.images).all()

    def test_an_empty_folder_is_refused_in_one_line(self, source: Source, tmp_path: Path) -> None:
        """Asked of those that need a path."""
        if not source.needs_path:
            pytest.skip("it needs no path")
        with pytest.raises(DataError) as caught:
            source.read(tmp_path, {**source.options, **self.options})
        assert "\n" not in str(caught.value)
