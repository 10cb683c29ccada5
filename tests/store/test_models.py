"""What another variant starts from is found by run and variant, or the true cause is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.errors import InputError, Unavailable
from benchmarks.reproducibility.keep import keep
from benchmarks.store.digests import write_digests
from benchmarks.store.folder import FitFolder, RunFolder
from benchmarks.store.models import fitted_backbone
from benchmarks.store.reading import read_fit
from benchmarks.store.writing import write_fit
from tests.folder import ROWS, build


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which the network's second seed has a backbone, and the floor has none."""
    run = build(tmp_path_factory.mktemp("runs") / "run", ROWS[:2], seeds=(0, 1), images=40)
    fit = FitFolder(RunFolder(run).fit("plain-cnn", 1))
    fit.backbone.write_bytes(b"weights")
    write_fit(fit.path, read_fit(fit.path))
    write_digests(run)
    return run


@pytest.fixture(scope="module")
def kept(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kept") / "kept"
    keep(made, out)
    return out


def test_the_first_seed_that_has_one_gives_it(made: Path) -> None:
    file = FitFolder(RunFolder(made).fit("plain-cnn", 1)).backbone
    assert fitted_backbone(f"{made}/plain-cnn") == file


@pytest.mark.parametrize("run", ["made", "kept"])
def test_a_mistyped_variant_is_told_as_such(run: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(Unavailable, match=r"no variant 'plain-cn'; did you mean 'plain-cnn'\?"):
        fitted_backbone(f"{request.getfixturevalue(run)}/plain-cn")


def test_a_mistyped_run_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="typo/plain-cnn: no such results folder"):
        fitted_backbone(f"{tmp_path}/typo/plain-cnn")
    with pytest.raises(InputError, match="write run:RUN/VARIANT"):
        fitted_backbone("plain-cnn")


def test_a_variant_without_a_backbone_is_told_as_such(made: Path) -> None:
    with pytest.raises(Unavailable, match="no fit of it holds a backbone to start from"):
        fitted_backbone(f"{made}/majority")


def test_a_kept_run_tells_whether_the_model_or_its_backbone_is_gone(
    kept: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(kept, tmp_path / "copy"))
    with pytest.raises(InputError, match="a kept run, which holds no model of it"):
        fitted_backbone(f"{copy}/plain-cnn")
    FitFolder(RunFolder(copy).fit("plain-cnn", 0)).card.write_text("{}")
    with pytest.raises(InputError, match="its model without the backbone that others start from"):
        fitted_backbone(f"{copy}/plain-cnn")
