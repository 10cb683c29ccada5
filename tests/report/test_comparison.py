"""The page and `ferbench compare` say which differences are real, and for which claim."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.evaluation.statistics import compute_statistics
from benchmarks.report.page import render_page
from benchmarks.report.sections.comparison import ComparisonSection, comparison_section
from benchmarks.store.files import write_table
from benchmarks.store.reading import read_run
from tests.folder import ROWS, Row, build
from tests.report.pages import text
from tests.runs.commands import ferbench_here

CLOSE = (
    Row(name="one", skill=0.6),
    Row(name="two", skill=0.6),
    Row(name="worse", skill=0.2),
    Row(name="majority", skill=0.0, engine="scikit-learn"),
)


def section(folder: Path) -> ComparisonSection:
    run = read_run(folder)
    made = comparison_section(run, compute_statistics(run), dict.fromkeys(run_names(folder), "x"))
    assert made is not None
    return made


def run_names(folder: Path) -> list[str]:
    return [variant.name for variant in read_run(folder).variants]


def share_tests(folder: Path, number: int) -> None:
    """Make the first ``number`` test images copies of training images."""
    splits = pd.read_parquet(folder / "splits.parquet")
    in_test = splits.index[splits["split"] == "test"][:number]
    splits.loc[splits.index[:number], "image_id"] = splits.loc[in_test, "image_id"].to_numpy()
    write_table(folder / "splits.parquet", splits)


@pytest.fixture(scope="module")
def close(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("runs") / "close", CLOSE, images=200)


def test_the_matrix_shows_each_pair_from_both_sides(close: Path) -> None:
    matrix = section(close).matrix
    assert matrix is not None
    verdicts = {
        (row[1], name): cell.verdict
        for row in matrix.rows
        for (_, name), cell in zip(matrix.columns, row[3], strict=True)
    }
    assert len(verdicts) == 16
    assert verdicts["one", "two"] == verdicts["two", "one"] == "tied"
    assert verdicts["one", "worse"] == "better"
    assert verdicts["worse", "one"] == "worse"
    assert verdicts["one", "one"] == "self"


def test_every_pair_stands_once_in_the_table_with_all_its_seeds(close: Path) -> None:
    pairs = section(close).pairs
    assert pairs is not None
    found = {frozenset((row[0].text, row[1].text)) for row in pairs.rows}
    assert len(found) == len(pairs.rows) == 6
    assert all(row[-1].text.count("seed ") == 3 for row in pairs.rows)


def test_the_resolution_is_told_in_plain_words(close: Path) -> None:
    told = " ".join(section(close).sentences)
    assert "What this test set can resolve" in told
    assert "80\N{NO-BREAK SPACE}% power" in told
    assert "among all 6 pairs, after Holm's correction" in told
    assert "of 6 pairs differ by more than chance" in told


def test_with_one_seed_the_spread_of_seeds_is_unknown_and_never_invented(tmp_path: Path) -> None:
    made = section(build(tmp_path / "run", CLOSE, seeds=(0,), images=100))
    assert {row[5].text for row in made.sources.rows} == {"unknown"}
    assert {row[6].text for row in made.sources.rows} == {"unknown"}
    assert "another training with another seed would land is unknown" in " ".join(made.sentences)


def test_both_parts_of_the_test_set_stand_side_by_side(tmp_path: Path) -> None:
    folder = build(tmp_path / "run", CLOSE, images=100)
    assert section(folder).parts is None
    assert "No test image has an identical copy" in section(folder).about_parts
    share_tests(folder, 30)
    parts = section(folder).parts
    assert parts is not None
    assert "(100 images)" in parts.caption and "(70 images)" in parts.caption
    assert [c.label for c in parts.columns[1:]].count("without duplicates") == 4
    page = text(render_page(read_run(folder)))
    assert page.count("F1 without duplicates, %") >= len(CLOSE)
    assert "30 test images have an identical copy in train or validation." in page


def test_where_every_test_image_is_shared_no_part_is_left(tmp_path: Path) -> None:
    folder = build(tmp_path / "run", CLOSE, images=50)
    share_tests(folder, 50)
    assert section(folder).about_parts.endswith("none is left without.")
    assert render_page(read_run(folder))


def test_a_variant_alone_has_no_pairs(tmp_path: Path) -> None:
    made = section(build(tmp_path / "run", CLOSE[:1], images=50))
    assert made.matrix is made.pairs is None
    assert made.sentences == ()


def test_a_run_without_predictions_has_no_section(tmp_path: Path) -> None:
    run = read_run(build(tmp_path / "run", ROWS[-2:], images=50))
    assert comparison_section(run, compute_statistics(run), {}) is None


def test_the_summary_names_what_is_tied_with_the_best(close: Path) -> None:
    page = text(render_page(read_run(close)))
    best = compute_statistics(read_run(close)).order[0]
    other = {"one": "two", "two": "one"}[best]
    assert f"It is tied with {other}: what lies between them may be chance" in page


def test_thirty_variants_make_435_pairs_in_little_time(tmp_path: Path) -> None:
    rows = tuple(Row(name=f"net-{place}", skill=0.3 + place / 60) for place in range(30))
    made = section(build(tmp_path / "run", rows, images=60, epochs=2))
    assert made.pairs is not None and made.matrix is not None
    assert len(made.pairs.rows) == 435
    assert len(made.matrix.rows) == 30


def test_compare_prints_both_tests_and_a_verdict(close: Path) -> None:
    done = ferbench_here("compare", close, "one", "worse")
    assert done.status == 0, done.err
    for said in ("95 % interval", "only the first", "seed 2", "all 6 pairs", "one is better than"):
        assert said in done.out
    assert "may be chance" in ferbench_here("compare", close, "two", "one").out


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("one", "wors"), "no variant 'wors'; did you mean 'worse'?"),
        (("one", "entirely-other"), "it has: one, two, worse, majority"),
        (("one", "one"), "one twice"),
    ],
)
def test_compare_answers_a_wrong_name_in_one_line(
    close: Path, names: tuple[str, str], message: str
) -> None:
    done = ferbench_here("compare", close, *names)
    assert done.status == 2
    assert message in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_compare_tells_why_a_variant_cannot_be_compared(tmp_path: Path) -> None:
    folder = build(tmp_path / "run", ROWS, images=40)
    done = ferbench_here("compare", folder, "plain-cnn", "timm:resnet18")
    assert done.status == 2
    assert "timm:resnet18 has no test predictions (failed: out of memory" in done.err
