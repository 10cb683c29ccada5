"""Which images belong on one side of a split: identical, nearly identical, or of one subject."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from datasets.audit.examination import Examination
from datasets.reading.subjects import subjects_of
from datasets.records import DataSet

Rows = NDArray[np.int64]


def groups(data: DataSet, examination: Examination) -> NDArray[np.int64]:
    """Return the group of each image of ``data``, int64, N.

    Images that are linked through others (a copy of a near duplicate, say) are in one group.
    """
    pairs = examination.pairs
    return _connected(data, [(pairs.one, pairs.other)])


def subject_groups(data: DataSet) -> NDArray[np.int64]:
    """Return the group of each image of ``data``, int64, N: of one subject, or identical."""
    return _connected(data, [])


def _connected(data: DataSet, pairs: Iterable[tuple[Rows, Rows]]) -> NDArray[np.int64]:
    """Number the images that are linked by ``pairs``, by equal pixels or by one subject."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = np.arange(len(data.labels))
    links = [*pairs, (rows, _first_of_each(data.image_ids))]
    if named := subjects_of(data):
        known = rows[named.of != ""]
        links.append((known, known[_first_of_each(named.of[known])]))
    ends = np.concatenate([one for one, _ in links]), np.concatenate([other for _, other in links])
    graph = coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(len(rows), len(rows)))
    _, found = connected_components(graph, directed=False)
    return np.asarray(found, np.int64)


def _first_of_each(names: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return the index of the first image with the same name, for each."""
    _, first, inverse = np.unique(names, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], np.int64)
