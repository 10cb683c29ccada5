"""What numbers are is told by their values; nobody's probabilities are made up."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.errors import InputError
from benchmarks.exchange.adding.outputs import read_outputs

SHARES = np.array([[0.2, 0.8], [0.5, 0.5]])
SIGMOID = np.array([[0.2, 0.2], [0.9, 0.8]])


def read(outputs, *, logits: bool = False):
    return read_outputs(np.array(outputs), logits=logits, place="m")


def test_logits_are_softmaxed() -> None:
    assert read(np.log(SHARES) + 100, logits=True).probabilities == pytest.approx(SHARES)


def test_logarithms_of_probabilities_are_undone_by_logits_and_named_without() -> None:
    assert read(np.log(SHARES), logits=True).probabilities == pytest.approx(SHARES)
    with pytest.raises(InputError, match="logarithms of probabilities: say --logits"):
        read(np.log(SHARES))


def test_rounded_probabilities_are_normalised() -> None:
    answers = read([[0.67, 0.34]])
    assert answers.probabilities.sum() == pytest.approx(1)
    assert not answers.note


@pytest.mark.parametrize("decimals", [0, 1, 8])
def test_per_cent_are_read_as_such_and_told(decimals: int) -> None:
    answers = read(np.round(SHARES * 100, decimals))
    assert answers.probabilities == pytest.approx(SHARES)
    assert "per cent" in answers.note


@pytest.mark.parametrize(
    ("outputs", "logits", "reason"),
    [
        ([[0.5, 0.5], [np.nan, 1.0]], False, "image 1 is not finite"),
        ([[0.5, 0.5], [-np.inf, 1.0]], True, "image 1 is not finite"),
        ([[3.0, -1.0]], False, "say --logits"),
        ([[50.0, 50.0], [0.5, 0.5]], False, "image 0 .* others to 100; write all of them alike"),
        ([[0.2, 0.2]], False, "no set of probabilities"),
        (SIGMOID, False, "2 of 2 answers .* sigmoid outputs"),
        (SHARES, True, "leave out --logits"),
        (SHARES * 100, True, "per cent .*leave out --logits"),
        (SIGMOID, True, "as after a sigmoid, no logits"),
        (np.log10(SHARES), False, "base 10 of probabilities: multiply them by 2.3026"),
        (np.log2(SHARES), True, "base 2 of probabilities, no logits; multiply them by 0.69"),
        (-np.log(SHARES), True, "negative logarithms .*change their sign"),
        (np.tile(SHARES * 255, (10, 1)), False, "sums to 255: divide by that"),
        (np.tile(SHARES * 10, (10, 1)), True, "shares of 10, no logits"),
        ([*SHARES, [0, 0]], False, "1 of 3 answers do not sum to 1 as the others do"),
        ([*SHARES, [3, -1]], True, "1 of 3 answers do not sum to 1 as the others do"),
        ([[0, 0], [0.9, 0.9]], False, "1 of 2 answers are zero for every class"),
    ],
)
def test_what_is_no_probability_is_refused_by_what_it_is(outputs, logits, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read(outputs, logits=logits)


def test_a_class_that_is_left_out_gives_its_share_to_the_rest_in_proportion() -> None:
    answers = read([[0.2, 0.5, 0.3], [0.1, 0.3, 0.6], [0.0, 0.0, 1.0]])
    kept = answers.only([1, 0], ["contempt"])
    expected = [[5 / 7, 2 / 7], [3 / 4, 1 / 4], [1 / 2, 1 / 2]]
    assert kept.probabilities == pytest.approx(np.array(expected))
    assert "contempt" in kept.note and "2 of 3 images" in kept.note
