"""What the user sets in the environment."""

from __future__ import annotations

import os


def keras_backend() -> str:
    """Return what Keras computes with: ``KERAS_BACKEND``, or ``tensorflow`` where it is unset."""
    return os.environ.get("KERAS_BACKEND", "tensorflow")


def data_path() -> str | None:
    """Return where the data set of a run is unless it is said: ``FERBENCH_DATA``, if set."""
    return os.environ.get("FERBENCH_DATA")
