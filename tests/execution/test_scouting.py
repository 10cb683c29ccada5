"""The jobs that scout: what they probe, and what they refuse."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.data.samples import ARRAYS, Sample
from benchmarks.engines.contract import SCRATCH, Engine, InitialWeights
from benchmarks.errors import JobFailed
from benchmarks.execution.jobs import scouting
from benchmarks.execution.jobs.job import PixelsJob, ScoutJob
from benchmarks.execution.jobs.kinds import stored_result
from benchmarks.execution.jobs.results import CORRECT
from benchmarks.store.files import read_arrays
from datasets.cache.builds import build_entry
from models.registry import Architecture, PublishedWeights, Recipe

IMAGES = 120


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Noise of 40×50 pixels, whose brightness tells two classes with some doubt."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, IMAGES)
    images = rng.integers(0, 200, (IMAGES, 40, 50, 1)) + 5 * labels[:, None, None, None]
    groups = np.arange(IMAGES)
    made = Sample(images.astype(np.uint8), labels, groups % 5, groups)

    def write(folder: Path) -> None:
        for name in ARRAYS:
            np.save(folder / f"{name}.npy", getattr(made, name))

    return build_entry(tmp_path / "sample", write)


class Brightness:
    """A learner whose features are an image's mean, and what else is asked for."""

    def __init__(self, feature: float = 0.0) -> None:
        self.feature, self.calls = feature, 0

    def features(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.calls += 1
        mean = images.mean(axis=(1, 2, 3))
        return np.stack([mean, np.full(len(mean), self.feature)], axis=1).astype(np.float32)

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        return np.full((len(images), 2), 0.5)

    def weights(self) -> dict[str, Any]:
        return {"backbone/feature": np.array([self.feature])}


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What networks started from is listed; published weights that are looked for are an error."""
    network = Architecture(
        name="net",
        engine="none",
        summary="",
        source="",
        build=lambda request: None,
        find_weights=lambda name: pytest.fail("weights are looked for, and may be fetched"),
    )
    monkeypatch.setattr(scouting, "architecture", lambda job: network)
    return []


@pytest.fixture
def weights(tmp_path: Path) -> InitialWeights:
    """Published weights that lie on this machine."""
    file = tmp_path / "weights"
    file.write_bytes(b"weights")
    sha256 = hashlib.sha256(b"weights").hexdigest()
    about = PublishedWeights(initialisation="imagenet", name="weights", sha256=sha256)
    return InitialWeights(file=file, published=about)


def engine(learner: Brightness, started: list[Any]) -> Engine:
    def make(network: Architecture, task: Any, recipe: Recipe, initial: Any) -> Brightness:
        started.append(initial)
        return learner

    return cast(Engine, SimpleNamespace(learner=make, conditions=lambda: {"torch": "0"}))


def job(sample: Path, initial: InitialWeights = SCRATCH) -> ScoutJob:
    return ScoutJob(
        key="key",
        output=sample.parent / "found.npz",
        engine="none",
        variant="net",
        class_names=("dark", "bright"),
        image_shape=(40, 50, 1),
        architecture="net",
        input_size=48,
        recipe=Recipe(),
        sample=sample,
        code="code",
        device="CPU",
        initial=initial,
    )


def ignore(record: object) -> None: ...


def test_a_backbone_is_probed_and_its_result_is_found_again(
    sample: Path, start: Any, weights: InitialWeights
) -> None:
    asked, learner = job(sample, weights), Brightness()
    found = scouting.scout(asked, engine(learner, start), ignore)
    assert found.features == 2
    assert found.accuracy > 0.8
    assert found.latency_ms is not None and found.latency_ms > 0
    assert start == [weights]
    assert stored_result(asked) == found
    arrays = read_arrays(asked.output.read_bytes(), [CORRECT])
    assert arrays is not None and arrays[CORRECT].mean() == found.accuracy


def test_features_are_computed_once(sample: Path, start: Any) -> None:
    learner = Brightness()
    for _ in range(2):
        scouting.scout(job(sample), engine(learner, start), ignore)
    assert learner.calls == 1


def test_a_control_starts_at_random(sample: Path, start: Any) -> None:
    scouting.scout(job(sample), engine(Brightness(), start), ignore)
    assert start[0].kind == "scratch"


@pytest.mark.parametrize("content", [b"others", None])
def test_other_weights_than_were_found_are_refused(
    content: bytes | None, sample: Path, start: Any, weights: InitialWeights
) -> None:
    assert weights.file
    weights.file.write_bytes(content) if content else weights.file.unlink()
    with pytest.raises(JobFailed, match="not the weights that lay there at the start"):
        scouting.scout(job(sample, weights), engine(Brightness(), start), ignore)


def test_features_that_are_no_numbers_are_refused(sample: Path, start: Any) -> None:
    with pytest.raises(JobFailed, match="not all finite"):
        scouting.scout(job(sample), engine(Brightness(np.inf), start), ignore)


def test_pixels_are_reduced_and_probed(sample: Path) -> None:
    asked = PixelsJob(
        key="pixels",
        output=sample.parent / "pixels.npz",
        engine="none",
        variant="pixels",
        class_names=("dark", "bright"),
        image_shape=(40, 50, 1),
        sample=sample,
    )
    found = scouting.pixels(asked, engine(Brightness(), []), ignore)
    assert found.features == 32 * 26
    assert found.accuracy > 0.7
    assert found.latency_ms is None
