"""Published weights of timm's networks that lie on this machine; read without torch."""

from __future__ import annotations


def at_hand() -> list[str]:
    """Return the timm weights that lie in the Hugging Face hub's cache."""
    from huggingface_hub import CacheNotFound, scan_cache_dir

    try:
        repositories = scan_cache_dir().repos
    except (CacheNotFound, ValueError):
        return []
    return sorted(
        repository.repo_id
        for repository in repositories
        for revision in repository.revisions
        if any(file.file_name == "model.safetensors" for file in revision.files)
    )
