"""Bytes that hold their own SHA-256, so that a file tells by itself whether it is as written."""

from __future__ import annotations

import hashlib
import mmap
import re
from pathlib import Path

KEY = ".digest"
"""What the digest is called where a format has names."""
BLANK = f"sha256:{'0' * 64}"
"""What stands in the digest's place while it is computed."""
_MARK = re.compile(rb"\.digest.{1,4}?sha256:([0-9a-f]{64})", re.DOTALL)


def digested(content: bytes) -> bytes:
    """Return ``content`` with its digest where it has `BLANK` behind its last `KEY`."""
    start, end = _place(content)
    return content[:start] + _digest(content, start, end) + content[end:]


def holds(content: bytes | mmap.mmap) -> bool | None:
    """Tell whether ``content`` is what its own digest says; ``None`` where it holds none."""
    start, end = _place(content)
    return content[start:end] == _digest(content, start, end) if end else None


def digest_file(file: Path) -> None:
    """Put its digest into ``file``, which has `BLANK` behind its last `KEY` and may be large."""
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 0) as content:
        start, end = _place(content)
        content[start:end] = _digest(content, start, end)


def file_holds(file: Path) -> bool:
    """Tell whether ``file``, which may be large, is what the digest in it says."""
    if not file.stat().st_size:
        return False
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as content:
        return holds(content) is True


def _place(content: bytes | mmap.mmap) -> tuple[int, int]:
    """Return where the digest begins and ends; 0, 0 where there is none."""
    found = _MARK.match(content, max(content.rfind(KEY.encode()), 0))
    return found.span(1) if found else (0, 0)


def _digest(content: bytes | mmap.mmap, start: int, end: int) -> bytes:
    """Return the digest of ``content`` with zeros from ``start`` to ``end``."""
    with memoryview(content) as view:
        made = hashlib.sha256(view[:start])
        made.update(b"0" * (end - start))
        made.update(view[end:])
    return made.hexdigest().encode()
