"""Keys (law 3): whatever decides a result is in its key, and nothing else is."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from benchmarks.engines.contract import InitialWeights
from benchmarks.errors import InputError
from benchmarks.execution.jobs.job import TrialJob
from benchmarks.execution.jobs.kinds import spoilt_result, stored_result
from benchmarks.execution.jobs.results import RungResult
from benchmarks.execution.keys import _code_digest, code_digest
from benchmarks.execution.plan import PackedData, Plan, Start
from benchmarks.protocol.reading import load_protocol, presets
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant, resolve_variants
from benchmarks.store.files import as_stored, write_json
from benchmarks.store.folder import RunFolder
from benchmarks.store.records import FitRecord
from benchmarks.store.writing import write_fit, write_rung
from benchmarks.testing.trainings import LEVERS_PULLED
from models.registry import PublishedWeights, discover
from tests.protocol.protocols import CONTENT

STAGE = PackedData(
    training=Path("training"),
    sealed=Path("sealed"),
    training_digest="t",
    split_digest="s",
    image_shape=(48, 48, 1),
    class_names=("a", "b"),
)


def plan(folder: Path, stage: PackedData = STAGE, **changes: Any) -> Plan:
    settings: dict[str, Any] = {"keras_backend": "tensorflow", "device": "CPU x"}
    return Plan(
        protocol=Protocol.model_validate({**CONTENT, **changes}),
        target=stage,
        source=stage,
        folder=RunFolder(folder),
        shared=folder / "shared",
        **settings,
    )


def variant(**choice: Any) -> Variant:
    content = {**CONTENT, "variants": [{"architecture": "plain-cnn", **choice}]}
    return resolve_variants(Protocol.model_validate(content), discover(), STAGE.image_shape)[0]


def fit_key(a_plan: Plan, a_variant: Variant | None = None, **changes: Any) -> str:
    given: dict[str, Any] = {
        "params": {"learning_rate": 0.001},
        "seed": 0,
        "start": Start(),
    }
    return a_plan.fit(a_variant or variant(), **{**given, **changes}).key


@pytest.mark.parametrize(
    "change",
    [
        {"threads": 2},
        {"selection": "macro_f1"},
        {"seed": 1},
        {"fit": {"epochs": 6}},
    ],
)
def test_a_change_of_the_protocol_changes_the_key(tmp_path: Path, change: Any) -> None:
    assert fit_key(plan(tmp_path, **change)) != fit_key(plan(tmp_path))


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"params": {"learning_rate": 0.002}},
        {"start": Start(InitialWeights(file=Path("w.safetensors")), "digest")},
    ],
)
def test_a_change_of_the_fit_changes_the_key(tmp_path: Path, change: Any) -> None:
    assert fit_key(plan(tmp_path), **change) != fit_key(plan(tmp_path))


def test_other_training_data_change_the_key_and_other_test_data_do_not(tmp_path: Path) -> None:
    other_training = dataclasses.replace(STAGE, training_digest="other")
    other_test = dataclasses.replace(STAGE, split_digest="other")
    assert fit_key(plan(tmp_path, other_training)) != fit_key(plan(tmp_path))
    assert fit_key(plan(tmp_path, other_test)) == fit_key(plan(tmp_path))


def test_targets_are_in_the_key_and_labels_leave_it_as_it_was(tmp_path: Path) -> None:
    votes = dataclasses.replace(STAGE, targets=Path("v.npy"), targets_digest="v")
    assert fit_key(plan(tmp_path, votes)) != fit_key(plan(tmp_path))
    job = plan(tmp_path).fit(variant(), {}, 0, Start())
    assert "targets" not in as_stored(job.identity)
    soft = plan(tmp_path, votes).fit(variant(), {}, 0, Start())
    assert (soft.targets, soft.identity.targets) == (Path("v.npy"), "v")


def test_other_test_data_change_the_key_of_the_predictions(tmp_path: Path) -> None:
    def key(stage: PackedData) -> str:
        a_plan = plan(tmp_path, stage)
        return a_plan.score(a_plan.fit(variant(), {}, 0, Start())).key

    assert key(STAGE) != key(dataclasses.replace(STAGE, split_digest="other"))


def test_names_and_places_do_not_change_the_key(tmp_path: Path) -> None:
    assert fit_key(plan(tmp_path / "a", name="other")) == fit_key(plan(tmp_path / "b"))
    renamed = variant(name="renamed")
    assert fit_key(plan(tmp_path), renamed) == fit_key(plan(tmp_path))


@pytest.mark.parametrize("library", ["keras", "tensorflow", "numpy"])
def test_another_library_version_changes_the_key(
    tmp_path: Path, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fit_key(plan(tmp_path))
    monkeypatch.setattr(
        "benchmarks.engines.spec.installed", lambda name: "0" if name == library else "1"
    )
    one = fit_key(plan(tmp_path))
    monkeypatch.setattr("benchmarks.engines.spec.installed", lambda name: "1")
    assert len({before, one, fit_key(plan(tmp_path))}) == 3


def test_the_code_that_trains_is_in_the_key_and_other_families_are_not(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    text = Path("models/emotionnet.py").read_text("utf-8").replace('"emotionnet"', '"mine"')
    plugin.write_text(text, "utf-8")
    first = code_digest(discover([plugin])["mine"])
    emotionnet = code_digest(discover([plugin])["emotionnet"])
    plugin.write_text(text + "\n# changed\n", "utf-8")
    assert code_digest(discover([plugin])["mine"]) == first, "within a process it must stay"
    _code_digest.cache_clear()
    assert code_digest(discover([plugin])["mine"]) != first
    assert code_digest(discover([plugin])["emotionnet"]) == emotionnet


@pytest.fixture
def rung(tmp_path: Path) -> TrialJob:
    """A trial's job whose result lies on disk."""
    job = plan(tmp_path).trial(variant(), 0, {}, 1, Start())
    write_rung(job.output, result_of(job))
    return job


def result_of(job: TrialJob) -> RungResult:
    return RungResult(key=job.key, value=0.5, best_epoch=1, images_seen=9, seconds=1.0)


def test_a_result_is_served_under_its_own_key_only(rung: TrialJob) -> None:
    assert stored_result(rung) == result_of(rung)
    other = dataclasses.replace(rung, key="other")
    assert (stored_result(other), spoilt_result(other)) == (None, None)


def test_a_result_that_is_not_as_written_is_not_served_and_named(rung: TrialJob) -> None:
    rung.output.write_bytes(rung.output.read_bytes().replace(b"0.5", b"0.9"))
    assert (stored_result(rung), spoilt_result(rung)) == (None, rung.output)


def test_a_result_without_its_digest_is_not_served_and_named(rung: TrialJob) -> None:
    write_json(rung.output, dataclasses.asdict(result_of(rung)))
    assert (stored_result(rung), spoilt_result(rung)) == (None, rung.output)


@pytest.mark.parametrize("name", ["model.keras", "history.csv", "backbone.safetensors"])
def test_a_fit_is_not_served_with_another_file_than_it_wrote(tmp_path: Path, name: str) -> None:
    job = plan(tmp_path).fit(variant(), {}, 0, Start())
    place = job.output.parent
    place.mkdir(parents=True)
    for file in ("model.keras", "history.csv", "backbone.safetensors"):
        (place / file).write_text(file, "utf-8")
    written = write_fit(
        place, FitRecord(variant="v", seed=0, key=job.key, model_files=("model.keras",))
    )
    assert stored_result(job) == written
    (place / name).write_text("another", "utf-8")
    assert (stored_result(job), spoilt_result(job)) == (None, place / name)


def test_a_model_without_a_digest_is_not_served(tmp_path: Path) -> None:
    job = plan(tmp_path).fit(variant(), {}, 0, Start())
    record = FitRecord(variant="v", seed=0, key=job.key, model_files=("model.keras",))
    write_fit(job.output.parent, record)
    (job.output.parent / "model.keras").touch()
    assert stored_result(job) is None
    assert spoilt_result(job) == job.output.parent / "model.keras"


def test_a_job_that_trains_is_given_no_sealed_pack(tmp_path: Path) -> None:
    a_plan, a_variant, start = plan(tmp_path), variant(), Start()
    fit = a_plan.fit(a_variant, {}, 0, start)
    jobs = [fit, a_plan.trial(a_variant, 0, {}, 1, start), a_plan.pretrain(a_variant)]
    assert not any("sealed" in str(dataclasses.astuple(job)) for job in jobs)
    assert a_plan.score(fit).sealed == Path("sealed")


def test_two_trials_of_equal_hyperparameters_are_two_trainings(tmp_path: Path) -> None:
    a_plan, a_variant = plan(tmp_path), variant()
    jobs = [a_plan.trial(a_variant, number, {}, 1, Start()) for number in (0, 1)]
    for name in ("key", "output", "checkpoint"):
        assert getattr(jobs[0], name) != getattr(jobs[1], name)


def test_trials_stand_on_other_data_than_fits_where_the_plan_says_so(tmp_path: Path) -> None:
    other = dataclasses.replace(STAGE, training=Path("other"), training_digest="other")
    honest = plan(tmp_path)
    apart = dataclasses.replace(honest, tuning=other)
    start = Start()
    assert apart.trial(variant(), 0, {}, 1, start).training == Path("other")
    assert (
        apart.trial(variant(), 0, {}, 1, start).key != honest.trial(variant(), 0, {}, 1, start).key
    )
    assert apart.fit(variant(), {}, 0, start) == honest.fit(variant(), {}, 0, start)


def test_a_fit_trains_no_longer_than_its_recipe(tmp_path: Path) -> None:
    emotionnet = variant(architecture="emotionnet")
    job = plan(tmp_path, fit={"epochs": 500}).fit(emotionnet, {}, 0, Start())
    assert job.epochs == emotionnet.recipe.epochs == 30


def test_the_digest_of_published_weights_is_in_the_key(tmp_path: Path) -> None:
    def key(digest: str) -> str:
        about = PublishedWeights(initialisation="imagenet", name="w.pth", sha256=digest)
        start = Start(InitialWeights(file=Path("w.pth"), published=about), digest, digest)
        job = plan(tmp_path).fit(variant(), {}, 0, start)
        assert job.identity.start == ("imagenet", digest)
        assert job.initial.published == about
        return job.key

    assert len({key("a" * 64), key("b" * 64), fit_key(plan(tmp_path))}) == 3


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ({"architecture": "plain-cnn"}, "plain-cnn"),
        ({"architecture": "plain-cnn", "initialisation": "source"}, "plain-cnn.source"),
        ({"architecture": "vgg16"}, "vgg16.scratch"),
        (
            {"architecture": "vgg16", "initialisation": "imagenet", "strategy": "frozen"},
            "vgg16.imagenet.frozen",
        ),
        ({"architecture": "vgg16", "strategy": "frozen"}, "vgg16.scratch.frozen"),
        (
            {"architecture": "vgg16", "initialisation": "imagenet", "strategy": "last:2"},
            "vgg16.imagenet.last-2",
        ),
        ({"architecture": "timm:resnet18", "input_size": 96}, "timm:resnet18.scratch@96"),
    ],
)
def test_a_variant_is_named_as_the_design_says(choice: Any, name: str) -> None:
    assert variant(**choice).name == name


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"architecture": "vgg61"}, "did you mean vgg16"),
        ({"architecture": "plain-cnn", "initialisation": "imagenet"}, "has no initialisation"),
        ({"architecture": "plain-cnn", "strategy": "frozen"}, "has no strategy"),
        ({"architecture": "vgg16", "strategy": "frozen-then-fine-tune"}, "random backbone"),
        (
            {"architecture": "plain-cnn", "initialisation": "source", "strategy": "last:1"},
            "plain-cnn has no strategy 'last:1'; it has: fine-tune",
        ),
        ({"architecture": "vgg16", "strategy": "last:1"}, "nothing that 'last:1' would keep"),
        ({"architecture": "vgg16", "input_size": 16}, "at least 32 pixels"),
    ],
)
def test_a_row_that_cannot_be_is_refused_by_its_place(choice: Any, message: str) -> None:
    with pytest.raises(InputError, match=r"variants\[0\]") as caught:
        variant(**choice)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ("a", "a", "two rows are named 'a'; give one of them another name"),
        ("a b", "a-b", "'a b' and 'a-b' would share a folder"),
        ("net", "Net", "'net' and 'Net' would share a folder"),
        ("eins", "zwei\u00a0", "cannot be named"),
    ],
)
def test_rows_that_would_share_a_folder_are_refused(one: str, other: str, message: str) -> None:
    rows = [{"architecture": "plain-cnn", "name": name} for name in (one, other)]
    with pytest.raises(ValueError, match=message):
        resolve_variants(
            Protocol.model_validate({**CONTENT, "variants": rows}), discover(), STAGE.image_shape
        )


def resolved(*rows: dict[str, Any], **settings: Any) -> list[Variant]:
    content = {**CONTENT, **settings, "variants": list(rows)}
    return resolve_variants(Protocol.model_validate(content), discover(), STAGE.image_shape)


def test_a_transfer_row_brings_its_control_from_scratch() -> None:
    vgg = {"architecture": "vgg16", "input_size": 64, "augmentation": "strong"}
    found = resolved(
        {**vgg, "initialisation": "imagenet", "strategy": "frozen"},
        {**vgg, "initialisation": "imagenet"},
        {"architecture": "plain-cnn"},
    )
    control = found[-1]
    assert [v.name for v in found[2:]] == ["plain-cnn", "vgg16.scratch@64"]
    assert (control.initialisation, control.strategy) == ("scratch", "fine-tune")
    assert (control.input_size, control.augmentation) == (64, "strong")


def test_a_control_that_is_among_the_rows_or_refused_is_not_added() -> None:
    transfer = {"architecture": "vgg16", "initialisation": "imagenet"}
    assert len(resolved(transfer, {"architecture": "vgg16"})) == 2
    assert len(resolved(transfer, controls=False)) == 1


def test_a_random_frozen_backbone_is_the_control_of_frozen_rows_alone() -> None:
    random = {"architecture": "vgg16", "strategy": "frozen"}
    probe = {**random, "initialisation": "imagenet"}
    assert len(resolved(random, probe)) == 2
    assert resolved(random)[0].recipe == resolved(probe)[0].recipe
    tuned = {"architecture": "vgg16", "initialisation": "imagenet"}
    assert [v.name for v in resolved(random, tuned)][2:] == ["vgg16.scratch"]


def test_a_row_may_be_computed_in_a_precision_of_its_own(tmp_path: Path) -> None:
    alike = {"architecture": "plain-cnn"}
    usual, other = resolved(
        alike, {**alike, "name": "b", "precision": "bfloat16"}, precision="float32"
    )
    jobs = [plan(tmp_path).fit(each, {}, 0, Start()) for each in (usual, other)]
    assert [job.precision for job in jobs] == ["float32", "bfloat16"]
    assert jobs[0].key != jobs[1].key


def test_a_control_is_computed_in_the_precision_of_its_row() -> None:
    found = resolved(
        {"architecture": "vgg16", "initialisation": "imagenet", "precision": "bfloat16"}
    )
    assert [v.precision for v in found] == ["bfloat16", "bfloat16"]


def test_a_control_with_another_augmentation_gets_a_name_of_its_own() -> None:
    rows = [
        {"architecture": "vgg16"},
        {"architecture": "vgg16", "initialisation": "imagenet", "augmentation": "strong"},
    ]
    assert resolved(*rows)[-1].name == "vgg16.scratch+strong"


def test_values_that_the_protocol_sets_are_not_tuned() -> None:
    pinned = variant(hyperparameters={"learning_rate": 0.02})
    assert "learning_rate" not in pinned.space
    assert pinned.recipe.learning_rate == 0.02


@pytest.mark.parametrize(("name", "value"), LEVERS_PULLED.items())
def test_a_lever_is_in_the_key_and_refused_where_an_engine_has_none(
    name: str, value: float | str, tmp_path: Path
) -> None:
    plain, pulled = (variant(hyperparameters=chosen) for chosen in ({}, {name: value}))
    keys = {plan(tmp_path).fit(v, {}, 0, Start()).key for v in (plain, pulled)}
    assert len(keys) == 2
    row = {"architecture": "pixel-logistic", "hyperparameters": {name: value}}
    with pytest.raises(InputError, match=rf"scikit-learn cannot do {name}; leave it out"):
        resolved(row)


def test_a_crop_is_not_enlarged_unless_asked_and_lies_within_the_images() -> None:
    assert variant(hyperparameters={"crop": 44}).input_size == 44
    assert variant(hyperparameters={"crop": 44}, input_size=64).input_size == 64
    with pytest.raises(InputError, match="crop = 49: the images have 48×48 pixels; lower it"):
        variant(hyperparameters={"crop": 49})


@pytest.mark.parametrize("preset", sorted(presets()))
def test_every_row_of_every_preset_resolves(preset: str) -> None:
    protocol = load_protocol(preset)
    found = resolve_variants(protocol, discover(), STAGE.image_shape)
    assert len(found) == len(protocol.variants)


@pytest.mark.parametrize("preset", sorted(presets()))
def test_every_transfer_row_of_a_preset_has_its_control(preset: str) -> None:
    protocol = load_protocol(preset)
    found = resolve_variants(protocol, discover(), STAGE.image_shape)
    controls = {(v.architecture.name, v.input_size) for v in found if v.initialisation == "scratch"}
    assert {(v.architecture.name, v.input_size) for v in found} <= controls
