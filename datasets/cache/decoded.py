"""The cache of decoded data sets: uint8 pixels in memory-mapped files, keyed by content."""

from __future__ import annotations

import hashlib
import inspect
import json
import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL
import platformdirs

from datasets.cache.builds import build_entry
from datasets.cache.digests import rows_digest
from datasets.files import code_files, sha256_of
from datasets.left_out import because, require_readable
from datasets.reading.classes import with_classes
from datasets.reading.images import image_id
from datasets.reading.trees import listing_once
from datasets.records import SPLIT_NAMES, DataError, DataSet, LeftOut, Progress, Provenance
from datasets.registry import Decoded, Sample, Source

LABELS = "labels"
"""The option of a source that can take labels from elsewhere; ``""`` stands for its own."""
DECODED = "data"
"""The folder of the cache that decoded data sets lie in."""
IMAGES, ROWS, META = "images.bin", "rows.npz", "meta.json"


def cache_folder() -> Path:
    """Return the user's cache folder; the environment variable FERBENCH_CACHE overrides it."""
    chosen = os.environ.get("FERBENCH_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("ferbench")


def open_data_set(
    source: Source,
    path: Path | None,
    options: Mapping[str, Any],
    *,
    labels: str | None = None,
    classes: Sequence[str] = (),
    unreadable: float = 1.0,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> DataSet:
    """Open a data set, decoding it into the cache where it is not there yet.

    ``options`` overrides the source's own; ``labels`` says where labels other than its own stand,
    for a source that has the option ``labels``; ``classes`` takes those alone, in that order;
    ``cache`` defaults to `cache_folder`; ``progress(done, total)`` is called while images are
    decoded. Raises ``DataError`` for a missing path, an unknown option, data that cannot be read,
    and where more than the share ``unreadable`` of a class or split cannot be read.
    """
    chosen = _chosen(source, options) | _labels(source, labels)
    where = _place(source, path)

    def build(folder: Path) -> None:
        decoded = with_classes(source.read(where, chosen), classes, source.name)
        _write(folder, source.name, decoded, progress or (lambda *_: None))
        if _key(source, where, chosen, classes) != key:
            raise DataError(f"{where}: it changed while it was read; repeat when it is whole")

    with listing_once():
        key = _key(source, where, chosen, classes)
        place = build_entry((cache or cache_folder()) / DECODED / key, build)
    data = _load(place, source.name)
    require_readable(data, unreadable)
    return data


def _chosen(source: Source, options: Mapping[str, Any]) -> dict[str, Any]:
    own = [name for name in source.options if name != LABELS]
    unknown = [name for name in options if name not in own]
    if unknown:
        known = ", ".join(own) or "none"
        raise DataError(f"{source.name}: unknown option {unknown[0]!r}; known: {known}")
    return {
        name: _like(default, options.get(name, default), f"{source.name}: option {name}")
        for name, default in source.options.items()
    }


def _labels(source: Source, labels: str | None) -> dict[str, Any]:
    if labels is None:
        return {}
    if LABELS not in source.options:
        raise DataError(f"{source.name}: data.labels is {labels!r}, but its labels are its own")
    return {LABELS: labels}


def _like(default: object, value: object, what: str) -> object:
    """Return ``value`` in the type of ``default``; a whole number may stand for a real one."""
    if isinstance(default, float) and type(value) is int and abs(value) <= sys.float_info.max:
        return float(value)
    if type(value) is not type(default) or (isinstance(value, float) and not math.isfinite(value)):
        raise DataError(f"{what} is {value!r}; expected a value like {default!r}")
    return value


def _place(source: Source, path: Path | None) -> Path | None:
    if not source.needs_path:
        return None
    if path is None:
        raise DataError(f"{source.name}: say where it is, with --data PATH or FERBENCH_DATA")
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; say where {source.name} is with --data")
    return path


def _key(
    source: Source, path: Path | None, options: Mapping[str, Any], classes: Sequence[str]
) -> str:
    """Name everything that decides the rows: content, labels, options, classes, code, decoders."""
    parts = {
        "name": source.name,
        "options": dict(options),
        "classes": list(classes),
        "content": source.fingerprint(path, options),
        "labels": _labels_content(path, str(options.get(LABELS, ""))),
        "code": _code_digest(source),
        "opencv": cv2.__version__,
        "pillow": PIL.__version__,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _labels_content(path: Path | None, labels: str) -> list[str]:
    """Digest the files, inside or outside the data's place, that ``labels`` may name."""
    if not labels:
        return []
    folders = (path, path.parent) if path else ()
    places = (Path(labels).expanduser(), *(folder / labels for folder in folders))
    return [sha256_of(place) for place in places if place.is_file()]


def _code_digest(source: Source) -> str:
    """Digest what decides the pixels: what reads, what draws, the source's own file."""
    package = Path(__file__).parents[1]
    files = {
        Path(__file__),
        Path(inspect.getfile(inspect.unwrap(source.read))),
        package / "records.py",
    }
    for room in ("reading", "drawing"):
        files.update(code_files(package / room))
    code = b"".join(file.read_bytes() for file in sorted(files))
    return hashlib.sha256(code).hexdigest()


def _write(folder: Path, name: str, reading: Decoded, progress: Progress) -> None:
    rows: list[tuple[str, int, str, str]] = []
    subjects: list[str] = []
    with (folder / IMAGES).open("wb") as file:
        for sample in reading.samples():
            _check(name, sample, reading)
            file.write(np.ascontiguousarray(sample.image).data)
            place = _as_utf8(sample.path)
            rows.append((image_id(sample.image), sample.label, place, sample.split))
            subjects.append(_as_utf8(sample.subject))
            if len(rows) % 256 == 0:
                progress(len(rows), reading.count)
    if not rows:
        why = because(reading.left_out()) or "it holds none"
        raise DataError(f"{name}: not one readable image in it; {why}")
    progress(reading.count, reading.count)
    _write_rows(folder / ROWS, rows, subjects)
    provenance, class_names = reading.provenance(), [*map(_as_utf8, reading.class_names)]
    meta = {
        "class_names": class_names,
        "images_shape": [len(rows), *reading.image_shape],
        "status": provenance.status,
        "notes": provenance.notes,
        "left_out": [asdict(one) | {"path": _as_utf8(one.path)} for one in reading.left_out()],
        "digest": rows_digest(class_names, rows),
    }
    (folder / META).write_text(json.dumps(meta, indent=2), encoding="utf-8")


def _as_utf8(name: str) -> str:
    """Return a file's name as text that can be written; bytes that are no UTF-8 are spelt out."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _check(name: str, sample: Sample, reading: Decoded) -> None:
    if sample.image.shape != reading.image_shape or sample.image.dtype != np.uint8:
        raise DataError(
            f"{name}: {sample.path} decoded to {sample.image.dtype} {sample.image.shape}; "
            f"its reader promised uint8 {reading.image_shape}"
        )
    if not 0 <= sample.label < len(reading.class_names) or sample.split not in ("", *SPLIT_NAMES):
        raise DataError(
            f"{name}: {sample.path} has label {sample.label} and split {sample.split!r}; "
            f"expected 0 to {len(reading.class_names) - 1} and one of {', '.join(SPLIT_NAMES)}"
        )


def _write_rows(file: Path, rows: Iterable[tuple[str, int, str, str]], subjects: list[str]) -> None:
    ids, labels, paths, split = zip(*rows, strict=True)
    np.savez(
        file,
        image_ids=np.array(ids, dtype=np.str_),
        labels=np.array(labels, dtype=np.int64),
        paths=np.array(paths, dtype=np.str_),
        split=np.array(split, dtype="U10"),
        subjects=np.array(subjects, dtype=np.str_),
    )


def _load(folder: Path, name: str) -> DataSet:
    meta = json.loads((folder / META).read_text(encoding="utf-8"))
    with np.load(folder / ROWS) as rows:
        labels, image_ids = rows["labels"], rows["image_ids"]
        paths, split, subjects = rows["paths"], rows["split"], rows["subjects"]
    shape = tuple(meta["images_shape"])
    return DataSet(
        name=name,
        images=np.memmap(folder / IMAGES, dtype=np.uint8, mode="r", shape=shape),
        labels=labels,
        class_names=tuple(meta["class_names"]),
        image_ids=image_ids,
        paths=paths,
        split=split,
        subjects=subjects,
        provenance=Provenance(meta["status"], tuple(meta["notes"])),
        digest=meta["digest"],
        left_out=tuple(LeftOut(**one) for one in meta["left_out"]),
    )
