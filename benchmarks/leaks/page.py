"""The page of the leak laboratory: one self-contained HTML file, and the tables beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from benchmarks.data.mistakes import HONEST
from benchmarks.evaluation.published import DATA_SET
from benchmarks.evaluation.uncertainty import Interval
from benchmarks.leaks.claims import (
    CLAIMS,
    REFERENCE,
    REFERENCE_SOURCE,
    Claim,
    explanations,
    lifted,
    needed,
)
from benchmarks.leaks.effect import (
    METHOD,
    Laboratory,
    MistakeEffect,
    mistake_rows,
    read_laboratory,
)
from benchmarks.machine.templates import templates
from benchmarks.report.elements.drawing import INK, QUIET, STYLE, VALIDATION, inline_svg
from benchmarks.report.elements.elements import Cell, Column, Picture, Table
from benchmarks.report.elements.elements import table as shown_table
from benchmarks.report.elements.numbers import (
    MISSING,
    compact,
    duration,
    listing,
    percent,
    points,
    whole,
    with_sign,
)
from benchmarks.report.elements.outline import glossary
from benchmarks.report.page import frame_of_page
from benchmarks.report.policy import with_styles
from benchmarks.report.sections.answer import caveats
from benchmarks.report.sections.method import method_tables, repeat_commands
from benchmarks.store.folder import LaboratoryFolder
from benchmarks.store.laboratory import (
    ClaimRecord,
    LaboratoryRecord,
    ReferenceRecord,
    laboratory_json,
    mistakes_csv,
)
from benchmarks.store.records import DataRecord, RunResults
from benchmarks.store.rendered import Rendered, write_rendered

STUDENT_CLAIM = next(claim for claim in CLAIMS if claim.figure == 0.8536)


def render_laboratory(folder: Path) -> Laboratory:
    """Write the page and the tables of a laboratory, each whole; return the laboratory.

    Raises ``InputError`` where ``folder`` is no laboratory or holds a damaged run.
    """
    laboratory = read_laboratory(folder)
    record = _record(laboratory)
    made = Rendered(
        page=_render(laboratory),
        csv=mistakes_csv(record.mistakes),
        json=laboratory_json(record),
    )
    write_rendered(LaboratoryFolder(folder), made)
    return laboratory


@dataclass(frozen=True, kw_only=True)
class LaboratoryPage:
    """All that the page shows; ``made`` is the day of the results, ``version`` that of ferbench."""

    title: str
    data: DataRecord
    made: str
    version: str
    sentences: tuple[str, ...]
    caveats: tuple[str, ...]
    figure: Picture | None
    interval: str
    mistakes: Table
    reference: str
    claims: Table
    runs: Table
    method: tuple[Table, ...]
    commands: tuple[str, ...]


def _render(laboratory: Laboratory) -> str:
    page = _page(laboratory)
    words = glossary((page.mistakes, page.claims, page.runs, *page.method))
    template = templates().get_template("leaks.html.j2")
    return with_styles(template.render(page=page, glossary=words, frame=frame_of_page()))


def _page(laboratory: Laboratory) -> LaboratoryPage:
    honest = laboratory.honest
    manifest = honest.manifest
    return LaboratoryPage(
        title=(manifest.title or manifest.name).removesuffix(f": {HONEST}"),
        data=manifest.data,
        made=(manifest.finished or manifest.started)[:10],
        version=manifest.ferbench or "",
        sentences=tuple(_sentences(laboratory)),
        caveats=(*_care(laboratory), *caveats(honest)),
        figure=_figure(laboratory),
        interval=METHOD,
        mistakes=_mistakes(laboratory),
        reference=f"{with_sign(REFERENCE)}: {REFERENCE_SOURCE}",
        claims=_claims(laboratory),
        runs=_runs(laboratory),
        method=method_tables(honest),
        commands=repeat_commands(honest),
    )


def _sentences(laboratory: Laboratory) -> Iterator[str]:
    """Say what the honest score is, what the mistakes are worth, and what that explains."""
    honest = laboratory.honest
    measured = [effect for effect in laboratory.effects if effect.measured]
    intro = f"{honest.variants[0].name} on {honest.manifest.data.name}"
    if not honest.ranked:
        yield f"{intro}: the honest run has no test predictions yet."
        return
    score = next(w.counterpart for w in measured if w.mistake.counterpart == HONEST)
    yield (
        f"{intro}, trained honestly: {with_sign(score.value)} on the test set "
        f"({percent(score.low)} to {with_sign(score.high)})."
    )
    clear = sorted((w for w in measured if w.gain.low > 0), key=lambda w: -w.gain.value)
    if clear:
        gains = [f"{w.mistake.title.lower()} {_points(w.gain)}" for w in clear]
        yield f"What the mistakes add, in points: {listing(gains)}."
    unclear = _titles([w for w in measured if w.gain.low <= 0 <= w.gain.high])
    if unclear:
        yield f"Not told apart from nothing: {listing(unclear)}."
    lower = [f"{w.mistake.title.lower()} {_points(w.gain)}" for w in measured if w.gain.high < 0]
    if lower:
        yield f"Lower, not higher, in this run: {listing(lower)}."
    yield _explained(measured)


def _points(gain: Interval) -> str:
    return f"{points(gain.value)} ({points(gain.low)} to {points(gain.high)})"


def _explained(measured: Sequence[MistakeEffect]) -> str:
    """Say which mistakes are large enough for the student's figure."""
    share = f"{percent(needed(STUDENT_CLAIM), 0)}\N{NO-BREAK SPACE}%"
    enough = _titles(explanations(STUDENT_CLAIM, measured, "large enough"))
    perhaps = _titles(explanations(STUDENT_CLAIM, measured, "perhaps"))
    parts = [
        f"{listing(enough)} could explain it alone" if enough else "no mistake explains it alone",
        *([f"{listing(perhaps)} perhaps"] if perhaps else []),
        *(["the others could not"] if len(enough) + len(perhaps) < len(measured) else []),
    ]
    return (
        f"“{percent(STUDENT_CLAIM.figure, 2)}\N{NO-BREAK SPACE}% on FER2013”, a student project's "
        f"claim, is what an honest single network of {with_sign(REFERENCE)} would report with "
        f"{share} of its errors hidden. By the share that each hides here, {'; '.join(parts)}."
    )


def _titles(effects: Sequence[MistakeEffect]) -> list[str]:
    return [effect.mistake.title.lower() for effect in effects]


def _care(laboratory: Laboratory) -> Iterator[str]:
    """Say how far the sizes carry."""
    yield (
        "With another network, and with a longer or shorter training, the mistakes have other "
        "sizes: a network that learns more by heart gains more from a leak. That a mistake is "
        "large enough for a figure does not say that anybody made it."
    )
    if laboratory.honest.manifest.data.name != DATA_SET:
        yield (
            f"The claims are about FER2013, this run is on {laboratory.honest.manifest.data.name}: "
            "give --data with FER2013 before you set one beside the other."
        )
    for effect in laboratory.effects:
        if not effect.measured:
            yield f"{effect.mistake.title} was not measured: {effect.reason.rstrip('.')}."


def _figure(laboratory: Laboratory) -> Picture | None:
    if not any(effect.measured for effect in laboratory.effects):
        return None
    return Picture(
        inline_svg(effects_figure(laboratory.effects), "worths"),
        "What each mistake adds to the accuracy, with its interval; "
        "the same numbers stand in the table",
        "What each mistake adds to the accuracy of the same network, and its 95 % interval",
    )


def effects_figure(effects: Sequence[MistakeEffect]) -> Figure:
    """Draw the gain of each measured mistake, in points, and its interval, the largest on top."""
    measured = sorted((w for w in effects if w.measured), key=lambda w: -w.gain.value)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(4.6, 0.7 + 0.3 * len(measured)), layout="constrained")
        axes = figure.subplots()
        for place, effect in enumerate(measured):
            gain = effect.gain
            axes.plot([100 * gain.low, 100 * gain.high], [place] * 2, color=VALIDATION, lw=1.6)
            axes.plot(100 * gain.value, place, "o", color=VALIDATION, ms=5.5)
        axes.axvline(0, color=QUIET, lw=1)
        axes.set(ylim=(len(measured) - 0.5, -0.5), xlabel="points of accuracy")
        axes.set_yticks(range(len(measured)), [effect.mistake.name for effect in measured])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(6))
    return figure


def _mistakes(laboratory: Laboratory) -> Table:
    columns = [
        Column("Mistake", numeric=False),
        Column("Worth, points", f"Reported less done right. {METHOD}.", largest_first=True),
        Column("Reported, %", "Mean accuracy over seeds, as the mistake has it.", True, True),
        Column("Done right, %", "Mean accuracy over seeds of the same without the mistake.", True),
        Column("Errors hidden, %", "Share of the errors done right that the mistake hides."),
        Column(f"From {percent(REFERENCE)} %", "What it makes of an honest network of that score."),
        Column(
            "Test images in training, %",
            "Share of the test images of which a copy, altered or not, is trained on. The honest "
            "run has some where the data set's own split leaks.",
        ),
    ]
    rows = [
        (
            Cell(effect.mistake.title, f"{effect.mistake.name}: {effect.mistake.description}."),
            *(
                _numbers(effect)
                if effect.measured
                else (Cell(effect.reason, span=len(columns) - 1),)
            ),
        )
        for effect in laboratory.effects
    ]
    return shown_table("What each mistake is worth", columns, rows)


def _numbers(effect: MistakeEffect) -> tuple[Cell, ...]:
    hidden, gain = effect.errors_hidden, effect.gain
    return (
        Cell(points(gain.value), f"{points(gain.low)} to {points(gain.high)}", repr(gain.value)),
        _accuracy(effect.reported),
        _accuracy(effect.counterpart, effect.mistake.counterpart),
        Cell(percent(hidden.value, 0), sort=repr(hidden.value)),
        Cell(percent(lifted(hidden.value)), sort=repr(hidden.value)),
        Cell(percent(effect.in_training), sort=repr(effect.in_training)),
    )


def _accuracy(estimate: Interval, name: str = "") -> Cell:
    note = f"{percent(estimate.low)} to {percent(estimate.high)}"
    return Cell(percent(estimate.value), f"{name}: {note}" if name else note, repr(estimate.value))


def _claims(laboratory: Laboratory) -> Table:
    columns: list[Column | str] = [
        Column("Claim", numeric=False),
        Column("Figure, %"),
        "What is known of it",
        Column("Errors to hide, %", f"Of those of an honest {percent(REFERENCE)} %."),
        "What this run says",
    ]
    rows = [
        (
            claim.who,
            percent(claim.figure, 2),
            claim.known,
            percent(needed(claim), 0),
            " ".join(_judged(claim, laboratory)),
        )
        for claim in CLAIMS
    ]
    return shown_table("Claims about FER2013", columns, rows)


def _judged(claim: Claim, laboratory: Laboratory) -> Iterator[str]:
    measured = [effect for effect in laboratory.effects if effect.measured]
    if claim.mistake:
        for effect in measured:
            if effect.mistake.name == claim.mistake:
                yield f"{effect.mistake.title} is worth {_points(effect.gain)} points here."
        if not needed(claim):
            yield "The figure itself is within reach of an honest network."
        return
    enough = _titles(explanations(claim, measured, "large enough"))
    perhaps = _titles(explanations(claim, measured, "perhaps"))
    yield f"Large enough: {listing(enough)}." if enough else "None is large enough alone."
    if perhaps:
        yield f"Perhaps: {listing(perhaps)}."
    reached = [w for w in measured if w.reported.value >= claim.figure]
    if reached and laboratory.honest.manifest.data.name == DATA_SET:
        yield f"Reached outright by this small network: {listing(_titles(reached))}."


def _runs(laboratory: Laboratory) -> Table:
    columns: list[Column | str] = [
        Column("Run", "Its own page and results lie in the folder of this name.", numeric=False),
        "Kind",
        *(Column(f"{split} images") for split in ("Train", "Validation", "Test")),
        Column("Epochs", "Of each seed."),
        Column("Best epoch", "Of each seed, by the score on the validation images it was given."),
        Column("Images seen", "In all trials and fits."),
        Column("Training", "Time of one fit, mean over seeds."),
    ]
    rows = [_run_row(name, run) for name, run in laboratory.runs.items()]
    return shown_table("The runs", columns, rows)


def _run_row(name: str, run: RunResults) -> tuple[str, ...]:
    (variant,) = run.variants
    fits = [fit.record for fit in variant.fits]
    counts = run.manifest.split.counts
    seconds = [fit.train_seconds for fit in fits]
    seen = sum(fit.images_seen for fit in fits) + sum(t.images_seen for t in variant.trials)
    return (
        name,
        "mistake" if run.mistake else "honest" if name == HONEST else "counterpart",
        *(whole(sum(counts[split].values())) for split in ("train", "validation", "test")),
        ", ".join(whole(fit.epochs_run) for fit in fits) or MISSING,
        ", ".join(whole(fit.best_epoch) for fit in fits) or MISSING,
        compact(seen),
        duration(sum(seconds) / len(seconds)) if seconds else MISSING,
    )


def _record(laboratory: Laboratory) -> LaboratoryRecord:
    honest = laboratory.honest
    measured = [effect for effect in laboratory.effects if effect.measured]
    return LaboratoryRecord(
        data=honest.manifest.data.name,
        variant=honest.variants[0].name,
        mistakes=mistake_rows(laboratory),
        reference=ReferenceRecord(figure=REFERENCE, source=REFERENCE_SOURCE),
        claims=tuple(
            ClaimRecord(
                figure=claim.figure,
                who=claim.who,
                known=claim.known,
                known_mistake=claim.mistake or None,
                errors_to_hide=needed(claim),
                large_enough=_names(explanations(claim, measured, "large enough")),
                perhaps=_names(explanations(claim, measured, "perhaps")),
            )
            for claim in CLAIMS
        ),
    )


def _names(effects: Sequence[MistakeEffect]) -> tuple[str, ...]:
    return tuple(effect.mistake.name for effect in effects)
