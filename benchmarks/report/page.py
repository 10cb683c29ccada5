"""The page: one self-contained HTML file, and the tables beside it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from benchmarks.data.mistakes import announcement
from benchmarks.evaluation.leaderboard import stored
from benchmarks.machine.templates import TEMPLATES, templates
from benchmarks.report.elements.inputs import PageInputs
from benchmarks.report.elements.outline import Page, Section, build_sections, glossary
from benchmarks.report.elements.pictures import album_of
from benchmarks.report.files.leaderboard import as_csv, as_json
from benchmarks.report.files.table_formats import for_script
from benchmarks.report.made_before import Remembered
from benchmarks.report.policy import policy, with_styles
from benchmarks.report.sections.answer import answer
from benchmarks.report.sections.choosing import choosing_section
from benchmarks.report.sections.comparison import comparison_section
from benchmarks.report.sections.data import data_section
from benchmarks.report.sections.examples import examples_section
from benchmarks.report.sections.explanations import explanations_section
from benchmarks.report.sections.gains import gains_section
from benchmarks.report.sections.leaderboard import ranking
from benchmarks.report.sections.method import method_section
from benchmarks.report.sections.robustness import robustness_section
from benchmarks.report.sections.variant import variants_section
from benchmarks.store.digests import renew_digests
from benchmarks.store.files import json_values
from benchmarks.store.folder import RunFolder
from benchmarks.store.kept import Labels
from benchmarks.store.reading import read_manifest, read_run
from benchmarks.store.records import RunResults
from benchmarks.store.rendered import Rendered, write_rendered

SECTIONS = (
    Section(
        "answer",
        "",
        "_answer.html.j2",
        lambda page: answer(page.run, page.board, page.statistics, page.gained, page.offered),
    ),
    Section(
        "leaderboard",
        "Leaderboard",
        "_leaderboard.html.j2",
        lambda page: ranking(page.run, page.board, page.anchors),
    ),
    Section(
        "comparison",
        "Is it real?",
        "_comparison.html.j2",
        lambda page: comparison_section(page.run, page.statistics, page.anchors),
    ),
    Section(
        "gains",
        "Transfer and augmentation",
        "_gains.html.j2",
        lambda page: gains_section(page.gained),
    ),
    Section(
        "choosing",
        "Which one to take",
        "_choosing.html.j2",
        lambda page: choosing_section(page.run, page.statistics, page.offered),
    ),
    Section("variants", "Variants", "_variants.html.j2", variants_section),
    Section(
        "looks",
        "What it looks at",
        "_explanations.html.j2",
        lambda page: explanations_section(
            page.run, page.order, page.anchors, page.album, named=page.named
        ),
    ),
    Section(
        "robustness",
        "Robustness",
        "_robustness.html.j2",
        lambda page: robustness_section(page.run, page.order, page.album),
    ),
    Section("data", "Data", "_data.html.j2", lambda page: data_section(page.run, named=page.named)),
    Section(
        "examples",
        "",
        "_examples.html.j2",
        lambda page: examples_section(page.run.class_names, page.album),
    ),
    Section("method", "Method", "_method.html.j2", lambda page: method_section(page.run)),
)
"""The sections of the page, in order."""


def render(run_folder: Path, *, images: bool = True, labels: Labels | None = None) -> pd.DataFrame:
    """Write the page of a run, and its leaderboard as CSV and JSON; return the rows.

    Pictures of the data set are in the page if ``images`` and the cache has them; without
    ``images`` nothing names a single image with its label either, and never in a kept run, whose
    ``labels`` are given. The digests are renewed where
    the run is finished; no other command may work in it so long. Raises ``InputError`` where the
    folder is no run or is damaged.
    """
    folder = RunFolder(run_folder)
    with folder.locked() if folder.digests.exists() else nullcontext():
        inputs = _inputs(read_run(run_folder, labels=labels), images=images, named=images)
        made = _rendered(inputs)
        write_rendered(folder, made)
        renew_digests(run_folder, (path.name for path, _ in made.files(folder)))
    return stored(inputs.board)


def render_once(run_folder: Path) -> pd.DataFrame:
    """Do as `render`, unless the page that is there was made of the same results by the same code.

    ``run`` ends with it, which may have found that there was nothing to do.
    """
    folder = RunFolder(run_folder)
    manifest = read_manifest(run_folder)
    pictures = album_of(manifest, images=True).open
    remembered = Remembered(folder, pictures=pictures, plugins=bool(manifest.plugins))
    if remembered.holds():
        return pd.DataFrame(json_values(folder.json.read_bytes()))
    board = render(run_folder)
    remembered.remember()
    return board


def rendered(run: RunResults, *, images: bool, named: bool) -> Rendered:
    """Return the text of each file that `render` writes.

    ``named`` is whether single images are named with their labels.
    """
    return _rendered(_inputs(run, images=images, named=named))


def render_page(run: RunResults, *, images: bool = True) -> str:
    """Return the page of ``run``; the same results make the same page."""
    return rendered(run, images=images, named=images).page


def content(run: RunResults, *, named: bool = True) -> Page:
    """Return all that the page of ``run`` shows but pictures.

    ``named`` is whether single images may be named with their labels.
    """
    return _page(_inputs(run, images=False, named=named))


def _inputs(run: RunResults, *, images: bool, named: bool) -> PageInputs:
    return PageInputs(run, album_of(run.manifest, images and not run.kept), named and not run.kept)


def _rendered(inputs: PageInputs) -> Rendered:
    board = stored(inputs.board)
    return Rendered(_render(_page(inputs)), as_csv(board), as_json(board))


def _page(inputs: PageInputs) -> Page:
    run, manifest, album = inputs.run, inputs.run.manifest, inputs.album
    sections = build_sections(SECTIONS, inputs)
    return Page(
        title=manifest.title or manifest.name,
        data=manifest.data,
        made=(manifest.finished or manifest.started)[:10],
        version=manifest.ferbench or "",
        announcement=announcement(run.mistake, manifest.protocol.counterpart),
        mistaken=run.mistake is not None,
        named=inputs.named,
        pictures=album.style() if album.open else None,
        kept=run.kept,
        sections=sections,
    )


def _render(page: Page) -> str:
    words = glossary(shown for _, shown in page.exports())
    template = templates().get_template("leaderboard.html.j2")
    return with_styles(template.render(page=page, glossary=words, frame=frame_of_page()))


@dataclass(frozen=True)
class PageFrame:
    """The style and the script of a page, and the policy that allows the script."""

    style: Markup
    script: Markup
    policy: Markup


def frame_of_page() -> PageFrame:
    """Return what every page that is one file holds in itself.

    ``base.css`` comes first and ``print.css`` last; each script is a block of its own.
    """
    rank = {"base.css": 0, "print.css": 2}
    files = sorted(TEMPLATES.glob("styles/*.css"), key=lambda f: (rank.get(f.name, 1), f.name))
    style = "".join(file.read_text("utf-8") for file in files)
    blocks = [file.read_text("utf-8") for file in sorted(TEMPLATES.glob("scripts/*.js"))]
    script = '"use strict";\n' + for_script() + "".join(f"{{\n{block}}}\n" for block in blocks)
    return PageFrame(Markup(style), Markup(script), Markup(policy(script)))
