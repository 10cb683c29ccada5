"""The registry of data sets: what a data set file declares, and how it is found."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial, wraps
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.plugins import DATA_SETS, guarding, import_plugin, installed, leave_out
from datasets.reading.trees import content_fingerprint
from datasets.records import DataError, LeftOut, Provenance

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Sample:
    """One decoded image: uint8 H×W×C (C 1 or 3), its class index, place and official split.

    ``subject`` names who is on it, where the source tells.
    """

    image: NDArray[np.uint8]
    label: int
    path: str
    split: str
    subject: str = ""


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """A source that has been recognised and is ready to be decoded.

    ``count`` is the number of samples that ``samples`` will yield at most, for progress;
    ``samples`` is called once; ``provenance`` and ``left_out`` (the files that are not among the
    samples, each with its reason) are asked after the last sample and may depend on all of them.
    ``likely`` tells whether more than size and class names speaks for this data set, so that it
    is not somebody's own images in folders of the same names.
    """

    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]
    count: int
    samples: Callable[[], Iterator[Sample]]
    provenance: Callable[[], Provenance]
    left_out: Callable[[], tuple[LeftOut, ...]] = tuple
    likely: Callable[[], bool] = lambda: True


Read = Callable[[Path | None, Options], Decoded]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A data set that ferbench can read.

    ``fingerprint`` answers quickly what names the content at ``path`` (it is part of the cache
    key); ``read`` recognises the layout and raises ``DataError`` where there is none it knows.
    ``options`` are the settings a protocol may give, with their defaults. ``votes`` returns, by
    the images' paths, how many annotators voted for each column of FER+, where the data at
    ``path`` have such votes; it raises ``DataError`` for votes that are no use.
    """

    name: str
    summary: str
    origin: str
    licence: str
    needs_path: bool
    read: Read
    fingerprint: Callable[[Path | None, Options], str] = content_fingerprint
    options: Options = field(default_factory=lambda: MappingProxyType({}))
    votes: Callable[[Path], Mapping[str, tuple[int, ...]]] | None = None


def data_set(
    *, name: str, summary: str, origin: str, licence: str, needs_path: bool = True, **settings: Any
) -> Callable[[Read], Source]:
    """Turn a read function into the ``Source`` of that name (a decorator).

    ``settings`` are the remaining fields of ``Source``: ``fingerprint``, ``options``, ``votes``.
    """

    def wrap(read: Read) -> Source:
        return Source(
            name=name,
            summary=summary,
            origin=origin,
            licence=licence,
            needs_path=needs_path,
            read=read,
            **settings,
        )

    return wrap


def discover(plugins: Iterable[Path] = ()) -> Mapping[str, Source]:
    """Collect every data set of this package, of installed packages and of the plugin files.

    Installed packages name theirs in the entry points ``ferbench.datasets``; what is broken, or
    has a name that is taken, is left out and told (see `datasets.plugins.installed`). Two other
    data sets of one name, or a plugin that cannot be imported, raise ``DataError``.
    """
    sources: dict[str, Source] = {}
    for found in pkgutil.iter_modules([str(Path(__file__).parent)]):
        _add_all(sources, importlib.import_module(f"{__package__}.{found.name}"))
    for brought in installed(DATA_SETS, (Source,)):
        try:
            _add(sources, brought.value, brought.origin)
        except DataError as error:
            leave_out(brought.origin, str(error))
    for path in plugins:
        module = import_plugin(path, DataError)
        try:
            _add_all(sources, module, f"plugin {path}")
        except DataError as error:
            raise DataError(f"plugin {path}: {error}") from error
    return MappingProxyType(sources)


def _add_all(sources: dict[str, Source], module: ModuleType, origin: str = "") -> None:
    for value in vars(module).values():
        if isinstance(value, Source):
            _add(sources, value, origin)


def _add(sources: dict[str, Source], source: Source, origin: str = "") -> None:
    """Add ``source``; ``origin`` names the code from outside that it is, if it is."""
    known = sources.get(source.name)
    if known is None:
        sources[source.name] = _guarded(source, origin) if origin else source
    elif inspect.unwrap(known.read) is not inspect.unwrap(source.read):
        raise DataError(f"two data sets are named {source.name!r}; rename one of them")


def _guarded(source: Source, origin: str) -> Source:
    """Return ``source`` with each of its errors in one line that names ``origin``."""
    guard = partial(guarding, origin, DataError, passing=(DataError,))

    @guard()
    @wraps(source.read)
    def read(path: Path | None, options: Options) -> Decoded:
        decoded = source.read(path, options)

        def samples() -> Iterator[Sample]:
            with guard():
                yield from decoded.samples()

        return replace(
            decoded,
            samples=samples,
            provenance=guard()(decoded.provenance),
            left_out=guard()(decoded.left_out),
            likely=guard()(decoded.likely),
        )

    return replace(
        source,
        read=read,
        fingerprint=guard()(source.fingerprint),
        votes=guard()(source.votes) if source.votes else None,
    )
