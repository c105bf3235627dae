"""Agglomerative clustering of points under the Euclidean distance: four linkages, exact.

In: points (n, d). Out: Merges. Memory grows with n for all four.

Single linkage is the minimum spanning tree (`spanning`), centroid linkage is fastcluster's,
complete and Ward linkage merge reciprocal nearest clusters in rounds (`reducible`).

Source: section 4.1 of the thesis; Muellner, fastcluster, J. Stat. Softw. 53(9), 2013,
doi:10.18637/jss.v053.i09.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import fastcluster
import numba
import numpy as np
import numpy.typing as npt

from sempark.clustering.merges import Floats, Ints, Merges, from_scipy
from sempark.clustering.reducible import linked
from sempark.clustering.spanning import single

Method = Literal["single", "complete", "centroid", "ward"]
Progress = Callable[[int, int], None]

logger = logging.getLogger(__name__)


def linkage(X: npt.ArrayLike, method: Method, progress: Progress | None = None) -> Merges:
    """Merge the two nearest clusters until one is left.

    Parameters
    ----------
    X : (n, d)
        Points, n at least 1; taken as float64.
    method : {"single", "complete", "centroid", "ward"}
        Distance between clusters.
    progress : callable, optional
        Called with (merges done, merges in all); by centroid linkage once, at the end.

    Returns
    -------
    Merges
        Heights as scipy's, rising but for centroid linkage. Among equal distances any smallest
        pair, the same each run and with any number of threads. Duplicates merge at height 0.

    Raises
    ------
    ValueError
        If X is not a table of finite numbers with a row and a column, or the method is unknown.
    """
    points = checked(X)
    if method not in get_args(Method):
        raise ValueError(f"expected a method of {get_args(Method)}, received {method!r}")
    n = len(points)
    guess = estimate(len(points), points.shape[1], method)
    logger.info(
        "%s linkage of %d points: about %.0f s and %.1f GB",
        method, n, guess.seconds, guess.peak_bytes / 1e9,
    )  # fmt: skip
    if n == 1:
        return from_scipy(np.empty((0, 4)))
    if method == "single":
        return single(points, progress=progress)
    if method != "centroid":
        return linked(points, method == "ward", progress)
    merges = _zeroed(from_scipy(fastcluster.linkage_vector(points, method)), points)
    if progress is not None:
        progress(n - 1, n - 1)
    return merges


@dataclass(frozen=True)
class Estimate:
    """What a linkage is likely to cost."""

    seconds: float
    peak_bytes: int


SECONDS = {"single": 2.5e-9, "complete": 3.0e-9, "centroid": 6.0e-9, "ward": 1.5e-9}


def estimate(n: int, d: int, method: Method) -> Estimate:
    """Guess time and memory before the start.

    Parameters
    ----------
    n, d : int
        Points and dimensions.
    method : {"single", "complete", "centroid", "ward"}

    Returns
    -------
    Estimate
        Time as measured on two cores at d = 18 (a constant a pair of points, growing with d; data
        without any clusters; twice off is usual); memory without the interpreter's own.
    """
    rows = 8 * n * d
    lists = 24 * (8 + 4) + 80 if method in ("complete", "ward") else 60
    matrix = 4 * 1300 * n if method == "complete" else 0
    seconds = SECONDS[method] * n * n * (0.3 + 0.7 * d / 18)
    return Estimate(seconds, 3 * rows + lists * n + min(matrix, 4 * n * n))


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


def _zeroed(merges: Merges, X: Floats) -> Merges:
    """Put merges of equal points at height 0, where rounded centers left them a little apart."""
    kinds = np.unique(X, axis=0, return_inverse=True)[1].astype(np.int64).ravel()
    heights = np.where(_alike(merges.children, kinds), 0.0, merges.heights)
    return Merges(merges.children, heights, merges.sizes, merges.n)


@numba.njit(cache=True)
def _alike(children: Ints, kinds: Ints) -> npt.NDArray[np.bool_]:
    """Tell which merges make a cluster of one kind."""
    n = len(kinds)
    kind = np.concatenate((kinds, np.full(n - 1, -1)))
    for t in range(n - 1):
        a, b = kind[children[t, 0]], kind[children[t, 1]]
        if a == b:
            kind[n + t] = a
    return kind[n:] >= 0
