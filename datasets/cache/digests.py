"""The digest of rows: one SHA-256 for which images, labels and places there are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence


def rows_digest(class_names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the SHA-256, in hex, over the class names and every row, in their order."""
    digest = hashlib.sha256(json.dumps(list(class_names)).encode())
    for row in rows:
        digest.update(b"\n" + "\0".join(map(str, row)).encode(errors="surrogatepass"))
    return digest.hexdigest()
