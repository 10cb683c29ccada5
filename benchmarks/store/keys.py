"""The keys of stored results: each is the digest of an identity, of all that decides the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from benchmarks.protocol.canonical import digest
from benchmarks.protocol.views import Views
from benchmarks.store.files import as_stored

StoredValue = bool | int | float | str | None


class Identity(BaseModel):
    """What decides a result; its key is the digest.

    What another version wrote is kept as it is, with keys that are unknown here.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    @property
    def key(self) -> str:
        """The key of the result that it decides."""
        return digest(as_stored(self))


class TrainingIdentity(Identity):
    """Everything that decides a training's result (law 3).

    ``data`` is the digest of the images that it may see, ``start`` the kind of the initial
    weights and the digest of their file, ``seeds`` the protocol's and the fit's. ``targets`` is
    the digest of what the training images are trained on; no key of a training on their labels.
    """

    kind: str = ""
    data: str = ""
    architecture: str = ""
    strategy: str = ""
    augmentation: str = ""
    input_size: int | None = None
    recipe: Mapping[str, StoredValue] = {}
    start: tuple[str, str] = ("", "")
    seeds: tuple[int, int] = (0, 0)
    epochs: int = 0
    until: int | None = None
    trial: int | None = None
    selection: str = ""
    precision: str = ""
    threads: int | None = None
    versions: Mapping[str, str] = {}
    device: str = ""
    code: str = ""
    targets: str = ""


class AskedIdentity(Identity):
    """What decides an answer of the fit with the key ``fit`` to test images of ``split``.

    ``edition`` is that of the code which asks.
    """

    fit: str = ""
    split: str = ""
    edition: int | str | None = None


class ExplainIdentity(AskedIdentity):
    """What decides where a fit is found to look."""

    kind: Literal["explain"]


class RobustnessIdentity(AskedIdentity):
    """What decides a fit's answers to corrupted images: ``images`` drawn by ``seed``, or all."""

    kind: Literal["robustness"]
    images: int | None = None
    seed: int = 0


class ViewsIdentity(AskedIdentity):
    """What decides a fit's answers on average over the ``views`` of validation and test images."""

    kind: Literal["views"]
    views: Views


def score_key(fit_key: str, split_digest: str) -> str:
    """Return the key of a fit's predictions."""
    return digest(["score", fit_key, split_digest])


def measure_key(fit_key: str, device: str) -> str:
    """Return the key of a fit's size and speed on ``device``."""
    return digest(["measure", fit_key, device])
