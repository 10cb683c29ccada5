"""What people take out of a report: its tables, its methods and its references, as files."""

from __future__ import annotations

from pathlib import Path

from benchmarks.report.files.collection import tables
from benchmarks.report.files.table_formats import FORMATS
from benchmarks.report.page import content
from benchmarks.report.writing.methods import methods
from benchmarks.report.writing.prose import as_latex, as_markdown, cited
from benchmarks.report.writing.references import bibtex
from benchmarks.store.records import RunResults
from datasets.files import replacing


def save_tables(run: RunResults, folder: Path, *, named: bool = True) -> list[Path]:
    """Write what `exported_files` returns into ``folder``, made if missing; return the files.

    Raises ``OSError`` where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / name, text) for name, text in exported_files(run, named=named).items()]


def exported_files(run: RunResults, *, named: bool = True) -> dict[str, str]:
    """Return name → text: each table of the page of ``run`` in each format, methods, references.

    ``methods.tex`` cites with ``\\cite``, ``methods.md`` as pandoc does; ``references.bib``
    holds the works that they cite. ``named`` is whether single images may be named with their
    labels.
    """
    described = methods(run)
    return {
        "methods.md": as_markdown(described),
        "methods.tex": as_latex(described),
        "references.bib": bibtex(cited(described)),
        **{
            f"{name}.{ending}": write(shown)
            for name, shown in tables(content(run, named=named)).items()
            for ending, write in FORMATS.items()
        },
    }


def _write(path: Path, text: str) -> Path:
    with replacing(path) as temporary:
        temporary.write_text(text, "utf-8")
    return path
