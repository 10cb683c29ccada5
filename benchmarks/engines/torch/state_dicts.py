"""The weights of a torch network in somebody else's file, read as arrays and never as code."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from benchmarks.engines.opened import Misfit, first_line, shaped
from benchmarks.errors import InputError
from models.weights import NEEDLESS

State = Mapping[str, Tensor]
WRAPPERS = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights")
"""What checkpoints call the weights among the other things that they hold, the surest first."""
RESAVE = "save the weights alone where it was made: torch.save(model.state_dict(), FILE)"
SCALAR: Any = np.float64().__reduce__()[0]
SCALARS: tuple[Any, ...] = (
    (SCALAR, "numpy.core.multiarray.scalar"),
    (SCALAR, "numpy._core.multiarray.scalar"),
    np.dtype,
    *(type(np.dtype(kind)) for kind in (np.float32, np.float64, np.int64)),
)
"""A score beside the weights is often one of NumPy's numbers, which hold no code."""


def read_state(file: Path) -> State:
    """Return the tensors of ``file`` by name, taken out of what they are wrapped in.

    Raises ``InputError`` for what would run code to be read, and for what holds no weights.
    """
    content = _safetensors(file) if file.suffix == ".safetensors" else _pickled(file)
    state, several = _unwrapped(content)
    if several:
        raise InputError(
            f"{file.name}: it holds several sets of weights ({', '.join(several)}); "
            "save the right one alone: torch.save(torch.load(FILE)[NAME], ONE)"
        )
    if not state:
        raise InputError(f"{file.name}: it holds no weights of a network; {RESAVE}")
    return state


def put_state(network: nn.Module, state: State, file: Path, architecture: str) -> None:
    """Put all of ``state`` into all of ``network``.

    Names may differ by what all of one side begin with (``module.``, ``model.``). Raises
    `Misfit` naming the first tensors that are missing, too many or of another shape.
    """
    own = network.state_dict()
    given, wanted = _without_common_prefix(state), _without_common_prefix(own)
    shared = [name for name in wanted if name in given]
    missing = [n for n in wanted if n not in given and not n.endswith(NEEDLESS)]
    surplus = [state_name for name, state_name in given.items() if name not in wanted]
    other = [n for n in shared if state[given[n]].shape != own[wanted[n]].shape]
    if missing or surplus or other:
        shapes = [
            f"{given[n]} is {shaped(state[given[n]].shape)} in the file and "
            f"{shaped(own[wanted[n]].shape)} in the network"
            for n in other
        ]
        said = [_counted("missing", missing), _counted("too many", surplus)]
        said.append(_counted("of another shape", shapes))
        raise Misfit(
            f"{file.name}: does not fit --architecture {architecture}: "
            f"{'; '.join(each for each in said if each)}; "
            "give the architecture that it was trained with",
            len(shared) - len(other),
        )
    network.load_state_dict({wanted[n]: state[given[n]] for n in shared}, strict=False)


def architecture_named_in(file: Path) -> str:
    """Return the architecture that ferbench's own ``.safetensors`` names; else blank."""
    if file.suffix != ".safetensors":
        return ""
    with safe_open(file, framework="pt") as opened:
        text = (opened.metadata() or {}).get("model", "")
    found = re.search(r'"architecture": "([^"]+)"', text)
    return found[1] if found else ""


def _safetensors(file: Path) -> State:
    from safetensors.torch import load_file

    try:
        state: State = load_file(file)
        return state
    except (SafetensorError, OSError) as error:
        raise _unreadable(file, error) from error


def _pickled(file: Path) -> Any:
    try:
        with torch.serialization.safe_globals(list(SCALARS)):
            return torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        if foreign := re.search(r"GLOBAL ([\w.]+)", str(error)):
            raise InputError(
                f"{file.name}: reading it would run code ({foreign[1]}), as in a whole module "
                f"saved by torch.save; {RESAVE}"
            ) from error
        if "TorchScript" in str(error):
            raise InputError(
                f"{file.name}: it is TorchScript, a program; export it as ONNX, or {RESAVE}"
            ) from error
        raise _unreadable(file, error) from error


def _unwrapped(content: Any) -> tuple[State | None, list[str]]:
    """Return the weights in ``content``, or the names of several sets that it might be."""
    if not isinstance(content, Mapping):
        return None, []
    if content and all(isinstance(value, Tensor) for value in content.values()):
        return {str(name): tensor for name, tensor in content.items()}, []
    inner = {str(name): _unwrapped(value) for name, value in content.items()}
    inner = {name: found for name, found in inner.items() if found[0] or found[1]}
    named = next((name for name in WRAPPERS if name in inner), None)
    if named or len(inner) == 1:
        return inner[named or next(iter(inner))]
    return None, list(inner)


def _without_common_prefix(names: Iterable[str]) -> dict[str, str]:
    """Return the ``names`` by what is left without the parts that all of them begin with."""
    parts = {name: name.split(".") for name in names}
    levels = zip(*(each[:-1] for each in parts.values()), strict=False)
    depth = sum(1 for _ in takewhile(lambda level: len({*level}) == 1, levels))
    return {".".join(each[depth:]): name for name, each in parts.items()}


def _counted(what: str, names: list[str]) -> str:
    return f"{len(names)} {what} ({'first: ' if len(names) > 1 else ''}{names[0]})" if names else ""


def _unreadable(file: Path, error: Exception) -> InputError:
    return InputError(
        f"{file.name}: not readable as weights of torch ({first_line(error)[:120]}); "
        "is the file whole?"
    )
