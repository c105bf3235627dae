"""Neighbor lists checked before an algorithm walks them.

In: the lists of `sempark.geometry.neighbors.nearest`, or a table's. Out: the same two arrays,
contiguous, of one type, or a ValueError that says what is wrong with them. Compiled loops read
these arrays without bounds checks, so that a wrong index must stop here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sempark.geometry.neighbors import Neighbors

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def checked(neighbors: Neighbors, least: int = 1) -> tuple[Ints, Floats]:
    """Check neighbor lists and give them as contiguous arrays.

    Parameters
    ----------
    neighbors : Neighbors
        `indices` (n, k) and `distances` (n, k): row i the k nearest other points, ascending.
    least : int
        The smallest k the caller can use.

    Returns
    -------
    indices : int64 (n, k)
    distances : float64 (n, k)

    Raises
    ------
    ValueError
        If shapes differ or k is outside least..n-1, if an index is no other point, if a distance
        is NaN, infinite or negative, or if a row does not ascend.
    """
    indices = np.ascontiguousarray(neighbors.indices, np.int64)
    distances = np.ascontiguousarray(neighbors.distances, np.float64)
    if indices.ndim != 2 or indices.shape != distances.shape:
        raise ValueError(
            f"expected indices and distances of one shape (n, k), received {indices.shape} and "
            f"{distances.shape}: give the lists of one search"
        )
    n, k = indices.shape
    if not least <= k <= n - 1:
        raise ValueError(
            f"expected {least} <= k <= n - 1 neighbors a point, received k = {k} for n = {n}: "
            f"search for more neighbors, or bring more points"
        )
    if indices.min() < 0 or indices.max() >= n or (indices == np.arange(n)[:, None]).any():
        raise ValueError(
            f"expected indices of other points, 0..{n - 1}, received others or a point as its own "
            f"neighbor: leave each point out of its own list"
        )
    if not np.isfinite(distances).all() or distances.min() < 0:
        raise ValueError(
            "expected finite distances >= 0, received NaN, infinity or less: check the points"
        )
    if (distances[:, 1:] < distances[:, :-1]).any():
        raise ValueError("expected ascending distances in every row: sort the lists by distance")
    return indices, distances
