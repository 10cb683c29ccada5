"""Packages of weights for tests: made-up ones, and whether the true ones are installed."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import NoReturn

import pytest

from datasets.files import sha256_of
from models import packaged
from models.packaged import PACKAGED, PackagedWeights, find_packaged

EFFICIENTNET, *_, EDGES = PACKAGED


def needs(row: PackagedWeights) -> pytest.MarkDecorator:
    """Skip a test where the package of ``row`` is not installed."""
    reason = f"{row.distribution} is not installed"
    return pytest.mark.skipif(find_packaged(row) is None, reason=reason)


def install(folder: Path, row: PackagedWeights, content: bytes, version: str = "9.1") -> None:
    """Install into ``folder`` a package like that of ``row``, whose code fails when imported."""
    place = folder / row.file
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    (folder / row.file.partition("/")[0] / "__init__.py").write_text("raise SystemExit('run')")
    about = folder / f"{row.distribution.replace('-', '_')}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Name: {row.distribution}\nVersion: {version}\n")


def uninstall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no package of weights be installed."""

    def absent(name: str) -> NoReturn:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(packaged, "distribution", absent)


def pinned(folder: Path, row: PackagedWeights) -> PackagedWeights:
    """Return ``row`` with the digest of the file that was installed into ``folder``."""
    return replace(row, sha256=sha256_of(folder / row.file))
