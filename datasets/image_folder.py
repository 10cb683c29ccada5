"""Your own images: any tree with one folder for each class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from datasets.reading.decoding import Decoder
from datasets.reading.images import decode, fit, header
from datasets.reading.layouts import Entry, Layout, class_folders
from datasets.reading.listing import list_images
from datasets.reading.trees import Tree, open_tree
from datasets.records import DataError, Provenance
from datasets.registry import Decoded, Sample, data_set

AS_THEY_ARE = 0
SIDE = 96


@data_set(
    name="image-folder",
    summary="any images, one folder for each class, with or without train/ val/ test/ above",
    origin="your own images",
    licence="yours",
    options=MappingProxyType({"image_size": AS_THEY_ARE}),
)
def image_folder(path: Path | None, options: Mapping[str, Any]) -> Decoded:
    """Read a class-per-folder tree from a folder or archive; raises ``DataError``.

    With ``image_size`` the shorter side is scaled to so many pixels and the centre square is cut
    out. Without it images of one size keep it, and others become 96 × 96. The data set is
    colour if one image is, else grey.
    """
    if path is None:
        raise DataError("image-folder: its place is missing; give it with --data PATH")
    with open_tree(path) as tree:
        listing = list_images(tree)
        layout = class_folders(listing)
        if len(layout.class_folders) < 2:
            raise DataError(f"{path}: {_found(layout)}; expected a folder for each of 2+ classes")
        height, width, channels = _image_shape(tree, layout.entries, int(options["image_size"]))
    labels = {name: label for label, name in enumerate(layout.class_folders)}
    decoder = Decoder(channels)

    def samples() -> Iterator[Sample]:
        with open_tree(path) as tree:
            for entry, pixels in decoder.images(tree, layout.entries):
                label = labels[entry.class_folder]
                yield Sample(fit(pixels, height, width), label, entry.path, entry.split)

    return Decoded(
        class_names=layout.class_folders,
        image_shape=(height, width, channels),
        count=len(layout.entries),
        samples=samples,
        provenance=lambda: Provenance("unofficial", decoder.notes()),
        left_out=lambda: (*listing.others, *layout.left_out, *decoder.left_out),
    )


def _found(layout: Layout) -> str:
    return (
        f"images in only one class folder, {layout.class_folders[0]}"
        if layout.entries
        else ("no images in class folders")
    )


def _image_shape(tree: Tree, entries: Iterable[Entry], size: int) -> tuple[int, int, int]:
    """Return ``size`` × ``size``, and 3 channels if one image has colour.

    A ``size`` of 0 stands for their common size, or 96. Sizes are taken from the headers; pixels
    are decoded only until the first colour is seen.
    """
    sizes: set[tuple[int, int]] = set()
    colour = False
    for entry in entries:
        try:
            content = tree.read(entry.name)
            one_size, can_be_colour = header(content, entry.name)
            colour = colour or (can_be_colour and _has_colour(content, entry.name))
        except DataError:
            continue
        sizes.add(one_size)
        if colour and (size or len(sizes) > 1):
            break
    if size == AS_THEY_ARE and len(sizes) == 1:
        height, width = sizes.pop()
    else:
        height = width = size or SIDE
    return height, width, 3 if colour else 1


def _has_colour(content: bytes, name: str) -> bool:
    pixels = decode(content, name, channels=3)
    return bool((pixels[..., :1] != pixels[..., 1:]).any())
