"""FER2013 (Goodfellow et al. 2013, arXiv 1307.0414), in every layout in which people have it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from datasets.reading.fer2013_csv import read_csv
from datasets.reading.fer2013_folders import read_folders
from datasets.reading.layouts import class_folders
from datasets.reading.listing import list_images
from datasets.reading.trees import Tree, open_tree
from datasets.records import DataError
from datasets.registry import Decoded, data_set

TABLES = ("fer2013.csv", "icml_face_data.csv")


@data_set(
    name="fer2013",
    summary="35,887 grey faces of 48×48 pixels in seven expressions, with an official split",
    origin="Goodfellow et al. 2013, Challenges in Representation Learning, arXiv 1307.0414",
    licence="none published; ferbench does not redistribute it",
)
def fer2013(path: Path | None, options: Mapping[str, Any]) -> Decoded:
    """Recognise the layout at ``path``; raises ``DataError`` where it is none of FER2013's."""
    del options
    if path is None:
        raise DataError("fer2013: its place is missing; give it with --data PATH")
    with open_tree(path) as tree:
        table = _table(tree)
        listing = list_images(tree)
        layout = class_folders(listing)
    if table:
        return read_csv(path, table)
    if not layout.entries:
        raise DataError(
            f"{path}: no FER2013 in it; expected fer2013.csv, or train/ and test/ folders with a "
            "folder for each emotion"
        )
    return read_folders(path, layout, listing.others)


def _table(tree: Tree) -> str | None:
    """Return the CSV of FER2013 in ``tree``: one of the published names, or a CSV given alone."""
    if len(tree.names) == 1 and tree.names[0].lower().endswith(".csv"):
        return tree.names[0]
    found = [name for name in tree.names if PurePosixPath(name).name in TABLES]
    return min(found, key=lambda name: (name.count("/"), name), default=None)
