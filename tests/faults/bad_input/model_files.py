"""Model files that cannot be opened, and what each is refused with; for a process of its own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from benchmarks.engines.opened import Blueprint, Source
from benchmarks.errors import InputError
from benchmarks.exchange.adding.loaders import open_model

SIDE = 48
DAMAGES: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "empty": lambda whole: b"",
        "one byte": lambda whole: whole[:1],
        "cut in its head": lambda whole: whole[:40],
        "cut in the middle": lambda whole: whole[: len(whole) // 2],
        "its first half overwritten": lambda whole: (
            bytes(len(whole) // 2) + whole[len(whole) // 2 :]
        ),
        "zeroes": lambda whole: bytes(len(whole)),
        "text": lambda whole: b"a model\n" * 99,
        "HTML of a login page": lambda whole: b"<!DOCTYPE html><html><title>Sign in</title>",
        "a pointer of Git LFS": lambda whole: b"version https://git-lfs.github.com/spec/v1\n",
        "an image": lambda whole: b"\x89PNG\r\n\x1a\n" + bytes(99),
        "an empty zip": lambda whole: b"PK\x05\x06" + bytes(18),
        "a zip of something else": lambda whole: _zip({"notes.txt": b"x"}),
    }
)
"""What becomes of the bytes of a sound file."""
SUFFIXES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"keras": (".keras", ".h5"), "torch": (".pth", ".safetensors"), "onnx": (".onnx",)}
)
PARTS: Mapping[str, bytes | None] = MappingProxyType(
    {"config.json": b"{", "model.weights.h5": None}
)
"""Parts of a ``.keras`` file that are damaged, or left out, one by one."""


def cases() -> int:
    """Return how many files are tried."""
    return len(DAMAGES) * sum(map(len, SUFFIXES.values())) + len(PARTS)


def refusals(engine: str, folder: str) -> dict[str, str]:
    """Return what each file that ``engine`` cannot open is refused with, by its name."""
    return {file.name: _refusal(file) for file in _written(engine, Path(folder))}


def _written(engine: str, folder: Path) -> Iterator[Path]:
    for suffix in SUFFIXES[engine]:
        sound = folder / f"sound{suffix}"
        {"keras": _keras, "torch": _torch, "onnx": _onnx}[engine](sound)
        assert "opened" in _refusal(sound)
        for name, damage in DAMAGES.items():
            yield _put(folder / f"{name}{suffix}", damage(sound.read_bytes()))
    if engine == "keras":
        with zipfile.ZipFile(folder / "sound.keras") as whole:
            held = {name: whole.read(name) for name in whole.namelist()}
        for name, content in PARTS.items():
            parts = {k: v for k, v in (held | {name: content}).items() if v is not None}
            yield _put(folder / f"without its {name}.keras", _zip(parts))


def _refusal(file: Path) -> str:
    blueprint = None
    if file.suffix in SUFFIXES["torch"]:
        blueprint = Blueprint(
            architecture="timm:resnet10t", classes=7, input_size=SIDE, channels=(3,)
        )
    try:
        open_model(Source(file=file, blueprint=blueprint))
    except InputError as error:
        return str(error)
    return "it was opened"


def _keras(file: Path) -> None:
    import keras

    images = keras.Input((SIDE, SIDE, 1))
    answers = keras.layers.Dense(7)(keras.layers.Flatten()(images))
    keras.Model(images, answers).save(file)


def _torch(file: Path) -> None:
    import timm
    import torch
    from safetensors.torch import save_file

    state = timm.create_model("resnet10t", num_classes=7).state_dict()
    save_file(state, file) if file.suffix == ".safetensors" else torch.save(state, file)


def _onnx(file: Path) -> None:
    from onnx import TensorProto, helper, save

    shape = (1, 1, SIDE, SIDE)
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
    answers = helper.make_tensor_value_info("answers", TensorProto.FLOAT, (1, SIDE * SIDE))
    nodes = [helper.make_node("Flatten", ["images"], ["answers"])]
    graph = helper.make_graph(nodes, "g", [images], [answers])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), file)


def _put(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file


def _zip(parts: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()
