"""Every key of the protocol with values that it cannot have, made from the schema itself."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from benchmarks.protocol.schema import Protocol

BASE: Mapping[str, Any] = MappingProxyType(
    {
        "name": "mine",
        "data": {"set": "synthetic-faces", "options": {"scale": 0.05}},
        "source": {
            "set": "synthetic-faces",
            "epochs": 1,
            "options": {"domain": "source", "scale": 0.05},
        },
        "tuning": {"trials": 1, "rungs": [1]},
        "fit": {"epochs": 1, "seeds": [0, 1]},
        "robustness": {},
        "leaks": {},
        "variants": [{"architecture": "majority"}],
        "ensembles": [{"name": "both", "members": ["majority"]}],
    }
)
"""A protocol with every section."""
VALUES: Mapping[str, tuple[str, Any]] = MappingProxyType(
    {
        "a number": ("int", 7),
        "zero": ("int", 0),
        "a negative number": ("int", -3),
        "a huge number": ("int", 10**30),
        "a number beyond floats": ("int", 10**400),
        "a boolean": ("bool", True),
        "a fraction": ("float", 0.5),
        "a whole fraction": ("float", 3.0),
        "a negative fraction": ("float", -0.5),
        "a huge fraction": ("float", 1e300),
        "nan": ("float", float("nan")),
        "inf": ("float", float("inf")),
        "-inf": ("float", float("-inf")),
        "a number as text": ("str", "7"),
        "a word": ("str", "no such word"),
        "empty text": ("str", ""),
        "text that steers a terminal": ("str", "a\x1b[2J\nb"),
        "long text": ("str", "x" * 5000),
        "an empty list": ("tuple", []),
        "a list of lists": ("tuple", [[1]]),
        "a list of text": ("tuple", ["x"]),
        "a list of numbers": ("tuple", [1]),
        "a list of nan": ("tuple", [float("nan")]),
        "a table": ("dict", {"x": 1}),
        "an empty table": ("dict", {}),
    }
)
"""What a key may be given, and the kind that it is of."""
NEVER = frozenset({"nan", "inf", "-inf", "a negative number", "a negative fraction"})
"""Numbers that no key takes."""
ALSO = MappingProxyType({"float": ("int",)})
"""Kinds that stand for others: a whole number for a fraction."""
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Key:
    """A key of the protocol: where it stands, and what the schema says of it."""

    path: Path
    annotation: Any
    required: bool
    bounds: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        return ".".join(map(str, self.path))

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of value that it takes."""
        own = frozenset(_kinds(self.annotation))
        return own | {other for kind in own for other in ALSO.get(kind, ())}

    @property
    def words(self) -> tuple[str, ...]:
        """The words that it takes, where it takes no other."""
        return tuple(_words(self.annotation))

    def wrong(self) -> Iterator[tuple[str, Any]]:
        """Yield values of kinds that it does not take, words that it does not know, no numbers."""
        for name, (kind, value) in VALUES.items():
            if kind not in self.kinds or (kind == "str" and self.words) or name in NEVER:
                yield name, value
        for word in self.words:
            yield f"{word} misspelt", word[:-1]

    def beyond(self) -> Iterator[int]:
        """Yield the whole numbers that lie next to its bounds, outside."""
        for bound in self.bounds:
            for name, step in (("ge", -1), ("gt", 0), ("le", 1), ("lt", 0)):
                if (limit := getattr(bound, name, None)) is not None:
                    yield int(limit) + step + (int(limit) != limit)

    def given(self, value: Any) -> dict[str, Any]:
        """Return the protocol with ``value`` here."""
        return changed(self.path, lambda section, key: section.__setitem__(key, value))

    def missing(self) -> dict[str, Any]:
        """Return the protocol without it."""
        return changed(self.path, lambda section, key: section.pop(key, None))

    def misspelt(self) -> dict[str, Any]:
        """Return the protocol with one letter of its name doubled."""
        word = str(self.path[-1])
        wrong = word[:2] + word[1:]
        return changed(self.path, lambda section, key: section.__setitem__(wrong, 1))


def changed(path: Path, change: Any) -> dict[str, Any]:
    """Return the base with ``change`` made to the section that ``path`` leads to."""
    protocol = copy.deepcopy(dict(BASE))
    section: Any = protocol
    for part in path[:-1]:
        section = section[part]
    change(section, path[-1])
    return protocol


def keys(model: type[BaseModel] = Protocol, at: Path = ()) -> Iterator[Key]:
    """Yield every key of the schema, those of sections too."""
    for name, field in model.model_fields.items():
        yield Key((*at, name), field.annotation, field.is_required(), tuple(_bounds(field)))
        for section, inner in _sections(field.annotation):
            yield from keys(section, (*at, name, *inner))


def toml(value: Any) -> str:
    """Write a value in TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value)


def written(protocol: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {toml(value)}\n" for key, value in protocol.items())


def _bounds(field: FieldInfo) -> Iterator[Any]:
    """Yield the bounds of a number, also of one that may be left out."""
    yield from field.metadata
    for inner in (field.annotation, *get_args(field.annotation)):
        if get_origin(inner) is Annotated:
            for held in get_args(inner)[1:]:
                yield from getattr(held, "metadata", ())


def _sections(annotation: Any) -> Iterator[tuple[type[BaseModel], Path]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ()
    listed: Path = (0,) if get_origin(annotation) is tuple else ()
    for inner in get_args(annotation):
        for section, rest in _sections(inner):
            yield section, (*listed, *rest)


def _kinds(annotation: Any) -> Iterator[str]:
    origin = get_origin(annotation)
    if origin in (Union, UnionType, Annotated):
        for inner in get_args(annotation):
            yield from _kinds(inner)
    elif origin is Literal:
        yield "str"
    elif origin is tuple:
        yield "tuple"
    elif origin in (dict, Mapping) or (
        isinstance(annotation, type) and issubclass(annotation, BaseModel)
    ):
        yield "dict"
    elif annotation in (str, int, float, bool):
        yield annotation.__name__
    elif origin is not None and get_args(annotation):
        yield "dict"


def _words(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif get_origin(annotation) in (Union, UnionType, Annotated):
        for inner in get_args(annotation):
            yield from _words(inner)
