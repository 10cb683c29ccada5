"""What a variant will cost: trials as they are kept, epochs by the pixels of their input."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.execution.expected import epoch_costs, expected
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant, resolve_variants
from models.registry import discover

SMALL = (32 / 48) ** 2
"""The cost of an epoch at 32 of 48 pixels."""
HALF = {"progressive": 0.5}


def protocol(keep: float = 0.34, **hyperparameters: Any) -> Protocol:
    row = {"architecture": "narrow-resnet9", "hyperparameters": hyperparameters}
    tuning = {"trials": 6, "generation": 3, "rungs": [1, 3], "keep": keep}
    return Protocol.model_validate(
        {
            "name": "p",
            "data": {"set": "synthetic-faces"},
            "tuning": tuning,
            "fit": {"epochs": 10, "seeds": [0, 1]},
            "variants": [row],
        }
    )


def variant(of: Protocol) -> Variant:
    (found,) = resolve_variants(of, discover(), (48, 48, 1))
    return found


@pytest.mark.parametrize(("keep", "trials"), [(0.34, 14), (0.33, 10), (1.0, 18)])
def test_trials_are_counted_as_they_are_kept(keep: float, trials: int) -> None:
    of = protocol(keep)
    assert expected(variant(of), of).total == trials + 2 * 10


def test_a_trial_of_each_generation_and_a_fit_follow_each_other() -> None:
    of = protocol()
    assert expected(variant(of), of).chain == 2 * 3 + 10


def test_what_is_not_tuned_has_its_fits_alone() -> None:
    of = protocol()
    held = variant(of).defaults
    of = protocol(**held)
    found = expected(variant(of), of)
    assert (found.total, found.chain) == (20, 10)


def test_epochs_with_a_smaller_input_cost_as_their_pixels() -> None:
    row = variant(of := protocol(**HALF))
    costs = epoch_costs(row.architecture, row.input_size, row.recipe, 10)
    assert costs == pytest.approx((SMALL,) * 5 + (1,) * 5)
    found = expected(row, of)
    assert found.fit == pytest.approx(5 * SMALL + 5)
    assert found.generation == pytest.approx(2 * SMALL + 1), "of 3 epochs half are 2, rounded"
    assert found.total == pytest.approx(6 * SMALL + 4 * (SMALL + 1) + 2 * found.fit)
