"""What is asked of rivals in a process that holds their engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.contract import Task
from benchmarks.engines.registry import engine_spec, load, load_engine
from benchmarks.engines.rivals import Given
from models.registry import Architecture, BuildRequest, ModelError, Network, Recipe, architecture
from tests.engines import networks

CLASSES, SIDE, BATCH = 3, 8, 4
SETTINGS = {"summary": "A small network for tests", "source": "the tests"}


@architecture(name="depthwise-keras", engine="keras", **SETTINGS)
def depthwise_keras(request: BuildRequest) -> Network:
    import keras
    from keras import layers

    images = keras.Input(request.image_shape)
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False)(images)
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False)(x)
    x = layers.Flatten()(x)
    features = keras.Input((16,))
    head = keras.Model(features, layers.Dense(request.classes, dtype="float32")(features))
    return Network(keras.Model(images, x), head)


@architecture(name="depthwise-torch", engine="torch", **SETTINGS)
def depthwise_torch(request: BuildRequest) -> Network:
    from torch import nn

    first = nn.Conv2d(request.image_shape[2], 4, 3, stride=2, padding=1, bias=False)
    second = nn.Conv2d(4, 4, 3, stride=2, padding=1, bias=False, groups=4)
    return Network(nn.Sequential(first, second, nn.Flatten()), nn.Linear(16, request.classes))


@architecture(name="recurrent-keras", engine="keras", **SETTINGS)
def recurrent_keras(request: BuildRequest) -> Network:
    import keras
    from keras import layers

    height, width, channels = request.image_shape
    images = keras.Input(request.image_shape)
    x = layers.LSTM(4)(layers.Reshape((height, width * channels))(images))
    features = keras.Input((4,))
    head = keras.Model(features, layers.Dense(request.classes, dtype="float32")(features))
    return Network(keras.Model(images, x), head)


@architecture(name="recurrent-torch", engine="torch", **SETTINGS)
def recurrent_torch(request: BuildRequest) -> Network:
    from torch import nn

    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.read = nn.LSTM(request.image_shape[1], 4, batch_first=True)

        def forward(self, images):  # type: ignore[no-untyped-def]
            return self.read(images[:, 0])[0][:, -1]

    return Network(Rows(), nn.Linear(4, request.classes))


ARCHITECTURES: dict[str, Architecture] = {
    each.name: each
    for each in (
        *(networks.tiny_keras, networks.tiny_torch, depthwise_keras, depthwise_torch),
        *(recurrent_keras, recurrent_torch),
    )
}


def products_of_a_step(engine: str, name: str, folder: str, precision: str) -> int:
    """Return the multiply-accumulates of the limit of the network ``name``."""
    given = _given(name, Path(folder), precision)
    load_engine(engine).prepare(threads=1, precision=given.precision, seed=0)
    rivals = load(engine_spec(engine).rivals)(given)
    assert rivals.limit(2) > 0
    return int(rivals.macs)


def refusal(engine: str, name: str, folder: str) -> str:
    """Return why the network ``name`` has no limit."""
    given = _given(name, Path(folder), "float32")
    load_engine(engine).prepare(threads=1, precision="float32", seed=0)
    try:
        load(engine_spec(engine).rivals)(given)
    except ModelError as error:
        return str(error)
    return ""


def changes(engine: str, folder: str, precision: str, crop: int) -> list[bool]:
    """Tell whether weights change with ``bare``, with ``files`` and with ``limit``."""
    given = _given(f"tiny-{engine}", Path(folder), precision, crop)
    load_engine(engine).prepare(threads=1, precision=given.precision, seed=0)
    seen = _weights_of_rivals(engine)
    rivals = load(engine_spec(engine).rivals)(given)
    found = []
    for take in (rivals.bare, rivals.files, rivals.limit):
        before = [each.copy() for each in seen()]
        assert take(2) > 0
        after = seen()
        found.append(any((a != b).any() for a, b in zip(before, after, strict=True)))
    return found


def augmented_twice(engine: str, folder: str, channels: int) -> tuple[Any, Any]:
    """Return what the rival reads of the first file, an image N×H×W×C, two times."""
    given = _given(f"tiny-{engine}", Path(folder), "float32", channels=channels)
    if engine == "keras":
        from benchmarks.engines.keras.rivals import augmented

        files = augmented(given)
        return tuple(files._get_batches_of_transformed_samples(np.array([0]))[0] for _ in range(2))
    from torchvision import datasets

    from benchmarks.engines.torch.rivals import augmented

    files = datasets.ImageFolder(folder, augmented(given.image_shape))
    return tuple(files[0][0].permute(1, 2, 0).numpy()[None] for _ in range(2))


def determined_afterwards(folder: str) -> tuple[bool, bool]:
    """Tell whether torch is deterministic within a block of a rival, and after it."""
    import torch

    from benchmarks.engines.torch.rivals import PlainLoop

    given, found = _given("tiny-torch", Path(folder), "float32"), []
    load_engine("torch").prepare(threads=1, precision="float32", seed=0)
    loop = PlainLoop(given)
    loop.timed(lambda: found.append(torch.are_deterministic_algorithms_enabled()), 1)
    return any(found), torch.are_deterministic_algorithms_enabled()


def _given(name: str, folder: Path, precision: str, crop: int = 0, channels: int = 1) -> Given:
    images = np.random.default_rng(0).integers(0, 256, (12, SIDE, SIDE, channels), np.uint8)
    labels = np.arange(len(images)) % CLASSES
    _write(images, labels, folder)
    shape = (SIDE, SIDE, channels)
    return Given(
        architecture=ARCHITECTURES[name],
        task=Task(classes=CLASSES, image_shape=shape, input_size=SIDE, seed=0),
        recipe=Recipe(crop=crop, weight_decay=1e-4, clip_norm=1.0),
        precision=precision,  # type: ignore[arg-type]
        batch_size=BATCH,
        images=images,
        labels=labels,
        files=folder,
    )


def _write(images: NDArray[np.uint8], labels: NDArray[np.int64], folder: Path) -> None:
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        (folder / f"{label:03d}").mkdir(exist_ok=True)
        cv2.imwrite(str(folder / f"{label:03d}" / f"{number:03d}.png"), image)


def _weights_of_rivals(engine: str) -> Any:
    """Return what tells the weights of the network that the rivals are about to make."""
    made: list[Any] = []
    if engine == "keras":
        from benchmarks.engines.keras import rivals as keras_rivals

        compiled = keras_rivals.compiled
        keras_rivals.compiled = lambda given: made.append(compiled(given)) or made[-1]
        return lambda: made[-1].get_weights()
    from benchmarks.engines.torch import rivals as torch_rivals

    loop = torch_rivals.PlainLoop
    torch_rivals.PlainLoop = lambda given: made.append(loop(given)) or made[-1]  # type: ignore[assignment,misc,return-value,func-returns-value]
    return lambda: [p.detach().numpy().copy() for p in made[-1].module.parameters()]
