"""Writes a torch model in the formats of other programs; runs in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from benchmarks.engines.torch.engine import TorchEngine, TorchLearner
from benchmarks.engines.weights_files import described, rebuilt
from models.registry import Registry, discover

Images = NDArray[np.uint8]
Predict = Callable[[Images], NDArray[Any]]


class FromImages(torch.nn.Module):
    """A network from raw images, float32 N×H×W×C in [0, 255], to probabilities, N×K."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return class probabilities."""
        logits = self.network(images.permute(0, 3, 1, 2))
        return torch.as_tensor(logits).softmax(dim=1)


def write(
    fit: str, form: str, file: str, images: str, facts: dict[str, Any], plugins: list[str]
) -> None:
    """Write the model of the folder ``fit`` to ``file`` in the format ``form``.

    Beside it go three arrays of probabilities for ``images``: ``scored.npy`` of the run's own
    model, ``reference.npy`` of the same in the file's precision, and ``loaded.npy`` of the file
    loaded again (for ONNX, which another process loads, it does not).
    """
    shown, folder = np.load(images), Path(file).parent
    registry = discover(Path(plugin) for plugin in plugins)
    learner = TorchEngine().restore(Path(fit), registry)
    scored = learner.predict(shown)
    np.save(folder / "scored.npy", scored)
    if form == "safetensors":
        np.save(folder / "reference.npy", scored)
        np.save(folder / "loaded.npy", _weights(learner, fit, file, facts, registry)(shown))
        return
    network = FromImages(learner.module.cpu()).eval()
    np.save(folder / "reference.npy", _in_float32(network)(shown))
    program = _program(network, facts["input"]["shape"][1:])
    if form == "onnx":
        _write_onnx(program, file)
        return
    torch.export.save(program, file, extra_files={"card.json": json.dumps(facts)})
    np.save(folder / "loaded.npy", _in_float32(torch.export.load(file).module())(shown))


def _in_float32(network: Callable[[torch.Tensor], torch.Tensor]) -> Predict:
    def predict(images: Images) -> NDArray[Any]:
        with torch.inference_mode():
            return network(torch.from_numpy(images).float()).numpy()

    return predict


def _program(network: FromImages, shape: list[int]) -> torch.export.ExportedProgram:
    example = torch.zeros(2, *shape)
    return torch.export.export(
        network, (example,), dynamic_shapes={"images": {0: torch.export.Dim("batch")}}
    )


def _write_onnx(program: torch.export.ExportedProgram, file: str) -> None:
    torch.onnx.export(
        program,
        f=file,
        input_names=["images"],
        output_names=["probabilities"],
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def _weights(
    learner: TorchLearner, fit: str, file: str, facts: dict[str, Any], registry: Registry
) -> Predict:
    state = {
        name: tensor.cpu().contiguous() for name, tensor in learner.module.state_dict().items()
    }
    save_file(state, file, metadata=described(fit, facts))
    description, network = rebuilt(file, registry)
    again = TorchLearner(network, description, torch.device("cpu"))
    again.module.load_state_dict(load_file(file))
    return again.predict
