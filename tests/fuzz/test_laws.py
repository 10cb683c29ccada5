"""What holds for every tree of images: nothing vanishes and nothing is made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import numpy as np
import pytest

from datasets.cache.decoded import open_data_set
from datasets.fer2013 import fer2013
from datasets.image_folder import image_folder
from datasets.records import DataError, DataSet
from datasets.splits import make_split
from tests.fuzz import fer2013_tables, packing, trees
from tests.fuzz.packing import Written
from tests.fuzz.plan import Plan, composed
from tests.fuzz.seeds import blocks
from tests.fuzz.surroundings import PREFIXES

Form = Callable[[Random, Plan, Path], Written]
FORMS: tuple[Form, ...] = (packing.folder, packing.zipped, packing.tarred)


@pytest.mark.parametrize("seeds", tuple(blocks(daily=160, long=4000)))
def test_whatever_is_given_is_taken_or_told_and_kept_as_it_was_given(seeds, tmp_path) -> None:
    for seed in seeds:
        place, rng, plan = tmp_path / str(seed), Random(f"packing {seed}"), trees.draw(seed)
        the_laws_hold(seed, rng, plan, place, FORMS, PREFIXES)
        if seed % 4 == 0 and not plan.refused:
            what_a_zip_locks_is_told(rng, plan, place, seed)
        if seed % 4 == 1:
            cut = packing.cut_off(rng, plan, place)
            with shown(seed, cut, plan):
                is_refused(cut.refused, cut, plan)


@pytest.mark.parametrize("seeds", tuple(blocks(daily=40, long=1000)))
def test_a_table_of_fer2013_is_read_as_it_was_written_or_refused_by_its_line(
    seeds, tmp_path
) -> None:
    for seed in seeds:
        place, rng, plan = (
            tmp_path / str(seed),
            Random(f"packing {seed}"),
            fer2013_tables.draw(seed),
        )
        single = len(plan.files) == 1 and not any("/" in name for name in plan.files)
        forms = (*FORMS, packing.alone) if single else FORMS
        the_laws_hold(seed, rng, plan, place, forms, ("",))


def the_laws_hold(
    seed: int, rng: Random, plan: Plan, place: Path, forms: Sequence[Form], prefixes: Sequence[str]
) -> None:
    """Hold the laws for ``plan`` written in each of ``forms``, below any of ``prefixes``."""
    place.mkdir()
    digests = set()
    for write in forms:
        enclosed = plan.below(rng.choice(prefixes))
        written = write(rng, enclosed, place)
        with shown(seed, written, enclosed):
            if refusal := written.refused or plan.refused:
                is_refused(refusal, written, enclosed)
                continue
            data = read(enclosed, written)
            everything_is_taken_or_told(enclosed, written, data)
            digests.add(data.digest)
            assert len(digests) == 1, "another data set than the folder's"
            if write is packing.folder:
                no_split_is_made_where_one_was_given(enclosed, data)


def read(plan: Plan, written: Written) -> DataSet:
    cache, labels = written.path.with_name("cache"), plan.labels or None
    source = fer2013 if plan.layout == fer2013_tables.NAME else image_folder
    return open_data_set(source, written.path, {}, labels=labels, cache=cache)


@contextmanager
def shown(seed: int, written: Written, plan: Plan) -> Iterator[None]:
    """Tell the seed and the tree with what goes wrong."""
    try:
        yield
    except (Exception, pytest.fail.Exception) as error:
        said = f"{type(error).__name__}: {error}"
        raise AssertionError(f"seed {seed}, {written.how}\n{said}\n{plan}") from error


def is_refused(refusal: str, written: Written, plan: Plan) -> None:
    with pytest.raises(DataError) as told:
        make_split(read(plan, written), seed=0)
    assert "\n" not in str(told.value)
    assert refusal in str(told.value)


def everything_is_taken_or_told(plan: Plan, written: Written, data: DataSet) -> None:
    samples = {composed(name): one for name, one in plan.samples.items()}
    for name in written.told:
        samples.pop(composed(name), None)
    depth = depth_of(set(samples), set(data.paths.tolist()))
    assert len(data.paths) == len(samples)
    found = dict(zip(data.paths.tolist(), range(len(data.paths)), strict=True))
    for name, one in samples.items():
        row = found[below(name, depth)]
        seen = data.class_names[data.labels[row]], data.split[row], data.subjects[row]
        drawn = one.class_name, one.split, one.subject
        assert seen == drawn, f"{name} is {seen}"
        if one.pixels is not None:
            assert np.array_equal(data.images[row, ..., 0], one.pixels), f"pixels of {name}"
    told = [one.path for one in data.left_out]
    twice = [path for path, count in Counter(told).items() if count > 1]
    assert not twice, f"told twice: {twice}"
    assert all(one.reason for one in data.left_out)
    for name in map(composed, plan.told | written.told):
        assert name in told or below(name, depth) in told, f"{name} vanished"
    given = {composed(name) for name in (*plan.files, *plan.told, *written.told)} - set(samples)
    given |= {below(name, depth) for name in given}
    assert set(told) <= given, f"told and not given, or taken: {set(told) - given}"


def depth_of(samples: set[str], paths: set[str]) -> int:
    """Return how many enclosing folders the paths of a data set are without."""
    for depth in range(9):
        if {below(name, depth) for name in samples} == paths:
            return depth
    near = min(({below(n, depth) for n in samples} ^ paths for depth in range(9)), key=len)
    raise AssertionError(f"taken and not to be, or not taken: {sorted(near)[:9]}")


def below(name: str, depth: int) -> str:
    return name.split("/", depth)[-1]


def no_split_is_made_where_one_was_given(plan: Plan, data: DataSet) -> None:
    if plan.layout == fer2013_tables.NAME and not plan.splits:
        return  # too few images to make one
    split = make_split(data, seed=0)
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    made = parts.keys() - set(plan.splits)
    assert split.made == bool(made)
    for name in plan.splits:
        given = set(np.flatnonzero(data.split == name))
        if name == "train" and made:
            assert set(parts[name]) < given, "train has images that were not given as such"
        else:
            assert set(parts[name]) == given, f"{name} is not as given"
    for name in made:
        others = np.concatenate([rows for other, rows in parts.items() if other != name])
        shared = set(data.subjects[parts[name]]) & set(data.subjects[others]) - {""}
        assert not shared, f"{shared} are in {name} and elsewhere"


def what_a_zip_locks_is_told(rng: Random, plan: Plan, place: Path, seed: int) -> None:
    if len(plan.spoilable()) < 2:
        return
    written = packing.locked(rng, plan, place / "locked.zip")
    with shown(seed, written, plan):
        data = read(plan, written)
        everything_is_taken_or_told(plan, written, data)
