"""The names that the field has for one expression, and which of a run's classes one means."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.errors import InputError, did_you_mean

CONTEMPT = frozenset({"contempt", "contemptuous"})
"""A class of FER+ and AffectNet that FER2013 has not: it is dropped from the answers."""
SYNONYMS = (
    frozenset({"anger", "angry"}),
    frozenset({"disgust", "disgusted"}),
    frozenset({"fear", "fearful", "afraid", "scared"}),
    frozenset({"happy", "happiness", "joy", "joyful"}),
    frozenset({"neutral", "neutrality"}),
    frozenset({"sad", "sadness"}),
    frozenset({"surprise", "surprised"}),
    CONTEMPT,
)


def meant_class(name: str, class_names: Sequence[str]) -> str | None:
    """Return the one of ``class_names`` that ``name`` is: as written, in any case, or a synonym.

    ``None`` where it is none of them, or more than one.
    """
    if name in class_names:
        return name
    plain = _plain(name)
    alike = [each for each in class_names if _plain(each) == plain]
    group = next((group for group in SYNONYMS if plain in group), frozenset())
    found = alike or [each for each in class_names if _plain(each) in group]
    return found[0] if len(found) == 1 else None


def is_dropped(name: str, class_names: Sequence[str]) -> bool:
    """Tell whether ``name`` is contempt where ``class_names`` lack it."""
    return _plain(name) in CONTEMPT and meant_class(name, class_names) is None


def stated_classes(stated: Sequence[str], class_names: Sequence[str]) -> tuple[str, ...]:
    """Return the outputs that a user names ``stated``, by the names that the run has for them.

    Contempt, where the run lacks it, keeps its name. Raises ``InputError`` for a name that the
    run has not, and unless each of the run's classes is named once.
    """
    found = [
        "contempt" if is_dropped(name, class_names) else _meant(name, class_names)
        for name in stated
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
        hint = did_you_mean(_plain(name), class_names, "the run's classes are")
        raise InputError(f"--classes: the run has no class {name!r}; {hint}")
    return meant


def _plain(name: str) -> str:
    return name.strip().casefold()
