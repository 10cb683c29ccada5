"""Any network of timm, by its name there: ``timm:resnet18``, ``timm:resnet50.a1_in1k``."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import replace
from functools import partial
from typing import Any

from models.packaged import put_packaged, row_of
from models.published import find_weights, timm_weights
from models.registry import (
    Architecture,
    BuildRequest,
    Categorical,
    Family,
    Float,
    ModelError,
    Network,
    Recipe,
    WeightsFile,
    architecture,
    did_you_mean,
)
from models.torch_parts import resize

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
        strategies=("fine-tune", "frozen", "frozen-then-fine-tune", "last:N"),
        minimum_input=32,
        find_weights=partial(_find_weights, name),
    )
    def build(request: BuildRequest) -> Network:
        return _build(name, request)

    return build


def _build(name: str, request: BuildRequest) -> Network:
    import torch

    torch.manual_seed(request.seed)
    published, start = _published(name), request.published
    row = row_of(f"timm:{name}", start)
    backbone = torch.nn.Sequential(
        OrderedDict(
            resize=resize(request),
            normalise=_normalise(published, request.image_shape[2]),
            network=_network(name, published, request, None if row else start),
        )
    )
    if start and row:
        put_packaged(backbone, row, start.file, "torch")
    head = torch.nn.Sequential(
        OrderedDict(
            dropout=torch.nn.Dropout(request.recipe.dropout),
            logits=torch.nn.Linear(_features(name, backbone, request), request.classes),
        )
    )
    return Network(backbone, head)


def _find_weights(name: str, initialisation: str) -> WeightsFile:
    """Return the packaged weights of timm's network ``name``, else timm's own."""

    def from_timm() -> WeightsFile:
        found = _published(name)
        tag = f"{found.architecture}.{found.tag}"
        return timm_weights(f"timm:{name}", tag, found.hf_hub_id, found.license or "")

    return find_weights(f"timm:{name}", initialisation, from_timm)


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


def _network(name: str, published: Any, request: BuildRequest, start: WeightsFile | None) -> Any:
    """Return timm's network without its classifier, for the data's channels, with timm's weights.

    ``start`` are those; ``None`` is a random start.
    """
    import timm

    settings: dict[str, Any] = {"num_classes": 0, "in_chans": request.image_shape[2]}
    if published.fixed_input_size:
        settings["img_size"] = request.input_size
    if start:
        settings["pretrained_cfg_overlay"] = {"file": str(start.file)}
    return timm.create_model(name, pretrained=start is not None, **settings)


def _normalise(published: Any, channels: int) -> Any:
    """Return the layer that maps [0, 255] as the weights want it; grey takes the mean of RGB's.

    It begins as timm has it. Its numbers are kept and loaded with the weights, whose they are;
    a file without them leaves them as they are.
    """
    import torch

    class Normalise(torch.nn.Module):
        mean: torch.Tensor
        deviation: torch.Tensor

        def __init__(self, mean: list[float], deviation: list[float]) -> None:
            super().__init__()
            self.register_buffer("mean", torch.tensor(mean))
            self.register_buffer("deviation", torch.tensor(deviation))
            self.register_load_state_dict_pre_hook(_leave_missing)  # type: ignore[no-untyped-call]

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            mean, deviation = (v.view(-1, 1, 1) for v in (self.mean, self.deviation))
            return (images - mean) / deviation

    mean, deviation = ([255 * value for value in v] for v in (published.mean, published.std))
    if channels == 1:
        mean, deviation = [sum(mean) / 3], [sum(deviation) / 3]
    return Normalise(mean, deviation)


def _leave_missing(module: Any, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """Keep a module's own numbers where ``state``, of an older file, lacks them."""
    for name, values in module.named_buffers():
        state.setdefault(prefix + name, values)


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
    examples=(
        "resnet18",
        "resnet50",
        "mobilenetv3_small_100",
        "tf_efficientnet_lite0",
        "convnext_atto",
        "vgg16",
    ),
)
