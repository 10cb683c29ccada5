"""Which version of a library is installed, from its metadata alone."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed(library: str) -> str | None:
    """Return the version of an installed distribution, or ``None``."""
    try:
        return version(library)
    except PackageNotFoundError:
        return None
