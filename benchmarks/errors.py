"""The errors that a user can cause or meet; each is told in one line."""

from __future__ import annotations


class InputError(ValueError):
    """Something given to ferbench is wrong; the message says what, where and what to do."""


class JobFailed(RuntimeError):
    """A cell ended without a result; the message is the reason that the report shows."""


class Unavailable(JobFailed):
    """A variant cannot start for want of something outside ferbench (weights, a package)."""
