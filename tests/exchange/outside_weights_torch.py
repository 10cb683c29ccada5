"""Torch weights in the files that people keep them in; for a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.engines.opened import Blueprint, Source
from benchmarks.errors import InputError
from benchmarks.exchange.adding.loaders import open_model

SIDE = 32
PLUGIN = """
from models.registry import Network, architecture

@architecture(name="theirs", engine="torch", summary="", source="", default_input=32)
def theirs(request):
    from torch import nn
    from tests.exchange.outside_weights_torch import network
    return Network(network(3, request.classes), nn.Identity())
"""


@dataclass(frozen=True)
class Tried:
    """How far each file's answers are from the network's own, and what the others end in."""

    differences: dict[str, float]
    refusals: dict[str, str]


def network(channels: int = 3, classes: int = 7) -> Any:
    """Return a network of one convolution, batch norm and one dense layer."""
    from collections import OrderedDict

    from torch import nn

    parts = OrderedDict(
        conv=nn.Conv2d(channels, 4, 3),
        norm=nn.BatchNorm2d(4),
        pool=nn.AdaptiveAvgPool2d(1),
        flat=nn.Flatten(),
        fc=nn.Linear(4, classes),
    )
    return nn.Sequential(parts).eval()


def trials(folder: Path) -> Tried:
    """Write a network's weights in every wrapping and open them, and what does not open."""
    import numpy as np
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    net = network()
    state = net.state_dict()
    parallel = {f"module.{name}": tensor for name, tensor in state.items()}
    older = {name: each for name, each in state.items() if "num_batches" not in name}
    adam = torch.optim.Adam(net.parameters()).state_dict()
    opened = {
        "plain.pth": state,
        "parallel.pth": parallel,
        "older.pt": older,
        "wrapped.pth.tar": {"epoch": 3, "state_dict": parallel, "optimizer": adam},
        "scored.t7": {"net": state, "best_acc": np.float64(0.7), "epoch": 3},
        "compiled.ckpt": {"model": {f"_orig_mod.model.{n}": t for n, t in state.items()}},
    }
    for name, content in opened.items():
        torch.save(content, folder / name)
    save_file(state, folder / "plain.safetensors")
    images = torch.rand(2, 3, SIDE, SIDE)
    with torch.inference_mode():
        right = net(images).numpy()
    plugin = folder / "plugin.py"
    plugin.write_text(PLUGIN)
    differences = {
        name: float(np.abs(_open(folder / name, plugin).run(images.numpy()) - right).max())
        for name in (*opened, "plain.safetensors")
    }
    wrong = {
        "module.pth": net,
        "empty.pth": {"epoch": 3},
        "eight.pth": network(classes=8).state_dict(),
        "other.pth": {"fc2.weight": torch.zeros(7, 4), **older},
        "half.pth": {name: each for name, each in state.items() if not name.startswith("norm")},
        "both.pth": {"student": state, "teacher": state},
    }
    for name, content in wrong.items():
        torch.save(content, folder / name)
    torch.jit.script(net).save(folder / "script.pt")
    (folder / "cut.pth").write_bytes((folder / "plain.pth").read_bytes()[:500])
    names = (*wrong, "script.pt", "cut.pth")
    refusals = {name: _refusal(folder / name, plugin) for name in names}
    return Tried(differences, refusals | {"unnamed": _refusal(folder / "plain.pth", None)})


def timm_differences(folder: Path) -> list[float]:
    """Return how far weights of timm are from timm's own answers: of timm, and of ferbench."""
    import numpy as np
    import timm
    import torch
    from torch import nn

    from models.registry import discover

    torch.manual_seed(0)
    theirs = timm.create_model("resnet10t", num_classes=7, in_chans=3).eval()
    blueprint = Blueprint(
        architecture="timm:resnet10t", classes=7, input_size=SIDE, channels=(1, 3)
    )
    _, (request, ours) = blueprint.networks()
    whole = nn.Sequential()
    whole.add_module("backbone", ours.backbone)
    whole.add_module("head", ours.head)
    images = torch.rand(2, 3, SIDE, SIDE)
    found = []
    for net in (theirs, whole.eval()):
        torch.save(net.state_dict(), folder / "timm.pth")
        opened = open_model(Source(file=folder / "timm.pth", blueprint=blueprint))
        with torch.inference_mode():
            found.append(float(np.abs(opened.run(images.numpy()) - net(images).numpy()).max()))
    assert discover()["timm:resnet10t"].engine == "torch"
    assert request.image_shape == (SIDE, SIDE, 3)
    return found


def _open(file: Path, plugin: Path) -> Any:
    blueprint = Blueprint(
        architecture="theirs", plugins=(plugin,), classes=7, input_size=None, channels=(1, 3)
    )
    return open_model(Source(file=file, blueprint=blueprint))


def _refusal(file: Path, plugin: Path | None) -> str:
    try:
        if plugin is None:
            open_model(Source(file=file))
        else:
            _open(file, plugin)
    except InputError as error:
        return str(error)
    return "it was opened"
