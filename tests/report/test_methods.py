"""The methods paragraph tells what the run did, cites what it used, and nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.report.files.tables import exported_files
from benchmarks.report.writing.methods import methods
from benchmarks.report.writing.prose import as_latex, as_markdown, as_text, cite, cited
from benchmarks.report.writing.references import FILE, MENTIONS, bibtex, in_text, of_architecture
from benchmarks.store import records
from benchmarks.store.files import write_values
from benchmarks.store.ledger import append_event
from benchmarks.store.reading import read_run
from models.registry import discover
from tests.folder import ROWS, Row, build
from tests.folder_extras import join, view

LAST = ("last:1", "last:3")


def told(folder: Path) -> str:
    return " ".join(as_text(methods(read_run(folder))))


def made(tmp_path: Path, rows: tuple[Row, ...] = ROWS[:4], **changes: Any) -> Path:
    return build(tmp_path / "run", rows, images=40, **changes)


def entries() -> dict[str, str]:
    found = FILE.read_text("utf-8").strip().split("\n\n")
    return {re.match(r"@\w+\{([^,]+),", entry)[1]: entry for entry in found}


def test_it_tells_data_training_and_evaluation(tmp_path: Path) -> None:
    text = told(made(tmp_path))
    for said in (
        "FER2013 (Goodfellow et al. 2013), a set of grey images of 48 × 48 pixels in 7 classes",
        "in a copy that differs from its published form (train/happy has 12 images too few)",
        "there were 40 train, 40 validation and 40 test images",
        "restricted to 4,000 training images",
        "up to 8 trials of a tree-structured Parzen estimator",
        "of which the first took the defaults of the literature.",
        "asked in generations of 4; after 1 of at most 3 epochs the best 2 of each generation by "
        "validation accuracy went on",
        "3 seeds (0, 1, 2), for up to 12 epochs",
        "opened 12 times, to score finished models, once for each of them",
        "tested over images and seeds together, with Holm's correction over 6 pairs (Holm 1979)",
        "commit 0123456789, with uncommitted changes",
        "Keras 3.15.1 (Chollet et al. 2015)",
    ):
        assert said in text
    assert "McNemar" not in text


def test_the_trials_that_went_on_are_counted_not_rounded(tmp_path: Path) -> None:
    tuning = {"trials": 8, "generation": 3, "rungs": [1, 2, 4], "keep": 0.5}
    assert (
        "after 1 and 2 of at most 4 epochs the best 2 and 1 of each generation (of the last 2: 1 "
        "and 1) by validation accuracy went on"
    ) in told(made(tmp_path, protocol={"tuning": tuning}))


def test_what_the_protocol_sets_is_told_to_be_untuned(tmp_path: Path) -> None:
    rows = [{"architecture": "plain-cnn", "hyperparameters": {"dropout": 0.1}}]
    text = told(made(tmp_path, protocol={"variants": rows}))
    assert "the defaults of its recipe; what the protocol sets was not tuned." in text


def test_votes_as_targets_are_told_and_who_cannot_take_them(tmp_path: Path) -> None:
    text = told(made(tmp_path, ROWS[:2], targets_digest="d"))
    assert (
        "Training images had the shares of their annotators' votes as targets (Barsoum et al. 2016)"
        "; their majority was the label for validation and test, and majority was trained on it."
    ) in text


def test_levers_are_told_of_the_models_that_had_them(tmp_path: Path) -> None:
    slow, slower = {"average_decay": 0.99}, {"average_decay": 0.999}
    others = {"class_weights": "balanced", "crop": 44, "progressive": 0.5, "layer_decay": 0.4}
    rows = (
        Row(name="majority", engine="scikit-learn"),
        Row(name="plain-cnn", recipe=slow),
        Row(name="augmented-cnn", recipe=slow),
        Row(name="resnet50.scratch", recipe={**slower, "schedule": "one-cycle", "warm_up": 0.2}),
        Row(name="vgg16.scratch", recipe={"schedule": "cosine"}),
        Row(name="vgg16.source.frozen", recipe=others),
    )
    text = told(made(tmp_path, rows))
    average = "what was validated, kept and scored is an exponential moving average of the weights"
    for said in (
        f"For plain-cnn and augmented-cnn, {average} with a decay of 0.99 (Tarvainen and Valpola",
        f"For resnet50.scratch, {average} with a decay of 0.999 (Tarvainen and Valpola 2017).",
        "For resnet50.scratch, the learning rate rose and fell in one cycle (Smith and Topin 2017)",
        "For vgg16.source.frozen, the loss of each training image was weighted by the inverse of "
        "the number of images of its class (King and Zeng 2001).",
        "For vgg16.source.frozen, the network saw squares of 44 × 44 pixels, at random places of a "
        "training image and at the centre of any other (Krizhevsky et al. 2012).",
        "For vgg16.source.frozen, the first epochs, a share of 0.5 of all, had a smaller input",
        "For vgg16.source.frozen, the learning rate of each stage of the backbone was 0.4 times "
        "that of the stage behind it, the last one's that share of the head's (Howard and Ruder",
        "For resnet50.scratch, the learning rate rose over the first steps, a share of 0.2 of all.",
    ):
        assert said in text
    assert "For majority" not in text
    assert "For vgg16.scratch" not in text


def test_the_views_of_frozen_backbones_are_told(tmp_path: Path) -> None:
    four, few, none = ({"frozen_views": views} for views in (4, 2, 0))
    rows = (
        Row(name="vgg16.source.frozen", recipe=four),
        Row(name="resnet50.source.frozen", recipe={**four, "mixup": 0.2}),
        Row(name="resnet50.source.frozen-then-fine-tune", recipe=few),
        Row(name="vgg16.source.fine-tune", recipe=four),
        Row(name="densenet121.source.frozen", recipe=none),
        Row(name="plain-cnn"),
    )
    rows = tuple(replace(row, facts={**row.facts, "augmentation": "standard"}) for row in rows)
    text = told(made(tmp_path, rows))
    assert (
        "While the backbone of vgg16.source.frozen was frozen, training took 4 augmented views of "
        "each image in turn, the same in every trial and with every seed."
    ) in text
    assert "While the backbone of resnet50.source.frozen-then-fine-tune was frozen" in text
    assert text.count("While the backbone") == 2
    assert "the same for every variant, but for the fixed views of frozen backbones." in text


def test_how_much_of_a_backbone_learned_is_told(tmp_path: Path) -> None:
    rows = tuple(Row(name=f"vgg16.source.{last}", facts={"strategy": last}) for last in LAST)
    text = told(made(tmp_path, (ROWS[0], *rows)))
    assert "with all but the last stage of the backbone frozen and " in text
    assert "with all but the last 3 stages of the backbone frozen" in text


def test_one_seed_is_compared_by_mcnemar_and_says_what_it_cannot_tell(tmp_path: Path) -> None:
    text = told(made(tmp_path, seeds=(7,)))
    assert "a single seed (7)" in text
    assert "McNemar's exact test (McNemar 1947)" in text
    assert "with a single seed they tell nothing of the variation between trainings" in text


def test_one_variant_is_compared_with_none(tmp_path: Path) -> None:
    text = told(made(tmp_path, ROWS[1:2]))
    assert "covers 1 variant of 1 architecture: plain-cnn" in text
    assert "Holm" not in text
    assert "Ranks" not in text


def test_what_did_not_run_and_what_came_from_outside_is_told(tmp_path: Path) -> None:
    theirs = Row(name="theirs", facts={"engine": "external"})
    text = told(made(tmp_path, (*ROWS[:2], *ROWS[-2:], theirs)))
    assert "theirs was trained elsewhere" in text
    assert "covers 4 variants" in text
    assert "timm:resnet18 failed: out of memory at batch 64." in text
    assert "vgg16.imagenet.frozen was not run: the ImageNet weights cannot be had offline" in text


def test_a_run_in_which_nothing_ran_says_so(tmp_path: Path) -> None:
    assert "No variant has been scored" in told(made(tmp_path, ROWS[-2:]))


def test_a_mistake_is_told_first_and_no_sealed_test_set_is_claimed(tmp_path: Path) -> None:
    folder = made(tmp_path, ROWS[1:2], seeds=(0,))
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["protocol"]["mistake"] = "tune-on-test"
    write_values(folder / "manifest.json", manifest)
    text = told(folder)
    assert text.startswith("This run makes a known mistake on purpose")
    assert "took no part" not in text


def test_what_was_asked_after_scoring_is_told_apart(tmp_path: Path) -> None:
    folder = made(tmp_path, ROWS[1:2], seeds=(0,))
    (scored,) = read_run(folder).events(records.TestOpened)
    for purpose in ("explain", "robustness", "views"):
        append_event(folder / "ledger.jsonl", replace(scored, purpose=purpose))
    text = told(folder)
    assert "opened 1 time, to score finished models, once for each of them." in text
    assert "Grad-CAM showed which parts of an image the models rely on (Selvaraju et al." in text
    assert "corrupted test images (Hendrycks and Dietterich 2019)" in text
    assert "opened once more for averages over views of them (Krizhevsky et al. 2012)" in text


def test_views_and_ensembles_are_told_as_what_they_are(tmp_path: Path) -> None:
    rows = (*ROWS[:2], ROWS[-1])
    folder = join(
        view(made(tmp_path, rows)), both=("majority", "plain-cnn"), lost=("majority", rows[-1].name)
    )
    text = told(folder)
    for said in (
        "All scores are those of a single view, the image as it is; separately we report the "
        "accuracy of the mean probabilities of an image and its mirror image and of ten crops, "
        "five shifts of an image, each mirrored or not (Krizhevsky et al. 2012), which takes 2 and "
        "10 forward passes respectively.",
        "both (the mean of the probabilities of 6 fits of majority and plain-cnn) is an ensemble "
        "(Lakshminarayanan et al. 2017) of trained models, without a training or a rank",
        "lost was not run: its member timm:resnet18: failed: out of memory at batch 64.",
        "covers 3 variants",
    ):
        assert said in text
    without = told(made(tmp_path / "without", rows))
    assert "single view" not in without and "ensemble" not in without


def test_a_row_of_another_precision_is_named(tmp_path: Path) -> None:
    folder = made(tmp_path, precision="float32")
    assert "Models were trained in float32 on" in told(folder)
    for path in (folder / "fits" / "plain-cnn").glob("*/fit.json"):
        write_values(path, json.loads(path.read_text("utf-8")) | {"precision": "bfloat16"})
    assert "Models were trained in float32 (plain-cnn in bfloat16) on" in told(folder)


def test_joined_runs_are_named_with_their_machines(tmp_path: Path) -> None:
    origins = [
        {"name": "one", "variants": ["plain-cnn"], "device": "GPU one"},
        {"name": "two", "variants": ["majority"], "environment": {"cpu": "CPU two"}},
    ]
    text = told(made(tmp_path, ROWS[:2], origins=origins))
    assert "2 runs were joined: plain-cnn from one (GPU one); majority from two (CPU two)." in text


def test_drawn_faces_and_data_of_ones_own_are_named_as_they_are(tmp_path: Path) -> None:
    data = {"name": "synthetic-faces", "class_names": ["a", "b"], "image_shape": [48, 48, 3]}
    text = told(made(tmp_path, ROWS[:2], classes=("a", "b"), data=data))
    assert "synthetic-faces (Ekman and Friesen 1978), a set of colour images" in text
    assert "goodfellow2013" not in bibtex(cited(methods(read_run(tmp_path / "run"))))


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    name = r"\input{x}_$%#&[@holm1979]<b>"
    run = read_run(made(tmp_path, (Row(name=name, status="failed", reason=name), *ROWS[:2])))
    latex, markdown = as_latex(methods(run)), as_markdown(methods(run))
    assert r"\input" not in latex
    assert r"\textbackslash{}input\{x\}\_\$\%\#\&{[}@holm1979{]}" in latex
    assert "[@holm1979]<" not in markdown


def test_every_citation_has_its_entry_and_every_entry_is_cited(tmp_path: Path) -> None:
    files = exported_files(read_run(made(tmp_path)))
    in_tex = {
        k
        for keys in re.findall(r"\\cite\{([^}]*)\}", files["methods.tex"])
        for k in keys.split(",")
    }
    in_bib = set(re.findall(r"^@\w+\{([^,]+),$", files["references.bib"], re.MULTILINE))
    assert in_tex == in_bib == set(re.findall(r"@(\w+)", files["methods.md"]))


def test_the_bibliography_is_well_formed() -> None:
    for key, entry in entries().items():
        assert entry.count("{") == entry.count("}")
        assert entry.endswith("\n}")
        for field in ("author", "title", "year"):
            assert re.search(rf"^  {field} = \{{.+\}},$", entry, re.MULTILINE), key
        assert re.search(r"\d{4}$", in_text(key))
        assert not set(in_text(key)) & set("{}\\")
    identifiers = re.findall(r"(?:eprint|doi) = \{(.*)\}", FILE.read_text("utf-8"))
    assert len(identifiers) == len(set(identifiers))


def test_ferbench_is_cited_as_its_citation_file_asks() -> None:
    wanted = Path("CITATION.cff").read_text("utf-8")
    entry = entries()["ferbench"]
    for field, name in (("title", "title"), ("author", "  - name")):
        text = re.search(rf"^{name}: \"?(.*?)\"?$", wanted, re.MULTILINE)[1]
        assert f"{text}" in re.search(rf"{field} = (.*),", entry)[1]
    assert re.search(r"date-released: (\d{4})", wanted)[1] in entry


@pytest.mark.parametrize("name", ["plain-cnn", "vgg16", "mini-xception", "timm:resnet18"])
def test_architectures_of_the_literature_are_cited(name: str) -> None:
    architecture = discover()[name]
    assert of_architecture(name, architecture.source)


def test_everything_that_can_be_cited_is_in_the_bibliography() -> None:
    known = entries()
    assert set(MENTIONS.values()) <= set(known)
    registry = discover()
    for name in registry.architectures:
        assert set(of_architecture(name, registry[name].source)) <= set(known)
    assert in_text("ferbench") == "The ferbench authors 2026"


def test_a_citation_of_nothing_is_nothing() -> None:
    assert as_text((((("x", cite(), ".")),),)) == ("x.",)


def test_no_work_is_cited_in_prose_with_the_markup_of_bibtex() -> None:
    keys = re.findall(r"^@\w+\{([^,]+),$", FILE.read_text("utf-8"), re.MULTILINE)
    assert keys
    assert not any(set("\\{}") & set(in_text(key)) for key in keys)
