"""The convolutions and matrix products of a computation in torch, recorded and done again alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from models.registry import ModelError

UNKNOWN = ("rnn", "lstm", "gru")
"""What holds products that are no operations of their own; a limit without would be too fast."""


@dataclass(frozen=True)
class Layout:
    """What a tensor is, but for its numbers: shape, strides, type and device."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device

    @classmethod
    def of(cls, tensor: Tensor) -> Layout:
        """Return that of ``tensor``."""
        return cls(tuple(tensor.shape), tensor.stride(), tensor.dtype, tensor.device)

    def filled(self) -> Tensor:
        """Return a tensor of this layout with normal numbers."""
        last = sum((size - 1) * step for size, step in zip(self.shape, self.strides, strict=True))
        numbers = torch.randn(last + 1, device=self.device).to(self.dtype)
        return numbers.as_strided(self.shape, self.strides)


@dataclass(frozen=True)
class Call:
    """An operation of torch and its arguments, each tensor a `Layout` or a tensor."""

    operation: Callable[..., Any]
    arguments: Sequence[Any]
    settings: Mapping[str, Any]


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Records, where it is entered, the operations whose cost torch's flop counter knows."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[Call] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do what is asked, and remember it where it is a product."""
        kwargs = kwargs or {}
        if any(kind in str(func) for kind in UNKNOWN):
            raise ModelError(f"its limit is not known: it computes with {func}")
        if func.overloadpacket in flop_registry:
            layouts = tree_map_only(Tensor, Layout.of, (args, kwargs))
            self.calls.append(Call(func, *layouts))
        return func(*args, **kwargs)


class Products:
    """The products of ``work``, which is done once to find them; each is done on tensors at hand.

    Operands of one layout are one tensor, so that memory is no hindrance.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        with Recorder() as recorder:
            work()
        filled = cache(Layout.filled)
        self._calls = [
            Call(call.operation, *tree_map_only(Layout, filled, (call.arguments, call.settings)))
            for call in recorder.calls
        ]

    def compute(self) -> None:
        """Do them all, in their order."""
        with torch.no_grad():
            for call in self._calls:
                call.operation(*call.arguments, **call.settings)

    def wait(self) -> None:
        """Return when a GPU has done them."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    def macs(self) -> int:
        """Count their multiply-accumulates."""
        return sum(_macs(call) for call in self._calls)


def _macs(call: Call) -> int:
    """Count half of torch's floating-point operations, which has grouped gradients wrong."""
    if getattr(call.operation, "overloadpacket", None) is torch.ops.aten.convolution_backward:
        gradient, images, kernel, *_, transposed, _, _, wanted = call.arguments
        places: Tensor = images if transposed else gradient
        return int(places.numel() * kernel[0].numel() * sum(wanted[:2]))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        call.operation(*call.arguments, **call.settings)
    return int(counter.get_total_flops()) // 2
