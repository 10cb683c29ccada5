"""A metric is one row, with or without interval, whichever way is better, selecting or not."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from rich.console import Console

from benchmarks import metrics
from benchmarks.commands.tables import print_leaderboard
from benchmarks.metrics import Metric
from benchmarks.protocol.schema import Protocol
from benchmarks.report.files.leaderboard import as_latex, as_markdown
from benchmarks.report.files.tables import exported_files
from benchmarks.report.page import render
from benchmarks.store.reading import read_run
from tests.folder import ROWS, build, protocol_of


def brier(labels: np.ndarray, probabilities: np.ndarray) -> float:
    wanted = np.eye(probabilities.shape[1])[labels]
    return float(((probabilities - wanted) ** 2).sum(axis=1).mean())


def errors(labels: np.ndarray, probabilities: np.ndarray) -> float:
    return float((labels != probabilities.argmax(axis=1)).mean())


def surety(labels: np.ndarray, probabilities: np.ndarray) -> float:
    return float(probabilities.max(axis=1).mean())


PLAIN = Metric(
    "brier_score",
    "Brier score",
    "Mean squared distance of the probabilities from the label.",
    brier,
    higher_is_better=False,
    fraction=False,
    shown=False,
)
RESAMPLED = Metric(
    "error_rate",
    "Error rate",
    "Share of the answers that are wrong.",
    errors,
    resampled=lambda counts: 1 - counts.right.sum(axis=2) / counts.images,
    higher_is_better=False,
    share_of_images=True,
    terminal="errors",
)
SELECTING = Metric(
    "surety",
    "Surety",
    "Mean probability of the answer.",
    surety,
    validated_as="validation_surety",
    terminal="surety",
)
ADDED = (PLAIN, RESAMPLED, SELECTING)


@dataclass(frozen=True)
class Rendered:
    """A run whose page was rendered with one metric more than there are."""

    metric: Metric
    folder: Path
    board: pd.DataFrame

    @property
    def page(self) -> str:
        return (self.folder / "leaderboard.html").read_text("utf-8")


@pytest.fixture(scope="module", params=ADDED, ids=lambda metric: metric.name)
def rendered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    folder = build(tmp_path_factory.mktemp("metric") / "run", ROWS[:3], images=40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "METRICS", (*metrics.METRICS, request.param))
        return Rendered(request.param, folder, render(folder))


@pytest.fixture
def metric(rendered: Rendered, monkeypatch: pytest.MonkeyPatch) -> Metric:
    """The metric, while it is in the table."""
    monkeypatch.setattr(metrics, "METRICS", (*metrics.METRICS, rendered.metric))
    return rendered.metric


def test_its_mean_over_seeds_is_in_csv_with_an_interval_where_it_is_resampled(
    rendered: Rendered,
) -> None:
    metric, written = rendered.metric, pd.read_csv(rendered.folder / "leaderboard.csv")
    wanted = {
        variant.name: np.mean(
            [metric.function(fit.test.labels, fit.test.probabilities) for fit in variant.fits]
        )
        for variant in read_run(rendered.folder).ranked
    }
    assert dict(written.set_index("variant")[metric.name]) == pytest.approx(wanted)
    assert (f"{metric.name}_low" in written) == (metric.resampled is not None)


def test_the_page_explains_it_and_says_its_direction(rendered: Rendered) -> None:
    metric = rendered.metric
    direction = "" if metric.higher_is_better else " Lower is better."
    assert f"{metric.label}{', %' if metric.fraction else ''}</button>" in rendered.page
    assert f"<dt>{metric.label}</dt><dd>{metric.definition}{direction}</dd>" in rendered.page


def test_it_is_in_the_tables_and_methods_that_are_taken_out(
    metric: Metric, rendered: Rendered
) -> None:
    files = exported_files(read_run(rendered.folder))
    assert metric.label in files["leaderboard.csv"]
    assert metric.label in files["variants-plain-cnn-seeds.csv"]
    assert metric.in_prose in files["methods.md"]


def test_latex_and_markdown_have_it_and_the_terminal_where_there_is_room(
    metric: Metric, rendered: Rendered
) -> None:
    assert f"| {metric.heading} |" in as_markdown(rendered.board)
    assert metric.label in as_latex(rendered.board)
    seen = io.StringIO()
    print_leaderboard(Console(file=seen, width=200), rendered.folder, rendered.board)
    assert (metric.terminal in seen.getvalue().splitlines()[0].split()) == bool(metric.terminal)


def test_a_protocol_can_name_it_where_it_is_validated(metric: Metric) -> None:
    told = protocol_of(ROWS[:1]).model_dump() | {"selection": metric.name}
    if metric.validated_as:
        assert Protocol.model_validate(told).selection == metric.name
    else:
        with pytest.raises(ValidationError, match=r"should be .* or 'log_loss'"):
            Protocol.model_validate(told)


def test_an_error_rate_is_as_sure_as_the_accuracy_that_it_mirrors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "METRICS", (*metrics.METRICS, RESAMPLED))
    board = render(build(tmp_path / "run", ROWS[:3], images=40))
    assert list(board["error_rate_high"]) == pytest.approx(list(1 - board["accuracy_low"]))
