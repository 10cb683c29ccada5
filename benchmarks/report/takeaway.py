"""What people take out of a report: every table as CSV, Markdown and LaTeX."""

from __future__ import annotations

from pathlib import Path

from benchmarks.evaluation.records import RunResults
from benchmarks.report.collection import tables
from benchmarks.report.forms import FORMS
from benchmarks.report.page import content
from benchmarks.store import replacing


def save_tables(run: RunResults, folder: Path) -> list[Path]:
    """Write every table of the page of ``run`` into ``folder``, made if missing; return the files.

    Raises ``OSError`` where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / name, text) for name, text in takeaway(run).items()]


def takeaway(run: RunResults) -> dict[str, str]:
    """Return the text of each file that `save_tables` writes, by name."""
    return {
        f"{name}.{ending}": form(shown)
        for name, shown in tables(content(run)).items()
        for ending, form in FORMS.items()
    }


def _write(path: Path, text: str) -> Path:
    with replacing(path) as temporary:
        temporary.write_text(text, "utf-8")
    return path
