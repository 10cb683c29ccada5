"""``ferbench webcam``."""

from __future__ import annotations

from typing import Annotated

import typer

from benchmarks.commands.options import Model, Plugin


def webcam(
    model: Model = None,
    camera: Annotated[str, typer.Option(help="A camera's number, or a video file.")] = "0",
    plugin: Plugin = None,
) -> int:
    """Say live what a fitted model sees in a camera's faces; q or Ctrl-C ends.

    It shows bars in the terminal; `ferbench demo` shows the picture too.
    """
    from contextlib import closing

    from benchmarks.evaluation.fitted import resolve_fit
    from benchmarks.machine.console import Console
    from benchmarks.use.camera import Camera
    from benchmarks.use.shipped import shipped_model
    from benchmarks.use.starting import start
    from benchmarks.use.webcam import watch, watching_for

    words = Console(stderr=True, highlight=False, markup=False)
    chosen = resolve_fit(shipped_model() if model is None else model)
    with (
        closing(Camera(camera)) as opened,
        closing(start(chosen, tuple(plugin or ()), words)) as predictor,
    ):
        shown = Console(highlight=False, markup=False)
        try:
            with watching_for("q") as ended:
                watch(opened, chosen, predictor, shown, ended)
        except KeyboardInterrupt:
            return 0
    return 0
