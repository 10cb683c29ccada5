"""The floors: what a classifier scores that has learned nothing, or pixels' weights only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.registry import BuildRequest, Float, Recipe, architecture

Array = NDArray[Any]
FLOORS = ("majority", "pixel-logistic")


class Majority:
    """Class shares of the training labels as probabilities, for every image alike.

    Equals scikit-learn's ``DummyClassifier(strategy="prior")``, learned batch by batch.
    ``learning_rate`` is there because every floor has one; it does nothing.
    """

    def __init__(self, request: BuildRequest) -> None:
        self.learning_rate = request.recipe.learning_rate
        self.counts = np.zeros(request.classes)

    def partial_fit(self, images: Array, labels: Array, classes: Array | None = None) -> Majority:
        """Count ``labels``, N indices below the number of classes."""
        self.counts += np.bincount(labels, minlength=len(self.counts))
        return self

    def predict_proba(self, images: Array) -> NDArray[np.float64]:
        """Return the class shares for each of ``images``, N×classes; level before any label."""
        total = self.counts.sum()
        shares = self.counts / total if total else np.full(len(self.counts), 1 / len(self.counts))
        return np.tile(shares, (len(images), 1))

    def arrays(self) -> dict[str, Array]:
        """Return what was learned."""
        return {"counts": self.counts.copy()}

    def load_arrays(self, arrays: Mapping[str, Array]) -> None:
        """Go back to what `arrays` returned."""
        self.counts = np.array(arrays["counts"], dtype=np.float64)


class PixelLogistic:
    """Multinomial logistic regression on pixels: scikit-learn's perceptron without hidden layers.

    Images are N×… in [0, 255], flattened and centred here. One `partial_fit` is one step of
    Adam at ``learning_rate``.
    """

    def __init__(self, request: BuildRequest) -> None:
        from sklearn.neural_network import MLPClassifier

        self.learning_rate = request.recipe.learning_rate
        self._weight_decay = request.recipe.weight_decay
        self._classes = np.arange(request.classes)
        self._pixels = int(np.prod(request.image_shape))
        self._network = MLPClassifier(hidden_layer_sizes=(), random_state=request.seed)

    def partial_fit(
        self, images: Array, labels: Array, classes: Array | None = None
    ) -> PixelLogistic:
        """Take one step on ``labels``, N indices below the number of classes."""
        network = self._network
        network.batch_size = len(images)
        network.alpha = self._weight_decay * len(images)  # scikit-learn divides it by the batch
        network.learning_rate_init = self.learning_rate
        if hasattr(network, "_optimizer"):
            network._optimizer.learning_rate_init = self.learning_rate
        network.partial_fit(self._centred(images), labels, classes=self._classes)
        return self

    def predict_proba(self, images: Array) -> NDArray[np.float64]:
        """Return class probabilities, N×classes; level before the first step."""
        if not hasattr(self._network, "coefs_"):
            return np.full((len(images), len(self._classes)), 1 / len(self._classes))
        found: NDArray[np.float64] = self._network.predict_proba(self._centred(images))
        return found.astype(np.float64)

    def arrays(self) -> dict[str, Array]:
        """Return weights and Adam's moments; empty before the first step."""
        if not hasattr(self._network, "coefs_"):
            return {}
        optimiser = self._network._optimizer
        return {
            "kernel": self._network.coefs_[0].copy(),
            "bias": self._network.intercepts_[0].copy(),
            "steps": np.array(optimiser.t),
            **{f"mean{place}": moment.copy() for place, moment in enumerate(optimiser.ms)},
            **{f"square{place}": moment.copy() for place, moment in enumerate(optimiser.vs)},
        }

    def load_arrays(self, arrays: Mapping[str, Array]) -> None:
        """Go back to what `arrays` returned."""
        if not arrays:
            return
        if not hasattr(self._network, "coefs_"):  # scikit-learn makes them in its first step
            blank = np.zeros((len(self._classes), self._pixels), np.float32)
            self.partial_fit(blank, self._classes)
        network, optimiser = self._network, self._network._optimizer
        network.coefs_[0][:] = arrays["kernel"]
        network.intercepts_[0][:] = arrays["bias"]
        optimiser.t = int(arrays["steps"])
        optimiser.ms = [np.array(arrays[f"mean{place}"]) for place in range(2)]
        optimiser.vs = [np.array(arrays[f"square{place}"]) for place in range(2)]

    def _centred(self, images: Array) -> NDArray[np.float32]:
        flat = np.asarray(images, dtype=np.float32).reshape(len(images), -1)
        return np.asarray((flat - 127.5) / 64, dtype=np.float32)


@architecture(
    name="majority",
    engine="scikit-learn",
    summary="The classes' shares in training, whatever the image: what nothing learned scores",
    source="scikit-learn, DummyClassifier(strategy='prior')",
    recipe=Recipe(epochs=1),
    minimum_input=1,
)
def majority(request: BuildRequest) -> Majority:
    """Class shares only."""
    return Majority(request)


@architecture(
    name="pixel-logistic",
    engine="scikit-learn",
    summary="Multinomial logistic regression on raw pixels",
    source="Cox, The regression analysis of binary sequences, 1958; scikit-learn, MLPClassifier",
    recipe=Recipe(
        weight_decay=1e-4, optimizer="adam", learning_rate=1e-4, batch_size=64, epochs=30
    ),
    space={
        "learning_rate": Float(1e-5, 1e-2, log=True),
        "weight_decay": Float(1e-6, 1e-1, log=True),
    },
    minimum_input=1,
)
def pixel_logistic(request: BuildRequest) -> PixelLogistic:
    """Pixels' weights only."""
    return PixelLogistic(request)
