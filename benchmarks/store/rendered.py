"""What is made of a run's numbers for people and programs: the page, and tables beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.store.folder import LaboratoryFolder, RunFolder
from datasets.files import replacing


@dataclass(frozen=True)
class Rendered:
    """The text of the page, and of its main table as CSV and as JSON."""

    page: str
    csv: str
    json: str

    def files(self, folder: RunFolder | LaboratoryFolder) -> Iterator[tuple[Path, str]]:
        """Yield the place of each file in ``folder``, and its text."""
        yield folder.page, self.page
        yield folder.csv, self.csv
        yield folder.json, self.json


def write_rendered(folder: RunFolder | LaboratoryFolder, made: Rendered) -> None:
    """Write page and tables, each whole."""
    for path, text in made.files(folder):
        with replacing(path) as temporary:
            temporary.write_text(text, "utf-8")


def read_page(folder: RunFolder) -> str:
    """Read the page of a run, whatever is in it; blank where there is none."""
    return folder.page.read_text("utf-8", "replace") if folder.page.is_file() else ""
