"""Features of a frozen backbone are given to no other network, code or device than theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.execution.jobs.job import NetworkJob
from benchmarks.execution.jobs.training import feature_cache
from models.registry import Recipe

IMAGES = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4, 1)
JOB = NetworkJob(
    key="",
    output=Path(),
    engine="torch",
    variant="net",
    class_names=("a", "b"),
    image_shape=(4, 4, 1),
    architecture="net",
    input_size=4,
    recipe=Recipe(),
)


@dataclass
class Backbone:
    """It answers with a number of its own; ``threads`` are those of its engine."""

    answer: float
    threads: int = 1

    def conditions(self) -> Mapping[str, str]:
        return {"threads": str(self.threads)}

    def weights(self) -> dict[str, NDArray[Any]]:
        return {"backbone/same": np.ones(1)}

    def features(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.full((len(images), 1), self.answer, np.float32)


def features(backbone: Backbone, job: NetworkJob, code: str = "code", device: str = "CPU") -> float:
    cache = feature_cache(job, backbone, code, device)  # type: ignore[arg-type]
    return float(cache.of(backbone).features(IMAGES)[0, 0])  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def seen_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERBENCH_CACHE", str(tmp_path))
    assert features(Backbone(1), JOB) == 1


def test_the_same_network_gets_them() -> None:
    assert features(Backbone(2), JOB) == 1
    assert features(Backbone(2), replace(JOB, recipe=Recipe(learning_rate=0.5), seed=4)) == 1


@pytest.mark.parametrize(
    "change",
    [{"recipe": Recipe(crop=3)}, {"input_size": 8}, {"architecture": "other"}],
    ids=["crop", "input size", "architecture"],
)
def test_another_network_computes_its_own(change: Mapping[str, Any]) -> None:
    assert features(Backbone(2), replace(JOB, **change)) == 2


@pytest.mark.parametrize(
    ("backbone", "where"),
    [
        (Backbone(2), {"code": "other"}),
        (Backbone(2), {"device": "GPU"}),
        (Backbone(2, threads=2), {}),
    ],
    ids=["code", "device", "engine"],
)
def test_other_code_and_other_devices_compute_their_own(
    backbone: Backbone, where: Mapping[str, str]
) -> None:
    assert features(backbone, JOB, **where) == 2
