"""Pages that need not be made again: those of the same results by the same code."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from benchmarks.engines.libraries import recorded_libraries
from benchmarks.machine.templates import TEMPLATES
from benchmarks.machine.versions import installed
from benchmarks.protocol.canonical import digest
from benchmarks.store.files import json_values, write_json
from benchmarks.store.folder import RunFolder
from datasets.cache.decoded import cache_folder
from datasets.files import code_files, sha256_of
from datasets.plugins import GROUPS

SOURCES = ("benchmarks", "datasets", "models", TEMPLATES.name)
"""Folders of the checkout of which a page is made: code, templates, presets, the bibliography."""
LIBRARIES = ("pandas", "scipy", "matplotlib", "jinja2", "pillow")
"""What computes and draws, beside what a run records."""


class Remembered:
    """Knows of a results folder whether its page is what would be made of it again.

    What decides it is remembered in the cache folder by its digest: every file that a page is made
    of, the code and the libraries that make it, and whether pictures are at hand. Where code from
    outside has a part in it, nothing is known.
    """

    def __init__(self, folder: RunFolder, *, pictures: bool, plugins: bool) -> None:
        self._folder = folder
        foreign = plugins or any(entry_points(group=group) for group in GROUPS)
        pages = cache_folder() / "pages"
        self._place = None if foreign else pages / f"{_key(folder, pictures)}.json"

    def holds(self) -> bool:
        """Tell whether page and tables are as they were made then."""
        if self._place is None or not self._place.is_file():
            return False
        known = json_values(self._place.read_bytes())
        return bool(known) and known == self._made()

    def remember(self) -> None:
        """Remember page and tables as they are now."""
        if self._place is not None:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            write_json(self._place, self._made())

    def _made(self) -> dict[str, str]:
        files = (self._folder.page, self._folder.csv, self._folder.json)
        return {path.name: sha256_of(path) for path in files if path.is_file()}


def _key(folder: RunFolder, pictures: bool) -> str:
    read = [path for path in folder.files() if folder.is_read(path)]
    named = {path.relative_to(folder.path).as_posix(): sha256_of(path) for path in read}
    versions = {name: installed(name) for name in (*LIBRARIES, *recorded_libraries())}
    return digest([_code(), versions, named, pictures])


@cache
def _code() -> str:
    """Digest all code and what lies beside it, which does not change while a process runs."""
    return _digest_of(Path(__file__).resolve().parents[2])


def _digest_of(root: Path) -> str:
    files = [file for name in SOURCES for file in code_files(root / name)]
    named = ((file.relative_to(root).as_posix(), sha256_of(file)) for file in files)
    return digest(sorted(named))
