"""Who is on a picture, where the file names of a data set say so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.records import DataSet

CK_PLUS = re.compile(r"(?i)(?P<subject>S\d{3})_(?P<sequence>\d{3})_(?P<frame>\d+)")
"""Lucey et al. 2010."""
JAFFE = re.compile(
    r"(?i)(?P<subject>[A-Z]{2})[.\-_](?P<expression>AN|DI|FE|HA|NE|SA|SU)\d(?:[.\-_]\d+)?"
)
"""Lyons et al. 1998."""
KDEF = re.compile(
    r"(?i)(?P<session>[AB])(?P<subject>[FM]\d{2})(?P<expression>AF|AN|DI|HA|NE|SA|SU)"
    r"(?P<view>FL|HL|S|HR|FR)"
)
"""Lundqvist et al. 1998."""
RAFD = re.compile(r"(?i)Rafd(?P<view>\d+)_(?P<subject>\d+)_(?P<words>\w+)")
"""Langner et al. 2010."""
NAMINGS = (
    ("CK+", CK_PLUS),
    ("JAFFE", JAFFE),
    ("KDEF", KDEF),
    ("RaFD", RAFD),
    (
        "subject prefix",
        re.compile(r"(?i:(?:subject|subj|sub|person)[-_]?(?P<subject>\d+))(?:\D.*)?"),
    ),
)
"""How data sets name their files, without the suffix."""
ENOUGH = 0.9
"""Share of the files that a naming must fit, so that a stray name does not pass for a subject."""

OWN = "the data set's own"
"""The naming of subjects that folders or lists tell, not the names of files."""


@dataclass(frozen=True)
class Subjects:
    """``of``: N strings, who is on each image, ``""`` where its name does not say."""

    naming: str
    of: NDArray[np.str_]


def stem_of(path: str) -> str:
    """Return the file's name in ``path`` without its suffix."""
    file = path.rsplit("/", 1)[-1]
    return file.rpartition(".")[0] or file


def subjects(paths: Sequence[str]) -> Subjects | None:
    """Read the subject of each file from its name, or return ``None`` where names carry none."""
    stems = list(map(stem_of, paths))
    for naming, pattern in NAMINGS:
        matches = [pattern.fullmatch(stem) for stem in stems]
        found = [match["subject"].upper() if match else "" for match in matches]
        if len(set(found) - {""}) > 1 and sum(map(bool, found)) >= ENOUGH * len(found):
            return Subjects(naming, np.array(found))
    return None


def subjects_of(data: DataSet) -> Subjects | None:
    """Return who is on each image of ``data``: as its source says, else as its file names do."""
    named = subjects(data.paths.tolist())
    if not (data.subjects != "").any():
        return named
    return Subjects(named.naming if named else OWN, data.subjects)
