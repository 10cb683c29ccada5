"""The formats in which a model can leave, as the engine that trained it declares them."""

from __future__ import annotations

import importlib.util

from benchmarks.engines.registry import engines
from benchmarks.engines.spec import ExportFormat
from benchmarks.errors import InputError


def format_names() -> tuple[str, ...]:
    """Return the name of every format that some engine writes."""
    every = (form.name for spec in engines().values() for form in spec.formats)
    return tuple(dict.fromkeys(every))


def listed_formats() -> str:
    """Return the names of the formats of each engine that writes any, in one line."""
    return "; ".join(
        f"{name}: {', '.join(form.name for form in spec.formats)}"
        for name, spec in engines().items()
        if spec.formats
    )


def choose_format(name: str, engine: str, variant: str) -> ExportFormat:
    """Return the format ``name`` of ``engine``; raises ``InputError`` naming those there are.

    So does a format whose optional packages are not installed.
    """
    spec = engines().get(engine)
    own = {each.name: each for each in spec.formats} if spec else {}
    if name not in own:
        offered = f"it exports as {', '.join(own)}" if own else "ferbench cannot export it"
        raise InputError(f"{variant}: no format {name!r} for a model of engine {engine}; {offered}")
    require_packages(f"--format {name}", own[name].packages)
    return own[name]


def require_packages(what: str, packages: tuple[str, ...]) -> None:
    """Raise ``InputError`` where an optional package that ``what`` needs is missing."""
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise InputError(
            f"{what} needs {', '.join(missing)}: pip install -c constraints.txt -e '.[export]'"
        )
