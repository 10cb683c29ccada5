"""Is the difference real: every pair, what the test set resolves, where the spread is from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import metrics
from benchmarks.evaluation.comparison import McNemar, Pair, Resolution
from benchmarks.evaluation.statistics import Score, Statistics, SubsetStatistics
from benchmarks.report.elements.elements import Cell, Column, PairCell, PairMatrix, Table, table
from benchmarks.report.elements.numbers import (
    MISSING,
    p_value,
    percent,
    plural,
    points,
    points_interval,
    rank,
    scored,
    unsigned_points,
    whole,
    with_sign,
)
from benchmarks.report.elements.outline import Content, present
from benchmarks.store.records import RunResults

ALL_KNOWN = (
    "The p-value is that of the difference of the means over images and seeds: it speaks of "
    "the variants, trained again with other seeds."
)
NONE_KNOWN = (
    "The p-value is that of McNemar's exact test. With one seed it speaks of these very fits: "
    "how far another training with another seed would land is unknown."
)
SOME_KNOWN = (
    "Where both have several seeds, the p-value is that of the difference of the means over "
    "images and seeds; else it speaks of these very fits only, on other images."
)
ENSEMBLES = "Ensembles against the single variants and each other; no part of the ranks"
OUTSIDE = "What was trained elsewhere against the run's own; no part of the ranks"


@dataclass(frozen=True)
class ComparisonSection(Content):
    """What the page shows of the comparisons; what it does not have is ``None`` or empty."""

    sentences: tuple[str, ...]
    matrix: PairMatrix | None
    pairs: Table | None
    ensembles: Table | None
    outside: Table | None
    sources: Table
    parts: Table | None
    about_parts: str

    def exports(self) -> Iterator[tuple[str, Table]]:
        """Yield the matrix and each table."""
        return present(
            matrix=self.matrix.table if self.matrix else None,
            pairs=self.pairs,
            ensembles=self.ensembles,
            outside=self.outside,
            sources=self.sources,
            parts=self.parts,
        )


def comparison_section(
    run: RunResults, statistics: Statistics, anchors: Mapping[str, str]
) -> ComparisonSection | None:
    """Return the section, or ``None`` where no variant has test predictions.

    ``anchors`` is variant → place in the page.
    """
    if statistics.whole is None:
        return None
    several = len(statistics.order) > 1
    return ComparisonSection(
        sentences=tuple(_sentences(statistics)),
        matrix=_matrix(statistics, anchors) if several else None,
        pairs=_pairs("All pairs", statistics.pairs) if several else None,
        ensembles=_family(ENSEMBLES, statistics.ensemble_pairs),
        outside=_family(OUTSIDE, statistics.outside_pairs),
        sources=_sources(run, statistics, statistics.whole),
        parts=_parts(statistics, statistics.whole),
        about_parts=_about_parts(run, statistics),
    )


def _family(caption: str, pairs: Sequence[Pair]) -> Table | None:
    return _pairs(caption, pairs) if pairs else None


def _sentences(statistics: Statistics) -> list[str]:
    found, pairs = statistics.resolution, statistics.pairs
    if not pairs or statistics.whole is None:
        return []
    known = {pair.seeds_known for pair in pairs}
    meant = SOME_KNOWN if len(known) == 2 else ALL_KNOWN if known == {True} else NONE_KNOWN
    apart = sum(pair.differs for pair in pairs)
    return [
        *([_resolution(found, statistics.whole)] if found else []),
        f"{whole(apart)} of {plural(len(pairs), 'pair')} differ by more than chance at the "
        f"5 % level, with Holm's correction over all of them. {meant}",
    ]


def _resolution(found: Resolution, part: SubsetStatistics) -> str:
    text = (
        f"What this test set can resolve: on {with_sign(found.discordance)} of its "
        f"{plural(part.unique_images, 'different picture')} one of two networks is right where the "
        f"other is wrong. Therefore a true difference of {unsigned_points(found.alone)} points "
        "between two networks chosen beforehand is found four times out of five "
        "(80\N{NO-BREAK SPACE}% power at the 5\N{NO-BREAK SPACE}% level)"
    )
    if found.pairs > 1:
        text += (
            f", and one of {unsigned_points(found.among_all)} points among all "
            f"{found.pairs} pairs, after Holm's correction"
        )
    if found.with_many_seeds is not None:
        text += (
            f"; with many more seeds it would be {unsigned_points(found.with_many_seeds)} points"
        )
    return f"{text}. Smaller differences will mostly be missed."


def _matrix(statistics: Statistics, anchors: Mapping[str, str]) -> PairMatrix:
    order = statistics.order
    rows = tuple(
        (
            str(place),
            name,
            f"#{anchors[name]}",
            tuple(_cell(statistics, name, other) for other in order),
        )
        for place, name in enumerate(order, start=1)
    )
    caption = (
        "Accuracy of the row less that of the column, in points. Bold on colour: more than "
        "chance among all pairs; in brackets: may be chance"
    )
    return PairMatrix(caption, tuple((place, name) for place, name, _, _ in rows), rows)


def _cell(statistics: Statistics, name: str, other: str) -> PairCell:
    if name == other:
        return PairCell("", "self", name)
    pair = statistics.pair(name, other)
    shown = points(pair.difference)
    meaning = (
        f"{name} less {other}: {shown} points ({points_interval(pair.low, pair.high)}), "
        f"p {p_value(pair.p_holm)} after Holm"
    )
    if not pair.differs:
        return PairCell(f"({shown})", "tied", meaning)
    return PairCell(shown, "better" if pair.difference > 0 else "worse", meaning)


def _pairs(caption: str, pairs: Sequence[Pair]) -> Table:
    columns = [
        Column("First", numeric=False),
        Column("Second", numeric=False),
        Column("Difference, points", "On the same images; in small figures: 95 % interval."),
        Column(
            "p, Holm", "After Holm's correction over all pairs of this table.", sorted="ascending"
        ),
        Column("p, alone", "Of this pair, had it been the only one."),
        Column("Verdict", numeric=False),
        Column(
            "McNemar's exact test",
            "Pictures that only the one and only the other fit answers rightly, and the p-value; "
            "for each seed that both were fitted with.",
            numeric=False,
        ),
    ]
    ordered = sorted(pairs, key=lambda pair: (pair.p_holm, -abs(pair.difference)))
    return table(caption, columns, [_pair(pair) for pair in ordered])


def _pair(pair: Pair) -> tuple[Cell, ...]:
    ends = points_interval(pair.low, pair.high)
    verdict = "differ" if pair.differs else "may be chance"
    several = len(pair.mcnemar) > 1
    tests = "\n".join(_mcnemar(test, named=several) for test in pair.mcnemar)
    return (
        Cell(pair.first, sort=pair.first),
        Cell(pair.second, sort=pair.second),
        Cell(points(pair.difference), ends, repr(pair.difference)),
        Cell(p_value(pair.p_holm), sort=repr(pair.p_holm)),
        Cell(p_value(pair.p), sort=repr(pair.p)),
        Cell(verdict, sort=verdict),
        Cell(tests, sort=repr(pair.mcnemar[0].p)),
    )


def _mcnemar(test: McNemar, *, named: bool) -> str:
    one, other = test.seeds
    counts = f"{whole(test.only_first)} : {whole(test.only_second)}, p {p_value(test.p)}"
    return f"{test.told}: {counts}" if named or one != other else counts


def _sources(run: RunResults, statistics: Statistics, part: SubsetStatistics) -> Table:
    seeds = {row.name: None if row.ensemble else len(row.fits) for row in run.rows}
    columns = [
        Column("Variant", numeric=False),
        Column("Rank"),
        Column("Accuracy, %"),
        Column("95 % interval", "Over images and seeds together."),
        Column("From images, points", "Standard error that the choice of test images causes."),
        Column(
            "From seeds, points",
            "Standard error that the seeds cause beyond it; 0: no more than images explain.",
        ),
        Column("Spread of seeds, points", "Standard deviation of the accuracy over seeds."),
        Column("Seeds"),
    ]
    rows = []
    for name in statistics.scored:
        score = part.ranking(name)
        accuracy, ends = scored(score.value, score.low, score.high)
        rows.append(
            (
                name,
                rank(*statistics.ranks.get(name, (None, None))),
                accuracy,
                ends or MISSING,
                percent(score.images_error, 2),
                _of_seeds(score.seeds_error),
                _of_seeds(score.spread),
                whole(seeds[name]),
            )
        )
    return table("Where the uncertainty of the accuracy comes from", columns, rows)


def _of_seeds(error: float | None) -> str:
    return "unknown" if error is None else percent(error, 2)


def _about_parts(run: RunResults, statistics: Statistics) -> str:
    if not run.test_duplicates:
        return (
            "No test image has an identical copy in train or validation: the scores above are "
            "those without duplicates too."
        )
    number = plural(run.test_duplicates, "test image has", "test images have")
    text = f"{number} an identical copy in train or validation"
    if statistics.without_duplicates is None:
        return f"{text}: none is left without."
    return f"{text}. A score that falls without them had been helped by what was seen before."


def _parts(statistics: Statistics, whole_set: SubsetStatistics) -> Table | None:
    part = statistics.without_duplicates
    if part is None or part is whole_set:
        return None
    columns = [Column("Variant", numeric=False)]
    resampled = [metric for metric in metrics.METRICS if metric.resampled is not None]
    for metric in resampled:
        columns += [Column(metric.heading, metric.meaning), Column("without duplicates")]
    rows = [
        (
            Cell(name),
            *(
                _score(each.scores[name][metric.name], metric.fraction)
                for metric in resampled
                for each in (whole_set, part)
            ),
        )
        for name in statistics.scored
    ]
    caption = (
        f"The whole test set ({plural(whole_set.images, 'image')}) beside the part without "
        f"duplicates in train or validation ({plural(part.images, 'image')}); small: 95 % interval"
    )
    return table(caption, columns, rows)


def _score(score: Score, fraction: bool) -> Cell:
    return Cell(*scored(score.value, score.low, score.high, fraction=fraction))
