"""AffectNet as it is given out today: an array file with the expression beside each image."""

from __future__ import annotations

import io
from pathlib import PurePosixPath

import numpy as np

from datasets.reading.layouts.affectnet import EMOTIONS
from datasets.reading.layouts.layout import Layout, LayoutSpec, unused
from datasets.reading.layouts.names import labelled_entries
from datasets.reading.listing import Listing
from datasets.records import DataError

NAME = "AffectNet arrays"
SUFFIX = "_exp.npy"


def _recognise(listing: Listing) -> Layout | None:
    arrays = {o.path for o in listing.others if o.path.endswith(SUFFIX)}
    images = listing.images if arrays else ()
    places = {name: place for name in images if (place := _place(name)) in arrays}
    if not places:
        return None
    entries = labelled_entries(
        listing, places, lambda name: _emotion(places[name], listing.tree.read(places[name]))
    )
    lost = len(arrays - set(places.values()))
    notes = (f"expressions of images that are not here: {lost:,}",) if lost else ()
    left_out = unused(listing, entries, lambda name: f"no {_place(name)} beside it")
    return Layout(name=NAME, entries=entries, left_out=left_out, notes=notes)


def _place(name: str) -> str:
    """Return where the expression of the image ``name`` stands."""
    path = PurePosixPath(name)
    return str(path.parent.parent / "annotations" / f"{path.stem}{SUFFIX}")


def _emotion(name: str, content: bytes) -> str:
    try:
        code = int(np.load(io.BytesIO(content), allow_pickle=False))
    except (ValueError, TypeError, EOFError, OSError) as error:
        raise DataError(f"{name}: no array of one number ({error})") from error
    if not 0 <= code < len(EMOTIONS):
        raise DataError(f"{name}: expression is {code}; expected 0 to {len(EMOTIONS) - 1}")
    return EMOTIONS[code]


SPEC = LayoutSpec(
    name=NAME,
    example=(
        "train_set/images/0.jpg",
        "train_set/annotations/0_exp.npy",
        "val_set/images/0.jpg",
        "val_set/annotations/0_exp.npy",
    ),
    images="every image with an expression beside it, whole",
    labels="annotations/…_exp.npy: 0 neutral, 1 happy, 2 sad, 3 surprise, 4 fear, 5 disgust, "
    "6 angry, 7 contempt",
    splits="the folders; a test set is made of training",
    subjects="none",
    recognise=_recognise,
)
