"""Your own images, and published ones: any tree whose layout is understood (docs/layouts.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from datasets.files import read_given, sha256_of
from datasets.reading.decoding import Decoder
from datasets.reading.images import Pixels, decode, fit, header
from datasets.reading.layouts.layout import Box, Entry, Layout
from datasets.reading.layouts.table import recognise_layout
from datasets.reading.listing import Listing, list_images
from datasets.reading.trees import MOST_BYTES, Tree, content_fingerprint, open_tree
from datasets.records import DataError, LeftOut, Provenance
from datasets.registry import Decoded, Sample, data_set

AS_THEY_ARE = 0
LARGEST = 1024
"""Pixels of a side, as of a network's input."""
SIDE = 96
"""Pixels of a side where images of several sizes are given and no size is asked for."""


def fingerprint(path: Path | None, options: Mapping[str, Any]) -> str:
    """Name the content at ``path``, and that of a table of labels outside of it."""
    content = content_fingerprint(path, options)
    if path is None or not options["labels"]:
        return content
    outside = _outside(path, options["labels"])
    return content + sha256_of(outside) if outside.is_file() else content


@data_set(
    name="image-folder",
    summary="any images: one folder for each class, a labels.csv, or a known data set's own form",
    origin="your own images",
    licence="yours",
    options=MappingProxyType({"image_size": AS_THEY_ARE, "labels": ""}),
    fingerprint=fingerprint,
)
def image_folder(path: Path | None, options: Mapping[str, Any]) -> Decoded:
    """Read images from a folder or archive in a layout that is known; raises ``DataError``.

    With ``image_size`` the shorter side is scaled to so many pixels and the centre square is cut
    out. Without it images of one size keep it, and others become 96 × 96. The data set is
    colour if one image is, else grey. ``labels`` names a table of labels, from the root of the
    images or absolutely.
    """
    if path is None:
        raise DataError("image-folder: its place is missing; give it with --data PATH")
    with open_tree(path) as tree:
        listing = list_images(tree)
        layout = layout_at(path, listing, options["labels"])
        asked = _asked_size(options["image_size"])
        (height, width, channels), several = _image_shape(tree, layout.entries, asked)
    labels = {name: label for label, name in enumerate(layout.class_names)}
    decoder, outside = Decoder(channels), list[LeftOut]()

    def samples() -> Iterator[Sample]:
        with open_tree(path) as tree:
            for entry, pixels in decoder.images(tree, layout.entries):
                part = _cut(pixels, entry.box)
                if not part.size:
                    outside.append(_without_face(entry))
                    continue
                yield Sample(
                    fit(part, height, width),
                    labels[entry.class_name],
                    entry.path,
                    entry.split,
                    entry.subject,
                )

    def notes() -> tuple[str, ...]:
        sized = f"images of several sizes were scaled and their centre cut to {width}×{height}"
        told = (sized,) if several else ()
        return (*decoder.notes(), *layout.notes, *_subjects(layout), *told)

    return Decoded(
        class_names=layout.class_names,
        image_shape=(height, width, channels),
        count=len(layout.entries),
        samples=samples,
        provenance=lambda: Provenance("unofficial", notes()),
        left_out=lambda: (*listing.others, *layout.left_out, *decoder.left_out, *outside),
    )


def _asked_size(size: int) -> int:
    if size != AS_THEY_ARE and not 1 <= size <= LARGEST:
        raise DataError(f"image-folder: image_size is {size}; expected 1 to {LARGEST} pixels")
    return size


def layout_at(path: Path, listing: Listing, labels: str = "") -> Layout:
    """Return the layout of ``listing``, which lies at ``path``; raises ``DataError`` naming it."""
    try:
        return recognise_layout(listing, _tables(path, listing, labels) if labels else None)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _tables(path: Path, listing: Listing, labels: str) -> dict[str, bytes]:
    """Return the table of labels that is asked for, by its name in the tree if it lies there."""
    wanted = labels.replace("\\", "/").removeprefix("./")
    found = [name for name in listing.tree.names if f"/{name}".endswith(f"/{wanted}")]
    found = [wanted] if wanted in found else found
    if len(found) > 1:
        raise DataError(f"labels {labels!r} are several files: {found[0]}, {found[1]}; name one")
    if found:
        return {found[0]: listing.tree.read(found[0])}
    outside = _outside(path, labels)
    try:
        return {outside.name: read_given(outside, MOST_BYTES)}
    except DataError as error:
        raise DataError(f"labels {labels!r}: no such table in it, and {error}") from error


def _outside(path: Path, labels: str) -> Path:
    """Return where ``labels`` lie if not in the tree: absolute, or from the images' folder."""
    return (path if path.is_dir() else path.parent) / Path(labels).expanduser()


def _subjects(layout: Layout) -> tuple[str, ...]:
    named = {entry.subject for entry in layout.entries} - {""}
    if not named:
        return ()
    return (f"{len(named):,} subjects are known; a split that is made here keeps each whole",)


def _cut(pixels: Pixels, box: Box | None) -> Pixels:
    """Cut ``box`` out of H×W×C ``pixels``, as far as it lies in them."""
    if box is None:
        return pixels
    return pixels[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)]


def _without_face(entry: Entry) -> LeftOut:
    return LeftOut(
        path=entry.path,
        kind="unused",
        reason=f"its box {entry.box} lies outside the picture",
        split=entry.split,
        class_name=entry.class_name,
    )


def _image_shape(
    tree: Tree, entries: Iterable[Entry], size: int
) -> tuple[tuple[int, int, int], bool]:
    """Return ``size`` × ``size`` and 3 channels if one image has colour; and if sizes differ.

    A ``size`` of 0 stands for their common size, or 96. Sizes are taken from the headers; pixels
    are decoded only until the first colour is seen.
    """
    sizes: set[tuple[int, int]] = set()
    colour = False
    for entry in entries:
        try:
            content = tree.read(entry.name)
            whole, can_be_colour = header(content, entry.name)
            colour = colour or (can_be_colour and _has_colour(content, entry.name))
        except DataError:
            continue
        if min(one_size := _size_of(whole, entry.box)) > 0:
            sizes.add(one_size)
        if colour and len(sizes) > 1:
            break
    several = len(sizes) > 1
    if size == AS_THEY_ARE and len(sizes) == 1:
        height, width = sizes.pop()
    else:
        height = width = size or SIDE
    return (height, width, 3 if colour else 1), several


def _size_of(whole: tuple[int, int], box: Box | None) -> tuple[int, int]:
    """Return the (height, width) of ``box`` in an image of ``whole``, or of the image."""
    if box is None:
        return whole
    height = min(box.bottom, whole[0]) - max(0, box.top)
    width = min(box.right, whole[1]) - max(0, box.left)
    return height, width


def _has_colour(content: bytes, name: str) -> bool:
    pixels = decode(content, name, channels=3)
    return bool((pixels[..., :1] != pixels[..., 1:]).any())
