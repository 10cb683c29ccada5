"""Prose with citations, as plain text, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.report.files.table_formats import escape_latex, escape_markdown, flat
from benchmarks.report.writing.references import in_text


@dataclass(frozen=True)
class Cite:
    """A citation of the works of ``keys`` in ``references.bib``, put after what it stands behind.

    Without keys it is nothing.
    """

    keys: tuple[str, ...]


Sentence = tuple[str | Cite, ...]
Paragraphs = Sequence[Sequence[Sentence]]


def cite(*keys: str) -> Cite:
    """Cite works that are to stand in one pair of brackets."""
    return Cite(keys)


def cited(paragraphs: Paragraphs) -> tuple[str, ...]:
    """Return the keys of all works cited, each once, in order of the text."""
    parts = (part for paragraph in paragraphs for sentence in paragraph for part in sentence)
    return tuple(dict.fromkeys(k for part in parts if isinstance(part, Cite) for k in part.keys))


def as_text(paragraphs: Paragraphs) -> tuple[str, ...]:
    """Return each paragraph as plain text: ``FER2013 (Goodfellow et al. 2013)``."""
    return _written(paragraphs, flat, _names)


def as_markdown(paragraphs: Paragraphs) -> str:
    """Return the paragraphs as Markdown with pandoc's citations: ``FER2013 [@goodfellow2013]``."""
    return "\n\n".join(_written(paragraphs, escape_markdown, _brackets)) + "\n"


def as_latex(paragraphs: Paragraphs) -> str:
    r"""Return the paragraphs as LaTeX: ``FER2013~\cite{goodfellow2013}``."""
    return "\n\n".join(_written(paragraphs, escape_latex, _command)) + "\n"


def _names(keys: tuple[str, ...]) -> str:
    return f" ({'; '.join(map(in_text, keys))})"


def _brackets(keys: tuple[str, ...]) -> str:
    return f" [{'; '.join(f'@{key}' for key in keys)}]"


def _command(keys: tuple[str, ...]) -> str:
    return rf"~\cite{{{','.join(keys)}}}"


def _written(
    paragraphs: Paragraphs,
    escape: Callable[[str], str],
    citation: Callable[[tuple[str, ...]], str],
) -> tuple[str, ...]:
    def text(part: str | Cite) -> str:
        if isinstance(part, Cite):
            return citation(part.keys) if part.keys else ""
        return " " * part.startswith(" ") + escape(part) + " " * part.endswith(" ")

    return tuple(
        " ".join("".join(map(text, sentence)) for sentence in paragraph) for paragraph in paragraphs
    )
