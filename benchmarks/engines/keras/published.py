"""Published weights of Keras' networks that lie on this machine; read without Keras."""

from __future__ import annotations

import os
from pathlib import Path


def at_hand() -> list[str]:
    """Return the names of the networks whose weights lie in Keras' cache."""
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    return sorted(file.name.partition("_")[0] for file in (home / "models").glob("*_notop*.h5"))
