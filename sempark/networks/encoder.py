"""The encoding half of a trained reduction, in numpy: new vectors to codings like those of before.

In: centering, one scale, and dense layers (an autoencoder's first three, or the one linear layer of
a principal component analysis). Out: codings. Nothing is trained, and no TensorFlow runs.
Source: sections 3.2 and 3.3 of the thesis.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:  # a worker that only codes does not wait for TensorFlow
    from sempark.networks.autoencoder import Autoencoder3MLP

Floats = npt.NDArray[np.float32]
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda x: x,
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "selu": lambda x: (
        np.float32(1.05070098)
        * np.where(x > 0, x, np.float32(1.67326324) * np.expm1(np.minimum(x, 0)))
    ),
    "softplus": lambda x: np.logaddexp(x, np.float32(0)),
}
"""As `keras.activations` defines them."""


@dataclass(frozen=True)
class Encoder:
    """Vectors to codings.

    Attributes
    ----------
    mean : float32 (d,)
        Taken off first.
    scale : float
        Divided by next.
    kernels, biases : sequence of float32 (inputs, outputs), (outputs,)
        A layer each.
    activations : sequence of str
        Names in `ACTIVATIONS`.
    """

    mean: Floats
    scale: float
    kernels: Sequence[Floats]
    biases: Sequence[Floats]
    activations: Sequence[str]

    def code(self, X: npt.ArrayLike) -> Floats:
        """Encode vectors float (n, d) to codings float32 (n, m), each row as if it were alone.

        Raises
        ------
        ValueError
            Another number of columns.
        """
        points = np.asarray(X, np.float32)
        if points.ndim != 2 or points.shape[1] != len(self.mean):
            raise ValueError(
                f"expected vectors of {len(self.mean)} columns, received shape {points.shape}"
            )
        coded = np.empty((len(points), len(self.biases[-1])), np.float32)
        # a product of many rows at once adds up in an order that depends on their number, on a
        # row's place among them and on the threads: a row's coding must depend on none of these
        with _blas().limit(limits=1, user_api="blas"):
            for place, point in enumerate(points):
                coded[place] = self._one(point)
        return coded

    def _one(self, point: Floats) -> Floats:
        x = (point - self.mean) / np.float32(self.scale)
        for kernel, bias, name in zip(self.kernels, self.biases, self.activations, strict=True):
            x = np.asarray(ACTIVATIONS[name](x @ kernel + bias), np.float32)
        return x


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()  # looks through the loaded libraries: once a process


def of_autoencoder(model: Autoencoder3MLP, mean: Floats, scale: float) -> Encoder:
    """The encoding half of an autoencoder that was trained on (X - mean) / scale.

    Raises
    ------
    ValueError
        An activation that `ACTIVATIONS` does not hold.
    """
    stack = model._stack
    half = len(stack.activations) // 2
    names = [getattr(each, "__name__", str(each)) for each in stack.activations[:half]]
    unknown = sorted(set(names) - set(ACTIVATIONS))
    if unknown:
        raise ValueError(f"expected activations among {', '.join(ACTIVATIONS)}, received {unknown}")
    kernels = [np.asarray(kernel, np.float32) for kernel in stack.kernels[:half]]
    biases = [np.asarray(bias, np.float32) for bias in stack.biases[:half]]
    return Encoder(mean, scale, kernels, biases, names)


def to_bytes(encoder: Encoder) -> bytes:
    """Write an encoder as one file (npz, nothing pickled)."""
    arrays: dict[str, Any] = {"mean": encoder.mean}
    for i, (kernel, bias) in enumerate(zip(encoder.kernels, encoder.biases, strict=True)):
        arrays |= {f"kernel_{i}": kernel, f"bias_{i}": bias}
    about = json.dumps({"scale": encoder.scale, "activations": list(encoder.activations)})
    out = io.BytesIO()
    np.savez(out, about=np.array(about), **arrays)
    return out.getvalue()


def from_bytes(content: bytes) -> Encoder:
    """Read what `to_bytes` wrote."""
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        about = json.loads(str(stored["about"]))
        layers = range(len(about["activations"]))
        return Encoder(
            stored["mean"],
            about["scale"],
            [stored[f"kernel_{i}"] for i in layers],
            [stored[f"bias_{i}"] for i in layers],
            about["activations"],
        )
