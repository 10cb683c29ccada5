"""What torch's training is timed against: a plain loop, on tensors and on files, and its limit."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from benchmarks.engines.building import built_network
from benchmarks.engines.rivals import ROTATION, SHIFT, ZOOM, Given, Rivals, timed_steps
from benchmarks.engines.torch.optimizers import EPSILON, MOMENTUM
from benchmarks.engines.torch.products import Products
from models.registry import Recipe

LabelledBatch = tuple[Tensor, Tensor]

OPTIMIZERS: Mapping[str, Callable[..., torch.optim.Optimizer]] = MappingProxyType(
    {
        "sgd": partial(torch.optim.SGD, momentum=MOMENTUM, nesterov=True),
        "adam": partial(torch.optim.Adam, eps=EPSILON),
        "adamw": partial(torch.optim.AdamW, eps=EPSILON),
    }
)


def rivals(given: Given) -> Rivals:
    """Return the rivals; they share one network, which they train."""
    loop = PlainLoop(given)
    in_memory, from_files = loop.in_memory(given), loop.from_files(given)
    products = Products(lambda: loop.step(*next(in_memory)))
    return Rivals(
        bare=lambda steps: loop.timed(lambda: loop.step(*next(in_memory)), steps),
        files=lambda steps: loop.timed(lambda: loop.step(*next(from_files)), steps),
        limit=lambda steps: loop.timed(products.compute, steps),
        macs=products.macs(),
    )


class PlainLoop:
    """The loop of torch's tutorials: forward, backward, step; channels last, as ferbench has it.

    In bfloat16 the forward pass is under autocast. Deterministic algorithms are not asked for.
    """

    def __init__(self, given: Given) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._recipe, self._mixed = given.recipe, given.precision == "bfloat16"
        network = built_network(given.architecture, given.request)
        module = nn.Sequential(network.backbone, network.head).to(self._device)
        self.module = module.to(memory_format=torch.channels_last).train()
        self._optimizer = plain_optimizer(given.recipe, list(self.module.parameters()))

    def step(self, images: Tensor, labels: Tensor) -> None:
        """Take one optimiser step on float32 images N×C×H×W in [0, 255] and labels, N."""
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._mixed):
            logits = self.module(images)
            loss = cross_entropy(logits, labels, label_smoothing=self._recipe.label_smoothing)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if self._recipe.clip_norm:
            nn.utils.clip_grad_norm_(self.module.parameters(), self._recipe.clip_norm)
        self._optimizer.step()

    def in_memory(self, given: Given) -> Iterator[LabelledBatch]:
        """Yield batches of tensors that are on the device from the start, over and over."""
        count = max(1, len(given.labels) // given.batch_size)
        images, labels = given.arrays(count)
        on_device = self._on_device(torch.from_numpy(images).permute(0, 3, 1, 2))
        wanted = torch.from_numpy(labels).to(self._device)
        return itertools.cycle(zip(on_device.chunk(count), wanted.chunk(count), strict=True))

    def from_files(self, given: Given) -> Iterator[LabelledBatch]:
        """Yield batches of augmented files, read by torchvision in this process, over and over."""
        files = datasets.ImageFolder(str(given.files), augmented(given.image_shape))
        loader = DataLoader(files, given.batch_size, shuffle=True, drop_last=True)
        while True:
            for images, labels in loader:
                yield self._on_device(images.float()), labels.to(self._device)

    def timed(self, step: Callable[[], None], steps: int) -> float:
        """Return the seconds of ``steps``, which a GPU has done then, after a warm-up."""
        with undetermined():
            return timed_steps(step, steps, self._wait)

    def _on_device(self, images: Tensor) -> Tensor:
        return images.to(self._device, memory_format=torch.channels_last)

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize()


def plain_optimizer(recipe: Recipe, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """Make the recipe's optimiser as torch has it; its own weight decay takes biases along."""
    make = OPTIMIZERS[recipe.optimizer]
    return make(parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)


def augmented(image_shape: tuple[int, int, int]) -> Any:
    """Return torchvision's transforms from a PIL image to a uint8 tensor of ``image_shape``."""
    height, width, channels = image_shape
    grey = [transforms.Grayscale()] if channels == 1 else []
    return transforms.Compose(
        [
            *grey,
            transforms.Resize((height, width)),
            transforms.RandomHorizontalFlip(),
            transforms.RandomAffine(ROTATION, (SHIFT, SHIFT), (1 - ZOOM, 1 + ZOOM)),
            transforms.PILToTensor(),
        ]
    )


@contextmanager
def undetermined() -> Iterator[None]:
    """Let torch choose its algorithms freely, as it does unless it is asked not to."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
