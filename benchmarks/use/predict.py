"""``ferbench predict``: pictures in, answers out, and a line for each picture without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.progress import track

from benchmarks.evaluation.fitted import resolve_fit
from benchmarks.machine.console import Console
from benchmarks.machine.terminal import printable
from benchmarks.use.annotate import AnnotatedCopies
from benchmarks.use.faces import FaceFinder
from benchmarks.use.formats import Answered, write
from benchmarks.use.pictures import FaceAnswer, File, answers, list_files
from benchmarks.use.starting import start


@dataclass(frozen=True, kw_only=True)
class PredictRequest:
    """What the user asked for; ``format`` is one of ``benchmarks.use.formats.WRITERS``."""

    model: str
    paths: tuple[Path, ...]
    format: str = "table"
    save: Path | None = None
    whole: bool = False
    plugins: tuple[Path, ...] = ()


def predict_pictures(request: PredictRequest, console: Console) -> int:
    """Print the answers to standard output; return how many paths have none.

    Raises ``InputError`` or ``ModelError`` where the model cannot be had.
    """
    chosen = resolve_fit(request.model)
    failures = PredictionFailures(console)
    files = list_files(request.paths, failures.add)
    if not files:
        return failures.count
    finder = None if request.whole else FaceFinder()
    with closing(start(chosen, request.plugins, console)) as predictor:
        shown = track(
            files,
            "predicting",
            console=console,
            transient=True,
            disable=request.format != "table" or not console.is_terminal,
        )
        answered: Answered = answers(shown, predictor, chosen.image_shape, finder, failures.add)
        if request.save is not None:
            answered = _saved(answered, AnnotatedCopies(request.save), chosen.class_names)
        write(answered, chosen.class_names, request.format)
    return failures.count


class PredictionFailures:
    """Tells of each picture that has no answer, in one line, and counts them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.count = 0

    def add(self, what: str) -> None:
        """Tell and count one."""
        self.count += 1
        self._console.print(printable(what), style="yellow", soft_wrap=True)


def _saved(
    answered: Answered, album: AnnotatedCopies, class_names: tuple[str, ...]
) -> Iterator[tuple[File, list[FaceAnswer]]]:
    for file, said in answered:
        album.add(file, said, class_names)
        yield file, said
