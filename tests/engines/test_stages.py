"""The stages of a backbone: where they are drawn, and those of networks that people know."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from benchmarks.engines.stages import Part, Size, map_sides, stage_numbers
from benchmarks.engines.strategies import checked, kind, learning_stages, named
from tests.engine_process import call


def parts(*given: tuple[bool, Sequence[Size]]) -> list[Part]:
    return [Part(object(), (), (), convolves, tuple(sizes)) for convolves, sizes in given]


@pytest.mark.parametrize(
    ("sides", "numbers"),
    [
        ((48, 48, 24, 24, 12), [0, 0, 1, 1, 2]),
        ((48, 46, 44, 22), [0, 0, 0, 1]),
        ((48, 224, 112, 56), [0, 0, 1, 2]),
        ((15, 8, 4), [0, 1, 2]),
        ((12, 12, 1, 1, 12, 6), [0, 0, 0, 0, 0, 1]),
        ((24, 12, 24, 12), [0, 0, 0, 1]),
        ((1, 1, 1), [0, 0, 0]),
        ((12, None, 6, None, 6), [0, 0, 1, 1, 1]),
        ((12, 6, None, None), [0, 1, 2, 2]),
        ((None, None), [0, 0]),
    ],
)
def test_a_stage_ends_where_the_map_is_halved_for_good(
    sides: tuple[int | None, ...], numbers: list[int]
) -> None:
    assert stage_numbers(sides, [True] * len(sides)) == numbers


def test_what_holds_no_weights_is_no_stage() -> None:
    sides = (96, 48, 24, 12, 6, None)
    assert stage_numbers(sides, [False, True, False, True, False, False]) == [0, 0, 0, 1, 1, 1]


def test_a_map_is_as_large_as_a_convolution_or_half_of_another() -> None:
    found = parts(
        (False, [(48, 48)]),
        (True, [(12, 12), (8, 12)]),
        (False, [(10, 64), (3, 10)]),
        (False, [(6, 16), (6, 6)]),
        (False, [(3, 3)]),
        (False, []),
    )
    assert map_sides(found) == [None, 12, None, 6, 3, None]


def test_a_strategy_is_named_and_read() -> None:
    assert (kind("last:2"), named("last:2"), learning_stages("last:2")) == ("last:N", "last-2", 2)
    assert (kind("frozen"), named("frozen"), learning_stages("frozen")) == ("frozen", "frozen", 0)
    assert learning_stages("frozen-then-fine-tune") is None
    assert learning_stages("fine-tune") is None
    with pytest.raises(ValueError, match="write 'frozen'"):
        checked("last:0")


@pytest.mark.parametrize(
    ("engine", "drawn"),
    [
        ("keras", {"plain-cnn": (4, 2), "vgg16": (5, 6)}),
        pytest.param(
            "keras", {"resnet50": (5, 40), "densenet121": (5, 98)}, marks=pytest.mark.slow
        ),
        (
            "torch",
            {
                "narrow-vgg": (4, 9),
                "timm:resnet18": (5, 15),
                "timm:seresnet18": (5, 23),
                "timm:tf_efficientnet_lite0": (5, 45),
                "timm:vit_tiny_patch16_224": (2, 146),
            },
        ),
    ],
)
def test_networks_have_the_stages_that_their_authors_draw(
    engine: str, drawn: dict[str, tuple[int, int]]
) -> None:
    """Their number, and the weights that can learn in the last of them."""
    found = call("tests.engines.trainings:last_stages", engine=engine, names=list(drawn))
    for name, (stages, weights) in drawn.items():
        refusal, learned = found[name]
        assert refusal == (
            f"{name}: its backbone has {stages} stages here, fewer than last:99 asks for; "
            "write a smaller number"
        )
        assert learned == weights
