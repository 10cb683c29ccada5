"""Published weights of timm's networks that lie on this machine; read without torch."""

from __future__ import annotations

from benchmarks.engines.spec import CachedWeights
from models.published import TIMM_FILE

OWNER = "timm/"


def at_hand() -> list[CachedWeights]:
    """Return timm's weights in the Hugging Face hub's cache."""
    from huggingface_hub import CacheNotFound, scan_cache_dir

    try:
        repositories = scan_cache_dir().repos
    except (CacheNotFound, ValueError):
        return []
    found = {
        repository.repo_id: file.file_path
        for repository in repositories
        for revision in repository.revisions
        for file in revision.files
        if file.file_name == TIMM_FILE and repository.repo_id.startswith(OWNER)
    }
    return [
        CachedWeights(
            architecture=f"timm:{name.removeprefix(OWNER)}",
            initialisation="imagenet",
            place="Hugging Face's cache",
            file=file,
        )
        for name, file in sorted(found.items())
    ]
