"""The series: what `ferbench bench --against` measured, a line a row, added to a CSV file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench.records import AgainstRecord, ContestedRow
from benchmarks.engines.registry import engine_spec
from benchmarks.errors import InputError
from benchmarks.execution.jobs.against import CONTESTANTS, RIVALS
from benchmarks.machine.environment import CodeState
from benchmarks.machine.spreadsheets import write_rows
from benchmarks.machine.timing import Spread
from datasets.files import naming

DIGITS = 5
"""The significant digits of a number; its spread makes more of them worthless."""
COLUMNS = (
    *("measured", "ferbench", "commit", "device", "cores", "threads", "libraries"),
    *("network", "precision", "input_size", "batch_size", "augmentation", "rounds"),
    *(f"{name}_images_per_second{end}" for name in CONTESTANTS for end in ("", "_low", "_high")),
    *(f"ferbench_to_{name}{end}" for name in RIVALS for end in ("", "_low", "_high")),
    "verdict",
)


def refuse_other(file: Path) -> None:
    """Raise ``InputError`` for a ``file`` to which no line can be added, before it is measured."""
    if file.exists() and not file.is_file():
        raise InputError(f"{file} is no file; give --append one, or a name that is free")
    if not file.parent.is_dir():
        raise InputError(f"{file}: there is no folder {file.parent}; make it first")
    if _content(file) and _first_line(_content(file)) != _line(COLUMNS).strip():
        raise InputError(
            f"{file}: its first line is not that of a series of this version (measured,ferbench,"
            "commit,…); give --append another file"
        )


def append(file: Path, record: AgainstRecord) -> None:
    """Add a line for each row that was measured; what stands in ``file`` stays as it is.

    A new file begins with `COLUMNS`. Raises ``InputError`` as `refuse_other`.
    """
    refuse_other(file)
    before = _content(file)
    lines = "" if before else _line(COLUMNS)
    if before and not before.endswith(b"\n"):
        lines = "\n"
    with naming(file), file.open("ab") as series:
        series.write((lines + _line(*_rows(record))).encode())


def _rows(record: AgainstRecord) -> Iterator[tuple[object, ...]]:
    for row in record.rows:
        if not isinstance(row, ContestedRow):
            continue
        versions = engine_spec(row.engine).versions(record.keras_backend)
        yield (
            *(record.measured, record.environment.libraries.get("ferbench"), _commit(record.code)),
            *(record.device, record.environment.cores, record.threads),
            " ".join(f"{name}={version}" for name, version in versions.items()),
            *(row.variant, row.precision, row.input_size, row.batch_size, row.augmentation),
            record.blocks.rounds,
            *(each for name in CONTESTANTS for each in _numbers(row.images_per_second[name])),
            *(each for name in RIVALS for each in _numbers(row.ratios[name])),
            row.verdict,
        )


def _commit(code: CodeState) -> str:
    """Return the commit, marked where the checkout had changes; blank where there is no git."""
    return (code.commit or "") + ("-dirty" if code.commit and code.dirty else "")


def _numbers(spread: Spread) -> tuple[float, ...]:
    return tuple(float(f"{x:.{DIGITS}g}") for x in (spread.median, spread.low, spread.high))


def _line(*rows: tuple[object, ...]) -> str:
    text = io.StringIO()
    write_rows(text, rows)
    return text.getvalue()


def _content(file: Path) -> bytes:
    with naming(file):
        return file.read_bytes() if file.exists() else b""


def _first_line(content: bytes) -> str:
    return content.decode("utf-8-sig", "replace").partition("\n")[0].strip()
