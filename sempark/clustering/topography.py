"""Borders and saddles between clusters, and the merging of peaks that are not significant.

In: labels, neighbor lists, log density with its error. Out: the highest border point of every
pair of clusters that touch, and which cluster follows which once peaks that do not stand out of
the noise are merged, the highest saddle first.

Source: d'Errico, Facco, Laio and Rodriguez, Inf. Sci. 560, 476 (2021), arXiv:1802.10549;
the two published programs (DPA, DADApy) where they agree, and a choice where they differ.
"""

from __future__ import annotations

import heapq
from typing import Literal

import numba
import numpy as np
import numpy.typing as npt

from sempark.clustering.neighbor_lists import Floats, Ints

Rule = Literal["dpa", "dadapy"]
Saddles = dict[int, dict[int, int]]  # cluster -> cluster it touches -> border point


@numba.njit(cache=True)
def border_partners(
    indices: Ints, labels: Ints, k_star: Ints, is_center: npt.NDArray[np.bool_], strict: bool
) -> Ints:
    """Find the border points and the foreign point each one faces.

    Parameters
    ----------
    indices : int64 (n, K)
        Neighbor lists.
    labels, k_star : int64 (n,)
    is_center : bool (n,)
    strict : bool
        True: the foreign neighbor is no center either, and must list the border point. False: a
        foreign point whose whole list shows nobody of the cluster will do.

    Returns
    -------
    int64 (n,)
        The first foreign neighbor within k* if the point is the nearest of its cluster to that
        neighbor, else -1.
    """
    n, K = indices.shape
    partner = np.full(n, -1, np.int64)
    for i in range(n):
        if is_center[i]:
            continue
        foreign = -1
        for c in range(k_star[i]):
            if labels[indices[i, c]] != labels[i]:
                foreign = indices[i, c]
                break
        if foreign < 0 or (strict and is_center[foreign]):
            continue
        nearest = -1
        for c in range(K):
            if labels[indices[foreign, c]] == labels[i]:
                nearest = indices[foreign, c]
                break
        if nearest == i or (nearest < 0 and not strict):
            partner[i] = foreign
    return partner


def find_saddles(partner: Ints, labels: Ints, order: Ints) -> Saddles:
    """Take the first border point in the order for every pair of clusters that touch.

    Parameters
    ----------
    partner : int64 (n,)
        From `border_partners`.
    labels : int64 (n,)
    order : int64 (n,)
        All points by falling g.

    Returns
    -------
    dict
        cluster -> touching cluster -> border point, both ways.
    """
    border = order[partner[order] >= 0]
    pairs = np.sort(np.column_stack([labels[border], labels[partner[border]]]), axis=1)
    pairs, first = np.unique(pairs, axis=0, return_index=True)
    saddles: Saddles = {}
    for (a, b), point in zip(pairs.tolist(), border[first].tolist(), strict=True):
        saddles.setdefault(a, {})[b] = point
        saddles.setdefault(b, {})[a] = point
    return saddles


def merge_peaks(
    saddles: Saddles,
    centers: Ints,
    density: tuple[Floats, Floats],
    Z: float,
    rule: Rule,
) -> Ints:
    """Merge peaks that do not stand out of their saddle, the highest such saddle first.

    Parameters
    ----------
    saddles : dict
        From `find_saddles`; holds the saddles of the surviving clusters afterwards.
    centers : int64 (m,)
        The center of each cluster, by falling log density.
    density : (log_density, error), each float64 (n,)
    Z : float
        Two clusters merge while log density of either center less that of the saddle is below Z
        times the sum of the two errors.
    rule : {"dpa", "dadapy"}
        Who survives: the denser center, or the one that stands out more in units of its error.

    Returns
    -------
    int64 (m,)
        The surviving cluster each one belongs to. Ties between saddles go to the lower pair.
    """
    log_density, error = density
    follows = np.arange(len(centers))

    def margin(cluster: int, point: int) -> float:
        center = centers[cluster]
        return (log_density[center] - log_density[point]) / (error[center] + error[point])

    def push(a: int, b: int, point: int) -> None:
        if min(margin(a, point), margin(b, point)) < Z:
            heapq.heappush(heap, (-log_density[point], min(a, b), max(a, b), point))

    heap: list[tuple[float, int, int, int]] = []
    for a, touching in saddles.items():
        for b, point in touching.items():
            if a < b:
                push(a, b, point)
    while heap:
        _, a, b, point = heapq.heappop(heap)
        if saddles.get(a, {}).get(b) != point or min(margin(a, point), margin(b, point)) >= Z:
            continue  # merged, or another saddle since
        stays, goes = a, b  # a is the denser: clusters are numbered so
        if rule == "dadapy" and margin(a, point) < margin(b, point):
            stays, goes = b, a
        follows[goes] = stays
        for other, theirs in saddles.pop(goes).items():
            del saddles[other][goes]
            if other == stays:
                continue
            ours = saddles[stays].get(other)
            if ours is None or log_density[ours] < log_density[theirs]:
                saddles[stays][other] = saddles[other][stays] = theirs
                push(stays, other, theirs)
    return _roots(follows)


def _roots(follows: Ints) -> Ints:
    """Follow every cluster to the one that survived."""
    while not np.array_equal(follows, follows[follows]):
        follows = follows[follows]
    return follows
