"""partitions: flat clusters a space, from methods that choose their own number or are told it.

In: vectors and neighbor lists of each coded space. Out: a label an image, space and method:
Density Peaks Advanced, HDBSCAN, spectral clustering. Source: section 4.2 and chapter 5 of the
thesis (its [20], and what its conclusions ask for next).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sempark import config
from sempark.clustering import dpa, hdbscan, spectral
from sempark.geometry import two_nn
from sempark.geometry.neighbors import Neighbors
from sempark.spaces import Vectors
from sempark.tables import PARTITIONS, PassedOver

logger = logging.getLogger(__name__)

Labels = NDArray[np.int64]
Progress = Callable[[int, int], None]


def build(
    found: Iterable[tuple[Vectors, Neighbors]], settings: config.Partitions, progress: Progress
) -> pa.Table:
    """Label each space by each method. Key: space, method, md5.

    A method that can't be applied to a space (too few points, identical ones) is warned of and has
    no rows there.
    """
    tables = []
    for vectors, near in found:
        for method in settings.methods:
            try:
                labels, halo = labelled(method, vectors, near, settings, progress)
            except ValueError as error:
                logger.warning("%s has no %s: %s", vectors.space, method, error)
                continue
            tables.append(_table(vectors, method, labels, halo))
    if not tables:
        raise PassedOver("no coded space with enough images")
    return pa.concat_tables(tables)


def labelled(
    method: str,
    vectors: Vectors,
    near: Neighbors,
    settings: config.Partitions,
    progress: Progress,
) -> tuple[Labels, NDArray[np.bool_]]:
    """Labels of one method on one space, and which points are halo or noise."""
    if method == "advanced_density_peaks":
        dimension = two_nn.estimate(near.distances[:, 0], near.distances[:, 1]).dimension
        peaks = dpa.dpa(near, dimension, settings.z)
        return peaks.labels, peaks.halo
    if method == "hdbscan":
        X = vectors.X.astype(np.float64)
        size = min(settings.min_cluster_size, near.indices.shape[1] + 1)
        labels = hdbscan.hdbscan(near, X, size, progress=progress).labels
        return labels, labels < 0
    clusters = min(settings.spectral_clusters, len(vectors.md5s) - 1)
    labels = spectral.spectral(near, clusters, np.random.default_rng(settings.seed)).labels
    return labels, np.zeros(len(labels), bool)


def _table(vectors: Vectors, method: str, labels: Labels, halo: NDArray[np.bool_]) -> pa.Table:
    n = len(labels)
    columns = [
        pa.array([vectors.space] * n),
        pa.array([method] * n),
        pa.array(vectors.md5s),
        pa.array(labels.astype(np.int32)),
        pa.array(halo),
    ]
    return pa.Table.from_arrays(columns, schema=PARTITIONS.arrow)
