"""merges: one merge list a space and method, which holds the partition at every k.

In: vectors, neighbor lists and decision graph of each coded space. Out: a row a merge. Single,
complete, centroid and Ward linkage; Density Peaks, where a center merges into its nearest denser
one; HDBSCAN's tree. Source: sections 4.1 and 4.2 of the thesis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

import numpy as np
import pyarrow as pa

from sempark import config
from sempark.clustering import hdbscan, linkage, merges
from sempark.geometry.neighbors import Neighbors
from sempark.spaces import Vectors
from sempark.tables import MERGES, PassedOver

Progress = Callable[[int, int], None]


def build(
    found: Iterable[tuple[Vectors, Neighbors]],
    peaks: Callable[[str], merges.Merges],
    settings: config.Merges,
    min_cluster_size: int,
    progress: Progress,
) -> pa.Table:
    """Merge each space by each method. Key: space, method, step.

    ``peaks`` gives the hierarchy of Density Peaks of a space.
    """
    tables = []
    for vectors, near in found:
        for method in settings.methods:
            if method == "density_peaks":
                one = peaks(vectors.space)
            else:
                one = merged(method, vectors, near, min_cluster_size, progress)
            tables.append(_table(vectors.space, method, one))
    if not tables:
        raise PassedOver("no coded space: too few images in the subset")
    return pa.concat_tables(tables)


def merged(
    method: str,
    vectors: Vectors,
    near: Neighbors,
    min_cluster_size: int,
    progress: Progress,
) -> merges.Merges:
    """The merge list of a linkage or of HDBSCAN on one space."""
    X = vectors.X.astype(np.float64)
    if method == "hdbscan_tree":
        size = min(min_cluster_size, near.indices.shape[1] + 1)
        return hdbscan.hdbscan(near, X, max(2, size), progress=progress).merges
    return linkage.linkage(X, cast(linkage.Method, method), progress)


def _table(space: str, method: str, one: merges.Merges) -> pa.Table:
    steps = one.n - 1
    columns = [
        pa.array([space] * steps, pa.string()),
        pa.array([method] * steps, pa.string()),
        pa.array(np.arange(steps, dtype=np.int32)),
        pa.array(one.children[:, 0].astype(np.int32)),
        pa.array(one.children[:, 1].astype(np.int32)),
        pa.array(one.heights),
        pa.array(one.sizes.astype(np.int32)),
    ]
    return pa.Table.from_arrays(columns, schema=MERGES.arrow)
