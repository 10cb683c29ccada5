"""Installed packages of one module, written without an installer."""

from __future__ import annotations

from pathlib import Path


def install(folder: Path, name: str, group: str, value: str, code: str) -> None:
    """Put the module ``name``, holding ``code``, and its one entry point into ``folder``."""
    (folder / f"{name}.py").write_text(code, "utf-8")
    about = folder / f"{name}-0.1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n", "utf-8")
    (about / "entry_points.txt").write_text(f"[{group}]\nmine = {value}\n", "utf-8")
