"""encoders: what brings each raw space down to its intrinsic dimension, trained once and kept.

In: vectors of each raw space, the measured dimensions, the grid's best parameters. Out: the files
of a folder: an encoder a coded space such as ``1u-2u_2048in_18`` (an autoencoder's) and
``1u-2u_2048in_pca18`` (linear, of the same size). How many numbers: one more than the plateau of
the 2-NN curve, rounded, at most the bound; the bound where there is no plateau (the thesis took 10
for 9, 13 for 12, 18 for none). A picture that comes later is coded by the same encoder.
Source: section 3.2, table 3.3.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sempark import autoencoding
from sempark.config import Codings
from sempark.geometry import pca
from sempark.networks.autoencoder import Autoencoder3MLP
from sempark.networks.encoder import Encoder, of_autoencoder, to_bytes
from sempark.spaces import Vectors
from sempark.tables import PassedOver

logger = logging.getLogger(__name__)

MIN_POINTS = 10
Progress = Callable[[int, int], None]


def build(
    found: Iterable[Vectors],
    plateaus: Mapping[str, float | None],
    best: Mapping[str, autoencoding.Architecture],
    settings: Codings,
    progress: Progress,
) -> Iterator[tuple[str, bytes]]:
    """Train the encoders of each raw space; yields the folder's files.

    ``encoders.json`` lists them, each with its error (see `errors`).
    """
    made: list[dict[str, Any]] = []
    for vectors in found:
        if len(vectors.md5s) < MIN_POINTS:
            continue
        size = autoencoding.n_codings(vectors, plateaus.get(vectors.space), settings)
        X = autoencoding.standardized(vectors.X)
        mean, scale = standard(vectors.X)
        architecture = best.get(vectors.space)
        if architecture is None:
            architecture = autoencoding.default_architecture(vectors.space, settings)
        model = autoencoding.train(X, size, architecture, settings, settings.epochs, progress)
        if model.collapsed:
            logger.warning("%s: the training collapsed to one point", vectors.space)
        components = pca.fit(X, size)
        lost = errors(X, model, components)
        logger.info("%s: lost by the autoencoder %.4f, by PCA %.4f", vectors.space, *lost)
        encoders = {f"{vectors.space}_{size}": of_autoencoder(model, mean, scale)}
        if settings.pca:
            encoders[f"{vectors.space}_pca{size}"] = _linear(components, mean, scale)
        for (space, encoder), error in zip(encoders.items(), lost, strict=False):
            file = f"encoder-{len(made)}.npz"
            made.append({"space": space, "of": vectors.space, "file": file, "error": error})
            yield file, to_bytes(encoder)
    if not made:
        raise PassedOver(f"fewer than {MIN_POINTS} images in the subset")
    yield "encoders.json", json.dumps(made, indent=1).encode()


def errors(
    X: NDArray[np.float32], model: Autoencoder3MLP, components: pca.PCA
) -> tuple[float, float]:
    """Share of the variance that the autoencoder's and PCA's reconstructions lose.

    Both were fitted to these rows. Rows all alike: nothing is lost.
    """
    total = float(np.mean(np.square(X, dtype=np.float64)))
    if total == 0:
        return 0.0, 0.0
    left = float(np.mean(np.square(model.reconstruct(X) - X, dtype=np.float64)))
    return left / total, max(0.0, 1.0 - float(components.explained_variance_ratio.sum()))


def standard(X: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """What `autoencoding.standardized` takes off and divides by."""
    mean = X.mean(axis=0, dtype=np.float64).astype(np.float32)
    scale = float(np.sqrt(np.mean(np.square(X - mean, dtype=np.float64))))
    return mean, scale if scale > 0 else 1.0


def _linear(fitted: pca.PCA, mean: NDArray[np.float32], scale: float) -> Encoder:
    """Principal components as one layer."""
    bias = -(fitted.mean @ fitted.components.T)
    kernel = np.ascontiguousarray(fitted.components.T, np.float32)
    return Encoder(mean, scale, [kernel], [bias.astype(np.float32)], ["linear"])
