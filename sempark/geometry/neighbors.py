"""The k nearest points of every row, exact to float64.

In: `X` (n, d). Out: row numbers and distances, ascending, the row itself left out by identity.
Distances are computed in float64 from differences, never from the expanded square, so that
neighbors far off the origin do not cancel and a duplicate lies at exactly 0.
Source: sections 3.3.1 and 4.2 of the thesis use these lists.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Neighbors:
    """The k nearest points of each query, ascending, ties by lower index.

    Attributes
    ----------
    indices : ndarray of int64, shape (n_queries, k)
        Row numbers in X.
    distances : ndarray of float64, shape (n_queries, k)
        Euclidean distances, in the units of X.
    """

    indices: NDArray[np.int64]
    distances: NDArray[np.float64]


def nearest(
    X: ArrayLike,
    k: int,
    queries: ArrayLike | None = None,
    progress: Progress | None = None,
) -> Neighbors:
    """Find the k nearest rows of X for every row of X, or for every query.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Finite numbers.
    k : int
        1 <= k <= n - 1; with `queries`, 1 <= k <= n.
    queries : array-like of shape (m, d), optional
        Points that are no members of X: nothing is left out for them.
        None: the rows of X themselves, each left out of its own list.
    progress : callable, optional
        Called with (rows done, rows in all).

    Returns
    -------
    Neighbors
        Ascending distances, ties by lower index. A duplicate counts, at distance 0.

    Raises
    ------
    ValueError
        NaN or infinity, not two-dimensional, widths that differ, k out of range.
    """
    points = _checked(X, "X")
    targets = points if queries is None else _checked(queries, "queries")
    if targets.shape[1] != points.shape[1]:
        raise ValueError(
            f"queries must have the {points.shape[1]} columns of X, received {targets.shape[1]}"
        )
    most = len(points) - (queries is None)
    if not 1 <= k <= most:
        raise ValueError(f"k must lie in 1..{most} for {len(points)} points, received {k}")
    indices = np.empty((len(targets), k), np.int64)
    distances = np.empty((len(targets), k))
    step = max(1, 2**25 // len(points))
    for start in range(0, len(targets), step):
        block = cdist(targets[start : start + step], points)
        if queries is None:
            rows = np.arange(len(block))
            block[rows, rows + start] = np.inf
        # a stable sort keeps the lower index first among equal distances
        order = np.argsort(block, axis=1, kind="stable")[:, :k]
        indices[start : start + step] = order
        distances[start : start + step] = np.take_along_axis(block, order, axis=1)
        if progress is not None:
            progress(min(start + step, len(targets)), len(targets))
    return Neighbors(indices, distances)


def _checked(X: ArrayLike, name: str) -> NDArray[np.float64]:
    points = np.ascontiguousarray(X, np.float64)
    if points.ndim != 2:
        raise ValueError(
            f"{name} must be two-dimensional (points, columns), received {points.ndim} dimensions; "
            "reshape a single column to (n, 1)"
        )
    if not np.isfinite(points).all():
        row = int(np.flatnonzero(~np.isfinite(points).all(axis=1))[0])
        raise ValueError(
            f"{name} must be finite, received NaN or infinity, first in row {row}; "
            "leave such rows out"
        )
    return points
