"""ONNX files: their metadata, and a first run in a process that holds no engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from benchmarks.engines.contract import Images
from benchmarks.engines.exporting import Card

INPUT, OUTPUT, BATCH = "images", "probabilities", "batch"


def finish(card: Card, file: Path, images: Images) -> NDArray[Any]:
    """Name the file's input, output and batch, put the card into it, and run it.

    ``metadata_props`` gets ``class_names`` and ``input_range`` as JSON lists and the whole card
    as ``ferbench``. The images are given one by one and together, since the batch must be free.
    """
    model = onnx.load(file)
    _name(model.graph)
    onnx.helper.set_model_props(
        model,
        {
            "class_names": json.dumps(card.class_names, ensure_ascii=False),
            "input_range": json.dumps(card.input_range),
            "ferbench": card.text,
        },
    )
    onnx.checker.check_model(model)
    onnx.save(model, file)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    shown = images.astype(np.float32)
    single = [session.run([OUTPUT], {INPUT: image[None]})[0] for image in shown[:2]]
    return np.concatenate([*single, session.run([OUTPUT], {INPUT: shown[2:]})[0]])


def _name(graph: Any) -> None:
    names = {graph.input[0].name: INPUT, graph.output[0].name: OUTPUT}
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in (graph.input[0], graph.output[0]):
        value.name = names[value.name]
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
