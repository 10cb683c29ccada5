"""The leaderboard: one row for each variant, ranked by mean test accuracy.

Each of its columns is one row of `COLUMNS`, or comes from a metric's; `columns` has them all,
and the page, CSV, JSON, LaTeX, Markdown and the terminal walk it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import pandas as pd

from benchmarks import metrics
from benchmarks.evaluation.conditions import hardware
from benchmarks.evaluation.fer_plus import agreement, annotator_agreement
from benchmarks.evaluation.gains import Gain, gains
from benchmarks.evaluation.origin import origin, weights_of
from benchmarks.evaluation.scores import score
from benchmarks.evaluation.statistics import Score, Statistics, compute_statistics
from benchmarks.evaluation.uncertainty import Interval
from benchmarks.evaluation.views import ViewAccuracy, view_accuracies
from benchmarks.metrics import RANKED_BY, Metric
from benchmarks.protocol.views import SIZES, View
from benchmarks.store.records import FitResults, RunResults, VariantResults
from datasets.audit.inspection import absent_classes

INTERVAL = "95 % interval over test images and seeds (with one seed: over images alone)"
WITHOUT_DUPLICATES = "_without_duplicates"
"""What is added to the name of a score on the images that stand in no other split."""

Found = TypeVar("Found")

Kind = Literal[
    "name",
    "rank",
    "score",
    "interval",
    "part",
    "gain",
    "share",
    "count",
    "whole",
    "milliseconds",
    "seconds",
    "setting",
]
"""How people are shown a column. A ``score`` has its spread and interval beside it, ``interval``
is the range from the score's ``_low`` to its ``_high``, ``part`` the score of a part of the test
set, ``gain`` a difference of scores, ``share`` a fraction of 1 alone; ``milliseconds`` and
``seconds`` compare on one hardware only; a ``setting`` is a word or number that was chosen."""


@dataclass(frozen=True)
class Standing:
    """A variant in its run: what the columns are computed from.

    ``gain`` is that over the same architecture from scratch, ``None`` where there is no such.
    """

    run: RunResults
    variant: VariantResults
    statistics: Statistics
    gain: Gain | None = None

    @property
    def fits(self) -> tuple[FitResults, ...]:
        """The scored fits; none of a variant without a score."""
        return tuple(self.variant.fits) if self.variant.ranked else ()

    @cached_property
    def scores(self) -> pd.DataFrame:
        """A row for each scored fit, a column for each metric."""
        return pd.DataFrame([score(fit.test) for fit in self.fits])

    def whole(self, metric: str) -> Score | None:
        """Return a score on the whole test set, ``None`` where there is none."""
        part = self.statistics.whole
        return part.scores[self.variant.name][metric] if part and self.fits else None

    @cached_property
    def fer_plus(self) -> Interval | None:
        """The accuracy against the majority of FER+ votes, ``None`` where there is none."""
        votes, tests = self.run.votes, [fit.test for fit in self.fits]
        return agreement(tests, votes, self.run.class_names) if votes and tests else None

    @cached_property
    def views(self) -> dict[View, ViewAccuracy]:
        """The accuracy on average over views, for those that all fits were scored on."""
        return {each.view: each for each in view_accuracies(self.variant, self.run.test_shared)}

    def without_duplicates(self, metric: str) -> Score | None:
        """Return a score on the test images that stand in no other split, or ``None``."""
        part = self.statistics.without_duplicates
        return part.scores[self.variant.name][metric] if part and self.fits else None


@dataclass(frozen=True, kw_only=True)
class BoardColumn:
    """A column of the leaderboard.

    ``name`` is that of CSV and JSON, ``value`` computes it, in the units of DESIGN.md
    (fractions of 1, seconds, milliseconds, megabytes). ``page``, ``text`` and ``terminal`` are
    its headings on the page, in LaTeX and Markdown, and in the terminal, with the unit that
    ``kind`` shows; a blank one leaves it out there. Where a heading or whether it is ``shown``
    before the reader has chosen columns depends on the run, it is a function of the run.
    ``whole`` numbers stay whole where some are missing; what is not ``stored`` is no column of
    CSV and JSON; one that is ``optional`` is left out of the page where no row has a value.
    On the page it stands after the column ``after``, or where `columns` has it. ``metric`` is
    that whose score it has.
    """

    name: str
    value: Callable[[Standing], Any]
    kind: Kind = "setting"
    page: str | Callable[[RunResults], str] = ""
    text: str = ""
    terminal: str = ""
    definition: str = ""
    shown: bool | Callable[[RunResults], bool] = True
    largest_first: bool = False
    numeric: bool = True
    whole: bool = False
    stored: bool = True
    optional: bool = False
    after: str = ""
    metric: Metric | None = None

    @property
    def fraction(self) -> bool:
        """Whether its score is a share of 1."""
        return self.metric is None or self.metric.fraction

    def heading(self, run: RunResults) -> str:
        """Return the heading on the page of ``run``."""
        return self.page(run) if callable(self.page) else self.page

    def is_shown(self, run: RunResults) -> bool:
        """Tell whether the page of ``run`` shows it before the reader has chosen columns."""
        return self.shown(run) if callable(self.shown) else self.shown


def leaderboard(run: RunResults, statistics: Statistics | None = None) -> pd.DataFrame:
    """Return the leaderboard of ``run``, best first; ensembles and rows from outside follow.

    ``statistics`` are those of ``run``; left out, they are computed. Columns are the stored ones
    of `columns`:

    - ``variant, status, reason``; where the run has ensembles, ``kind``: ``variant``,
      ``ensemble`` or ``external``;
    - ``rank_low``, ``rank_high``: the best and the worst rank that the comparisons of all pairs
      leave open (`benchmarks.evaluation.comparison.ranks`), blank for ensembles and rows from
      outside;
    - for each metric the mean over seeds on the test set under its name, and with it ``_sd``,
      the standard deviation over seeds (ddof 1, blank with one seed). Where it is resampled
      also ``_low`` and ``_high``, the 95 % interval over images and seeds from the bootstrap
      (`Uncertainty.interval`; over images alone with one seed); ``_se_images`` and
      ``_se_seeds``, the standard errors from either source, whose squares add up (the latter
      blank with one seed); and ``_without_duplicates`` with ``_low`` and ``_high``, the same
      for the test images whose pixels stand neither in train nor in validation;
    - ``test_images``, ``test_images_without_duplicates``: their numbers;
      ``classes_without_test_images``, where there are such: their names;
    - ``fer_plus_accuracy`` with ``_low`` and ``_high``, and ``fer_plus_annotator``, where the run
      has the votes of FER+ (`benchmarks.evaluation.fer_plus`);
    - ``accuracy_flip`` and ``accuracy_ten_crop``, where fits were scored on average over these
      views (`benchmarks.evaluation.views`), and ``_without_duplicates`` of each, all with
      ``_low`` and ``_high``;
    - ``parameters``, ``macs``; ``train_seconds`` (mean over seeds), ``latency_ms``,
      ``batch_latency_ms``, ``peak_memory_mb`` (largest over seeds); ``seeds``, their number;
      ``images_seen`` in tuning and final fits together; ``hardware``, to which the times belong.
      Of an ensemble parameters, MACs and latencies are the sums over all its fits, and what
      training takes is blank;
    - ``weights``, ``weights_sha256``: which published weights it started from, where any row did.

    Variants that were not run or failed come last. Where the run makes a mistake on purpose,
    no row has a rank and every reason says so.
    """
    return stored(standings(run, statistics or compute_statistics(run)))


def standings(run: RunResults, statistics: Statistics) -> pd.DataFrame:
    """Return the leaderboard with every column, also those that are shown but not stored."""
    transfer = {g.variant: g for g in gains(run, statistics) if g.kind == "transfer"}
    by_name = {row.name: row for row in run.rows}
    ordered = [by_name[name] for name in statistics.scored]
    ordered += [row for row in run.rows if not row.ranked]
    rows = [Standing(run, v, statistics, transfer.get(v.name)) for v in ordered]
    every = columns()
    frame = pd.DataFrame(
        [{column.name: column.value(row) for column in every} for row in rows],
        columns=[column.name for column in every],
    )
    return frame.astype({column.name: "Int64" for column in every if column.whole})


def stored(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `standings` that CSV and JSON have, in their order.

    What is optional is left out where no row has a value.
    """
    blank = {c.name for c in columns() if c.optional and frame[c.name].isna().all()}
    return frame[[name for name in stored_names() if name not in blank]]


def stored_names() -> list[str]:
    """Return the names of the columns of CSV and JSON, in order."""
    return [column.name for column in columns() if column.stored]


def columns() -> tuple[BoardColumn, ...]:
    """Return every column, in the order of CSV and JSON: a row of `COLUMNS`, or of a metric."""
    scores = (column for metric in metrics.METRICS for column in _of_metric(metric))
    views = (column for view in SIZES for column in _of_view(view))
    return (*FIRST, *scores, *views, *COLUMNS)


def on_page() -> tuple[BoardColumn, ...]:
    """Return the columns that the page has, in its order."""
    every = columns()
    placed = [column for column in every if column.page and not column.after]
    for column in every:
        if column.page and column.after:
            place = [other.name for other in placed].index(column.after)
            placed.insert(place + 1, column)
    return tuple(placed)


def ranking_score(row: pd.Series, part: str = "") -> Interval:
    """Return the score that ranks a ``row`` of the leaderboard, with its interval.

    ``part`` is `WITHOUT_DUPLICATES` for that of the images that stand in no other split.
    """
    name = f"{RANKED_BY}{part}"
    return Interval(row[name], row[f"{name}_low"], row[f"{name}_high"])


def images_seen(variant: VariantResults) -> int:
    """Return the images that all trials and final fits of a variant have seen."""
    tuning = sum(trial.images_seen for trial in variant.trials)
    return tuning + sum(fit.record.images_seen for fit in variant.fits)


def _of_metric(metric: Metric) -> Iterator[BoardColumn]:
    """Yield the columns of a metric; the interval of that of the ranks has one for the eye."""
    ranked, resampled = metric.name == RANKED_BY, metric.resampled is not None
    whole = partial(_number, lambda row: row.whole(metric.name))
    note = f" In small figures: {INTERVAL}." if resampled and not ranked else ""
    yield BoardColumn(
        name=metric.name,
        value=lambda row: row.scores.mean()[metric.name] if row.fits else None,
        kind="score",
        page=metric.heading,
        text=metric.heading,
        terminal=metric.terminal,
        definition=f"{metric.meaning} Mean over seeds; ± is the standard deviation over seeds."
        + note,
        shown=metric.shown,
        largest_first=metric.higher_is_better,
        metric=metric,
    )
    if resampled:
        heading = "95 % interval" if ranked else ""
        yield BoardColumn(
            name=f"{metric.name}_low",
            value=whole(lambda score: score.low),
            kind="interval",
            page=heading,
            text=heading,
            definition=f"{INTERVAL}.",
            numeric=False,
            largest_first=metric.higher_is_better,
            metric=metric,
        )
        yield BoardColumn(name=f"{metric.name}_high", value=whole(lambda score: score.high))
    yield BoardColumn(
        name=f"{metric.name}_sd",
        value=lambda row: row.scores.std(ddof=1)[metric.name] if row.fits else None,
    )
    if resampled:
        yield BoardColumn(
            name=f"{metric.name}_se_images", value=whole(lambda score: score.images_error)
        )
        yield BoardColumn(
            name=f"{metric.name}_se_seeds", value=whole(lambda score: score.seeds_error)
        )
        yield from _without_duplicates(metric, shown=ranked)


def _without_duplicates(metric: Metric, *, shown: bool) -> Iterator[BoardColumn]:
    without = partial(_number, lambda row: row.without_duplicates(metric.name))
    unit = ", %" if metric.fraction else ""
    name = f"{metric.name}{WITHOUT_DUPLICATES}"
    yield BoardColumn(
        name=name,
        value=without(lambda score: score.value),
        kind="part",
        page=f"Without duplicates{unit}" if shown else "",
        text=f"{metric.label} without duplicates{unit}" if shown else "",
        definition=f"{metric.label} on the test images whose pixels stand neither in train nor in "
        "validation; in small figures its 95 % interval.",
        largest_first=metric.higher_is_better,
        shown=lambda run: bool(run.test_duplicates),
        after=metrics.METRICS[-1].name,
        metric=metric,
    )
    yield BoardColumn(name=f"{name}_low", value=without(lambda score: score.low))
    yield BoardColumn(name=f"{name}_high", value=without(lambda score: score.high))


def _of_view(view: View) -> Iterator[BoardColumn]:
    """Yield the accuracy on average over views, whole and without duplicates, with intervals."""
    name, heading = f"{RANKED_BY}_{view.replace('-', '_')}", VIEWS[view].heading
    yield from _of_part(
        name,
        lambda row: row.views[view].test if view in row.views else None,
        page=f"{heading}, %",
        definition=f"Accuracy of the mean of the probabilities of {VIEWS[view].meaning}, where "
        "Accuracy is that of the image as it is alone; mean over seeds, in small figures its 95 % "
        f"interval. It takes {SIZES[view]} forward passes: latencies are those of one."
        + VIEWS[view].remark,
        after=f"{RANKED_BY}{VIEWS[view].after}",
    )
    yield from _of_part(
        f"{name}{WITHOUT_DUPLICATES}",
        lambda row: row.views[view].without_duplicates if view in row.views else None,
        page=f"{heading} without duplicates, %",
        definition=f"“{heading}” on the test images whose pixels stand neither in train nor in "
        "validation; in small figures its 95 % interval.",
        after=name,
    )


def _of_part(
    name: str,
    found: Callable[[Standing], Interval | None],
    *,
    page: str,
    definition: str,
    after: str,
) -> Iterator[BoardColumn]:
    """Yield an accuracy that not every row has, which the reader can choose, with its interval."""
    yield BoardColumn(
        name=name,
        value=_number(found, attrgetter("value")),
        kind="part",
        page=page,
        definition=definition,
        largest_first=True,
        shown=False,
        optional=True,
        after=after,
    )
    for bound, read in (("low", attrgetter("low")), ("high", attrgetter("high"))):
        yield BoardColumn(name=f"{name}_{bound}", value=_number(found, read), optional=True)


def _number(
    found: Callable[[Standing], Found | None], read: Callable[[Found], float | None]
) -> Callable[[Standing], float | None]:
    """Return a function from a row to what ``read`` takes of what is ``found`` of it, if any is."""

    def value(row: Standing) -> float | None:
        each = found(row)
        return read(each) if each else None

    return value


def _kind(row: Standing) -> str | None:
    if not row.run.ensembles:
        return None
    variant = row.variant
    return "ensemble" if variant.ensemble else "external" if variant.external else "variant"


def _reason(row: Standing) -> str:
    if row.run.mistake and row.variant.outcome.status == "ok":
        return f"never ranked: makes the mistake {row.run.mistake} on purpose"
    return row.variant.outcome.reason


def _rank(row: Standing, end: int) -> int | None:
    return row.statistics.ranks.get(row.variant.name, (None, None))[end]


def _test_images(row: Standing) -> int | None:
    return row.statistics.whole.images if row.statistics.whole and row.fits else None


def _test_images_without_duplicates(row: Standing) -> int | None:
    part = row.statistics.without_duplicates
    return (part.images if part else 0) if row.fits else None


def _absent_classes(row: Standing) -> str | None:
    counts = row.run.manifest.split.counts
    return ", ".join(absent_classes(counts, "test")) or None if row.fits else None


def _train_seconds(row: Standing) -> float | None:
    seconds = [fit.record.train_seconds for fit in row.fits]
    unknown = row.variant.external or row.variant.ensemble
    return sum(seconds) / len(seconds) if seconds and not unknown else None


def _images_seen(row: Standing) -> int | None:
    unknown = row.variant.external or row.variant.ensemble
    return None if unknown else images_seen(row.variant)


def _peak_memory(row: Standing) -> float | None:
    known = (fit.record.peak_memory_mb for fit in row.fits)
    return max((memory for memory in known if memory is not None), default=None)


def _annotator(row: Standing) -> float | None:
    if row.run.votes is None or not row.fits:
        return None
    return annotator_agreement(row.run.votes, row.run.class_names)


def _batch_heading(run: RunResults) -> str:
    sizes = {variant.cost.batch_size for variant in run.ranked} - {None}
    return f"Batch of {sizes.pop()}, ms" if len(sizes) == 1 else "Batch, ms"


@dataclass(frozen=True)
class _Words:
    heading: str
    meaning: str
    after: str
    remark: str = ""


VIEWS: Mapping[View, _Words] = MappingProxyType(
    {
        "flip": _Words("With flip", "an image and its mirror image", WITHOUT_DUPLICATES),
        "ten-crop": _Words(
            "Ten-crop",
            "five shifts of an image, each mirrored or not (Krizhevsky et al. 2012)",
            f"_flip{WITHOUT_DUPLICATES}",
            " Published results of ten crops compare with this column.",
        ),
    }
)
"""What each average over views is called, what it is, and whose column it stands beside."""

FIRST = (
    BoardColumn(
        name="variant",
        value=lambda row: row.variant.name,
        kind="name",
        page="Variant",
        text="Variant",
        terminal="variant",
        numeric=False,
    ),
    BoardColumn(name="status", value=lambda row: row.variant.outcome.status),
    BoardColumn(name="reason", value=_reason),
    BoardColumn(name="kind", value=_kind, terminal="kind", numeric=False, optional=True),
    BoardColumn(
        name="rank_low",
        value=lambda row: _rank(row, 0),
        kind="rank",
        page="Rank",
        text="Rank",
        terminal="rank",
        definition="The ranks that the test set leaves open: from 1 + the number of variants that "
        "are significantly better to the number of all less that of the significantly worse, "
        "after Holm's correction over all pairs. Rows stand by mean test accuracy.",
        whole=True,
    ),
    BoardColumn(name="rank_high", value=lambda row: _rank(row, 1), whole=True),
)
"""The columns before those of the metrics."""

COLUMNS: tuple[BoardColumn, ...] = (
    BoardColumn(name="test_images", value=_test_images, whole=True),
    BoardColumn(
        name="test_images_without_duplicates", value=_test_images_without_duplicates, whole=True
    ),
    BoardColumn(
        name="classes_without_test_images",
        value=_absent_classes,
        page="No test images of",
        text="No test images of",
        definition="Classes that the test set has no image of; macro-F1 and balanced accuracy are "
        "means over the others.",
        numeric=False,
        optional=True,
    ),
    BoardColumn(
        name="fer_plus_accuracy",
        value=lambda row: row.fer_plus and row.fer_plus.value,
        kind="part",
        page="FER+, %",
        definition="Accuracy against the majority of ten annotators (FER+, Barsoum et al. 2016) "
        "instead of the label, on the test images where they have one among the classes here; "
        "mean over seeds, in small figures its 95 % interval.",
        largest_first=True,
        optional=True,
        after=metrics.METRICS[-1].name,
    ),
    BoardColumn(
        name="fer_plus_accuracy_low",
        value=lambda row: row.fer_plus and row.fer_plus.low,
        optional=True,
    ),
    BoardColumn(
        name="fer_plus_accuracy_high",
        value=lambda row: row.fer_plus and row.fer_plus.high,
        optional=True,
    ),
    BoardColumn(
        name="fer_plus_annotator",
        value=_annotator,
        kind="share",
        page="FER+ annotator, %",
        definition="What an average annotator of FER+ reaches on the test images that have a "
        "majority among the classes here: the share of single votes that are the majority of the "
        "other votes on the image, where these have one. The same for every row.",
        largest_first=True,
        optional=True,
        after="fer_plus_accuracy",
    ),
    BoardColumn(
        name="gain",
        value=lambda row: row.gain and row.gain.pair.difference,
        kind="gain",
        page="Transfer gain, points",
        definition="Accuracy less that of the same architecture from scratch, on the same images; "
        "in small figures the 95 % interval of the difference.",
        largest_first=True,
        stored=False,
        optional=True,
    ),
    BoardColumn(name="gain_low", value=lambda row: row.gain and row.gain.pair.low, stored=False),
    BoardColumn(name="gain_high", value=lambda row: row.gain and row.gain.pair.high, stored=False),
    BoardColumn(
        name="parameters",
        value=lambda row: row.variant.cost.parameters,
        kind="count",
        page="Parameters",
        text="Parameters",
        terminal="parameters",
        definition="Trainable and frozen weights of the whole network.",
        whole=True,
    ),
    BoardColumn(
        name="macs",
        value=lambda row: row.variant.cost.macs,
        kind="count",
        page="MACs",
        text="MACs",
        definition="Multiply-accumulates of one forward pass of one image.",
        whole=True,
    ),
    BoardColumn(
        name="train_seconds",
        value=_train_seconds,
        kind="seconds",
        page="Training",
        text="Training",
        terminal="training",
        definition="Time of one final fit, mean over seeds; tuning is not in it.",
    ),
    BoardColumn(
        name="latency_ms",
        value=lambda row: row.variant.cost.latency_ms,
        kind="milliseconds",
        page="One image, ms",
        text="Latency, ms",
        definition="Median latency of a forward pass of a single image.",
        after="macs",
    ),
    BoardColumn(
        name="batch_latency_ms",
        value=lambda row: row.variant.cost.batch_latency_ms,
        kind="milliseconds",
        page=_batch_heading,
        definition="Median latency of a forward pass of one batch.",
        shown=False,
    ),
    BoardColumn(
        name="peak_memory_mb",
        value=_peak_memory,
        kind="whole",
        page="Memory, MB",
        definition="Peak memory of the training process, largest over seeds.",
        shown=False,
    ),
    BoardColumn(
        name="seeds",
        value=lambda row: None if row.variant.ensemble else len(row.variant.fits),
        kind="whole",
        page="Seeds",
        definition="Final fits that were scored.",
        shown=False,
        whole=True,
    ),
    BoardColumn(
        name="images_seen",
        value=_images_seen,
        kind="count",
        page="Images seen",
        definition="Training images seen in all trials and final fits together.",
        shown=False,
        whole=True,
        after="peak_memory_mb",
    ),
    BoardColumn(name="hardware", value=lambda row: hardware(row.variant) or None),
    BoardColumn(
        name="weights",
        value=lambda row: origin(w) if (w := weights_of(row.variant)) else None,
        optional=True,
    ),
    BoardColumn(
        name="weights_sha256",
        value=lambda row: w.sha256 if (w := weights_of(row.variant)) else None,
        optional=True,
    ),
    BoardColumn(
        name="engine",
        value=lambda row: row.variant.record.engine,
        page="Engine",
        definition="The library that trained it.",
        numeric=False,
        shown=False,
        stored=False,
    ),
    BoardColumn(
        name="initialisation",
        value=lambda row: row.variant.record.initialisation,
        page="Initialisation",
        definition="Where its weights start.",
        numeric=False,
        shown=False,
        stored=False,
    ),
    BoardColumn(
        name="strategy",
        value=lambda row: row.variant.record.strategy,
        page="Strategy",
        definition="What is trained.",
        numeric=False,
        shown=False,
        stored=False,
    ),
    BoardColumn(
        name="augmentation",
        value=lambda row: row.variant.record.augmentation,
        page="Augmentation",
        definition="What changes its training images.",
        numeric=False,
        shown=False,
        stored=False,
    ),
    BoardColumn(
        name="input_size",
        value=lambda row: row.variant.record.input_size,
        page="Input, pixels",
        definition="The side of the images that it is given.",
        shown=False,
        stored=False,
        whole=True,
    ),
)
"""The columns after those of the metrics."""
