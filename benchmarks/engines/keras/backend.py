"""What differs between Keras' backends: threads, determinism, seeds, and counting operations."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import keras
import numpy as np


def prepare_backend(threads: int) -> str:
    """Set the backend's threads and determinism; return the kind of device it computes on."""
    return _PREPARE[keras.backend.backend()](threads)


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and the backend, as ``keras.utils.set_random_seed`` does.

    That function imports TensorFlow on every backend.
    """
    random.seed(seed)
    np.random.seed(seed)
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tf.random.set_seed(seed)
    elif backend == "torch":
        import torch

        torch.manual_seed(seed)


def count_macs(model: Any) -> int | None:
    """Count the multiply-accumulates of one image's forward pass, or return ``None``.

    Half the floating-point operations that TensorFlow's profiler, torch's flop counter or XLA's
    cost analysis report for ``model``, a ``keras.Model`` of one input.
    """
    image = np.zeros((1, *model.input_shape[1:]), np.float32)
    operations = _COUNT[keras.backend.backend()](model, image)
    return None if operations is None else round(operations / 2)


def _prepare_tensorflow(threads: int) -> str:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    accelerators = tf.config.list_physical_devices("GPU")
    for accelerator in accelerators:
        tf.config.experimental.set_memory_growth(accelerator, True)
    return "gpu" if accelerators else "cpu"


def _prepare_torch(threads: int) -> str:
    import torch

    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    return "gpu" if torch.cuda.is_available() else "cpu"


def _prepare_jax(threads: int) -> str:
    import jax

    return str(jax.default_backend())


def _count_tensorflow(model: Any, image: Any) -> int | None:
    import tensorflow as tf

    traced = tf.function(lambda x: model(x, training=False)).get_concrete_function(
        tf.TensorSpec(image.shape, tf.float32)
    )
    options = tf.compat.v1.profiler.ProfileOptionBuilder(
        tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    )
    found = tf.compat.v1.profiler.profile(traced.graph, options=options.with_empty_output().build())
    return int(found.total_float_ops) if found else None


def _count_torch(model: Any, image: Any) -> int | None:
    from torch import no_grad
    from torch.utils.flop_counter import FlopCounterMode

    with no_grad(), FlopCounterMode(display=False) as counter:
        model(image, training=False)
    return int(counter.get_total_flops())


def _count_jax(model: Any, image: Any) -> int | None:
    import jax

    analysis = jax.jit(lambda x: model(x, training=False)).lower(image).cost_analysis()
    operations = (analysis or {}).get("flops")
    return None if operations is None else int(operations)


_PREPARE: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {"tensorflow": _prepare_tensorflow, "torch": _prepare_torch, "jax": _prepare_jax}
)
_COUNT: Mapping[str, Callable[[Any, Any], int | None]] = MappingProxyType(
    {"tensorflow": _count_tensorflow, "torch": _count_torch, "jax": _count_jax}
)
