"""A file on its way into a run: what was asked, and what is known of it so far."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.opened import Source
from benchmarks.exchange.adding.outputs import Answers, read_outputs
from benchmarks.store.folder import RunFolder
from benchmarks.store.records import (
    Colour,
    ExternalArchitecture,
    InputSpec,
    RunResults,
    Scale,
)
from benchmarks.store.splits import SplitTable

Probabilities = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AddRequest:
    """What to add to which run, and how it is to be read.

    ``model`` or ``predictions`` is given. ``classes``, ``scale``, ``input_size`` (pixels) and
    ``colour`` state what a model's file does not tell; ``logits`` that its outputs come before
    softmax. ``architecture`` is for a file of weights: the name of a registered architecture, or
    the path of a configuration that ends in ``.json``. ``as_stated`` goes on where another
    reading scores much better on validation.
    """

    run: Path
    name: str
    model: Path | None = None
    predictions: Path | None = None
    classes: tuple[str, ...] = ()
    scale: Scale | None = None
    input_size: int | None = None
    colour: Colour | None = None
    logits: bool = False
    architecture: str = ""
    as_stated: bool = False
    data: Path | None = None
    plugins: tuple[Path, ...] = ()

    @property
    def file(self) -> Path:
        """The file that comes in."""
        file = self.model or self.predictions
        assert file is not None
        return file


@dataclass(frozen=True, kw_only=True)
class IncomingModel:
    """A file on its way in: its identity, the run it joins and the images it is asked about."""

    request: AddRequest
    run: RunResults
    folder: RunFolder
    splits: SplitTable
    sha256: str
    key: str
    reading: InputSpec | None = None
    source: Source | None = None
    architecture: ExternalArchitecture | None = None
    versions: dict[str, str]

    @property
    def requested(self) -> SplitTable:
        """The validation images, then the test images."""
        return self.splits.of("validation", "test")

    def in_order(self, outputs: NDArray[Any]) -> Answers:
        """Return a model's outputs as probabilities in the order of the run's classes."""
        assert self.reading is not None
        stated = self.reading.classes
        columns = [stated.index(name) for name in self.run.class_names]
        place, logits = self.request.file.name, self.reading.logits
        answers = read_outputs(outputs, logits=logits, place=place)
        dropped = [name for name in stated if name not in self.run.class_names]
        return answers.only(columns, dropped)
