"""The keys of stored results: what decides each of them."""

from __future__ import annotations

from typing import Any

from benchmarks.protocol.canonical import digest


def score_key(fit_key: str, split_digest: str) -> str:
    """Return the key of a fit's predictions."""
    return digest(["score", fit_key, split_digest])


def explain_identity(fit_key: str, split_digest: str) -> dict[str, Any]:
    """Return what decides where a fit is found to look, but for the code that finds it."""
    return {"kind": "explain", "fit": fit_key, "split": split_digest}


def robustness_identity(
    fit_key: str, split_digest: str, images: int | None, seed: int
) -> dict[str, Any]:
    """Return what decides a fit's answers to corrupted images, but for the corruptions' code."""
    asked = {"images": images, "seed": seed}
    return {"kind": "robustness", "fit": fit_key, "split": split_digest, **asked}


def measure_key(fit_key: str, device: str) -> str:
    """Return the key of a fit's size and speed on ``device``."""
    return digest(["measure", fit_key, device])
