"""A part of a data set's classes, in an order of one's own."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from datasets.reading.words import meant_class
from datasets.records import DataError, LeftOut, Provenance
from datasets.registry import Decoded, Sample

NOT_CHOSEN = "its class is not among data.classes"


def with_classes(decoded: Decoded, classes: Sequence[str], name: str) -> Decoded:
    """Return ``decoded``, of the data set ``name``, with the named ``classes`` alone.

    Names are taken in any case and by the field's synonyms; images of other classes are left out
    as ``unused``. Without ``classes`` it is returned as it is. Raises ``DataError`` for a class
    that the data set has not, one that is named twice, and fewer than two.
    """
    if not classes:
        return decoded
    chosen = [_index(decoded, one, name) for one in classes]
    if len(set(chosen)) < len(chosen) or len(chosen) < 2:
        raise DataError(f"{name}: data.classes is {list(classes)}; expected 2+ different classes")
    labels = {label: new for new, label in enumerate(chosen)}
    others: list[LeftOut] = []

    def samples() -> Iterator[Sample]:
        for sample in decoded.samples():
            if sample.label in labels:
                yield replace(sample, label=labels[sample.label])
            else:
                others.append(_unused(sample, decoded.class_names[sample.label]))

    return replace(
        decoded,
        class_names=tuple(decoded.class_names[label] for label in chosen),
        samples=samples,
        provenance=lambda: _provenance(decoded, chosen),
        left_out=lambda: (
            *(_left_out(one, decoded, chosen) for one in decoded.left_out()),
            *others,
        ),
    )


def _index(decoded: Decoded, given: str, name: str) -> int:
    meant = meant_class(given, decoded.class_names)
    if meant is not None:
        return decoded.class_names.index(meant)
    near = difflib.get_close_matches(given, decoded.class_names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise DataError(
        f"{name}: data.classes names {given!r}; {hint}its classes are: "
        f"{', '.join(decoded.class_names)}"
    )


def _left_out(one: LeftOut, decoded: Decoded, chosen: Sequence[int]) -> LeftOut:
    """Return an unreadable image of a class that is not chosen as unused."""
    names = decoded.class_names
    if one.class_name not in names or names.index(one.class_name) in chosen:
        return one
    return replace(one, kind="unused", reason=NOT_CHOSEN)


def _unused(sample: Sample, class_name: str) -> LeftOut:
    return LeftOut(
        path=sample.path,
        kind="unused",
        reason=NOT_CHOSEN,
        split=sample.split,
        class_name=class_name,
    )


def _provenance(decoded: Decoded, chosen: Sequence[int]) -> Provenance:
    """Return that of the whole; a part of an official data set is altered."""
    found = decoded.provenance()
    if len(chosen) == len(decoded.class_names):
        return found
    names = ", ".join(decoded.class_names[label] for label in chosen)
    note = f"{len(chosen)} of {len(decoded.class_names)} classes were chosen: {names}"
    status = "altered" if found.status == "official" else found.status
    return Provenance(status, (note, *found.notes))
