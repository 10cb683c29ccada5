"""What torch's networks are asked, inside a process that has torch."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import save_file

from models.registry import BuildRequest, ModelError, Network, discover
from models.weights import load_backbone, save_backbone

GREY, COLOUR = (48, 48, 1), (48, 48, 3)


def build(name: str, shape: tuple[int, int, int] = GREY, seed: int = 0, **settings: Any) -> Network:
    found = discover()[name if ":" in name or "-" in name else f"timm:{name}"]
    size = settings.pop("input_size", 48)
    network: Network = found.build(
        BuildRequest(
            classes=7,
            image_shape=shape,
            input_size=size,
            recipe=found.recipe,
            seed=seed,
            **settings,
        )
    )
    return network


def whole(network: Network) -> torch.nn.Module:
    return torch.nn.Sequential(network.backbone, network.head)


def images(shape: tuple[int, int, int]) -> torch.Tensor:
    height, width, channels = shape
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (3, channels, height, width), generator=generator).float()


def predict(model: torch.nn.Module, shape: tuple[int, int, int]) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model.eval()(images(shape))
    return found


def examine(names: list[str], fixed_size: str, unbuildable: list[str]) -> dict[str, Any]:
    """Return what each network, in one piece, says of colour images, and of the others:

    the shape of the logits of one that timm makes for one size only, and errors.
    """
    return {
        **{name: _logits(predict(whole(build(name, COLOUR)), COLOUR)) for name in names},
        fixed_size: list(predict(whole(build(fixed_size, input_size=64)), GREY).shape),
        **{name: _build_error(name) for name in unbuildable},
    }


def _logits(logits: torch.Tensor) -> dict[str, Any]:
    return {
        "shape": list(logits.shape),
        "dtype": str(logits.dtype).removeprefix("torch."),
        "finite": bool(logits.isfinite().all()),
    }


def imagenet_errors(names: list[str]) -> dict[str, dict[str, Any]]:
    """Ask for published weights; return the error and the seconds that it took."""
    return {name: _imagenet_error(name) for name in names}


def _imagenet_error(name: str) -> dict[str, Any]:
    begin = time.monotonic()
    try:
        discover()[f"timm:{name}"].find_weights("imagenet")
    except ModelError as error:
        return {"error": str(error), "seconds": time.monotonic() - begin}
    return {"error": "", "seconds": time.monotonic() - begin}


def _build_error(name: str) -> str:
    try:
        build(name)
    except ModelError as error:
        return str(error)
    return ""


def timm_files(folder: str) -> dict[str, float]:
    """Load timm's own state dict, classifier and all, for colour and for grey images."""
    torch.manual_seed(7)
    theirs = timm.create_model("resnet18", num_classes=1000)
    file = Path(folder) / "theirs.safetensors"
    save_file(theirs.state_dict(), file)
    colour, grey = build("resnet18", COLOUR), build("resnet18", GREY)
    load_backbone(colour.backbone, file, "torch")
    load_backbone(grey.backbone, file, "torch")
    expected = theirs.conv1.weight.detach()
    summed = expected.sum(dim=1, keepdim=True)
    return {
        "colour": float((colour.backbone.network.conv1.weight - expected).abs().max()),
        "grey": float((grey.backbone.network.conv1.weight - summed).abs().max()),
        "last": float(
            (grey.backbone.network.layer4[1].bn2.weight - theirs.layer4[1].bn2.weight).abs().max()
        ),
    }


def refusals(folder: str) -> dict[str, str]:
    root = Path(folder)
    network = build("resnet18")
    before = {name: value.clone() for name, value in network.backbone.state_dict().items()}
    save_backbone(build("resnet34").backbone, root / "deeper.safetensors", "torch")
    save_backbone(build("mobilenetv3_small_050").backbone, root / "other.safetensors", "torch")
    wrong = {**before, "network.layer4.1.conv2.weight": torch.zeros(2, 2)}
    save_file(wrong, root / "shape.safetensors")
    torch.save(before, root / "model.pth")
    (root / "noise.safetensors").write_bytes(b"\x80\x04cos\nsystem\n" * 99)
    found = {}
    for file in sorted(root.iterdir()):
        try:
            load_backbone(network.backbone, file, "torch")
        except ModelError as error:
            found[file.name] = str(error)
            same = all(map(torch.equal, before.values(), network.backbone.state_dict().values()))
            assert same, f"{file.name} changed the backbone"
        else:
            found[file.name] = "loaded"
    return found
