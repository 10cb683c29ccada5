"""The annotators' votes as targets: what is trained on, and where that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.data.prepared import PreparedData, prepare_data
from benchmarks.errors import InputError
from benchmarks.execution.jobs.job import StepsJob
from benchmarks.execution.jobs.training import examples
from benchmarks.protocol.schema import DataChoice
from models.registry import Recipe
from tests.datasets import samples
from tests.datasets.votes import agreeing, write_votes


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """FER2013's table, with six votes of ten for each image's class and four for fear."""
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))
    table = samples.write_fer2013_csv(tmp_path / "fer2013.csv")
    write_votes(table.with_name("fer2013new.csv"), agreeing(6, "fear"))
    return table


def prepare(file: Path | None, **choice: Any) -> PreparedData:
    chosen = {"set": "fer2013", "classes": samples.EMOTIONS, "targets": "votes", **choice}
    return prepare_data(DataChoice(**chosen), file, seed=0)


def test_training_images_are_given_with_the_shares_of_their_votes(file: Path) -> None:
    soft, hard = (prepare(file, labels="fer+", targets=t) for t in ("votes", "labels"))
    job = StepsJob(
        key="",
        output=file,
        engine="torch",
        variant="",
        class_names=soft.data.class_names,
        image_shape=soft.data.image_shape,
        architecture="",
        input_size=48,
        recipe=Recipe(),
        strategy="fine-tune",
        augmentation="none",
        protocol_seed=0,
        training=soft.packs.training,
        targets=soft.packs.targets,
    )
    train = examples(job, "train")
    fear = soft.data.class_names.index("fear")
    own = np.where(train.labels == fear, 1, 0.6).astype(np.float32)
    assert (train.wanted[np.arange(len(own)), train.labels] == own).all()
    assert train.wanted[:, fear].tolist() == np.where(own < 1, 0.4, 1).astype(np.float32).tolist()
    assert examples(job, "validation").targets is None
    assert (soft.split.digest, soft.packs.training) == (hard.split.digest, hard.packs.training)
    assert soft.targets_digest
    assert not hard.targets_digest


def test_other_votes_of_the_same_majority_are_other_targets(file: Path) -> None:
    before = prepare(file, labels="fer+")
    write_votes(file.with_name("fer2013new.csv"), agreeing(7, "fear"))
    after = prepare(file, labels="fer+")
    assert before.split.digest == after.split.digest
    assert before.targets_digest != after.targets_digest


def test_votes_that_are_not_there_are_refused() -> None:
    with pytest.raises(InputError, match=r"no votes of annotators are read with synthetic-f"):
        prepare(None, set="synthetic-faces")


def test_labels_that_are_not_the_majority_of_the_votes_are_refused(file: Path) -> None:
    write_votes(file.with_name("fer2013new.csv"), agreeing(3, "fear"))
    with pytest.raises(InputError, match=r'not their majority; say data.labels = "fer\+" too$'):
        prepare(file)
