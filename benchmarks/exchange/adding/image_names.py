"""How somebody's table names images, and which of a split's images a name means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.store.splits import SplitTable

NAMES: Mapping[str, Callable[[SplitTable], NDArray[Any]]] = MappingProxyType(
    {
        "row": lambda images: images.rows,
        "path": lambda images: images.paths,
        "image_id": lambda images: images.image_ids,
    }
)
"""The columns of somebody's table that can name an image, and what each is in a split."""
PATHS = ("image", "image_path", "img", "file", "filename", "file_name", "filepath", "file_path")
"""What a column of paths is called, too."""

SHOWN = 200
"""Characters of a name that are shown of it."""


def with_known_names(table: pd.DataFrame, splits: SplitTable) -> pd.DataFrame:
    """Return ``table`` with the columns of `NAMES` so called, and with paths as in ``splits``."""
    found = {str(column).lower(): str(column) for column in reversed(table.columns)}
    renamed = {found[name]: name for name in NAMES if name in found}
    if "path" not in found and (other := next((name for name in PATHS if name in found), None)):
        renamed[found[other]] = "path"
    table = table.rename(columns=renamed)
    if "path" in table:
        table["path"] = _known_paths(table["path"].tolist(), splits.paths.tolist())
    if "image_id" in table:
        table["image_id"] = table["image_id"].str.lower()
    return table


def strangers(table: pd.DataFrame, key: str, splits: SplitTable) -> str:
    """Say which lines of ``table`` are for no image of ``splits``, or ``""``."""
    known = NAMES[key](splits)
    strange = ~table[key].isin(known)
    if not strange.any():
        return ""
    remedy = "leave them out"
    if key == "row" and set(table[key][strange]) == {len(known)} and 0 not in set(table[key]):
        remedy = "a run's rows are counted from 0, and these perhaps from 1: then take 1 from each"
    elif strange.mean() > 0.5:
        remedy = f"name images as the run's splits.parquet does (for instance {key} {known[-1]})"
    return (
        f"{int(strange.sum())} lines are for images that the run does not have "
        f"(first: {key} {str(table[key][strange].iloc[0])[:SHOWN]}); {remedy}"
    )


def _known_paths(given: Sequence[Any], known: Iterable[str]) -> NDArray[np.object_]:
    """Return for each path the one of ``known`` that it is, or ends, or that ends it."""
    by_file: defaultdict[str, list[str]] = defaultdict(list)
    for path in known:
        by_file[path.rpartition("/")[2]].append(path)

    def meant(name: Any) -> Any:
        if not isinstance(name, str):
            return name
        plain = name.replace("\\", "/").removeprefix("./")
        alike = by_file[plain.rpartition("/")[2]]
        if plain in alike:
            return plain
        ends = [path for path in alike if f"/{path}".endswith(f"/{plain.lstrip('/')}")]
        ends = ends or [path for path in alike if plain.endswith(f"/{path}")]
        return ends[0] if len(ends) == 1 else name

    return np.array([meant(name) for name in given], dtype=np.object_)
