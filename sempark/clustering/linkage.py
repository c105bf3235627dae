"""Agglomerative clustering of points under the Euclidean distance: four linkages, exact.

In: points (n, d). Out: Merges. Memory grows with n for all but complete linkage.

Source: section 4.1 of the thesis; Muellner, fastcluster, J. Stat. Softw. 53(9), 2013,
doi:10.18637/jss.v053.i09.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import fastcluster
import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import pdist

from sempark.clustering.merges import Merges, from_scipy

Method = Literal["single", "complete", "centroid", "ward"]
Progress = Callable[[int, int], None]


def linkage(X: npt.ArrayLike, method: Method, progress: Progress | None = None) -> Merges:
    """Merge the two nearest clusters until one is left.

    Parameters
    ----------
    X : (n, d)
        Points, n at least 1; taken as float64.
    method : {"single", "complete", "centroid", "ward"}
        Distance between clusters.
    progress : callable, optional
        Called with (merges done, merges in all).

    Returns
    -------
    Merges
        Heights as scipy's. Among equal distances any smallest pair, the same each run. Duplicates
        merge at height 0.

    Raises
    ------
    ValueError
        If X is not a table of finite numbers with a row and a column, or the method is unknown.
    """
    points = checked(X)
    if method not in get_args(Method):
        raise ValueError(f"expected a method of {get_args(Method)}, received {method!r}")
    if len(points) == 1:
        return from_scipy(np.empty((0, 4)))
    if method == "complete":
        merges = from_scipy(fastcluster.linkage(pdist(points), method, preserve_input=False))
    else:
        merges = from_scipy(fastcluster.linkage_vector(points, method))
    if progress is not None:
        progress(len(points) - 1, len(points) - 1)
    return merges


def checked(X: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Give the points as a contiguous float64 table, or say what is wrong with them."""
    points = np.ascontiguousarray(X, np.float64)
    if points.ndim != 2 or 0 in points.shape:
        raise ValueError(
            f"expected points of shape (n, d) with n, d >= 1, received {points.shape}: "
            "give one row a point"
        )
    bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if bad.size:
        raise ValueError(
            f"expected finite numbers, received NaN or infinity in {bad.size} rows, first "
            f"{bad[0]}: leave these rows out"
        )
    return points
