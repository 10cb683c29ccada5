"""Which images belong on one side of a split: identical, nearly identical, or of one subject."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.audit.examination import Examination
from datasets.reading.subjects import subjects
from datasets.records import DataSet


def groups(data: DataSet, examination: Examination) -> NDArray[np.int64]:
    """Return the group of each image of ``data``, int64, N.

    Images that are linked through others (a copy of a near duplicate, say) are in one group.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = np.arange(len(data.labels))
    pairs = examination.pairs
    one, other = [pairs.one, rows], [pairs.other, _first_of_each(data.image_ids)]
    if named := subjects(data.paths.tolist()):
        known = named.of != ""
        one.append(rows[known])
        other.append(rows[known][_first_of_each(named.of[known])])
    ends = np.concatenate(one), np.concatenate(other)
    links = coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(len(rows), len(rows)))
    _, found = connected_components(links, directed=False)
    return np.asarray(found, np.int64)


def _first_of_each(names: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return the index of the first image with the same name, for each."""
    _, first, inverse = np.unique(names, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], np.int64)
