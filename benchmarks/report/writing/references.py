"""The literature that a run stands on, as BibTeX and as names for the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pybtex.database import Entry, Person, parse_file
from pybtex.richtext import Text

FILE = Path(__file__).with_name("references.bib")
DATA_SETS = MappingProxyType(
    {"fer2013": ("goodfellow2013",), "ferplus": ("barsoum2016",), "synthetic-faces": ("ekman1978",)}
)
MENTIONS = MappingProxyType(
    {
        "Gradient-based learning applied to document recognition": "lecun1998",
        "Krizhevsky et al.": "krizhevsky2012",
        "The regression analysis of binary sequences": "cox1958",
        "DummyClassifier": "pedregosa2011",
        "MLPClassifier": "pedregosa2011",
        "EfficientNet-Lite": "liu2020",
    }
)
"""Words in a ``source`` → the work that they name."""
TIMM = MappingProxyType(
    {
        "timm:resnet": "he2016",
        "timm:vgg": "simonyan2015",
        "timm:densenet": "huang2017",
        "timm:mobilenetv3": "howard2019",
        "timm:convnext": "liu2022",
        "timm:efficientnet": "tan2019",
        "timm:tf_efficientnet": "tan2019",
    }
)
"""How a network of timm begins → the work that introduced it."""


def of_architecture(name: str, source: str) -> tuple[str, ...]:
    """Return the keys of the works behind the network ``name``, and of those in its ``source``."""
    family = [key for beginning, key in TIMM.items() if name.startswith(beginning)]
    return tuple(dict.fromkeys([*family, *works_in(source)]))


def works_in(source: str) -> tuple[str, ...]:
    """Return the keys of the works that ``source`` names by arXiv number, DOI or title.

    What it names otherwise, or what ``references.bib`` does not hold, is left out.
    """
    numbers = _numbers(source)
    named = [key for key, work in _works().items() if _identifiers(work) & numbers]
    keys = [key for words, key in MENTIONS.items() if words.lower() in source.lower()]
    return tuple(dict.fromkeys([*named, *keys]))


def bibtex(keys: Iterable[str]) -> str:
    """Return the entries of ``keys`` as BibTeX, each once and in the order of the alphabet."""
    return "\n".join(f"{_written()[key]}\n" for key in sorted(set(keys)))


def in_text(key: str) -> str:
    """Return how prose cites the work: ``Simonyan and Zisserman 2015``, ``He et al. 2016``."""
    work = _works()[key]
    names = [_surname(person) for person in work.persons["author"]]
    several = len(names) > 2 or names[-1] == "others"
    cited = f"{names[0]} et al." if several else " and ".join(names)
    return f"{cited} {work.fields['year']}"


@cache
def _works() -> Mapping[str, Entry]:
    return MappingProxyType(dict(parse_file(FILE).entries))


@cache
def _written() -> Mapping[str, str]:
    """Return key → entry as it stands in ``references.bib``."""
    entries = re.finditer(
        r"^@\w+\{([^,]+),$.*?^\}$", FILE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return MappingProxyType({entry[1]: entry[0] for entry in entries})


def _surname(person: Person) -> str:
    """Return a surname as prose writes it: ``Pl{\\"o}ger`` → ``Plöger``."""
    return str(Text.from_latex(" ".join([*person.prelast_names, *person.last_names])))


def _identifiers(work: Entry) -> set[str]:
    return {work.fields[name] for name in ("eprint", "doi") if name in work.fields}


def _numbers(source: str) -> set[str]:
    """Return the arXiv numbers and DOIs in ``source``."""
    return set(re.findall(r"\b\d{4}\.\d{4,5}\b|\b10\.\d{4,9}/[^\s;,]+", source))
