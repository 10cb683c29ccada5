"""What the harness knows of an engine before it is imported."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine.versions import installed

if TYPE_CHECKING:
    from benchmarks.engines.contract import Precision


@dataclass(frozen=True)
class Library:
    """One distribution: what prose calls it, and the key of its work in ``references.bib``.

    One without a title is not told of in prose; one that is there for some architectures only,
    whose names begin with ``architectures``, is told of where one of them is.
    """

    distribution: str
    title: str = ""
    citation: str = ""
    architectures: str = ""


@dataclass(frozen=True, kw_only=True)
class CachedWeights:
    """Published weights that a library has fetched, in ``file``; ``place`` names its cache."""

    architecture: str
    initialisation: str
    place: str
    file: Path


@dataclass(frozen=True, kw_only=True)
class ExportFormat:
    """One kind of file that an engine's model can be written as.

    ``writer`` is called with an `exporting.FittedModel`, an `exporting.Card` and the file, and
    returns `exporting.Copies`. A ``finisher`` completes the file in a process that holds no
    engine: it is called with the card, the file and images, and returns what the file answers.
    ``packages`` are optional ones that it takes; ``precision`` is what it computes in, blank
    where it keeps the run's own; ``contents`` says what the file holds and what can load it.
    """

    name: str
    suffix: str
    contents: str
    writer: str
    finisher: str = ""
    precision: str = ""
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Opener:
    """What makes an `opened.Opened` of somebody else's model in a file of one of ``suffixes``.

    ``target`` is called with an `opened.Source`. ``packages`` are optional ones that it takes.
    ``companion`` is for engines whose files may hold weights alone and whose library writes what
    is to be built into another file: called with the model's file, and in a process that holds
    no engine, it returns that other one, or ``None`` where none is needed.
    """

    suffixes: tuple[str, ...]
    target: str
    packages: tuple[str, ...] = ()
    companion: str = ""


ARRAYS = (Library("numpy"), Library("opencv-python-headless"))
"""What every engine of ferbench stands on."""
LEVERS = ("average_decay", "class_weights", "crop", "layer_decay", "progressive")
"""The fields of a `Recipe` that an engine must have code for."""
ONNX_FINISHER = "benchmarks.engines.onnx:finish"
WHOLE = "the whole model, from raw images to probabilities"
WEIGHTS = "weights only; the metadata names the architecture that ferbench builds for them"


@dataclass(frozen=True, kw_only=True)
class EngineSpec:
    """One numerical library: where its code is, what it needs and what it can do.

    Functions and classes are named as ``module:name``, so that a row is read without them.

    - ``factory`` makes the engine (`contract.Engine`).
    - ``libraries`` are those that decide its numbers, by backend; the first entry serves a
      backend that has none. ``backend_key`` is what stored versions call the backend,
      ``backend_setting`` the environment variable by which the user chooses it; both are blank
      where there is no choice.
    - ``code`` are the modules whose source decides a training, and so its key.
    - ``probe_network`` is the small architecture that `ferbench doctor` trains.
    - ``rivals`` makes what its training is timed against: it is called with a `rivals.Given` and
      returns `rivals.Rivals`; blank where there is nothing to time it against.
    - ``precisions`` are what it computes in; with one alone it does whatever is asked.
    - ``published`` returns the published weights in its libraries' caches (`CachedWeights`).
    - ``gpu_build`` is what to install so that it sees a GPU, blank where it uses none.
    - ``attention_edition`` changes whenever its maps of attention come out otherwise than
      before; ``None`` where its models have none.
    - ``preload`` are the modules, by backend, that a process may have imported before it is
      copied (`processes.nursery`): libraries that start no thread and hold no device when they
      are imported. A backend that has no entry is imported by each process itself.
    - ``is_floor``: its models are there to be guesses and stand outside comparisons of networks.
    - ``soft_targets``: it learns the share of each class; one that does not takes the likeliest.
    - ``levers`` are those of `LEVERS` that it has; a recipe that uses another is refused.
    - ``self_contained``: a saved model needs no architecture to be loaded again.
    """

    name: str
    title: str
    factory: str
    libraries: Mapping[str, tuple[Library, ...]]
    code: tuple[str, ...]
    probe_network: str
    rivals: str = ""
    backend_key: str = ""
    backend_setting: str = ""
    precisions: tuple[Precision, ...] = ("float32", "bfloat16")
    formats: tuple[ExportFormat, ...] = ()
    opener: Opener | None = None
    published: str = ""
    gpu_build: str = ""
    attention_edition: int | None = None
    preload: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_floor: bool = False
    soft_targets: bool = True
    levers: tuple[str, ...] = ()
    self_contained: bool = False

    @property
    def default_backend(self) -> str:
        """The backend where none is chosen."""
        return next(iter(self.libraries))

    def backend(self) -> str:
        """Return the backend that the user has chosen."""
        return os.environ.get(self.backend_setting, self.default_backend)

    def environment(self, backend: str = "") -> dict[str, str]:
        """Return the variables under which a process computes on ``backend``, or the default."""
        chosen = {self.backend_setting: backend or self.default_backend}
        return chosen if self.backend_setting else {}

    def preloaded(self) -> tuple[str, ...]:
        """Return the modules to ``preload`` for the backend that the user has chosen."""
        return self.preload.get(self.backend(), ())

    def needs(self, backend: str) -> tuple[Library, ...]:
        """Return the libraries that decide its numbers on ``backend``."""
        return self.libraries.get(backend) or self.libraries[self.default_backend]

    def versions(self, backend: str) -> dict[str, str]:
        """Return the versions of what it `needs`, read from metadata, and the backend."""
        needed = (library.distribution for library in self.needs(backend))
        found = {distribution: installed(distribution) or "absent" for distribution in needed}
        return found | ({self.backend_key: backend} if self.backend_key else {})

    def computes_in(self, asked: str) -> str:
        """Return the precision in which it computes where ``asked`` is asked for."""
        return self.precisions[0] if len(self.precisions) == 1 else asked
