"""Published weights of timm's networks that lie on this machine; read without torch."""

from __future__ import annotations

from pathlib import Path

from benchmarks.engines.spec import CachedWeights
from models.published import TIMM_FILE

OWNER = "timm/"


def at_hand() -> list[CachedWeights]:
    """Return timm's weights in the Hugging Face hub's cache, in the revision that is taken."""
    from huggingface_hub import CacheNotFound, constants, scan_cache_dir, try_to_load_from_cache

    try:
        found = scan_cache_dir(constants.HF_HUB_CACHE).repos
    except (CacheNotFound, ValueError):
        return []
    ours = sorted(each.repo_id for each in found if each.repo_id.startswith(OWNER))
    files = {name: try_to_load_from_cache(name, TIMM_FILE) for name in ours}
    return [
        CachedWeights(
            architecture=f"timm:{name.removeprefix(OWNER)}",
            initialisation="imagenet",
            place="Hugging Face's cache",
            file=Path(file),
        )
        for name, file in files.items()
        if isinstance(file, str)
    ]
