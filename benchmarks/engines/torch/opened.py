"""Weights of a torch network of somebody else's, in an architecture that ferbench knows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.engines.opened import (
    Blueprint,
    Misfit,
    Shapes,
    Source,
    first_fitting,
    first_line,
    read_shapes,
)
from benchmarks.engines.torch.state_dicts import (
    State,
    architecture_named_in,
    put_state,
    read_state,
)
from benchmarks.errors import InputError
from models.registry import BuildRequest, Network

Fitted = tuple[nn.Module, Tensor]
"""A network with its weights, and a blank image that it takes."""


class TorchModel:
    """A network with the weights of a ``state_dict``, on the CPU and in inference mode."""

    def __init__(self, source: Source) -> None:
        blueprint, file = source.blueprint, source.file
        state = read_state(file)
        if blueprint is None:
            named = architecture_named_in(file)
            raise InputError(
                f"{file.name}: it holds weights only; say --architecture {named or 'NAME'}"
                + ("" if named else ", such as timm:resnet18, or one of a --plugin FILE.py")
            )
        self._network, self._image = first_fitting(_attempts(file, state, blueprint))
        self.shapes = _shapes(file, blueprint.architecture, self._network, self._image)
        self._timm = blueprint.architecture.startswith("timm:")

    def run(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs."""
        with torch.inference_mode():
            return np.asarray(self._network(torch.from_numpy(batch)))

    def parameters(self) -> int:
        """Count the weights that learn."""
        return sum(parameter.numel() for parameter in self._network.parameters())

    def macs(self) -> int | None:
        """Count the multiply-accumulates of one image (half of torch's FLOPs)."""
        with torch.inference_mode(), FlopCounterMode(display=False) as counter:
            self._network(self._image)
        return int(counter.get_total_flops()) // 2

    def versions(self) -> dict[str, str]:
        """Return the versions of torch and, where it made the network, of timm."""
        return {name: version(name) for name in ("torch", *["timm"] * self._timm)}


def _attempts(file: Path, state: State, blueprint: Blueprint) -> Iterator[Callable[[], Fitted]]:
    """Yield what puts ``state`` into each network that it may be meant for."""
    for request, network in blueprint.networks():
        parts = OrderedDict(backbone=network.backbone, head=network.head)
        fit = partial(_fitted, file, state, blueprint.architecture, request)
        yield partial(fit, partial(nn.Sequential, parts))
        if hasattr(_inside(network), "reset_classifier"):
            yield partial(fit, partial(_alone, network, request.classes))


def _inside(network: Network) -> Any:
    """Return the network of a library that ferbench's resizing and scaling are around, if any."""
    return getattr(network.backbone, "network", None)


def _alone(network: Network, classes: int) -> nn.Module:
    """Return the library's network as it is by itself, with its own classifier for ``classes``."""
    inside: nn.Module = _inside(network)
    inside.reset_classifier(classes)  # type: ignore[operator]
    return inside


def _fitted(
    file: Path, state: State, name: str, request: BuildRequest, make: Callable[[], nn.Module]
) -> Fitted:
    """Return the network with ``state`` in it, once it has taken an image."""
    network = make().eval()
    put_state(network, state, file, name)
    height, width, channels = request.image_shape
    image = torch.zeros(1, channels, height, width)
    try:
        with torch.inference_mode():
            network(image)
    except Exception as error:
        raise Misfit(
            f"{file.name}: --architecture {name} fails on images of {channels} channel(s) and "
            f"{height} pixels ({type(error).__name__}: {first_line(error)[:160]})",
            len(state),
        ) from error
    return network, image


def _shapes(file: Path, name: str, network: nn.Module, image: Tensor) -> Shapes:
    with torch.inference_mode():
        answer = network(image)
    if not isinstance(answer, Tensor):
        raise InputError(
            f"--architecture {name}: it returns a {type(answer).__name__}; "
            "let it return the row of answers alone"
        )
    return read_shapes(file, (None, *image.shape[1:]), (None, *answer.shape[1:]))
