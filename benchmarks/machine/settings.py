"""What the user sets in the environment."""

from __future__ import annotations

import os


def keras_backend() -> str:
    """Return what Keras computes with: ``KERAS_BACKEND``, or ``tensorflow`` where it is unset."""
    return os.environ.get("KERAS_BACKEND", "tensorflow")
