"""Which hashes are alike: each compared with each, exactly, by products of bytes.

Products of bytes take a quarter of the time of those of floats. What they lose by rounding has a
bound, so every pair that may reach the limit is seen, and is then decided in whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from datasets.audit.hashes import UNIT, Hashed, Hashes

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

TILE = 512
LEFT, RIGHT = 127, 63
"""Largest byte on each side: two products fit 16 bits, to which older processors round."""


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Pairs of pictures: ``one`` < ``other``, int64, and whether the second is mirrored, bool."""

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    mirrored: NDArray[np.bool_]


class Comparison:
    """Compares the hash of each picture, as it is and mirrored, with those of all after it.

    A pair is alike where the cosine of the first with one of the second's places is at least
    ``least``.
    """

    def __init__(self, hashed: Hashed, least: float) -> None:
        self._ours = np.stack([hashed.placed[0], hashed.mirrored])
        self._theirs = hashed.placed
        self._least = int(np.ceil(least * UNIT**2))
        self.starts = range(0, len(hashed.mirrored), TILE)
        self._left = [_Bytes(self._ours[:, at : at + TILE], LEFT) for at in self.starts]
        self._right = [_Bytes(self._theirs[:, at : at + TILE], RIGHT) for at in self.starts]

    def of(self, strip: int, most: int) -> Alike | None:
        """Return the pairs of which one is in the tile ``strip``, or ``None`` for over ``most``."""
        found = np.empty((0, 3), np.int64)
        for tile in range(strip, len(self.starts)):
            left, right = self._left[strip], self._right[tile]
            (products,) = _product().run(None, {"left": left.unsigned(), "right": right.turned})
            hits = _flat_nonzero(products >= left.least(right, self._least))
            if len(hits):
                row, column = np.divmod(hits, products.shape[1])
                found = np.concatenate([found, self._decided(row, column, strip, tile)])
                if len(found) > most:
                    return None
        return Alike(one=found[:, 0], other=found[:, 1], mirrored=found[:, 2].astype(np.bool_))

    def _decided(
        self, row: NDArray[np.int64], column: NDArray[np.int64], strip: int, tile: int
    ) -> NDArray[np.int64]:
        """Return those of the hits that are alike in whole numbers, each once: one, other, way."""
        mirrored, one = np.divmod(row, self._left[strip].pictures)
        place, other = np.divmod(column, self._right[tile].pictures)
        one, other = one + self.starts[strip], other + self.starts[tile]
        products = np.einsum(
            "ij,ij->i", self._ours[mirrored, one], self._theirs[place, other], dtype=np.int32
        )
        alike = (products >= self._least) & (one < other)
        return np.unique(np.stack([one[alike], other[alike], mirrored[alike]], axis=1), axis=0)


def _flat_nonzero(hit: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return `numpy.flatnonzero` of an array that is nearly empty, eight at a time."""
    flat = hit.ravel()
    if flat.size % 8:
        return np.flatnonzero(flat)
    eights = np.flatnonzero(flat.view(np.uint64))
    near = (8 * eights[:, None] + np.arange(8)).ravel()
    return np.asarray(near[flat[near]], np.int64)


class _Bytes:
    """Hashes of a tile's pictures, int16 P×T×63, as bytes of ``most`` steps and 63×(P·T).

    ``step`` is worth one; ``lost`` is the length of what rounding took from one hash, at most.
    """

    def __init__(self, hashes: Hashes, most: int) -> None:
        self.pictures = hashes.shape[1]
        exact = hashes.reshape(-1, hashes.shape[2]).astype(np.float64)
        self.step = max(float(np.abs(exact).max()), 1.0) / most
        rounded = np.rint(exact / self.step)
        self.lost = float(np.linalg.norm(exact - rounded * self.step, axis=1).max())
        self.turned = np.ascontiguousarray(rounded.T, dtype=np.int8)

    def unsigned(self) -> NDArray[np.uint8]:
        """Return the bytes as the left side of a product, around 128."""
        return np.ascontiguousarray((self.turned.T.astype(np.int16) + 128).astype(np.uint8))

    def least(self, right: _Bytes, product: int) -> int:
        """Return what a product of bytes is at least where that of the hashes is ``product``."""
        lost = UNIT * self.lost + (UNIT + self.lost) * right.lost
        return int(np.floor((product - lost) / (self.step * right.step)))


@cache
def _product() -> InferenceSession:
    """Return the product of bytes as a session of ONNX Runtime, on one thread."""
    import onnxruntime
    from onnx import TensorProto, helper

    node = helper.make_node("MatMulInteger", ["left", "right", "middle"], ["products"])
    graph = helper.make_graph(
        [node],
        "products",
        [
            helper.make_tensor_value_info("left", TensorProto.UINT8, [None, None]),
            helper.make_tensor_value_info("right", TensorProto.INT8, [None, None]),
        ],
        [helper.make_tensor_value_info("products", TensorProto.INT32, [None, None])],
        [helper.make_tensor("middle", TensorProto.UINT8, [], [128])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
