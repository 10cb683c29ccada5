"""The literature that a run stands on, as BibTeX and as names for the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

FILE = Path(__file__).with_name("references.bib")
DATA_SETS = MappingProxyType(
    {"fer2013": ("goodfellow2013",), "ferplus": ("barsoum2016",), "synthetic-faces": ("ekman1978",)}
)
LIBRARIES = MappingProxyType(
    {
        "tensorflow": "abadi2016",
        "keras": "chollet2015",
        "torch": "paszke2019",
        "jax": "bradbury2018",
        "timm": "wightman2019",
        "scikit-learn": "pedregosa2011",
        "optuna": "akiba2019",
    }
)
MENTIONS = MappingProxyType(
    {
        "Gradient-based learning applied to document recognition": "lecun1998",
        "Krizhevsky et al.": "krizhevsky2012",
        "The regression analysis of binary sequences": "cox1958",
        "DummyClassifier": "pedregosa2011",
        "MLPClassifier": "pedregosa2011",
    }
)
"""Words in an architecture's ``source`` → the work that they name."""
TIMM = MappingProxyType(
    {
        "timm:resnet": "he2016",
        "timm:vgg": "simonyan2015",
        "timm:densenet": "huang2017",
        "timm:mobilenetv3": "howard2019",
        "timm:convnext": "liu2022",
    }
)
"""How a network of timm begins → the work that introduced it."""


def of_architecture(name: str, source: str) -> tuple[str, ...]:
    """Return the keys of the works that ``source`` names by arXiv number, DOI or title.

    What it names otherwise, or what ``references.bib`` does not hold, is left out.
    """
    named = [key for key, entry in _entries().items() if _identifier(entry) & _numbers(source)]
    said = [key for words, key in MENTIONS.items() if words.lower() in source.lower()]
    family = [key for beginning, key in TIMM.items() if name.startswith(beginning)]
    return tuple(dict.fromkeys([*family, *named, *said]))


def bibtex(keys: Iterable[str]) -> str:
    """Return the entries of ``keys`` as BibTeX, each once and in the order of the alphabet."""
    return "\n".join(f"{_entries()[key]}\n" for key in sorted(set(keys)))


def in_text(key: str) -> str:
    """Return how prose cites the work: ``Simonyan and Zisserman 2015``, ``He et al. 2016``."""
    entry = _entries()[key]
    surnames = [name.partition(",")[0] for name in _field(entry, "author").split(" and ")]
    plain = [_unescaped(name) for name in surnames]
    several = len(plain) > 2 or plain[-1] == "others"
    told = f"{plain[0]} et al." if several else " and ".join(plain)
    return f"{told} {_field(entry, 'year')}"


@cache
def _entries() -> Mapping[str, str]:
    """Return key → entry as it stands in ``references.bib``."""
    entries = FILE.read_text("utf-8").strip().split("\n\n")
    return MappingProxyType(
        {entry[entry.index("{") + 1 : entry.index(",")]: entry for entry in entries}
    )


def _field(entry: str, name: str) -> str:
    found = re.search(rf"^  {name} = \{{(.*)\}},$", entry, re.MULTILINE)
    return found[1] if found else ""


def _identifier(entry: str) -> set[str]:
    return {_field(entry, "eprint"), _field(entry, "doi")} - {""}


def _numbers(source: str) -> set[str]:
    """Return the arXiv numbers and DOIs in ``source``."""
    return set(re.findall(r"\b\d{4}\.\d{4,5}\b|\b10\.\d{4,9}/[^\s;,]+", source))


def _unescaped(name: str) -> str:
    """Return a surname without BibTeX's braces and accents: ``Pl{\\"o}ger`` → ``Plöger``."""
    accents = {r"{\'e}": "é", r"{\'a}": "á", r"{\"o}": "ö", r"{\"e}": "ë", r"{\c{c}}": "ç"}
    for written, letter in accents.items():
        name = name.replace(written, letter)
    return name.strip("{}")
