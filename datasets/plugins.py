"""Code from outside: a plug-in file by its path, an installed package by its entry points."""

from __future__ import annotations

import importlib.util
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any


def import_plugin(path: Path, refusal: type[ValueError]) -> ModuleType:
    """Import the Python file ``path`` under a name of its own; raises ``refusal``."""
    spec = importlib.util.spec_from_file_location(f"ferbench_plugin_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise refusal(f"plugin {path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise refusal(f"plugin {path}: {type(error).__name__}: {error}") from error
    return module


def load_entry_points(group: str, refusal: type[ValueError]) -> list[Any]:
    """Return what installed packages declare in ``group``, in the order of the entries' names.

    An entry names a module or an object in one; one that cannot be loaded raises ``refusal``.
    """
    loaded = []
    for entry in sorted(entry_points(group=group), key=lambda entry: (entry.name, entry.value)):
        try:
            loaded.append(entry.load())
        except Exception as error:
            told = f"{entry.name} = {entry.value} ({group}): {type(error).__name__}: {error}"
            raise refusal(f"plugin {told}") from error
    return loaded
