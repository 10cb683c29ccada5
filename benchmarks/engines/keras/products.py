"""The convolutions and matrix products of a Keras model's training step, done again alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isqrt, prod
from types import MappingProxyType
from typing import Any, Protocol

import keras
from numpy.typing import NDArray

from models.registry import ModelError


class Products(Protocol):
    """All convolutions and matrix products of one training step, forward and backward."""

    def compute(self) -> None:
        """Do them all."""
        ...

    def wait(self) -> None:
        """Return when they are done: a GPU works behind the program."""
        ...

    def macs(self) -> int:
        """Count their multiply-accumulates."""
        ...


def products(model: Any, images: NDArray[Any], targets: NDArray[Any]) -> Products:
    """Return those of a step of the compiled ``model``, which is taken once, on one batch.

    Raises ``ModelError`` on a backend of which they can't be found.
    """
    backend = keras.backend.backend()
    if backend not in _PRODUCTS:
        raise ModelError(f"the limit of Keras on {backend} is not known; use another backend")
    model.train_on_batch(images, targets)
    return _PRODUCTS[backend](model, images, targets)


class TensorFlowProducts:
    """The products in the graph of a training step, as operations of a graph of their own.

    Operands of one shape are one tensor. Of each product one number leaves the graph, without
    which TensorFlow would not compute it.
    """

    def __init__(self, model: Any, images: NDArray[Any], targets: NDArray[Any]) -> None:
        import tensorflow as tf

        given = [tf.TensorSpec(each.shape, each.dtype) for each in (images, targets)]
        step = tf.function(lambda *batch: model.train_step(batch)).get_concrete_function(*given)
        needed = _needed(step.graph)
        plain = {op.type for op in needed} & UNKNOWN
        if unknown := sorted(plain | _within(step.graph, needed)):
            raise ModelError(f"its limit is not known: it computes with {', '.join(unknown)}")
        self._operations = [op for op in needed if op.type in MACS]
        operands = [
            operand for op in self._operations for operand in op.inputs if operand.dtype.is_floating
        ]
        at_hand = {
            _kind(each): tf.cast(tf.random.normal(each.shape), each.dtype) for each in operands
        }
        self._operands = [at_hand[_kind(each)] for each in operands]
        self._alone = tf.function(self._repeated).get_concrete_function(*self._operands)
        self._ends: list[Any] = []

    def compute(self) -> None:
        """Do them all."""
        self._ends = self._alone(*self._operands)

    def wait(self) -> None:
        """Fetch the last number."""
        self._ends[-1].numpy()

    def macs(self) -> int:
        """Count their multiply-accumulates."""
        return sum(
            MACS[op.type](*map(_shape, (*op.inputs, op.outputs[0]))) for op in self._operations
        )

    def _repeated(self, *operands: Any) -> list[Any]:
        """Put every operation into the graph that is being made."""
        import tensorflow as tf

        graph, waiting, ends = tf.compat.v1.get_default_graph(), iter(operands), []
        for op in self._operations:
            made = graph.create_op(
                op.type,
                [next(waiting) if i.dtype.is_floating else _sizes(op) for i in op.inputs],
                [output.dtype for output in op.outputs],
                attrs={k: v for k, v in op.node_def.attr.items() if not k.startswith("_")},
            ).outputs[0]
            ends.append(tf.slice(made, [0] * len(made.shape), [1] * len(made.shape)))
        return ends


def _needed(graph: Any) -> list[Any]:
    """Return the operations of a function's graph without which it would do something else.

    A gradient is made for every operand, also for the images, of which nobody asks it.
    """
    waiting = [*(output.op for output in graph.outputs), *graph.control_outputs]
    found = set()
    while waiting:
        op = waiting.pop()
        if op.name not in found:
            found.add(op.name)
            waiting += [*(operand.op for operand in op.inputs), *op.control_inputs]
    return [op for op in graph.get_operations() if op.name in found]


def _within(graph: Any, operations: list[Any]) -> set[str]:
    """Return the types of the products in loops and functions that ``operations`` call."""
    bodies = {body.signature.name: body for body in graph.as_graph_def().library.function}
    waiting = [name for op in operations for name in _called(op.node_def)]
    found, seen = set(), set()
    while waiting:
        name = waiting.pop()
        if name in bodies and name not in seen:
            seen.add(name)
            found |= {node.op for node in bodies[name].node_def}
            waiting += [other for node in bodies[name].node_def for other in _called(node)]
    return found & {*MACS, *UNKNOWN}


def _called(node: Any) -> list[str]:
    return [value.func.name for value in node.attr.values() if value.HasField("func")]


def _kind(tensor: Any) -> tuple[tuple[int, ...], str]:
    return _shape(tensor), tensor.dtype.name


def _shape(tensor: Any) -> tuple[int, ...]:
    return tuple(tensor.shape.as_list())


def _sizes(op: Any) -> Any:
    """Return the operand of a gradient that says how large it is: as its result is."""
    import tensorflow as tf

    return tf.constant(_shape(op.outputs[0]), tf.int32)


def _torch_products(model: Any, images: NDArray[Any], targets: NDArray[Any]) -> Products:
    from benchmarks.engines.torch.products import Products as TorchProducts

    return TorchProducts(lambda: model.train_on_batch(images, targets))


Shape = tuple[int, ...]


def _of_convolution(images: Shape, kernel: Shape, output: Shape) -> int:
    return prod(output) * prod(kernel[:3])


def _of_input_gradient(sizes: Shape, kernel: Shape, gradient: Shape, output: Shape) -> int:
    return prod(gradient) * prod(kernel[:3])


def _of_kernel_gradient(images: Shape, sizes: Shape, gradient: Shape, output: Shape) -> int:
    return prod(gradient) * prod(output[:3])


def _of_depthwise(images: Shape, kernel: Shape, output: Shape) -> int:
    return prod(output) * prod(kernel[:2])


def _of_depthwise_input_gradient(sizes: Shape, kernel: Shape, gradient: Shape, out: Shape) -> int:
    return prod(gradient) * prod(kernel[:2])


def _of_depthwise_kernel_gradient(images: Shape, sizes: Shape, gradient: Shape, out: Shape) -> int:
    return prod(gradient) * prod(out[:2])


def _of_matrices(left: Shape, right: Shape, output: Shape) -> int:
    """Return mkn, whichever is transposed, from mk, kn and mn; times the leading dimensions."""
    sizes = (prod(shape[-2:]) for shape in (left, right, output))
    return prod(output[:-2]) * isqrt(prod(sizes))


MACS: Mapping[str, Callable[..., int]] = MappingProxyType(
    {
        "Conv2D": _of_convolution,
        "Conv2DBackpropInput": _of_input_gradient,
        "Conv2DBackpropFilter": _of_kernel_gradient,
        "DepthwiseConv2dNative": _of_depthwise,
        "DepthwiseConv2dNativeBackpropInput": _of_depthwise_input_gradient,
        "DepthwiseConv2dNativeBackpropFilter": _of_depthwise_kernel_gradient,
        "MatMul": _of_matrices,
        "BatchMatMulV2": _of_matrices,
    }
)
"""TensorFlow's products, and the multiply-accumulates of each by the shapes of its operands."""
UNKNOWN = frozenset({"Conv3D", "Einsum", "CudnnRNN", "CudnnRNNV2", "CudnnRNNV3"})
"""Products of which nothing tells here what they cost; a limit without them would be too fast."""
_PRODUCTS: Mapping[str, Callable[[Any, NDArray[Any], NDArray[Any]], Products]] = MappingProxyType(
    {"tensorflow": TensorFlowProducts, "torch": _torch_products}
)
