"""The plug-ins that a run was made with: whatever else is given in their place is never run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.store.records import Manifest, PluginRecord
from datasets.files import sha256_of


def used_plugins(manifest: Manifest) -> tuple[PluginRecord, ...]:
    """Return the plug-ins of a run, of a merged one those of each of its origins."""
    origins = (plugin for origin in manifest.origins for plugin in origin.plugins)
    return tuple(dict.fromkeys((*manifest.plugins, *origins)))


def refuse_other_plugins(run: Path, used: Sequence[PluginRecord], given: Iterable[Path]) -> None:
    """Raise ``InputError`` where a file that is ``given`` is none of those that ``run`` used.

    Whoever loads plug-ins for a run that is there asks this first: digests are compared before
    anything is executed, and nothing that the folder of the run names is looked for.
    """
    known = {plugin.digest for plugin in used}
    for path in given:
        if not path.is_file():
            raise InputError(f"plugin {path}: not a Python file")
        if sha256_of(path) not in known:
            told = f"give {described(used)}" if used else "it used none; leave --plugin out"
            raise InputError(f"plugin {path}: not one that {run} was made with; {told}")


def described(used: Iterable[PluginRecord]) -> str:
    """Return the names of plug-ins with the beginnings of their SHA-256."""
    return ", ".join(f"{plugin.file} (SHA-256 {plugin.digest[:12]}…)" for plugin in used)
