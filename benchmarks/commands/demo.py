"""``ferbench demo``."""

from __future__ import annotations

from typing import Annotated

import typer

from benchmarks.commands.options import Model, Plugin


def demo(
    model: Model = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The page's port; 0 takes a free one.")
    ] = 8765,
    plugin: Plugin = None,
) -> int:
    """Open a page on this computer that shows what the models of a run see; Ctrl-C ends.

    It takes pictures and the browser's camera, and is reached from this computer alone.
    """
    from contextlib import closing

    from benchmarks.evaluation.fitted import resolve_fit
    from benchmarks.machine.console import Console
    from benchmarks.use.demo_server import DemoServer
    from benchmarks.use.models import Models
    from benchmarks.use.shipped import shipped_model

    console = Console(stderr=True, highlight=False, markup=False)
    chosen = resolve_fit(shipped_model() if model is None else model)
    with (
        closing(Models(chosen, tuple(plugin or ()), console)) as models,
        DemoServer(models, port) as server,
    ):
        console.print(f"open {server.address} (Ctrl-C ends)", soft_wrap=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0
