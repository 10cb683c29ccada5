"""Published weights: where they are had, and what is said when they cannot be."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datasets.settings import offline
from models.registry import ModelError

CONNECTION_SECONDS = 20.0


def with_keras_weights(make: Callable[..., Any], name: str, file: str) -> Any:
    """Return ``make(weights=…)`` of a keras.applications network with its ImageNet weights.

    Keras fetches ``file`` into its own cache; offline, that cache is all there is.
    Raises ``ModelError`` where the weights cannot be had.
    """
    keras_home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    cached = keras_home / "models" / file
    if offline() and not cached.is_file():
        raise unavailable(name, "FERBENCH_OFFLINE=1 and they are not in Keras' cache", file)
    try:
        with _connection_timeout(CONNECTION_SECONDS):
            return make(weights=str(cached) if offline() else "imagenet")
    except Exception as error:  # Keras raises a plain Exception when a download fails
        raise unavailable(name, _one_line(error), file) from error


def timm_weights(name: str, repository: str | None) -> Path:
    """Return the local file of timm's weights in the hub ``repository``, fetched if need be.

    Offline, the hub's cache is all there is. Raises ``ModelError`` where they cannot be had.
    """
    import huggingface_hub as hub

    file = "model.safetensors"
    if not repository:
        raise ModelError(f"{name}: timm publishes no weights for it; choose a tag that has some")
    try:
        if not offline() and not isinstance(hub.try_to_load_from_cache(repository, file), str):
            # Without this look, a missing connection is found only after six attempts.
            hub.get_hf_file_metadata(hub.hf_hub_url(repository, file), timeout=CONNECTION_SECONDS)
        return Path(hub.hf_hub_download(repository, file, local_files_only=offline()))
    except Exception as error:
        reason = "FERBENCH_OFFLINE=1 and they are not in the hub's cache"
        reason = reason if offline() else _one_line(error)
        raise unavailable(name, reason, f"{repository}/{file}") from error


def unavailable(name: str, reason: str, file: str) -> ModelError:
    """Return the error that says why the weights of ``name`` cannot be had and what to do."""
    return ModelError(
        f"{name}: the ImageNet weights cannot be had ({reason}); connect once, or give "
        f'the file with initialisation = "file:PATH" ({file})'
    )


def _one_line(error: Exception) -> str:
    """Return what went wrong without addresses and Keras' "None --" where a status should be."""
    said = re.sub(r"( on)? https?://\S+", "", " ".join(str(error).split()))
    return f"{type(error).__name__}: {said.replace(' None --', ':')}"[:200]


@contextmanager
def _connection_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
