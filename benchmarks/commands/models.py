"""``ferbench models``."""

from __future__ import annotations

from benchmarks.commands.options import Plugin


def models(plugin: Plugin = None) -> int:
    """List the architectures with their cost and source."""
    from benchmarks.commands.listings import print_models

    return print_models(tuple(plugin or ()))
