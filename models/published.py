"""Published weights: where they are had, and what is said when they cannot be."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datasets.files import sha256_of
from datasets.settings import offline
from models.packaged import INSTALL, find_packaged, packaged_row
from models.registry import ModelError, PublishedWeights, WeightsFile

CONNECTION_SECONDS = 20.0
TITLES = {"imagenet": "ImageNet", "edges": "edge-detection"}
"""Initialisations → what their weights are called."""
TIMM_FILE = "model.safetensors"


def find_weights(
    architecture: str, initialisation: str, fetch: Callable[[], WeightsFile] | None
) -> WeightsFile:
    """Return an architecture's published weights: those of an installed package, else ``fetch``'s.

    Raises ``ModelError`` where neither has them, or the package's are not as they should be.
    """
    row = packaged_row(architecture, initialisation)
    if row and (found := find_packaged(row)):
        return found
    if fetch is None:
        reason = f"{row.distribution} is not installed" if row else "nobody publishes them"
        raise unavailable(architecture, initialisation, reason)
    return fetch()


def keras_cache() -> Path:
    """Return the folder where Keras keeps the weights that it fetches."""
    home = Path.home() if os.access(Path.home(), os.W_OK) else Path("/tmp")
    return Path(os.environ.get("KERAS_HOME", home / ".keras")) / "models"


def keras_weights(name: str, file: str, source: str, fetch: Callable[[], object]) -> WeightsFile:
    """Return the ImageNet weights of the keras.applications network ``name`` in its ``file``.

    ``fetch`` has Keras check its cache and fill it; offline, that cache is all there is.
    Raises ``ModelError`` where the weights cannot be had.
    """
    cached = keras_cache() / file
    try:
        if not offline():
            with _connection_timeout(CONNECTION_SECONDS):
                fetch()
        digest = sha256_of(cached)
    except Exception as error:  # Keras raises a plain Exception when a download fails
        reason = "FERBENCH_OFFLINE=1 and they are not in Keras' cache"
        reason = reason if offline() else _one_line(error)
        raise unavailable(name, "imagenet", reason, file) from error
    about = PublishedWeights(
        initialisation="imagenet", name=file, sha256=digest, trained_on="ImageNet", source=source
    )
    return WeightsFile(cached, about)


def loaded(make: Callable[..., Any], file: Path) -> Any:
    """Return ``make(weights=…)`` of a keras.applications network.

    Raises ``ModelError`` where ``file`` does not hold that network's weights.
    """
    try:
        return make(weights=str(file))
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(f"{file}: not its weights ({_one_line(error)}); remove it") from error


def timm_weights(name: str, tag: str, repository: str | None, licence: str) -> WeightsFile:
    """Return timm's weights ``tag`` in the hub ``repository``, fetched if need be.

    Offline, the hub's cache is all there is. Raises ``ModelError`` where they cannot be had.
    """
    file = _from_hub(name, repository)
    about = PublishedWeights(
        initialisation="imagenet",
        name=tag,
        sha256=sha256_of(file),
        licence=licence,
        source=f"{repository} on the Hugging Face hub",
    )
    return WeightsFile(file, about)


def _from_hub(name: str, repository: str | None) -> Path:
    import huggingface_hub as hub

    file = TIMM_FILE
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
        raise unavailable(name, "imagenet", reason, f"{repository}/{file}") from error


def unavailable(architecture: str, initialisation: str, reason: str, file: str = "") -> ModelError:
    """Return the error that says why published weights cannot be had, and what to do.

    First the package that carries them, if one does; then, where a library offers them as
    ``file``, to connect once or to bring that file.
    """
    title = TITLES.get(initialisation, initialisation)
    row = packaged_row(architecture, initialisation)
    ways = [f"install {row.distribution}: {INSTALL}"] if row else []
    if file:
        ways += ["connect once", f'give the file with initialisation = "file:PATH" ({file})']
    ways = ways or ["choose another initialisation"]
    said = f"{architecture}: the {title} weights cannot be had ({reason}); "
    return ModelError(said + ", or ".join([", ".join(ways[:-1])] * (len(ways) > 1) + ways[-1:]))


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
