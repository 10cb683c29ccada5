"""What the user forbids in the environment."""

from __future__ import annotations

import os


def offline_setting() -> str:
    """Return what FERBENCH_OFFLINE says; empty where it is unset."""
    return os.environ.get("FERBENCH_OFFLINE", "")


def offline() -> bool:
    """Tell whether ``FERBENCH_OFFLINE=1`` forbids fetching."""
    return offline_setting() == "1"
