"""What a model sees in a camera's faces, live in the terminal or a line a second without one."""

from __future__ import annotations

import importlib.util
import os
import select
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.columns import Columns
from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from benchmarks.evaluation.fitted import ChosenFit
from benchmarks.machine.console import Console
from benchmarks.machine.terminal import printable
from benchmarks.use.camera import Camera, Frame
from benchmarks.use.faces import FaceFinder, faces_in
from benchmarks.use.formats import place
from benchmarks.use.pictures import FaceAnswer, answer_faces
from benchmarks.use.predictor import PredictorProcess

AnsweredFrames = Iterable[tuple[Frame, list[FaceAnswer]]]
BAR = 24
SHOWN = 4


def watch(
    camera: Camera,
    chosen: ChosenFit,
    predictor: PredictorProcess,
    console: Console,
    ended: Callable[[], bool],
) -> None:
    """Show the answers to each frame until ``ended`` says so or the frames end."""
    finder = FaceFinder()

    def answered() -> Iterator[tuple[Frame, list[FaceAnswer]]]:
        for frame in camera.frames(chosen.image_shape[2]):
            if ended():
                return
            faces = faces_in(frame.pixels, chosen.image_shape, finder)
            yield frame, answer_faces(faces, predictor)

    show = _live if console.is_terminal else _lines
    show(answered(), chosen.class_names, console)


@contextmanager
def watching_for(key: str) -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether ``key`` was pressed; never, without a terminal."""
    if not sys.stdin.isatty() or importlib.util.find_spec("termios") is None:
        yield lambda: False
        return
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)

    def pressed() -> bool:
        while select.select([terminal], [], [], 0)[0]:
            if os.read(terminal, 1) in (key.encode(), b""):
                return True
        return False

    try:
        tty.setcbreak(terminal)
        yield pressed
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _lines(answered: AnsweredFrames, class_names: tuple[str, ...], console: Console) -> None:
    """Print the first look of each second."""
    due = 0.0
    for frame, answers in answered:
        if frame.seconds < due:
            continue
        due = int(frame.seconds) + 1.0
        headlines = "; ".join(_headline(answer, class_names) for answer in answers) or "no face"
        console.print(f"{clock(frame.seconds)}  {headlines}", soft_wrap=True)


def _live(answered: AnsweredFrames, class_names: tuple[str, ...], console: Console) -> None:
    """Show bars for the largest faces of each look."""
    started, count = time.monotonic(), 0
    with Live(console=console, auto_refresh=False) as live:
        for frame, answers in answered:
            count += 1
            rate = count / max(time.monotonic() - started, 1e-9)
            faces = [_bars(answer, class_names) for answer in answers[:SHOWN]]
            more = f", {len(answers) - SHOWN} more faces" if len(answers) > SHOWN else ""
            foot = f"{clock(frame.seconds)}, {rate:.0f} looks a second{more}; q ends"
            shown = Columns(faces, padding=(0, 4)) if faces else Text("no face")
            live.update(Group(shown, Text(foot, style="dim")), refresh=True)


def _bars(answer: FaceAnswer, class_names: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False, title=place(answer.box), title_justify="left")
    table.add_column()
    table.add_column(width=BAR)
    table.add_column(justify="right", width=5)
    best = answer.probabilities.argmax()
    for index, (name, share) in enumerate(zip(class_names, answer.probabilities, strict=True)):
        bar = ProgressBar(total=1.0, completed=float(share), width=BAR)
        style = "bold" if index == best else ""
        table.add_row(Text(printable(name), style), bar, Text(f"{100 * share:.0f} %", style))
    return table


def _headline(answer: FaceAnswer, class_names: tuple[str, ...]) -> str:
    best = printable(answer.best(class_names))
    return f"{best} {100 * answer.probabilities.max():.0f} % ({place(answer.box)})"


def clock(seconds: float) -> str:
    """Return minutes and seconds: ``1:05``."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
