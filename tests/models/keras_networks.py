"""What every Keras network is asked, inside a process that has Keras."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.registry import BuildRequest, ModelError, Network, discover
from models.weights import load_backbone, save_backbone

CLASSES = 7
GREY, COLOUR = (48, 48, 1), (48, 48, 3)


def build(name: str, shape: tuple[int, int, int] = GREY, seed: int = 0, **settings: Any) -> Network:
    found = discover()[name]
    size = settings.pop("input_size", 48)
    return found.build(
        BuildRequest(
            classes=CLASSES,
            image_shape=shape,
            input_size=size,
            recipe=found.recipe,
            seed=seed,
            **settings,
        )
    )


def whole(network: Network) -> Any:
    return keras.Sequential([network.backbone, network.head], name="model")


def images(shape: tuple[int, int, int], count: int = 3) -> Any:
    return np.random.default_rng(0).integers(0, 256, (count, *shape)).astype(np.float32)


def predict(model: Any, shape: tuple[int, int, int]) -> Any:
    return keras.ops.convert_to_numpy(model(images(shape), training=False))


def examine(name: str, module: str, folder: str) -> dict[str, Any]:
    """Return what a network, in one piece, says of colour images, and what a file of it does.

    ``module`` names that of keras.applications from which it comes; blank where it does not.
    """
    network, file = build(name, COLOUR), Path(folder) / f"{name}.h5"
    model = whole(network)
    logits = predict(model, COLOUR)
    model.save(file)
    loaded = keras.saving.load_model(file, compile=False, safe_mode=True)
    answer = {
        "shape": list(logits.shape),
        "dtype": str(logits.dtype),
        "finite": bool(np.isfinite(logits).all()),
        "h5": float(np.abs(predict(loaded, COLOUR) - logits).max()),
        "strided_points": _strided_points(network),
    }
    if module:
        answer["preprocessing"] = _preprocessing(network, module)
    return answer


def _preprocessing(network: Network, module: str) -> float:
    """Return how far a network's own layers are from keras.applications' preprocessing."""
    layers = network.backbone
    mine = keras.Model(layers.input, layers.get_layer("normalise").output)
    theirs = getattr(keras.applications, module).preprocess_input(images(COLOUR))
    return float(np.abs(predict(mine, COLOUR) - np.asarray(theirs)).max())


def edges() -> dict[str, float]:
    """Return how far VGG16's convolutions are from those of the installed edge detector."""
    import h5py

    found = discover()["vgg16"].find_weights("edges")
    network = build("vgg16", COLOUR, seed=3, published=found)
    differences = []
    with h5py.File(found.file) as opened:
        for block, layers in enumerate((2, 2, 3, 3, 3), start=1):
            for place, name in enumerate(("conv2d", "conv2d_1", "conv2d_2")[:layers], start=1):
                layer = network.backbone.get_layer(f"block{block}_conv{place}")
                for index, own in enumerate(layer.get_weights()):
                    theirs = opened[f"block{block}/layers/{name}/vars/{index}"]
                    differences.append(float(np.abs(own - theirs).max()))
    return {
        "convolutions": len(differences) / 2,
        "difference": max(differences),
        "preprocessing": _preprocessing(network, "vgg16"),
    }


def resnet50_differences(folder: str) -> float:
    """Return how far ResNet50 here is from the stock one, whose file it loads."""
    file = Path(folder) / "stock.h5"
    stock = keras.applications.ResNet50(include_top=False, weights=None, input_shape=COLOUR)
    stock.save(file)
    network = build("resnet50", COLOUR, seed=3)
    load_backbone(network.backbone, file, "keras")
    x = keras.applications.resnet50.preprocess_input(images(COLOUR))
    expected = keras.ops.convert_to_numpy(keras.ops.mean(stock(x), axis=(1, 2)))
    return float(np.abs(predict(network.backbone, COLOUR) - expected).max())


def _strided_points(network: Network) -> list[str]:
    """Name the 1×1 convolutions with a stride."""
    return [
        layer.name
        for layer in network.backbone.layers
        if isinstance(layer, keras.layers.Conv2D)
        and layer.kernel_size == (1, 1)
        and layer.strides != (1, 1)
    ]


def imagenet_errors(names: list[str]) -> dict[str, dict[str, Any]]:
    """Ask for published weights; return the error and the seconds that it took."""
    return {name: _imagenet_error(name) for name in names}


def _imagenet_error(name: str) -> dict[str, Any]:
    begin = time.monotonic()
    try:
        discover()[name].find_weights("imagenet")
    except ModelError as error:
        return {"error": str(error), "seconds": time.monotonic() - begin}
    return {"error": "", "seconds": time.monotonic() - begin}


def applications_files(folder: str) -> dict[str, float]:
    """Load files as users bring them into vgg16; return how far its features then are off.

    The files hold a stock keras.applications VGG16: alone, or first in a user's own classifier,
    with layer names of its own or made-up ones, in the three layouts of HDF5.
    """
    root = Path(folder)
    stock = keras.applications.VGG16(include_top=False, weights=None, input_shape=COLOUR)
    classifier = keras.Sequential(
        [stock, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(5)]
    )
    unnamed = keras.models.clone_model(stock, clone_function=_renamed)
    unnamed.set_weights(stock.get_weights())
    stock.save_weights(root / "stock.weights.h5")
    stock.save(root / "stock.h5")
    classifier.save_weights(root / "classifier.weights.h5")
    classifier.save(root / "classifier.h5")
    unnamed.save_weights(root / "unnamed.weights.h5")
    unnamed.save(root / "unnamed.h5")
    x = keras.applications.vgg16.preprocess_input(images(COLOUR))
    expected = keras.ops.convert_to_numpy(keras.ops.mean(stock(x), axis=(1, 2)))
    found = {}
    for file in sorted(root.glob("*.h5")):
        network = build("vgg16", COLOUR, seed=3)
        load_backbone(network.backbone, file, "keras")
        found[file.name] = float(np.abs(predict(network.backbone, COLOUR) - expected).max())
    return found


def _renamed(layer: Any) -> Any:
    return layer.__class__.from_config({**layer.get_config(), "name": f"my_{layer.name}"})


def refusals(folder: str) -> dict[str, str]:
    """Return what is said of files that are not plain-cnn's weights, and whether it changed."""
    root = Path(folder)
    backbones = {"vgg19.h5": build("vgg16").backbone}
    network = build("plain-cnn")
    before = network.backbone.get_weights()
    save_backbone(build("emotionnet").backbone, root / "other.safetensors", "keras")
    save_backbone(build("plain-cnn", COLOUR).backbone, root / "colour.safetensors", "keras")
    whole(build("plain-cnn", COLOUR)).save(root / "colour.h5")
    whole(build("bn-cnn")).save_weights(root / "other.weights.h5")
    (root / "noise.h5").write_bytes(b"\x80\x04cos\nsystem\n" * 99)
    (root / "noise.safetensors").write_bytes(b"\x80\x04cos\nsystem\n" * 99)
    (root / "model.pth").write_bytes(b"")
    (root / "model.keras").write_bytes(b"")
    _link(root / "linked.h5", root / "colour.h5")
    vgg19 = keras.applications.VGG19(include_top=False, weights=None)
    vgg19.save(root / "vgg19.h5")
    found = {}
    for file in [*sorted(root.iterdir()), root / "absent.h5"]:
        try:
            load_backbone(backbones.get(file.name, network.backbone), file, "keras")
        except ModelError as error:
            found[file.name] = str(error)
        else:
            found[file.name] = "loaded"
    same = all(map(np.array_equal, before, network.backbone.get_weights()))
    return {**found, "unchanged": str(same)}


def _link(file: Path, target: Path) -> None:
    """Write a file that passes another file's contents off as its own weights."""
    import h5py

    with h5py.File(file, "w") as opened:
        opened.attrs["layer_names"] = ["conv1"]
        group = opened.create_group("conv1")
        group.attrs["weight_names"] = ["conv1/kernel"]
        inside = "/model_weights/plain_cnn/conv1/kernel"
        group["conv1/kernel"] = h5py.ExternalLink(str(target), inside)
