"""Who is on a picture, where the file names of a data set say so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

NAMINGS = (
    ("CK+", re.compile(r"(S\d{3})_\d{3}_\d+")),
    ("JAFFE", re.compile(r"([A-Z]{2})\.(?:AN|DI|FE|HA|NE|SA|SU)\d\.\d+")),
    ("KDEF", re.compile(r"[AB]([FM]\d{2})(?:AF|AN|DI|HA|NE|SA|SU)(?:FL|HL|S|HR|FR)")),
    ("RaFD", re.compile(r"Rafd\d+_(\d+)_\w+")),
    ("subject prefix", re.compile(r"(?i:(?:subject|subj|sub|person)[-_]?(\d+))(?:\D.*)?")),
)
"""How data sets name their files; the group is the subject. CK+: Lucey et al. 2010; JAFFE: Lyons et
al. 1998; KDEF: Lundqvist et al. 1998; RaFD: Langner et al. 2010."""
ENOUGH = 0.9
"""Share of the files that a naming must fit, so that a stray name does not pass for a subject."""


@dataclass(frozen=True)
class Subjects:
    """``of``: N strings, who is on each image, ``""`` where its name does not say."""

    naming: str
    of: NDArray[np.str_]


def subjects(paths: Sequence[str]) -> Subjects | None:
    """Read the subject of each file from its name, or return ``None`` where names carry none."""
    stems = [PurePosixPath(path).stem for path in paths]
    for naming, pattern in NAMINGS:
        matches = [pattern.fullmatch(stem) for stem in stems]
        found = [match[1] if match else "" for match in matches]
        if len(set(found) - {""}) > 1 and sum(map(bool, found)) >= ENOUGH * len(found):
            return Subjects(naming, np.array(found))
    return None
