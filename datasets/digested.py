"""Bytes that hold their own SHA-256, so that a file tells by itself whether it is as written."""

from __future__ import annotations

import hashlib
import re

KEY = ".digest"
"""What the digest is called where a format has names."""
BLANK = f"sha256:{'0' * 64}"
"""What stands in the digest's place while it is computed."""
_MARK = re.compile(rb"\.digest.{1,4}?sha256:([0-9a-f]{64})", re.DOTALL)


def digested(content: bytes) -> bytes:
    """Return ``content`` with its digest where it has `BLANK` behind its last `KEY`."""
    start, end = _place(content)
    return content[:start] + _digest(content, start, end) + content[end:]


def holds(content: bytes) -> bool | None:
    """Tell whether ``content`` is what its own digest says; ``None`` where it holds none."""
    start, end = _place(content)
    return content[start:end] == _digest(content, start, end) if end else None


def _place(content: bytes) -> tuple[int, int]:
    """Return where the digest begins and ends; 0, 0 where there is none."""
    found = _MARK.match(content, max(content.rfind(KEY.encode()), 0))
    return found.span(1) if found else (0, 0)


def _digest(content: bytes, start: int, end: int) -> bytes:
    """Return the digest of ``content`` with zeros from ``start`` to ``end``."""
    view = memoryview(content)
    made = hashlib.sha256(view[:start])
    made.update(b"0" * (end - start))
    made.update(view[end:])
    return made.hexdigest().encode()
