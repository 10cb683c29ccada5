"""The stages of a backbone, found out in one forward pass: the same for every engine."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from models.registry import ModelError

Size = tuple[int, int]
Sides = Sequence[int | None]


@dataclass
class Part:
    """A layer or module that the pass began: ``weights`` are all that can learn in it.

    ``inner`` are the layers in it, and itself. ``sizes`` are the height and width of what it
    returned, if that can be a map, as often as there are ways to read them.
    """

    subject: Any
    weights: Sequence[Any]
    inner: Sequence[Any]
    convolves: bool
    sizes: tuple[Size, ...] = ()


@dataclass(frozen=True)
class Stages:
    """The parts of a backbone, in the order in which a pass began them, and their stages.

    A stage is what lies between two halvings of the feature map, and holds weights; what holds
    none is of the one before. What comes after the last map is one more, if it holds weights.
    """

    parts: Sequence[Part]
    _of_parts: dict[int, int] = field(init=False, default_factory=dict)
    _of_weights: dict[int, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        # What is inside another part begins after it, so that a weight ends up in its innermost.
        places = {id(w): place for place, part in enumerate(self.parts) for w in part.weights}
        learns = set(places.values())
        numbers = stage_numbers(
            map_sides(self.parts), [place in learns for place in range(len(self.parts))]
        )
        named = zip(self.parts, numbers, strict=True)
        self._of_parts.update((id(part.subject), number) for part, number in named)
        self._of_weights.update((weight, numbers[place]) for weight, place in places.items())

    @property
    def count(self) -> int:
        """How many there are."""
        return len(set(self._of_weights.values()))

    def refuse_more(self, name: str, asked: int) -> None:
        """Raise ``ModelError`` where the network ``name`` has fewer than are ``asked`` for."""
        if asked > self.count:
            stages = "1 stage" if self.count == 1 else f"{self.count} stages"
            raise ModelError(
                f"{name}: its backbone has {stages} here, fewer than last:{asked} asks for; "
                "write a smaller number"
            )

    def resting(self, last: int) -> Iterator[Any]:
        """Yield the layers in which nothing is of the ``last`` stages."""
        for part in self.parts:
            if all(self._rests(inner, last) for inner in part.inner):
                yield part.subject

    def learns(self, weight: Any, last: int) -> bool:
        """Tell whether ``weight`` is of the ``last`` stages; one that the pass left out is not."""
        return self._of_weights.get(id(weight), -1) >= self.count - last

    def behind(self, weight: Any) -> int:
        """Return how many stages lie behind ``weight``, the head being one; 0 for the head's."""
        return self.count - self._of_weights.get(id(weight), self.count)

    def _rests(self, subject: Any, last: int) -> bool:
        return self._of_parts.get(id(subject), -1) < self.count - last


def map_sides(parts: Sequence[Part]) -> list[int | None]:
    """Return the shorter side of the map that each part returned, ``None`` where that was none.

    A map is as large as what a convolution returned, or half as large as another map: what lies
    in another order, as the heads of an attention do, is none.
    """
    known = {part.sizes[0] for part in parts if part.convolves and part.sizes}
    for part in parts:
        halves = {half for size in known for half in _halves(size)}
        known |= halves & set(part.sizes)
    return [next((min(size) for size in part.sizes if size in known), None) for part in parts]


def _halves(size: Size) -> set[Size]:
    height, width = size
    return {(height // 2, width // 2), ((height + 1) // 2, (width + 1) // 2)}


def stage_numbers(sides: Sides, learns: Sequence[bool]) -> list[int]:
    """Return the stage of each part, from 0, by the map that it returns and whether it learns.

    A map that becomes small only for a while, as in squeeze and excitation or on the shorter
    way round a block, is not halved: what counts is the largest map that is still to come. What
    returns no map is of the stage under way.
    """
    coming = list(accumulate(reversed(list(sides)), _larger))[::-1]
    under_way: list[int | None] = []
    for side, largest in zip(sides, coming, strict=True):
        joins = side is None and largest is not None and under_way
        under_way.append(under_way[-1] if joins else largest)
    parts = list(accumulate(map(int, map(_is_halved, under_way, under_way[1:])), initial=0))
    holding = sorted({part for part, weight in zip(parts, learns, strict=True) if weight})
    return [max(bisect_right(holding, part) - 1, 0) for part in parts]


def _larger(one: int | None, other: int | None) -> int | None:
    return max((side for side in (one, other) if side is not None), default=None)


def _is_halved(before: int | None, now: int | None) -> bool:
    """Tell whether a map lost half of its cells a side, or there is none any more."""
    if before is None or now is None:
        return before is not now
    return now < before and 2 * now <= before + 1
