"""What a data set is once it is loaded, and what a split of it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SplitName = Literal["train", "validation", "test"]
SPLIT_NAMES: tuple[SplitName, ...] = ("train", "validation", "test")
Policy = Literal["keep", "drop-train-duplicates", "group"]
Progress = Callable[[int, int], None]
"""Is told how many are done of how many."""


class DataError(ValueError):
    """The data cannot be used as given; the message says what, where and what to do."""


class SplitError(DataError):
    """A split that the data give cannot be taken as given: no other reading may make one up."""


class Incomplete(DataError):
    """Images are given without labels, or labels without images; what else lies there tells why."""


class DamagedEntry(DataError):
    """A file of the cache is not as it was written, which says nothing of what it was made from."""


class UnreadableFile(DataError):
    """A file of a source cannot be read; ``reason`` says why, without naming the file."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason or message


@dataclass(frozen=True)
class Provenance:
    """Whether the copy at hand is the published data set.

    ``status`` is ``official`` (counts equal the published table and the split is the published
    one), ``altered`` (the published layout, but ``notes`` say what differs) or ``unofficial``
    (no published split can be recovered, or none exists).
    """

    status: Literal["official", "altered", "unofficial"]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A file that was given and is not in the data set: its place in the source, and why.

    ``kind``: ``unreadable`` is an image that cannot be decoded, ``no image`` another file, and
    ``unused`` an image that stands where the layout has none. ``split`` and ``class_name`` tell
    where the image would have stood; ``""`` where nothing tells.
    """

    path: str
    kind: Literal["unreadable", "no image", "unused"]
    reason: str
    split: str = ""
    class_name: str = ""


@dataclass(frozen=True, kw_only=True)
class LeftOutGroup:
    """Files of one ``folder`` that were left out for one reason: how many, and the ``first``."""

    folder: str
    kind: str
    reason: str
    count: int
    first: str


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """Images, labels, class names and, where it has one, an official split.

    ``images``: uint8, N×H×W×C, C 1 (grey) or 3 (RGB), a read-only memory map.
    ``labels``: int64, N. ``image_ids``: N strings, the SHA-256 of the decoded pixels in hex.
    ``paths``: N strings, the place of each image in its source.
    ``split``: N strings of ``train``, ``validation``, ``test`` or ``""`` where the source
    assigns none. ``subjects``: N strings, who is on each image, ``""`` where the source does not
    say. ``digest``: SHA-256 over class names, ids, labels, paths and split. ``left_out``: the
    files that were given and are not in it; with the images they are all that was given.
    ``targets``: what an image is trained on, float32 N×K, rows summing to 1 and largest at the
    label; ``None`` where that is the label alone. They are no part of the digest.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    image_ids: NDArray[np.str_]
    paths: NDArray[np.str_]
    split: NDArray[np.str_]
    subjects: NDArray[np.str_]
    provenance: Provenance
    digest: str
    left_out: tuple[LeftOut, ...] = ()
    targets: NDArray[np.float32] | None = None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        _, height, width, channels = self.images.shape
        return height, width, channels

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The places of the images that cannot be decoded."""
        return tuple(one.path for one in self.left_out if one.kind == "unreadable")


@dataclass(frozen=True, kw_only=True)
class Split:
    """Train, validation and test as rows of one data set.

    Each is a sorted int64 array of indices into the data set; they are disjoint.
    ``digest`` is a SHA-256 over class names and the (split, image id, label, path) of every row;
    ``training_digest`` leaves the test rows out, so that it names what training can see.
    ``made`` tells whether ferbench made (part of) it because the source has none; ``policy`` what
    was done about duplicates (see `datasets.splits.make_split`), and ``dropped`` how many images
    it took out of train and validation.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    digest: str
    training_digest: str
    made: bool
    policy: Policy = "keep"
    dropped: Mapping[str, int] = field(default_factory=dict)
