"""Which of a run's classes a model's outputs are, by the names that a user gives them."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.errors import InputError, did_you_mean
from datasets.reading.words import CONTEMPT, expression_of, meant_class


def is_dropped(name: str, class_names: Sequence[str]) -> bool:
    """Tell whether ``name`` is contempt where ``class_names`` lack it."""
    return expression_of(name) == CONTEMPT and meant_class(name, class_names) is None


def stated_classes(stated: Sequence[str], class_names: Sequence[str]) -> tuple[str, ...]:
    """Return the outputs that a user names ``stated``, by the names that the run has for them.

    Contempt, where the run lacks it, keeps its name. Raises ``InputError`` for a name that the
    run has not, and unless each of the run's classes is named once.
    """
    found = [
        CONTEMPT if is_dropped(name, class_names) else _meant(name, class_names) for name in stated
    ]
    kept = [name for name in found if name in class_names]
    if sorted(kept) != sorted(class_names) or len(set(found)) < len(found):
        raise InputError(
            f"--classes {','.join(stated)}: name each of the run's classes once, in the "
            f"order of the model's outputs: {', '.join(class_names)}"
        )
    return tuple(found)


def _meant(name: str, class_names: Sequence[str]) -> str:
    meant = meant_class(name, class_names)
    if meant is None:
        hint = did_you_mean(name.strip().lower(), class_names, "the run's classes are")
        raise InputError(f"--classes: the run has no class {name!r}; {hint}")
    return meant
