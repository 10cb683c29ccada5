"""A worker opens a pack as it was written, or says that the cache is damaged; no trial fails."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from benchmarks.execution.executors.environment import from_environment
from benchmarks.execution.jobs.training import examples
from datasets.cache.packs import Packs, pack
from datasets.records import DamagedEntry
from tests.datasets.samples import flip, prepared


@pytest.fixture
def packs(tmp_path: Path) -> Packs:
    data, split = prepared()
    targets = np.full((len(data.labels), 2), 0.5, np.float32)
    return pack(replace(data, targets=targets), split, cache=tmp_path)


def job(packs: Packs) -> Any:
    return cast(Any, SimpleNamespace(training=packs.training, targets=packs.targets))


def test_an_intact_pack_is_opened(packs: Packs) -> None:
    train = examples(job(packs), "train")
    assert len(train.images) == len(train.labels) == len(train.wanted)
    assert examples(job(packs), "validation").targets is None


@pytest.mark.parametrize("name", ["train-images.npy", "train-labels.npy", "targets"])
def test_a_damaged_one_is_told_and_is_no_failure_of_the_training(packs: Packs, name: str) -> None:
    assert packs.targets is not None
    flip(packs.targets if name == "targets" else packs.training / name)
    with pytest.raises(DamagedEntry, match=r"\.npy: damaged.*same command again") as raised:
        examples(job(packs), "train")
    assert from_environment(raised.value)


def test_so_is_one_that_is_gone(packs: Packs) -> None:
    shutil.rmtree(packs.training)
    with pytest.raises(DamagedEntry, match="same command again"):
        examples(job(packs), "train")
