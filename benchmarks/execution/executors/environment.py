"""What the environment does to a worker, which says nothing of the job that it had."""

from __future__ import annotations

from collections.abc import Iterator

from datasets.files import PASSING
from datasets.records import DamagedEntry

TYPES = ("OutOfMemoryError", "ResourceExhaustedError")
"""What engines' own errors are called when memory is used up."""
WORDS = ("No space left on device", "Disk quota exceeded", "can't allocate memory")
"""What libraries say that keep no error number."""


def from_environment(error: BaseException) -> bool:
    """Tell whether ``error``, or one that it came of, is the environment's doing."""
    return any(_is_environments(each) for each in _chain(error))


def _is_environments(error: BaseException) -> bool:
    return (
        isinstance(error, MemoryError | DamagedEntry | KeyboardInterrupt)
        or (isinstance(error, OSError) and error.errno in PASSING)
        or type(error).__name__ in TYPES
        or any(words in str(error) for words in WORDS)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
