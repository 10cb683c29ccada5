"""Writes a torch model in the formats of other programs; runs in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from benchmarks.engines.contract import Images
from benchmarks.engines.exporting import Card, Copies, FittedModel, Predict
from benchmarks.engines.torch.engine import TorchLearner
from benchmarks.engines.weights_files import described, rebuilt


class FromImages(torch.nn.Module):
    """A network from raw images, float32 N×H×W×C in [0, 255], to probabilities, N×K."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return class probabilities."""
        logits = self.network(images.permute(0, 3, 1, 2))
        return torch.as_tensor(logits).softmax(dim=1)


def write_safetensors(model: FittedModel, card: Card, file: Path) -> Copies:
    """Write the weights, and what is to be built for them."""
    state = model.predictor.module.state_dict()
    weights = {name: tensor.cpu().contiguous() for name, tensor in state.items()}
    save_file(weights, file, metadata=described(model.folder, card))
    description, network = rebuilt(file, model.registry)
    again = TorchLearner(network, description, torch.device("cpu"))
    again.module.load_state_dict(load_file(file))
    return Copies(reference=model.predictor.predict, loaded=again.predict)


def write_program(model: FittedModel, card: Card, file: Path) -> Copies:
    """Write the program that ``torch.export`` traces, with the card in it."""
    network = _network(model)
    torch.export.save(_program(network, card), file, extra_files={"card.json": card.text})
    loaded = torch.export.load(file).module()
    return Copies(reference=_in_float32(network), loaded=_in_float32(loaded))


def write_onnx(model: FittedModel, card: Card, file: Path) -> Copies:
    """Convert the program that ``torch.export`` traces."""
    network = _network(model)
    torch.onnx.export(
        _program(network, card),
        f=file,
        input_names=["images"],
        output_names=["probabilities"],
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    return Copies(reference=_in_float32(network), loaded=None)


def _network(model: FittedModel) -> FromImages:
    return FromImages(model.predictor.module.cpu()).eval()


def _program(network: FromImages, card: Card) -> torch.export.ExportedProgram:
    example = torch.zeros(2, *card.image_shape)
    return torch.export.export(
        network, (example,), dynamic_shapes={"images": {0: torch.export.Dim("batch")}}
    )


def _in_float32(network: Callable[[torch.Tensor], torch.Tensor]) -> Predict:
    def predict(images: Images) -> NDArray[Any]:
        with torch.inference_mode():
            return network(torch.from_numpy(images).float()).numpy()

    return predict
