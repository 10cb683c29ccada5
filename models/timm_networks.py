"""Any network of timm, by its name there: ``timm:resnet18``, ``timm:resnet50.a1_in1k``."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import replace
from typing import Any

from models.published import timm_weights
from models.registry import (
    Architecture,
    BuildRequest,
    Categorical,
    Family,
    Float,
    ModelError,
    Network,
    Recipe,
    architecture,
    did_you_mean,
)

FINE_TUNE = Recipe(
    optimizer="adamw",
    learning_rate=3e-4,
    batch_size=64,
    weight_decay=0.01,
    dropout=0.2,
    label_smoothing=0.1,
    schedule="cosine",
    epochs=50,
    augmentation="standard",
)
FROZEN = Recipe(
    optimizer="adamw",
    learning_rate=1e-3,
    batch_size=64,
    weight_decay=0.01,
    dropout=0.2,
    schedule="cosine",
    epochs=50,
    augmentation="standard",
)
SCRATCH = replace(FINE_TUNE, learning_rate=1e-3)
SPACE = {
    "learning_rate": Float(1e-5, 1e-2, log=True),
    "weight_decay": Float(1e-5, 0.1, log=True),
    "dropout": Float(0.0, 0.5),
    "batch_size": Categorical((32, 64, 128)),
}


def make(name: str) -> Architecture:
    """Declare timm's network ``name``, with or without a weight tag.

    Whether timm knows the name is found when the network is built, since asking imports torch.
    """
    if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)?", name):
        raise ModelError(f"timm:{name}: not a timm name; write NAME or NAME.TAG, as timm does")

    @architecture(
        name=f"timm:{name}",
        engine="torch",
        summary=f"timm's {name}, pooled; grey images enter one channel, RGB filters summed",
        source="Wightman, PyTorch Image Models, doi 10.5281/zenodo.4414861",
        recipe=FINE_TUNE,
        recipes={"frozen": FROZEN, "scratch": SCRATCH},
        space=SPACE,
        initialisations=("scratch", "imagenet", "source", "run", "file"),
        strategies=("fine-tune", "frozen", "frozen-then-fine-tune"),
        minimum_input=32,
    )
    def build(request: BuildRequest) -> Network:
        return _build(name, request)

    return build


def _build(name: str, request: BuildRequest) -> Network:
    import torch

    torch.manual_seed(request.seed)
    published = _published(name)
    backbone = torch.nn.Sequential(
        OrderedDict(
            resize=_resize(request),
            normalise=_normalise(published, request.image_shape[2]),
            network=_network(name, published, request),
        )
    )
    head = torch.nn.Sequential(
        OrderedDict(
            dropout=torch.nn.Dropout(request.recipe.dropout),
            logits=torch.nn.Linear(_features(name, backbone, request), request.classes),
        )
    )
    weights = f"{published.architecture}.{published.tag}" if request.pretrained else ""
    return Network(backbone, head, weights)


def _published(name: str) -> Any:
    """Return timm's record of the weights ``name``: the default tag unless it names one."""
    import timm

    base, _, tag = name.partition(".")
    if not timm.is_model(base):
        hint = did_you_mean(base, timm.list_models(), "timm's list")
        raise ModelError(f"timm:{name}: timm has no network of that name; {hint}")
    if tag and name not in timm.list_pretrained(base):
        known = ", ".join(timm.list_pretrained(base))
        raise ModelError(f"timm:{name}: timm has no such weights; choose from {known}")
    return timm.get_pretrained_cfg(name)


def _network(name: str, published: Any, request: BuildRequest) -> Any:
    """Return timm's network without its classifier, with the data's own number of channels."""
    import timm

    settings: dict[str, Any] = {"num_classes": 0, "in_chans": request.image_shape[2]}
    if published.fixed_input_size:
        settings["img_size"] = request.input_size
    if request.pretrained:
        file = timm_weights(f"timm:{name}", published.hf_hub_id)
        settings["pretrained_cfg_overlay"] = {"file": str(file)}
    return timm.create_model(name, pretrained=request.pretrained, **settings)


def _resize(request: BuildRequest) -> Any:
    import torch

    side = request.input_size
    if request.image_shape[:2] == (side, side):
        return torch.nn.Identity()
    return torch.nn.Upsample(size=(side, side), mode="bilinear", align_corners=False)


def _normalise(published: Any, channels: int) -> Any:
    """Return the layer that maps [0, 255] as the weights want it; grey takes the mean of RGB's."""
    from torchvision.transforms import Normalize

    mean, deviation = ([255 * value for value in v] for v in (published.mean, published.std))
    if channels == 1:
        mean, deviation = [sum(mean) / 3], [sum(deviation) / 3]
    return Normalize(mean, deviation)


def _features(name: str, backbone: Any, request: BuildRequest) -> int:
    """Return how many features one forward pass of a blank image gives."""
    import torch

    height, width, channels = request.image_shape
    backbone.eval()
    try:
        with torch.no_grad():
            features = backbone(torch.zeros(1, channels, height, width))
    except (RuntimeError, AssertionError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(
            f"timm:{name}: cannot take images of {request.input_size} pixels ({reason}); "
            "set a larger input_size, such as 224"
        ) from error
    backbone.train()
    return int(features.shape[1])


timm_family = Family(
    prefix="timm",
    make=make,
    examples=("resnet18", "resnet50", "mobilenetv3_small_100", "convnext_atto", "vgg16"),
)
