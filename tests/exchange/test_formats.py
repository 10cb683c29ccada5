"""What can be exported, and as what."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.engines.registry import ENGINES, engine_spec
from benchmarks.errors import InputError
from benchmarks.evaluation.fitted import resolve_scored_fit
from benchmarks.exchange.exporting.export import ExportRequest, export
from benchmarks.exchange.exporting.formats import choose_format, format_names, require_packages
from tests.folder import ROWS, build


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose models are empty files."""
    run = build(tmp_path_factory.mktemp("runs") / "run", ROWS[:2] + ROWS[-1:], seeds=(3, 5))
    for file in run.glob("fits/*/seed-*/fit.json"):
        (file.parent / "model.keras").touch()
    return run


def refusal(reference: str, seed: int | None = None) -> str:
    with pytest.raises(InputError) as raised:
        resolve_scored_fit(reference, seed)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_the_command_offers_every_format_there_is() -> None:
    shown = CliRunner().invoke(app, ["export", "r/v", "--format", "none", "-o", "x"])
    assert shown.exit_code == 2
    for form in (form for spec in ENGINES for form in spec.formats):
        assert f"'{form.name}'" in shown.output


@pytest.mark.parametrize("engine", ["keras", "torch", "scikit-learn"])
def test_a_format_of_another_engine_is_refused_with_those_there_are(engine: str) -> None:
    own = [form.name for form in engine_spec(engine).formats]
    for name in set(format_names()) - set(own):
        with pytest.raises(InputError) as raised:
            choose_format(name, engine, "some-variant")
        assert f"it exports as {', '.join(own)}" in str(raised.value)


def test_a_row_from_outside_has_no_format() -> None:
    with pytest.raises(InputError, match="cannot export it"):
        choose_format("onnx", "external", "theirs")


def test_a_missing_package_is_named_with_the_extra_that_brings_it() -> None:
    with pytest.raises(InputError, match=r"needs no_such_package: pip install .*'\.\[export\]'"):
        require_packages("--format onnx", ("json", "no_such_package"))


def test_the_lowest_seed_is_taken_unless_one_is_asked_for(run: Path) -> None:
    assert resolve_scored_fit(f"{run}/plain-cnn", None).fit.record.seed == 3
    assert resolve_scored_fit(f"{run}/plain-cnn", 5).folder == (
        run / "fits" / "plain-cnn" / "seed-5"
    )
    assert "no fit with seed 4; there are: 3, 5" in refusal(f"{run}/plain-cnn", 4)


def test_what_names_no_fit_is_refused(run: Path) -> None:
    assert "not a results folder or a variant in one" in refusal("plain-cnn")
    assert "did you mean 'plain-cnn'" in refusal(f"{run}/plain-cn")
    assert "failed: out of memory" in refusal(f"{run}/timm:resnet18")
    assert "not a results folder" in refusal("nowhere/plain-cnn")


def test_a_model_file_that_is_gone_is_named(tmp_path: Path) -> None:
    run = build(tmp_path / "run", ROWS[1:2], seeds=(0,))
    assert "holds no model" in refusal(f"{run}/plain-cnn")


@pytest.mark.parametrize("taken", ["model.h5", "model.h5.json"])
def test_nothing_is_overwritten(run: Path, tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("mine", "utf-8")
    with pytest.raises(InputError, match=f"{taken}: is there already"):
        export(ExportRequest(reference=f"{run}/plain-cnn", format="h5", out=tmp_path / "model.h5"))
    assert [path.name for path in tmp_path.iterdir()] == [taken]
    assert (tmp_path / taken).read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("m.keras", "a file of format h5 ends in .h5"), ("no/such/m.h5", "no such folder")],
)
def test_a_place_that_will_not_do_is_refused(
    run: Path, tmp_path: Path, name: str, reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        export(ExportRequest(reference=f"{run}/plain-cnn", format="h5", out=tmp_path / name))
    assert not list(tmp_path.iterdir())


def test_a_model_that_cannot_be_read_leaves_nothing(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        export(ExportRequest(reference=f"{run}/plain-cnn", format="h5", out=tmp_path / "m.h5"))
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())
