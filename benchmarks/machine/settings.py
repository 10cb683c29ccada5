"""What the user sets in the environment."""

from __future__ import annotations

import os


def data_path() -> str | None:
    """Return where the data set of a run is unless it is said: ``FERBENCH_DATA``, if set."""
    return os.environ.get("FERBENCH_DATA")
