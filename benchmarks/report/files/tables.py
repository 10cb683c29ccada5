"""What people take out of a report: its tables, its methods and its references, as files."""

from __future__ import annotations

from pathlib import Path

from benchmarks.report.files.collection import tables
from benchmarks.report.files.table_formats import FORMS
from benchmarks.report.page import content
from benchmarks.report.writing.methods import methods
from benchmarks.report.writing.prose import as_latex, as_markdown, cited
from benchmarks.report.writing.references import bibtex
from benchmarks.store.records import RunResults
from datasets.files import replacing


def save_tables(run: RunResults, folder: Path, *, named: bool = True) -> list[Path]:
    """Write what `takeaway` returns into ``folder``, made if missing; return the files.

    Raises ``OSError`` where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / name, text) for name, text in takeaway(run, named=named).items()]


def takeaway(run: RunResults, *, named: bool = True) -> dict[str, str]:
    """Return name → text: each table of the page of ``run`` in each form, methods, references.

    ``methods.tex`` cites with ``\\cite``, ``methods.md`` as pandoc does; ``references.bib``
    holds the works that they cite. ``named`` is whether single images may be named with their
    labels.
    """
    told = methods(run)
    return {
        "methods.md": as_markdown(told),
        "methods.tex": as_latex(told),
        "references.bib": bibtex(cited(told)),
        **{
            f"{name}.{ending}": form(shown)
            for name, shown in tables(content(run, named=named)).items()
            for ending, form in FORMS.items()
        },
    }


def _write(path: Path, text: str) -> Path:
    with replacing(path) as temporary:
        temporary.write_text(text, "utf-8")
    return path
