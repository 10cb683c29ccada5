"""FER2013 as images in class folders, its official split told by the file names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from datasets.reading.decoding import Decoder
from datasets.reading.fer2013_official import CLASS_NAMES, SIDE, USAGES, Comparison
from datasets.reading.images import fit
from datasets.reading.layouts import Entry, Layout
from datasets.reading.trees import open_tree
from datasets.records import DataError, LeftOut, Provenance
from datasets.registry import Decoded, Sample

SYNONYMS = MappingProxyType(
    {
        "anger": "angry",
        "disgusted": "disgust",
        "fearful": "fear",
        "happiness": "happy",
        "sadness": "sad",
        "surprised": "surprise",
    }
)


def read_folders(path: Path, layout: Layout, others: tuple[LeftOut, ...] = ()) -> Decoded:
    """Read the images of ``layout`` in the folder or archive ``path``.

    Names that begin with ``Training_``, ``PublicTest_`` or ``PrivateTest_`` give the official
    split. Where one image has no such name it cannot be recovered: the folders' own split is
    taken, and the data set is unofficial. ``others`` are the files that are no images.
    """
    labels = {folder: _label(path, folder) for folder in layout.class_folders}
    nameless = [entry for entry in layout.entries if not _usage(entry)]
    entries = layout.entries if nameless else tuple(map(_by_usage, layout.entries))
    names = {folder: CLASS_NAMES[label] for folder, label in labels.items()}
    comparison, decoder, resized = Comparison(), Decoder(1, names), list[str]()

    def samples() -> Iterator[Sample]:
        with open_tree(path) as tree:
            for entry, pixels in decoder.images(tree, entries):
                if pixels.shape != (SIDE, SIDE, 1):
                    resized.append(entry.path)
                label = labels[entry.class_folder]
                sample = Sample(fit(pixels, SIDE, SIDE), label, entry.path, entry.split)
                yield comparison.add(sample)

    def provenance() -> Provenance:
        found = (
            _unofficial(layout, nameless, comparison.of_the_whole())
            if nameless
            else comparison.official_or_altered()
        )
        return replace(found, notes=found.notes + _resized(resized) + decoder.notes())

    return Decoded(
        class_names=CLASS_NAMES,
        image_shape=(SIDE, SIDE, 1),
        count=len(entries),
        samples=samples,
        provenance=provenance,
        left_out=lambda: (*others, *layout.left_out, *decoder.left_out),
    )


def _label(path: Path, folder: str) -> int:
    name = SYNONYMS.get(folder.lower(), folder.lower())
    if name not in CLASS_NAMES:
        raise DataError(
            f"{path}: class folder {folder!r} is none of FER2013's ({', '.join(CLASS_NAMES)}); "
            "read other data as image-folder"
        )
    return CLASS_NAMES.index(name)


def _usage(entry: Entry) -> str:
    prefix, underscore, _ = PurePosixPath(entry.name).name.partition("_")
    return prefix if underscore and prefix in USAGES else ""


def _by_usage(entry: Entry) -> Entry:
    return replace(entry, split=USAGES[_usage(entry)])


def _unofficial(layout: Layout, nameless: list[Entry], found: list[str]) -> Provenance:
    note = (
        f"{len(nameless):,} of {len(layout.entries):,} file names have no Training_, PublicTest_ "
        f"or PrivateTest_ prefix (first: {nameless[0].path}), so the official split cannot be "
        "recovered and scores do not compare with published ones"
    )
    return Provenance("unofficial", (note, *found))


def _resized(paths: list[str]) -> tuple[str, ...]:
    if not paths:
        return ()
    return (f"{len(paths):,} images are not {SIDE}×{SIDE} and were resized; first: {paths[0]}",)
