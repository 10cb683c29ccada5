"""What a page is made of: its sections, and the words that their tables need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from markupsafe import Markup

from benchmarks import metrics
from benchmarks.metrics import Metric
from benchmarks.report.elements.elements import Column, Table
from benchmarks.report.elements.inputs import PageInputs
from benchmarks.store.records import DataRecord


class Content:
    """What a section shows; its template calls it ``section``."""

    def exports(self) -> Iterator[tuple[str, Table]]:
        """Yield the tables that can be taken out, each with its name within the section."""
        yield from ()


@dataclass(frozen=True)
class Section:
    """A section of the page: where it is linked to, and how it is built and shown.

    ``id`` is its place in the page and begins the names of the files that its tables become;
    ``link`` is its text among the links at the top, where it has one. ``template`` shows what
    ``build`` returns, which is ``None`` where a run has nothing of it.
    """

    id: str
    link: str
    template: str
    build: Callable[[PageInputs], Content | None]


@dataclass(frozen=True)
class BuiltSection:
    """A section of one page, with what it shows."""

    id: str
    link: str
    template: str
    content: Content


@dataclass(frozen=True, kw_only=True)
class Page:
    """All that the page of a run shows.

    ``made`` is the day of the results, ``version`` that of ferbench. ``announcement`` stands above
    all else where there is one, ``mistaken`` is whether it is of a mistake. ``named`` is whether
    single images are named with their labels; ``pictures`` is the style that holds the pictures
    of the data, ``None`` where they are not in the page. ``kept`` is whether the run is kept
    without its labels.
    """

    title: str
    data: DataRecord
    made: str
    version: str
    announcement: str
    mistaken: bool
    named: bool
    pictures: Markup | None
    kept: bool
    sections: tuple[BuiltSection, ...]

    def section(self, name: str) -> Content | None:
        """Return what the section of this ``id`` shows, ``None`` where the page has it not."""
        return next((each.content for each in self.sections if each.id == name), None)

    def exports(self) -> Iterator[tuple[str, Table]]:
        """Yield every table that can be taken out, with its name, in words."""
        for section in self.sections:
            for name, shown in section.content.exports():
                yield f"{section.id} {name}", shown


@dataclass(frozen=True)
class Glossary:
    """What the metrics and the headings of a page's tables mean."""

    metrics: tuple[Metric, ...]
    definitions: tuple[Column, ...]


def build_sections(sections: Iterable[Section], inputs: PageInputs) -> tuple[BuiltSection, ...]:
    """Build each section of which the run has something."""
    built = ((section, section.build(inputs)) for section in sections)
    return tuple(
        BuiltSection(section.id, section.link, section.template, content)
        for section, content in built
        if content is not None
    )


def glossary(tables: Iterable[Table]) -> Glossary:
    """Return the metrics, and the columns that have a definition, each meaning once, by label."""
    columns = (column for shown in tables for column in shown.columns)
    by_key = {column.key: column for column in columns if column.definition}
    ordered = sorted(by_key.values(), key=lambda column: (column.label, column.definition))
    return Glossary(metrics.METRICS, tuple(ordered))


def present(**tables: Table | None) -> Iterator[tuple[str, Table]]:
    """Yield name and table of those that there are."""
    return ((name, shown) for name, shown in tables.items() if shown is not None)
