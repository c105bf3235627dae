"""Density Peaks: clusters as hills of the density, every number of clusters at once.

In: neighbor lists and the points. Out: the decision graph (density, and delta, the distance to the
nearest denser point) and a merge list whose cut at k is the thesis' partition in k clusters.

The k centers are the points of largest density x delta; every other point joins the cluster of
its nearest denser point. Passing from k to k - 1, one center ceases to be one and its cluster
follows its nearest denser point: a merge. One order, density falling and then index, breaks all
ties.

Source: sections 4.2 and 4.2.1 of the thesis; Rodriguez and Laio, Science 344, 1492 (2014),
doi:10.1126/science.1242072.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sempark.clustering.denser import first_denser, search_denser
from sempark.clustering.local_density import Density, local_density
from sempark.clustering.merges import Merges, from_pairs
from sempark.clustering.neighbor_lists import Floats, Ints, checked
from sempark.geometry.neighbors import Neighbors


@dataclass(frozen=True, eq=False)
class DensityPeaks:
    """The decision graph of n points and the hierarchy it makes.

    Attributes
    ----------
    density : float64 (n,)
    delta : float64 (n,)
        Distance to the nearest denser point; for the first point, its largest distance.
    nearest_denser : int64 (n,)
        The nearest point before this one in the order (density falling, then index), ties by lower
        index; the first point has itself.
    merges : Merges
        Each height is density x delta of the point that ceases to be a center.
    local_peaks : int64 (p,)
        Points without a denser one in their neighbor list, in the order; the first point is one.
    n_left : int
        Points before the last local peak in the order: all that the search for the peaks' nearest
        denser points has to look at (the thesis' cut).
    """

    density: Floats
    delta: Floats
    nearest_denser: Ints
    merges: Merges
    local_peaks: Ints
    n_left: int


def density_peaks(
    neighbors: Neighbors,
    X: npt.ArrayLike,
    density: Density | npt.ArrayLike = "knn",
    width: float | None = None,
    dimension: float | None = None,
) -> DensityPeaks:
    """Build the Density Peaks hierarchy.

    Parameters
    ----------
    neighbors : Neighbors
        `indices` (n, k), `distances` (n, k): the k nearest other points of each point of X, as
        `sempark.geometry.neighbors.nearest` gives them (ties at the end of a list by lower index).
    X : float64 (n, d)
        The points: the few local peaks are searched among them beyond their lists.
    density : {"knn", "gaussian", "cutoff", "pak"} or float64 (n,)
        See `sempark.clustering.local_density.local_density`; an array holds densities, finite and
        not negative, never logarithms.
    width : float, optional
        Width of the Gaussian kernel or the cut-off distance.
    dimension : float, optional
        Intrinsic dimension, for "pak".

    Returns
    -------
    DensityPeaks

    Raises
    ------
    ValueError
        If X is not (n, d) or not finite, n < 2, the lists are not of X, or the density's arguments
        do not fit.

    Notes
    -----
    Exact for any data: nearest denser points outside the lists are found through float32 products
    with an error bound, and every distance returned is a float64 one. Memory: a few numbers a point
    and blocks of 4096 points beside the input.
    """
    indices, distances = checked(neighbors)
    points = _points(X, len(indices))
    values = local_density(neighbors, density, width, dimension)
    order = np.lexsort((np.arange(len(values)), -values))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    nearest, delta = first_denser(indices, distances, rank)
    places = np.sort(rank[nearest < 0])
    peaks = order[places]
    nearest[peaks[1:]], delta[peaks[1:]] = search_denser(points, order, places[1:])
    first = order[0]
    nearest[first], delta[first] = first, _largest_distance(points, first)
    merges = hierarchy(values, delta, nearest)
    return DensityPeaks(values, delta, nearest, merges, peaks, int(places[-1]))


def hierarchy(density: Floats, delta: Floats, nearest_denser: Ints) -> Merges:
    """Let the centers of a decision graph go one by one, the smallest density x delta first.

    Parameters
    ----------
    density, delta : float64 (n,)
    nearest_denser : int64 (n,)
        As in `DensityPeaks`.

    Returns
    -------
    Merges
    """
    product = density * delta
    order = np.lexsort((np.arange(len(density)), -density))
    leaving = _by_product(product, order)[:0:-1]
    return from_pairs(leaving, nearest_denser[leaving], product[leaving], len(order))


def centers(peaks: DensityPeaks, k: int) -> Ints:
    """Give the k cluster centers: largest density x delta first (figure 4.1's black points).

    Parameters
    ----------
    peaks : DensityPeaks
    k : int
        1 to n.

    Returns
    -------
    int64 (k,)
        Rows of X; ties by the order (density falling, then index). `peaks.merges.cut(k)` has one
        of them in each cluster.

    Raises
    ------
    ValueError
        If k is outside 1..n.
    """
    n = len(peaks.density)
    if not 1 <= k <= n:
        raise ValueError(f"expected 1 <= k <= n = {n}, received k = {k}: choose another k")
    order = np.lexsort((np.arange(n), -peaks.density))
    return _by_product(peaks.density * peaks.delta, order)[:k]


def halo(
    peaks: DensityPeaks, neighbors: Neighbors, labels: Ints, width: float | None = None
) -> npt.NDArray[np.bool_]:
    """Tell the halo, possible noise, from the cores of the clusters.

    A point is at the border of its cluster if a point of another cluster lies within `width`.
    The densest border point of a cluster gives its threshold; points not denser than that are its
    halo. A cluster without a border has no halo.

    Parameters
    ----------
    peaks : DensityPeaks
    neighbors : Neighbors
        The lists the peaks were made from; a pair of points is seen if one lists the other, so
        that a `width` beyond the lists acts as the lists' own reach.
    labels : int64 (n,)
        A partition, such as `peaks.merges.cut(k)`.
    width : float, optional
        The cut-off distance; None takes the whole lists.

    Returns
    -------
    bool (n,)
        True for halo points.

    Raises
    ------
    ValueError
        If the labels do not fit the peaks, or width is not above 0.

    References
    ----------
    Rodriguez and Laio, Science 344, 1492 (2014), the paragraph on noise. Their program compares
    the mean density of a border pair; this follows the text.
    """
    indices, distances = checked(neighbors)
    n = len(peaks.density)
    labels = np.asarray(labels, np.int64)
    if labels.shape != (n,) or len(indices) != n:
        raise ValueError(
            f"expected labels ({n},) and lists of {n} points, received {labels.shape} and "
            f"{len(indices)}: take all three from the same points"
        )
    if width is not None and not width > 0:
        raise ValueError(f"expected width > 0, received {width}: give a distance, or None")
    foreign = labels[indices] != labels[:, None]
    if width is not None:
        foreign &= distances <= width
    border = foreign.any(axis=1)
    border[indices[foreign]] = True
    _, cluster = np.unique(labels, return_inverse=True)
    threshold = np.full(int(cluster.max()) + 1, -np.inf)
    np.maximum.at(threshold, cluster[border], peaks.density[border])
    return peaks.density <= threshold[cluster]


def _points(X: npt.ArrayLike, n: int) -> Floats:
    """Check the points against the number of lists."""
    points = np.ascontiguousarray(X, np.float64)
    if points.ndim != 2 or len(points) != n or points.shape[1] < 1:
        raise ValueError(
            f"expected X of shape ({n}, d), received {points.shape}: give the points the "
            f"neighbors were searched among"
        )
    if not -1e150 < points.min() <= points.max() < 1e150:
        raise ValueError("expected finite X below 1e150, received others: clean or rescale X")
    return points


def _largest_distance(X: Floats, i: np.int64) -> float:
    """Measure how far the farthest point is from point i, in blocks of rows."""
    rows = max(1, (1 << 20) // X.shape[1])
    starts = range(0, len(X), rows)
    return max(float(np.square(X[s : s + rows] - X[i]).sum(axis=1).max()) for s in starts) ** 0.5


def _by_product(product: Floats, order: Ints) -> Ints:
    """Sort points by density x delta, ties by the order, the first point first.

    The first point has the largest of both factors; rounding must not put another before it.
    """
    rest = order[1:]
    return np.concatenate([order[:1], rest[np.argsort(-product[rest], kind="stable")]])
