"""Protocols read from TOML, from presets and from manifests."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from benchmarks.engines.contract import Precision
from benchmarks.errors import InputError, did_you_mean
from benchmarks.protocol.schema import Protocol
from datasets.files import read_given

MOST_BYTES = 1 << 20
"""Bytes of a protocol's file."""
NATIVE = "native"
"""The precision of a protocol's file that is bfloat16 where the machine computes in it."""


def stored_protocol(manifest: Mapping[str, Any], place: Path) -> Protocol:
    """Return the protocol of the manifest at ``place``; raises ``InputError`` if it is none."""
    try:
        return Protocol.model_validate(manifest["protocol"])
    except (KeyError, TypeError) as error:
        raise InputError(f"{place}: holds no protocol") from error
    except ValidationError as error:
        raise InputError(
            f"{place}: protocol.{_explain(error)}; it was written by another version of ferbench"
        ) from error


def presets() -> dict[str, Path]:
    """Return the protocols that ship with ferbench, by name."""
    folder = Path(str(files("benchmarks.protocol") / "presets"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_protocol(name_or_path: str, native: Precision = "float32") -> Protocol:
    """Read a preset or a TOML file; raises ``InputError`` naming file, key and remedy.

    ``native`` is what ``precision = "native"`` means on this machine, so that the protocol of a
    run says in which precision it was carried out; float32 is computed everywhere.
    """
    shipped = presets()
    path = shipped.get(name_or_path) or Path(name_or_path)
    if not path.exists():
        hint = did_you_mean(name_or_path, shipped, "presets")
        raise InputError(f"{name_or_path}: no such preset or file; {hint}")
    try:
        written = _parsed(path, read_given(path, MOST_BYTES))
        if written.get("precision") == NATIVE:
            written["precision"] = native
        return Protocol.model_validate(written)
    except ValidationError as error:
        raise InputError(f"{path}: {_explain(error)}") from error


def _parsed(path: Path, content: bytes) -> dict[str, Any]:
    """Return what TOML holds; a parser has several ways to say that it is none."""
    try:
        return tomllib.loads(content.decode("utf-8"))
    except RecursionError as error:
        raise InputError(f"{path}: not valid TOML: nested too deep") from error
    except ValueError as error:
        reason = str(error).partition(";")[0]
        raise InputError(f"{path}: not valid TOML: {reason}") from error


_WORDS = MappingProxyType(
    {
        "too_short": "should have at least one entry",
        "tuple_type": "should be a list, in brackets",
        "model_type": "should be a section or a table, with keys of its own",
        "dict_type": "should be a section or a table, with keys of its own",
        "string_pattern_mismatch": "should be letters, digits, '.', '_' and '-', the first of them "
        "a letter or a digit",
    }
)
"""What is said of errors that pydantic tells in words of Python."""


def _explain(error: ValidationError) -> str:
    found = [*_innermost(error.errors(include_url=False))]
    first = next((e for e in found if e["type"] == "extra_forbidden"), found[0])
    place = ".".join(str(part) for part in first["loc"]) or "protocol"
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    if first["type"] == "extra_forbidden":
        hint = did_you_mean(str(first["loc"][-1]), _known_keys(first["loc"]), "known keys")
        return f"{place}: unknown key; {hint}{more}"
    if first["type"] == "missing":
        return f"{place}: is missing{more}"
    message = _message(first, place)
    value = "" if isinstance(first["input"], dict) else f" (got {_short_any(first['input'])})"
    return f"{place}: {message}{value}{more}"


def _message(error: ErrorDetails, place: str) -> str:
    """Return what pydantic says of a value, with TOML's words for what Python calls otherwise."""
    if error["type"] == "tuple_type" and isinstance(error["input"], dict):
        return f"should be a list of sections; write [[{place}]] above each"
    message = _WORDS.get(error["type"]) or str(error["msg"])
    if error["loc"] == ("precision",):
        message += f", or {NATIVE!r} for bfloat16 where the machine computes in it"
    return message.removeprefix("Value error, ").removeprefix("Input ")


def _innermost(errors: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Yield those that do not merely follow from another one further inside."""
    places = [error["loc"] for error in errors]
    for error in errors:
        here = error["loc"]
        if not any(len(place) > len(here) and place[: len(here)] == here for place in places):
            yield error


def _short_any(value: object) -> str:
    return repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "…"


def _known_keys(location: Sequence[int | str]) -> Iterable[str]:
    """Return the keys of the section that the last part of ``location`` was written in."""
    section: type[BaseModel] = Protocol
    for part in location[:-1]:
        if isinstance(part, str):
            section = next(_sections(section.model_fields[part].annotation))
    return section.model_fields


def _sections(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield the sections that a field may hold: alone, in a list, or where it may be left out."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _sections(inner)
