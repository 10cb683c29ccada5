"""The words that people write on folders and in tables: for splits, expressions and persons."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from types import MappingProxyType

from datasets.records import SplitName

SPLITS: MappingProxyType[str, SplitName] = MappingProxyType(
    {
        "train": "train",
        "training": "train",
        "val": "validation",
        "valid": "validation",
        "validate": "validation",
        "validation": "validation",
        "dev": "validation",
        "development": "validation",
        "publictest": "validation",
        "test": "test",
        "testing": "test",
        "eval": "test",
        "evaluation": "test",
        "privatetest": "test",
    }
)
"""FER2013's PublicTest and PrivateTest are its validation and test set."""
EXPRESSIONS = MappingProxyType(
    {
        "anger": "angry",
        "angry": "angry",
        "contempt": "contempt",
        "contemptuous": "contempt",
        "disgust": "disgust",
        "disgusted": "disgust",
        "disgusting": "disgust",
        "afraid": "fear",
        "fear": "fear",
        "fearful": "fear",
        "scared": "fear",
        "happiness": "happy",
        "happy": "happy",
        "joy": "happy",
        "joyful": "happy",
        "neutral": "neutral",
        "neutrality": "neutral",
        "sad": "sad",
        "sadness": "sad",
        "surprise": "surprise",
        "surprised": "surprise",
        "surprising": "surprise",
    }
)
"""Expressions as they are spelt, and the word for each."""
CONTEMPT = "contempt"
"""A class of FER+, AffectNet and CK+ that FER2013 has not."""
_FILLERS = re.compile(
    r"aligned|cropped|original|final|usage|splits?|sets?|data(set)?|db|folder|files|plus"
    r"|faces?|lists?|images?|imgs?|photos?|pics?|pictures?|icml"
    r"|affectnet|ck|ckplus|expw|fer|ferplus|jaffe|kdef|raf|rafdb|rafd"
)
"""Words beside a split's that do not change what it means: ``train_set``, ``FER2013Train``."""
_TOKEN = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_GLUED = re.compile(rf"({'|'.join(SPLITS)})(set|images|imgs|data|split|faces)")
_NUMBERED = re.compile(
    r"^(?:copy of )?(?:[\W_]*\d+[\W_]+)?|(?:[\W_]+(?:copy|kopie|copie|copia))?(?:[\W_]+\d+[\W_]*)?$"
)
"""What people and file managers write beside a class: its number, and that it is a copy."""
_PERSON = re.compile(
    r"S\d{3}|[AB]?[FM]\d{2,3}|[Pp]\d{2,3}"
    r"|(?i:person|subject|subj|sub|participant|actor|people|user|identity|id)[\s_\-]?\d+"
)


def same_spelling(word: str) -> str:
    """Return ``word`` with its accents composed (NFC), as the same word always has them."""
    return unicodedata.normalize("NFC", word)


def is_split_word(name: str) -> bool:
    """Tell whether ``name`` is nothing but a word for a split, in any case."""
    return re.sub(r"[\s_\-]", "", name).lower() in SPLITS


def split_of(name: str) -> SplitName | None:
    """Return the split that ``name`` is a word for, with the usual words beside it, or ``None``.

    ``train``, ``Test_Images``, ``fer2013_train``, ``FER2013Valid`` and ``PrivateTest`` are words
    for splits; ``train_station``, ``trainval`` and ``7`` are not.
    """
    split, rest = _parsed(name)
    return split if not rest else None


def splits_of(names: Iterable[str]) -> dict[str, SplitName]:
    """Return which of ``names`` are words for splits, and for which.

    Beside what `split_of` knows, names are taken that differ in the split's word alone:
    ``mine-train`` beside ``mine-test``.
    """
    found: dict[str, SplitName] = {}
    alike: defaultdict[str, dict[str, SplitName]] = defaultdict(dict)
    for name in names:
        split, rest = _parsed(name)
        if split and not rest:
            found[name] = split
        elif split:
            alike[rest][name] = split
    for named in alike.values():
        if len(set(named.values())) > 1:
            found |= named
    return found


def expression_of(name: str) -> str | None:
    """Return the expression that ``name`` is a word for, or ``None``.

    Any case, a number before or behind it and the mark of a copy are allowed: ``Happiness``,
    ``0_angry``, ``3. Sad``, ``fear - Copy``.
    """
    return EXPRESSIONS.get(_NUMBERED.sub("", folded(name)))


def meant_class(name: str, class_names: Sequence[str]) -> str | None:
    """Return the one of ``class_names`` that ``name`` is: as written, in any case, or a synonym.

    ``None`` where it is none of them, or more than one.
    """
    if name in class_names:
        return name
    meant = expression_of(name)
    alike = [each for each in class_names if folded(each) == folded(name)]
    found = alike or [each for each in class_names if meant and expression_of(each) == meant]
    return found[0] if len(found) == 1 else None


def expressions_in(name: str) -> set[str]:
    """Return the expressions whose words stand in ``name``, between other letters or none."""
    words = (word.lower() for word in _TOKEN.findall(same_spelling(name)))
    return {EXPRESSIONS[word] for word in words if word in EXPRESSIONS}


def is_person(name: str) -> bool:
    """Tell whether ``name`` is what data sets call a person: ``S005``, ``AF01``, ``person 3``."""
    return bool(_PERSON.fullmatch(name.strip()))


def folded(name: str) -> str:
    """Return ``name`` in one case and with composed accents."""
    return same_spelling(name).strip().casefold()


def _parsed(name: str) -> tuple[SplitName | None, str]:
    """Return the one split that the words of ``name`` tell, and its other words, joined."""
    words = [word.lower() for word in _TOKEN.findall(same_spelling(name))]
    words = [part for word in words for part in _unglued(word)]
    splits, rest = list[SplitName](), list[str]()
    while words:
        word = words.pop(0)
        if words and word + words[0] in SPLITS:
            word += words.pop(0)
        if word in SPLITS:
            splits.append(SPLITS[word])
        elif not _FILLERS.fullmatch(word) and not word.isdigit():
            rest.append(word)
    return (splits[0] if len(splits) == 1 else None), " ".join(rest)


def _unglued(word: str) -> list[str]:
    match = _GLUED.fullmatch(word)
    return list(match.groups()) if match else [word]
