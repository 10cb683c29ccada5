"""Files of the Hugging Face hub, as it keeps them on this machine."""

from __future__ import annotations

from pathlib import Path

MAIN = "0a"


def hub_file(hub: Path, name: str, content: bytes, revision: str = MAIN) -> Path:
    """Write weights of timm's ``name`` into the cache ``hub``; `MAIN` is what is taken."""
    repository = hub / f"models--timm--{name}"
    file = repository / "snapshots" / revision / "model.safetensors"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    (repository / "refs").mkdir(exist_ok=True)
    (repository / "refs" / "main").write_text(MAIN)
    return file
