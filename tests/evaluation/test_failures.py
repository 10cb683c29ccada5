"""Where variants fail is counted from their predictions."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks.evaluation.failures import Failures, failures
from benchmarks.store.reading import read_run
from benchmarks.store.records import RunResults
from tests.folder import ROWS, build

ORDER = ("augmented-cnn", "plain-cnn", "majority")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunResults:
    place = tmp_path_factory.mktemp("runs") / "run"
    return read_run(build(place, ROWS[:3], seeds=(0, 1), images=80))


@pytest.fixture(scope="module")
def found(run: RunResults) -> Failures:
    found = failures(run, ORDER)
    assert found is not None
    return found


def test_floors_are_not_asked(found: Failures) -> None:
    assert found.variants == ("augmented-cnn", "plain-cnn")


def test_confusions_of_a_variant_are_its_wrong_answers(run: RunResults, found: Failures) -> None:
    fits = next(v for v in run.variants if v.name == "plain-cnn").fits
    wrong = np.mean([(~fit.test.correct).sum() for fit in fits])
    confusions = found.by_variant["plain-cnn"]
    assert sum(each.images for each in confusions) == pytest.approx(wrong)
    assert all(each.label != each.answer and 0 < each.share <= 1 for each in confusions)
    assert [each.share for each in confusions] == sorted(
        (each.share for each in confusions), reverse=True
    )


def test_hopeless_images_are_right_for_no_fit_of_any_variant(
    run: RunResults, found: Failures
) -> None:
    fits = [fit for v in run.variants if v.name in found.variants for fit in v.fits]
    right = np.any([fit.test.correct for fit in fits], axis=0)
    rows = fits[0].test.rows[~right]
    assert sorted(each.row for each in found.hopeless) == rows.tolist()
    margins = [each.label_share - each.answer_share for each in found.hopeless]
    assert margins == sorted(margins)
    assert all(each.path == f"images/{each.row}.png" for each in found.hopeless)


def test_a_mistake_names_the_variant_that_was_surest(found: Failures) -> None:
    assert len({each.row for each in found.mistakes}) == len(found.mistakes)
    assert all(1 <= each.wrong_variants <= 2 for each in found.mistakes)
    assert {each.variant for each in found.mistakes} <= set(found.variants)
    sure = [each.confidence for each in found.mistakes]
    assert sure == sorted(sure, reverse=True)


def test_floors_alone_are_better_than_nothing(run: RunResults) -> None:
    floors = dataclasses.replace(run, variants=run.variants[:1])
    found = failures(floors, ORDER)
    assert found is not None
    assert found.variants == ("majority",)
    assert failures(dataclasses.replace(run, variants=()), ORDER) is None
