"""The time left: reckoned from each variant's own pace, whatever is done, stored or given up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks.execution.jobs.job import Job, TrainJob
from benchmarks.execution.plan import PackedData, Plan, Start
from benchmarks.execution.time_left import SplitSizes, TimeLeft
from benchmarks.protocol.schema import Protocol
from benchmarks.protocol.variants import Variant, resolve_variants
from benchmarks.store.folder import RunFolder
from models.registry import discover

SIZES = SplitSizes(train=1000, validation=100, test=200, source=3000)
SECONDS = {"plain-cnn": 0.001, "vgg16": 0.02, "majority": 0.0001}
"""What an image costs in training; an answer costs half."""


def protocol(*variants: dict[str, Any]) -> Protocol:
    return Protocol.model_validate(
        {
            "name": "p",
            "data": {"set": "synthetic-faces"},
            "source": {"set": "synthetic-faces", "epochs": 2},
            "tuning": {"trials": 2, "generation": 2, "rungs": [1, 2], "keep": 0.5},
            "fit": {"epochs": 4, "seeds": [0, 1]},
            "variants": variants,
        }
    )


class Run:
    """A run whose jobs end one after the other, each at the pace of its architecture."""

    def __init__(self, protocol: Protocol, workers: int = 1) -> None:
        self.protocol = protocol
        digest, pack = "0" * 64, Path("pack")
        packed = PackedData(pack, pack, digest, digest, (48, 48, 1), ("happy", "sad"))
        folder, here = RunFolder(Path("run")), Path()
        self.plan = Plan(
            protocol=protocol,
            target=packed,
            source=packed,
            folder=folder,
            shared=here,
            keras_backend="tensorflow",
            device="cpu",
        )
        self.variants = resolve_variants(protocol, discover(), (48, 48, 1))
        self.left = TimeLeft(self.variants, protocol, workers, SIZES)
        self.spent = 0.0

    def variant(self, name: str) -> Variant:
        return next(each for each in self.variants if each.name == name)

    def jobs(self, name: str) -> list[Job]:
        """Every job of a variant whose better trial alone reaches the second rung."""
        variant, start = self.variant(name), Start()
        begins = [self.plan.pretrain(variant)] if variant.initialisation == "source" else []
        trials = [self.plan.trial(variant, number, {}, 1, start) for number in (0, 1)]
        trials = trials if variant.space else trials[:1]
        trials.append(self.plan.trial(variant, 0, {}, 2, start))
        fits = [self.plan.fit(variant, {}, seed, start) for seed in (0, 1)]
        return [*begins, *trials, *fits, *(self.plan.score(fit) for fit in fits)]

    def do(self, *jobs: Job, stored: bool = False) -> None:
        for job in jobs:
            seconds = 0.0
            pace = SECONDS[re.split("[. ]", job.variant)[0]]
            if isinstance(job, TrainJob):
                images = SIZES.source if job.variant.endswith("(source)") else SIZES.train
                for epoch in range(getattr(job, "since", 0) + 1, job.until + 1):
                    seconds += images * pace
                    if not stored:
                        self.left.epoch(job, epoch, images * pace)
            else:
                seconds = (SIZES.validation + SIZES.test) * pace / 2
            self.left.ended(job, seconds, stored=stored, failed=False)
            self.spent += 0 if stored else seconds


def whole(*names: str, of: Protocol) -> float:
    """The seconds that the jobs of these variants take, one after the other."""
    run = Run(of)
    for name in names:
        run.do(*run.jobs(name))
    return run.spent


BOTH = protocol({"architecture": "vgg16"}, {"architecture": "plain-cnn"})
TRANSFER = protocol({"architecture": "vgg16", "initialisation": "source"})


def test_nothing_is_said_before_the_first_epoch() -> None:
    assert Run(BOTH).left.seconds() is None


def test_it_is_what_remains_once_every_pace_is_known() -> None:
    run = Run(BOTH)
    names = [variant.name for variant in run.variants]
    first = [run.jobs(name) for name in names]
    for jobs in first:
        run.do(jobs[0], jobs[-1])
    remaining = whole(*names, of=BOTH) - run.spent
    assert run.left.seconds() == pytest.approx(remaining)


def test_it_falls_to_nothing() -> None:
    run = Run(BOTH)
    for variant in run.variants:
        run.do(*run.jobs(variant.name))
    assert run.left.seconds() == 0


def test_a_control_goes_at_the_pace_of_its_transfer_variant() -> None:
    run = Run(TRANSFER)
    transfer, control = (variant.name for variant in run.variants)
    run.do(*run.jobs(transfer))
    assert run.left.seconds() == pytest.approx(whole(control, of=TRANSFER))


def test_pre_training_counts_with_the_images_of_the_source() -> None:
    run = Run(TRANSFER)
    _, control = (variant.name for variant in run.variants)
    run.do(*run.jobs(control))
    transfer = whole(*(variant.name for variant in run.variants), of=TRANSFER) - run.spent
    assert run.left.seconds() == pytest.approx(transfer)


def test_a_floor_says_nothing_of_a_network_that_has_not_begun() -> None:
    of = protocol({"architecture": "majority"}, {"architecture": "vgg16"})
    of = of.model_copy(update={"variants": (*of.variants, *BOTH.variants[1:])})
    run = Run(of)
    run.do(*run.jobs("majority"), *run.jobs("plain-cnn"))
    assert run.left.untimed() == 1
    assert run.left.seconds() == 0
    (vgg,) = (v.name for v in run.variants if v.architecture.name == "vgg16")
    run.do(run.jobs(vgg)[0])
    assert run.left.untimed() == 0


def test_what_was_stored_leaves_less_and_says_nothing_of_the_pace() -> None:
    run = Run(BOTH)
    jobs = run.jobs("plain-cnn")
    run.do(*jobs, stored=True)
    assert run.left.seconds() is None
    (vgg,) = (v.name for v in run.variants if v.architecture.name == "vgg16")
    run.do(run.jobs(vgg)[0])
    remaining = whole(vgg, of=BOTH) - run.spent
    answers = 2 * (SIZES.validation + SIZES.test) * SECONDS["vgg16"]
    untimed = remaining - answers / 2 + answers / 3
    assert run.left.seconds() == pytest.approx(untimed), "no answer was timed yet"


def test_a_training_that_goes_on_from_its_checkpoint_counts_once() -> None:
    run = Run(BOTH)
    (fit,) = (
        job
        for job in run.jobs("plain-cnn")
        if "seed-0" in str(job.output.parent) and isinstance(job, TrainJob)
    )
    run.left.epoch(fit, 3, 1.0)
    after_three = run.left.seconds()
    run.left.epoch(fit, 3, 1.0)
    assert run.left.seconds() == after_three


def test_a_row_that_failed_takes_no_time() -> None:
    run = Run(BOTH)
    run.do(*run.jobs("plain-cnn"))
    (vgg,) = (v.name for v in run.variants if v.architecture.name == "vgg16")
    fit = next(job for job in run.jobs(vgg) if isinstance(job, TrainJob) and job.until == 4)
    run.left.ended(fit, 1.0, stored=False, failed=True)
    assert run.left.seconds() == 0


def test_what_cannot_be_pre_trained_is_not_waited_for() -> None:
    run = Run(TRANSFER)
    transfer, control = (variant.name for variant in run.variants)
    run.do(*run.jobs(control))
    run.left.ended(run.jobs(transfer)[0], 1.0, stored=False, failed=True)
    assert run.left.seconds() == 0


def test_more_workers_save_time_up_to_what_follows_each_other() -> None:
    alone, many = Run(BOTH), Run(BOTH, workers=100)
    (vgg,) = (v.name for v in many.variants if v.architecture.name == "vgg16")
    an_epoch = SIZES.train * SECONDS["vgg16"]
    for done, epochs in ((1, 1 + 4), (3, 4), (4, 4), (5, 0)):
        for run in (alone, many):
            run.do(*run.jobs(vgg)[:done])
        assert many.left.seconds() == pytest.approx(max(epochs * an_epoch, answers(many)))
    assert (alone.left.seconds() or 0) > (many.left.seconds() or 0)


def answers(run: Run) -> float:
    """The seconds that the answers of VGG16, none of which was timed, take all workers."""
    images = 2 * (SIZES.validation + SIZES.test)
    return images * SECONDS["vgg16"] / 3 / 100


def test_pre_training_comes_before_what_follows_each_other() -> None:
    run = Run(TRANSFER, workers=100)
    _, control = (variant.name for variant in run.variants)
    run.do(*run.jobs(control))
    epochs = SIZES.source * 2 + SIZES.train * (2 + 4)
    assert run.left.seconds() == pytest.approx(epochs * SECONDS["vgg16"])


def test_each_generation_of_trials_waits_for_the_one_before() -> None:
    tuning = TRANSFER.tuning.model_copy(update={"trials": 6})
    run = Run(TRANSFER.model_copy(update={"tuning": tuning}), workers=100)
    _, control = (variant.name for variant in run.variants)
    last = run.plan.trial(run.variant(control), 4, {}, 1, Start())
    run.left = TimeLeft([run.variant(control)], run.protocol, 100, SIZES)
    run.do(*run.jobs(control)[:1])
    assert run.left.seconds() == pytest.approx((3 * 2 - 1 + 4) * SIZES.train * SECONDS["vgg16"])
    run.do(last)
    assert run.left.seconds() == pytest.approx((1 + 4) * SIZES.train * SECONDS["vgg16"])


def test_epochs_with_a_smaller_input_say_what_those_with_the_whole_one_take() -> None:
    held = {"learning_rate": 0.1, "weight_decay": 5e-4, "dropout": 0.3, "batch_size": 64}
    row = {"architecture": "narrow-resnet9", "hyperparameters": {**held, "progressive": 0.5}}
    run = Run(protocol(row))
    (variant,) = run.variants
    fit = run.plan.fit(variant, {}, 0, Start())
    small = (32 / 48) ** 2
    for epoch in (1, 2):
        run.left.epoch(fit, epoch, 100 * small)
    images = 2 * (SIZES.validation + SIZES.test)
    training = 2 * 100 + (2 * small + 2) * 100
    assert run.left.seconds() == pytest.approx(training + images / SIZES.train * 100 / 3)
