"""Published weights that were found are not looked for again while they lie there unchanged."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from benchmarks.execution.jobs.job import WeightsJob
from benchmarks.execution.jobs.kinds import stored_result
from benchmarks.store.records import FoundWeights
from benchmarks.store.writing import write_weights
from models.registry import PublishedWeights, Recipe


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    file = tmp_path / "weights.safetensors"
    file.write_bytes(b"weights")
    return file


@pytest.fixture
def job(tmp_path: Path, weights: Path) -> WeightsJob:
    """A job whose weights were found."""
    job = WeightsJob(
        key="a key",
        output=tmp_path / "weights.json",
        engine="torch",
        variant="net.imagenet",
        class_names=("happy", "sad"),
        image_shape=(48, 48, 1),
        architecture="net",
        input_size=48,
        recipe=Recipe(),
        initialisation="imagenet",
    )
    about = PublishedWeights(
        initialisation="imagenet", name="net", sha256=hashlib.sha256(b"weights").hexdigest()
    )
    write_weights(job.output, FoundWeights(key=job.key, file=weights, weights=about))
    return job


def test_what_was_found_is_known(job: WeightsJob, weights: Path) -> None:
    found = stored_result(job)
    assert isinstance(found, FoundWeights)
    assert found.file == weights


def test_what_is_gone_is_looked_for_again(job: WeightsJob, weights: Path) -> None:
    weights.unlink()
    assert stored_result(job) is None


def test_what_has_changed_is_looked_for_again(job: WeightsJob, weights: Path) -> None:
    weights.write_bytes(b"others")
    assert stored_result(job) is None
