"""The torch engine: on a GPU where there is one, else on the CPU."""

from __future__ import annotations

import os
import random
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.engines.building import built_network, refuse_shape
from benchmarks.engines.contract import (
    PREDICTION_BATCH,
    Arrays,
    Attention,
    Batch,
    Images,
    InitialWeights,
    NetworkSize,
    Precision,
    SampleWeights,
    Task,
)
from benchmarks.engines.saved_model import Description
from benchmarks.engines.stages import Stages
from benchmarks.engines.torch.average import Average
from benchmarks.engines.torch.crop import CentralCrop
from benchmarks.engines.torch.optimizers import make_optimizer, set_learning_rate
from benchmarks.engines.torch.stages import find_stages
from models.registry import Architecture, Network, Recipe, Registry
from models.weights import load_backbone, save_backbone


class TorchEngine:
    """PyTorch, channels last, with automatic mixed precision where bfloat16 is asked for."""

    def __init__(self) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._threads = torch.get_num_threads()
        self._precision: Precision = "float32"

    def prepare(self, *, threads: int, precision: Precision, seed: int) -> None:
        """Set threads, precision, determinism and every seed."""
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        cv2.setNumThreads(threads)
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.benchmark = False
        _fill_memory(False)
        _seed_everything(seed)
        self._threads, self._precision = threads, precision

    def learner(
        self, architecture: Architecture, task: Task, recipe: Recipe, weights: InitialWeights
    ) -> TorchLearner:
        """Build a network; weights that can't be had raise ``ModelError``."""
        _seed_everything(task.seed)
        description = Description(architecture.name, task, recipe, self._precision)
        with _filled_memory():
            network = built_network(architecture, description.request(weights.own))
        if weights.file and not weights.published:
            load_backbone(network.backbone, weights.file, "torch")
        return TorchLearner(network, description, self._device)

    def restore(self, folder: Path, registry: Registry) -> TorchLearner:
        """Rebuild the architecture that ``model.json`` names and load ``model.safetensors``."""
        description = Description.load(folder)
        request = description.request()
        network = built_network(registry[description.architecture], request)
        learner = TorchLearner(network, description, self._device)
        learner.module.load_state_dict(load_file(folder / "model.safetensors"))
        return learner

    def versions(self) -> Mapping[str, str]:
        """Return the versions of torch, timm, NumPy and OpenCV."""
        names = ("torch", "timm", "numpy", "opencv-python-headless")
        return {name: version(name) for name in names}

    def conditions(self) -> Mapping[str, str]:
        """Return the versions, the device, and what `prepare` chose."""
        return {
            **self.versions(),
            "threads": str(self._threads),
            "precision": self._precision,
            "device": self._device.type,
        }


class TorchLearner:
    """A torch network in training: a recipe's crop, the backbone, the head."""

    def __init__(self, network: Network, description: Description, device: torch.device) -> None:
        crop = description.recipe.crop
        parts = {"crop": CentralCrop(crop)} if crop else {}
        parts |= {"backbone": network.backbone, "head": network.head}
        self.module = nn.Sequential(OrderedDict(parts)).to(device)
        self.module.to(memory_format=torch.channels_last)
        self._backbone, self._head = network.backbone, network.head
        self._to_features = self.module[:-1]
        self._description, self._device = description, device
        self._totals = torch.zeros(3, dtype=torch.float64, device=device)
        self._average: Average | None = None
        self.unfreeze(None)

    def begin_epoch(self, seed: int) -> None:
        """Seed every generator that a layer may draw from."""
        _seed_everything(seed)

    def unfreeze(self, stages: int | None) -> None:
        """Choose how much of the backbone learns, and start a new optimiser."""
        self._frozen = stages == 0
        self._resting: list[nn.Module] = []
        self._backbone.requires_grad_(not self._frozen)
        if self._frozen:
            self._resting = list(self._backbone.modules())
        elif stages is not None:
            self._freeze_before(stages)
        self._learned = [p for p in self.module.parameters() if p.requires_grad]
        recipe = self._description.recipe
        self._rate = recipe.learning_rate
        self._optimizer = make_optimizer(recipe, self._learned, self._scales())

    def _freeze_before(self, last: int) -> None:
        """Let nothing of the backbone learn but its ``last`` stages."""
        self._stages.refuse_more(self._description.architecture, last)
        for parameter in self._backbone.parameters():
            parameter.requires_grad_(self._stages.learns(parameter, last))
        self._resting = list(self._stages.resting(last))

    @cached_property
    def _stages(self) -> Stages:
        """The stages, found the first time that they are asked for."""
        image = np.zeros((1, *self._description.task.image_shape), np.uint8)
        return find_stages(self._backbone, self._to_features, self._images(image))

    def _scales(self) -> list[float]:
        """Return what the learning rate of each parameter is multiplied by."""
        decay = self._description.recipe.layer_decay
        if decay == 1 or self._frozen:
            return [1.0] * len(self._learned)
        return [decay ** self._stages.behind(parameter) for parameter in self._learned]

    def rates(self) -> Mapping[str, float]:
        """Return the names of the parameters that learn now, with what scales their rates."""
        named = self.module.named_parameters()
        learned = [_named(name) for name, parameter in named if parameter.requires_grad]
        return dict(zip(learned, self._scales(), strict=True))

    def train_batch(
        self,
        images: Batch,
        targets: Batch,
        learning_rate: float,
        sample_weights: SampleWeights | None = None,
    ) -> None:
        """Take one optimiser step on images."""
        inputs = self._images(images)

        def logits() -> Any:
            with torch.set_grad_enabled(not self._frozen):
                features = self._to_features(inputs)
            return self._head(features)

        self._step(logits, targets, learning_rate, sample_weights)

    def train_features(
        self,
        features: Batch,
        targets: Batch,
        learning_rate: float,
        sample_weights: SampleWeights | None = None,
    ) -> None:
        """Take one step of the head alone."""
        inputs = self._tensor(features)
        self._step(lambda: self._head(inputs), targets, learning_rate, sample_weights)

    def training_metrics(self) -> tuple[float, float]:
        """Return mean cross-entropy and accuracy since the last call."""
        loss, correct, count = self._totals.tolist()
        self._totals.zero_()
        return loss / count, correct / count

    def predict(self, images: Images) -> NDArray[np.float64]:
        """Return class probabilities for uint8 images."""
        return self._probabilities(self.module, images, self._images)

    def features(self, images: Images) -> NDArray[np.float32]:
        """Return the backbone's features of uint8 images."""
        parts = self._in_batches(self._to_features, images, self._images)
        return np.concatenate([part.float().cpu().numpy() for part in parts])

    def predict_features(self, features: Batch) -> NDArray[np.float64]:
        """Return class probabilities from features."""
        return self._probabilities(self._head, features, self._tensor)

    def weights(self) -> Arrays:
        """Return copies of all weights and statistics."""
        state = self.module.state_dict()
        return {_named(name): _copy(tensor) for name, tensor in state.items()}

    def load_weights(self, weights: Arrays) -> None:
        """Go back to ``weights``."""
        self.module.load_state_dict(_tensors(weights))

    def average(self, decay: float) -> None:
        """Move the averages; those of a frozen backbone stand still with it."""
        self._average = self._average or Average(self.module)
        self._average.move(decay, "head." if self._frozen else "")

    def averages(self) -> Arrays:
        """Return copies of the averages, and of what is no float as it is."""
        averaged = self._average.tensors if self._average else {}
        return {**self.weights(), **{_named(k): _copy(v) for k, v in averaged.items()}}

    def load_averages(self, averages: Arrays) -> None:
        """Go back to ``averages``."""
        self._average = Average(self.module)
        self._average.load(_tensors(averages))

    def optimizer_state(self) -> Arrays:
        """Return copies of the optimiser's moments and its learning rate."""
        arrays = {
            f"{index:04d}/{key}": _copy(value)
            for index, parameter in enumerate(self._learned)
            for key, value in self._optimizer.state[parameter].items()
            if value is not None
        }
        return {**arrays, "learning_rate": np.array(self._rate, np.float64)}

    def load_optimizer_state(self, state: Arrays) -> None:
        """Go back to ``state``."""
        for name, value in state.items():
            index, _, key = name.partition("/")
            if not key:
                self._rate = float(value)
                for group in self._optimizer.param_groups:
                    group["lr"] = self._rate * group["scale"]
                continue
            parameter = self._learned[int(index)]
            kept = torch.tensor(value)
            if key != "step":
                kept = torch.empty_like(parameter, requires_grad=False).copy_(kept)
            self._optimizer.state[parameter][key] = kept

    def cost(self) -> NetworkSize:
        """Count learnable parameters and multiply-accumulates (half of torch's FLOPs)."""
        image = np.zeros((1, *self._description.task.image_shape), np.uint8)
        with FlopCounterMode(display=False) as counter:
            self.predict(image)
        parameters = sum(parameter.numel() for parameter in self.module.parameters())
        return NetworkSize(parameters, counter.get_total_flops() // 2)

    def attention(self, images: Images, answers: NDArray[np.int64]) -> Attention:
        """Return Grad-CAM maps; raises `NoMap` without a convolutional feature map."""
        from benchmarks.engines.grad_cam import uncropped
        from benchmarks.engines.torch.attention import attention

        found = attention(self.module, images, answers)
        return uncropped(found, images.shape[1:3], self._description.recipe.crop)

    def save_backbone(self, file: Path) -> None:
        """Write the backbone's weights as ``.safetensors``."""
        save_backbone(self._backbone, file, "torch")

    def save(self, folder: Path) -> list[str]:
        """Write ``model.safetensors`` and ``model.json``, which says how to rebuild the network."""
        state = {k: v.contiguous().cpu() for k, v in self.module.state_dict().items()}
        save_file(state, folder / "model.safetensors")
        return ["model.safetensors", self._description.save(folder)]

    def _step(
        self,
        logits: Callable[[], Any],
        targets: Batch,
        learning_rate: float,
        sample_weights: SampleWeights | None,
    ) -> None:
        self.module.train()
        for module in self._resting:
            module.training = False
        wanted = self._tensor(targets)
        with self._autocast():
            answer = logits()
        refuse_shape(self._description.architecture, answer.shape, wanted.shape)
        answer = answer.float()
        loss = cross_entropy(answer, wanted)
        self._optimizer.zero_grad()
        learned = self._weighted(loss, answer, wanted, sample_weights)
        learned.backward()  # type: ignore[no-untyped-call]
        self._penalise()
        self._rate = learning_rate
        set_learning_rate(self._optimizer, learning_rate)
        self._optimizer.step()
        self._record(loss.detach(), answer.detach(), wanted)

    def _weighted(
        self, loss: Tensor, answer: Tensor, wanted: Tensor, sample_weights: SampleWeights | None
    ) -> Tensor:
        if sample_weights is None:
            return loss
        return (
            cross_entropy(answer, wanted, reduction="none") * self._tensor(sample_weights)
        ).mean()

    def _penalise(self) -> None:
        """Add L2's gradient, then clip, in the order in which Keras does."""
        recipe = self._description.recipe
        if recipe.weight_decay and recipe.optimizer != "adamw":
            for parameter in self._learned:
                if parameter.ndim >= 2 and parameter.grad is not None:
                    parameter.grad.add_(parameter.detach(), alpha=recipe.weight_decay)
        if recipe.clip_norm:
            nn.utils.clip_grad_norm_(self._learned, recipe.clip_norm)

    def _record(self, loss: Tensor, logits: Tensor, targets: Tensor) -> None:
        correct = (logits.argmax(1) == targets.argmax(1)).sum()
        self._totals += torch.stack([loss * len(targets), correct, loss.new_full((), len(targets))])

    def _autocast(self) -> torch.autocast:
        mixed = self._description.precision == "bfloat16"
        return torch.autocast(self._device.type, torch.bfloat16, enabled=mixed)

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.array(array)).to(self._device, torch.float32)

    def _images(self, images: NDArray[Any]) -> Tensor:
        on_device = torch.from_numpy(np.array(images)).to(self._device)
        return on_device.permute(0, 3, 1, 2).float()

    def _in_batches(
        self, module: nn.Module, inputs: NDArray[Any], prepare: Callable[[NDArray[Any]], Tensor]
    ) -> Iterator[Tensor]:
        """Run ``module`` in inference mode over ``inputs``."""
        self.module.eval()
        for start in range(0, len(inputs), PREDICTION_BATCH):
            with torch.inference_mode(), self._autocast():
                yield module(prepare(inputs[start : start + PREDICTION_BATCH]))

    def _probabilities(
        self, module: nn.Module, inputs: NDArray[Any], prepare: Callable[[NDArray[Any]], Tensor]
    ) -> NDArray[np.float64]:
        parts = self._in_batches(module, inputs, prepare)
        return np.concatenate([part.double().softmax(dim=1).cpu().numpy() for part in parts])


def _seed_everything(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


@contextmanager
def _filled_memory() -> Iterator[None]:
    """Let memory that nobody has written hold NaN, so that a weight left so is always found.

    torch fills it in every step else, where determinism is asked for.
    """
    _fill_memory(True)
    try:
        yield
    finally:
        _fill_memory(False)


def _fill_memory(whether: bool) -> None:
    torch.utils.deterministic.fill_uninitialized_memory = whether  # type: ignore[attr-defined]


def _named(name: str) -> str:
    """Return the contract's name of a tensor: ``head.bias`` → ``head/bias``."""
    return name.replace(".", "/", 1)


def _tensors(arrays: Arrays) -> dict[str, Tensor]:
    return {name.replace("/", ".", 1): torch.tensor(array) for name, array in arrays.items()}


def _copy(tensor: Tensor) -> NDArray[Any]:
    return np.array(tensor.detach().cpu().numpy(), order="C", copy=True)
