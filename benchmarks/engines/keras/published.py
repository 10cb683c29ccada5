"""Published weights of Keras' networks that lie on this machine; read without Keras."""

from __future__ import annotations

from benchmarks.engines.spec import CachedWeights
from models.published import keras_cache


def at_hand() -> list[CachedWeights]:
    """Return the weights in Keras' cache."""
    return [
        CachedWeights(
            architecture=file.name.partition("_")[0],
            initialisation="imagenet",
            place="Keras' cache",
            file=file,
        )
        for file in sorted(keras_cache().glob("*_notop*.h5"))
    ]
