"""What timm's networks are asked, inside a process that has torch."""

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
    found = discover()[f"timm:{name}"]
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


def examine(names: list[str], folder: str) -> dict[str, dict[str, Any]]:
    return {
        name: {**_shapes(name), **_seeds(name), **_two_steps(name), **_files(name, Path(folder))}
        for name in names
    }


def _shapes(name: str) -> dict[str, Any]:
    cases = {"grey": (GREY, 48), "colour": (COLOUR, 48), "resized": (GREY, 64)}
    logits = {
        case: predict(whole(build(name, shape, input_size=size)), shape)
        for case, (shape, size) in cases.items()
    }
    return {
        "shapes": {case: list(found.shape) for case, found in logits.items()},
        "dtypes": sorted({str(found.dtype).removeprefix("torch.") for found in logits.values()}),
        "finite": all(bool(found.isfinite().all()) for found in logits.values()),
        "tells_images_apart": bool(logits["grey"].std(dim=0).max() > 0),
    }


def _seeds(name: str) -> dict[str, Any]:
    first, again, other = (list(whole(build(name, seed=s)).parameters()) for s in (5, 5, 6))
    return {
        "same_seed_same_weights": all(map(torch.equal, first, again)),
        "other_seed_other_weights": not all(map(torch.equal, first, other)),
    }


def _two_steps(name: str) -> dict[str, Any]:
    """Name the kernels that two steps of gradient descent leave as they were.

    One step is too few: the last batch norm of timm's residual blocks starts at zero.
    """
    model = whole(build(name)).train()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    before = {path: value.detach().clone() for path, value in model.named_parameters()}
    for _ in range(2):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(images(GREY)), torch.arange(3)).backward()
        optimizer.step()
    return {
        "parameters": sum(value.numel() for value in before.values()),
        "still": [
            path
            for path, value in model.named_parameters()
            if value.ndim > 1 and torch.equal(value, before[path])
        ],
    }


def _files(name: str, folder: Path) -> dict[str, Any]:
    network = build(name)
    expected = predict(whole(network), GREY)
    file = folder / f"{name}.safetensors"
    save_backbone(network.backbone, file, "torch")
    other = build(name, seed=1)
    load_backbone(other.backbone, file, "torch")
    moved = predict(torch.nn.Sequential(other.backbone, network.head), GREY)
    return {"differences": {"backbone": float((moved - expected).abs().max())}}


def imagenet_error(name: str) -> dict[str, Any]:
    begin = time.monotonic()
    try:
        build(name, pretrained=True)
    except ModelError as error:
        return {"error": str(error), "seconds": time.monotonic() - begin}
    return {"error": "", "seconds": time.monotonic() - begin}


def build_error(name: str, input_size: int = 48) -> str:
    try:
        build(name, input_size=input_size)
    except ModelError as error:
        return str(error)
    return ""


def fixed_size_network(name: str) -> list[int]:
    """Build a network that timm makes for one size only; return its logits' shape."""
    return list(predict(whole(build(name, input_size=64)), GREY).shape)


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
