"""Density Peaks Advanced (DPA): clusters without their number, and how they hang together.

In: neighbor lists and the intrinsic dimension. Out: labels, centers, halo, and the saddles between
clusters that touch, all from a log density with error bars.

A center is a point of largest g = log density - error within its own neighborhood and outside
that of any point of larger g. The others follow their nearest neighbor of larger g. Two clusters
merge while the dip between them is within Z standard errors.

Source: d'Errico, Facco, Laio and Rodriguez, Inf. Sci. 560, 476 (2021),
doi:10.1016/j.ins.2021.01.010, arXiv:1802.10549. Figure 4.1 and reference [20] of the thesis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import get_args

import numba
import numpy as np
import numpy.typing as npt

from sempark.clustering.merges import Merges, from_pairs
from sempark.clustering.neighbor_lists import Floats, Ints
from sempark.clustering.pak import PAk, pak
from sempark.clustering.topography import (
    Rule,
    Saddles,
    border_partners,
    find_saddles,
    merge_peaks,
)
from sempark.geometry.neighbors import Neighbors

__all__ = ["DPA", "PAk", "dendrogram", "dpa", "pak"]


@dataclass(frozen=True, eq=False)
class DPA:
    """Clusters of n points, with their topography.

    Attributes
    ----------
    labels : int64 (n,)
        0..m-1, every point; labels[centers[c]] = c.
    halo : bool (n,)
        Points of log density below the highest saddle of their cluster.
    centers : int64 (m,)
        By falling log density, ties by lower index.
    log_density, error : float64 (n,)
        From `pak`.
    saddles : float64 (s, 4)
        Rows (i, j, log density, error), i < j, ascending: clusters that touch.
    k_star : int64 (n,)
        From `pak`.
    """

    labels: Ints
    halo: npt.NDArray[np.bool_]
    centers: Ints
    log_density: Floats
    error: Floats
    saddles: Floats
    k_star: Ints


def dpa(neighbors: Neighbors, dimension: float, Z: float = 1.0, rule: Rule = "dpa") -> DPA:
    """Cluster by Density Peaks Advanced.

    Parameters
    ----------
    neighbors : Neighbors
        `indices` (n, K) and `distances` (n, K), ascending, without the point itself; K >= 4.
    dimension : float
        Intrinsic dimension > 0, whole or not.
    Z : float
        Standard errors a peak must stand out by, >= 0. The larger, the fewer clusters.
    rule : {"dpa", "dadapy"}
        Which program to follow where the two published ones differ. "dpa": a border point i and
        its first foreign neighbor j within k* are no centers, i is in j's list and the nearest of
        its cluster there; of two merging peaks the denser survives. "dadapy": j may be a center,
        and may list nobody of i's cluster; the peak that stands out more standard errors survives.

    Returns
    -------
    DPA

    Raises
    ------
    ValueError
        As `pak`; if Z is negative or not finite; if the rule is unknown.

    Notes
    -----
    Points of equal g are ordered by index. A saddle is the border point of largest g. A point
    takes the label of the first point of its list that has one, in the order of falling g; a
    former center (found in the neighborhood of a point of larger g) without such a neighbor
    follows the point of largest g whose k* neighbors hold it.
    """
    if not (math.isfinite(Z) and Z >= 0):
        raise ValueError(f"expected a finite Z >= 0, received {Z}: 1 to 3 are common")
    if rule not in get_args(Rule):
        raise ValueError(f"expected rule of {get_args(Rule)}, received {rule}")
    density = pak(neighbors, dimension)
    log_density, error, k_star = density.log_density, density.error, density.k_star
    indices = np.ascontiguousarray(neighbors.indices, np.int64)
    order, rank = _ranked(log_density - error)
    is_center, holder = _centers(indices, k_star, order, rank)
    centers = np.flatnonzero(is_center)
    centers = centers[np.lexsort((centers, -log_density[centers]))]
    labels = _assigned(indices, order, centers, holder)
    partner = border_partners(indices, labels, k_star, is_center, rule == "dpa")
    saddles = find_saddles(partner, labels, order)
    root = merge_peaks(saddles, centers, (log_density, error), Z, rule)
    survivors, cluster = np.unique(root, return_inverse=True)
    labels = cluster[labels].astype(np.int64)
    table = _table(saddles, cluster, log_density, error)
    highest = np.full(len(survivors), -np.inf)
    for column in (0, 1):
        np.maximum.at(highest, table[:, column].astype(np.int64), table[:, 2])
    halo = log_density < highest[labels]
    return DPA(labels, halo, centers[survivors], log_density, error, table, k_star)


def dendrogram(result: DPA) -> Merges:
    """Join the clusters at their saddles, the highest first: the topography as a tree.

    Parameters
    ----------
    result : DPA

    Returns
    -------
    Merges
        Over the m clusters. Heights ascend: the log density of the highest peak less that of the
        saddle (of two groups of clusters, the highest between any of them). Groups that do not
        touch join last, each at the lowest log density of any point, by lower cluster.
    """
    m = len(result.centers)
    saddles = result.saddles[np.argsort(-result.saddles[:, 2], kind="stable")]
    floor = float(result.log_density.min())
    apart = np.column_stack([np.zeros(m - 1), np.arange(1, m), np.full(m - 1, floor)])
    candidates = np.concatenate([saddles[:, :3], apart])
    group = list(range(m))
    kept = []
    for row, (a, b) in enumerate(candidates[:, :2].astype(np.int64).tolist()):
        while group[a] != a:
            group[a] = a = group[group[a]]
        while group[b] != b:
            group[b] = b = group[group[b]]
        if a != b:
            group[max(a, b)] = min(a, b)
            kept.append(row)
    pairs = candidates[kept].reshape(-1, 3)
    top = float(result.log_density[result.centers].max())
    ends = pairs[:, :2].astype(np.int64)
    return from_pairs(ends[:, 0], ends[:, 1], np.maximum(top - pairs[:, 2], 0.0), m)


def _ranked(g: Floats) -> tuple[Ints, Ints]:
    """Order points by falling g, then index; give the order and each point's place."""
    order = np.lexsort((np.arange(len(g)), -g))
    rank = np.empty(len(g), np.int64)
    rank[order] = np.arange(len(g))
    return order, rank


@numba.njit(cache=True)
def _centers(
    indices: Ints, k_star: Ints, order: Ints, rank: Ints
) -> tuple[npt.NDArray[np.bool_], Ints]:
    """Mark the centers; give for each point the first of larger g whose k* holds it, or -1."""
    n = len(k_star)
    is_center = np.ones(n, np.bool_)
    holder = np.full(n, -1, np.int64)
    for place in range(n):
        i = order[place]
        for c in range(k_star[i]):
            j = indices[i, c]
            if rank[j] < place:
                is_center[i] = False
            else:
                is_center[j] = False
                if holder[j] < 0:
                    holder[j] = i
    return is_center, holder


@numba.njit(cache=True)
def _assigned(indices: Ints, order: Ints, centers: Ints, holder: Ints) -> Ints:
    """Hand the centers' labels down the order."""
    n, K = indices.shape
    labels = np.full(n, -1, np.int64)
    for c in range(len(centers)):
        labels[centers[c]] = c
    for i in order:
        if labels[i] >= 0:
            continue
        for c in range(K):
            if labels[indices[i, c]] >= 0:
                labels[i] = labels[indices[i, c]]
                break
        if labels[i] < 0:
            labels[i] = labels[holder[i]]
    return labels


def _table(saddles: Saddles, cluster: Ints, log_density: Floats, error: Floats) -> Floats:
    """List the saddles left, under the clusters' final numbers."""
    rows = sorted(
        (int(cluster[a]), int(cluster[b]), point)
        for a, touching in saddles.items()
        for b, point in touching.items()
        if a < b
    )
    ends = np.array(rows, np.int64).reshape(-1, 3)
    points = ends[:, 2]
    return np.column_stack([ends[:, :2], log_density[points], error[points]]).astype(np.float64)
