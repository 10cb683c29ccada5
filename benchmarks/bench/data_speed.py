"""The speed of the data's way: decoding files, opening the cache, and the training stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.bench.records import DataSpeed
from benchmarks.data.prepared import PreparedData
from benchmarks.machine.timing import BATCH, Spread, timed
from benchmarks.protocol.schema import Protocol
from benchmarks.training.augmentation import POLICIES
from benchmarks.training.stream import batches
from datasets.cache.decoded import open_data_set
from datasets.cache.packs import open_part
from datasets.reading.images import decode
from datasets.registry import Source
from models.registry import Augmentation

SAMPLE = 512


def measure_data(
    prepared: PreparedData, source: Source, protocol: Protocol, *, seconds: float
) -> DataSpeed:
    """Time, on the protocol's threads, what happens to an image before an engine sees it."""
    cv2.setNumThreads(protocol.threads)
    part = open_part(prepared.packs.training, "train")
    images = np.array(part.images[:SAMPLE])
    labels = part.labels[:SAMPLE]

    def time_stream(augmentation: str) -> Spread:
        def epoch() -> int:
            stream = batches(
                images,
                labels,
                len(part.class_names),
                protocol_seed=protocol.seed,
                fit_seed=0,
                epoch=0,
                batch_size=BATCH,
                augmentation=cast(Augmentation, augmentation),
            )
            return sum(len(inputs) for inputs, _ in stream)

        return _per_second(epoch, seconds)

    def open_again() -> object:
        return open_data_set(
            source,
            prepared.path,
            protocol.data.options,
            labels=protocol.data.labels,
            classes=protocol.data.classes,
        )

    opening = timed(open_again, seconds=seconds, warm_up=1, least=5)
    return DataSpeed(
        data_set=prepared.data.name,
        image_shape=prepared.data.image_shape,
        images=len(prepared.data.labels),
        decode={name: _decoding(images, name, seconds) for name in ("png", "jpeg")},
        stream={name: time_stream(name) for name in POLICIES},
        open_seconds=opening,
    )


def _decoding(images: NDArray[np.uint8], suffix: str, seconds: float) -> Spread:
    """Time decoding from memory, so that no disk is measured."""
    channels = images.shape[3]
    files = [cv2.imencode(f".{suffix}", image)[1].tobytes() for image in images]

    def read() -> int:
        return len([decode(file, suffix, channels) for file in files])

    return _per_second(read, seconds)


def _per_second(work: Callable[[], int], seconds: float) -> Spread:
    count = work()
    return timed(work, seconds=seconds, warm_up=0, least=5).rate(count)
