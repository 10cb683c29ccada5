"""The libraries of an installation: those of the engines, and those that ferbench itself uses."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.engines.registry import engines
from benchmarks.engines.spec import Library

TUNER = Library("optuna", "Optuna", "akiba2019")
OWN = (
    Library("torchvision"),
    Library("scipy"),
    Library("statsmodels"),
    TUNER,
    Library("numpy", "NumPy"),
    Library("pandas"),
    Library("pyarrow"),
    Library("opencv-python-headless"),
    Library("matplotlib"),
)


def titled_libraries() -> tuple[Library, ...]:
    """Return the engines' libraries that have a title, each once, in the order of the engines."""
    found: dict[str, Library] = {}
    for library in _of_engines():
        if library.title:
            found.setdefault(library.distribution, library)
    return tuple(found.values())


def shown_libraries() -> tuple[str, ...]:
    """Return the distributions with a title that every installation has."""
    needed = (each for spec in engines().values() for each in spec.needs(spec.default_backend))
    titled = (each.distribution for each in (*needed, *OWN) if each.title)
    return tuple(dict.fromkeys(titled))


def recorded_libraries() -> tuple[str, ...]:
    """Return every distribution whose version belongs to the record of an environment."""
    every = (each.distribution for each in (*titled_libraries(), *OWN, *_of_engines()))
    return tuple(dict.fromkeys(("ferbench", *every)))


def _of_engines() -> Iterator[Library]:
    for spec in engines().values():
        for libraries in spec.libraries.values():
            yield from libraries
