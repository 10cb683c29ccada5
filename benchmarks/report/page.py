"""The page: one self-contained HTML file, and the tables beside it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.data.mistakes import announcement
from benchmarks.evaluation.choice import candidates
from benchmarks.evaluation.gains import gains
from benchmarks.evaluation.leaderboard import INTERVAL, standings, stored
from benchmarks.evaluation.statistics import Statistics, compute_statistics
from benchmarks.metrics import METRICS
from benchmarks.report.elements.pictures import ImageSheet, album_of
from benchmarks.report.files.collection import definitions
from benchmarks.report.files.leaderboard import as_csv, as_json
from benchmarks.report.sections.answer import answer
from benchmarks.report.sections.choosing import choosing_section
from benchmarks.report.sections.comparison import comparison_section
from benchmarks.report.sections.confusion import confusion_data
from benchmarks.report.sections.data import data_section
from benchmarks.report.sections.examples import examples
from benchmarks.report.sections.explanations import looks_section
from benchmarks.report.sections.gains import gains_table
from benchmarks.report.sections.leaderboard import ranking
from benchmarks.report.sections.method import method_section
from benchmarks.report.sections.robustness import robustness_section
from benchmarks.report.sections.variant import variant_section
from benchmarks.store.digests import renew_digests
from benchmarks.store.files import replacing
from benchmarks.store.reading import read_run
from benchmarks.store.records import RunResults

TEMPLATES = Path(__file__).resolve().parents[2] / "report_templates"


def render(run_folder: Path, *, images: bool = True) -> pd.DataFrame:
    """Write ``leaderboard.html``, ``.csv`` and ``.json`` of a run; return the leaderboard.

    Pictures of the data set are in the page if ``images`` and the cache has them; without
    ``images`` nothing names a single image with its label either. The digests
    are renewed where the run is finished. Raises ``InputError`` where the folder is no run or
    is damaged.
    """
    files = rendered(read_run(run_folder), images=images, named=images)
    for name, text in files.items():
        with replacing(run_folder / name) as temporary:
            temporary.write_text(text, "utf-8")
    renew_digests(run_folder, files)
    return pd.DataFrame()


def rendered(run: RunResults, *, images: bool, named: bool) -> dict[str, str]:
    """Return the text of each file that `render` writes, by name.

    ``named`` is whether single images are named with their labels.
    """
    statistics = compute_statistics(run)
    frame = standings(run, statistics)
    return {
        "leaderboard.html": _render(run, frame, statistics, album_of(run.manifest, images), named),
        "leaderboard.csv": as_csv(stored(frame)),
        "leaderboard.json": as_json(stored(frame)),
    }


def render_page(run: RunResults, *, images: bool = True) -> str:
    """Return the page of ``run``; the same results make the same page."""
    return rendered(run, images=images, named=images)["leaderboard.html"]


def content(run: RunResults, *, named: bool = True) -> dict[str, Any]:
    """Return all that the page of ``run`` shows but pictures, by the names of its template.

    ``named`` is whether single images may be named with their labels.
    """
    statistics = compute_statistics(run)
    frame = standings(run, statistics)
    album = album_of(run.manifest, False)
    return _page(run, frame, statistics, named) | _pictured(run, frame, album, named)


def _render(
    run: RunResults, frame: pd.DataFrame, statistics: Statistics, album: ImageSheet, named: bool
) -> str:
    page = _page(run, frame, statistics, named) | _pictured(run, frame, album, named)
    return environment().get_template("leaderboard.html.j2").render(page, **glossary(page))


def _page(
    run: RunResults, frame: pd.DataFrame, statistics: Statistics, named: bool
) -> dict[str, Any]:
    """Return everything that the template shows."""
    gained, manifest = gains(run, statistics), run.manifest
    anchors = _anchors(frame)
    by_name = {variant.name: variant for variant in run.variants}
    offered = candidates(run, frame)
    protocol = manifest.protocol
    sections = [
        variant_section(run, by_name[row["variant"]], row, anchors[row["variant"]], statistics)
        for _, row in frame.iterrows()
    ]
    return {
        "title": manifest.title or manifest.name,
        "data": manifest.data,
        "made": (manifest.finished or manifest.started)[:10],
        "version": manifest.ferbench,
        "announcement": announcement(run.mistake, protocol.get("counterpart")),
        "mistaken": run.mistake is not None,
        "answer": answer(run, frame, statistics, gained, offered),
        "interval": INTERVAL,
        "named": named,
        "board": ranking(run, frame, anchors),
        "choosing": choosing_section(run, statistics, offered),
        "comparison": comparison_section(run, statistics, anchors),
        "gains": gains_table(gained),
        "variants": sections,
        "confusions": confusion_data((each.anchor, each.name, each.matrix) for each in sections),
        "audit": data_section(run, named=named),
        "method": method_section(run),
        **frame_of_page(),
    }


def _pictured(
    run: RunResults, frame: pd.DataFrame, album: ImageSheet, named: bool
) -> dict[str, Any]:
    """Return the sections with pictures of the data, and the style that holds the pictures."""
    order = list(frame["variant"])
    return {
        "looks": looks_section(run, order, _anchors(frame), album, named=named),
        "robustness": robustness_section(run, order, album),
        "examples": examples(run.class_names, album),
        "pictures": album.style() if album.open else None,
    }


def _anchors(frame: pd.DataFrame) -> dict[str, str]:
    """Return the place of each variant's section in the page."""
    return {name: f"variant-{place}" for place, name in enumerate(frame["variant"], start=1)}


def glossary(page: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the words of ``page``, a template's content, mean."""
    return {"metrics": METRICS, "definitions": definitions(page)}


def frame_of_page() -> dict[str, Any]:
    """Return style, script and the hash by which the page allows its script, for any template.

    ``base.css`` comes first and ``print.css`` last; each script is a block of its own.
    """
    rank = {"base.css": 0, "print.css": 2}
    files = sorted(TEMPLATES.glob("styles/*.css"), key=lambda f: (rank.get(f.name, 1), f.name))
    style = "".join(file.read_text("utf-8") for file in files)
    blocks = [file.read_text("utf-8") for file in sorted(TEMPLATES.glob("scripts/*.js"))]
    script = '"use strict";\n' + "".join(f"{{\n{block}}}\n" for block in blocks)
    return {
        "style": Markup(style),
        "script": Markup(script),
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }


@cache
def environment() -> Environment:
    """Return the templates, which escape whatever they are given."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
