"""HDBSCAN: single linkage under the mutual-reachability distance, and its lasting clusters.

In: points and their shared neighbors. Out: the hierarchy as Merges, and flat labels with noise.

A point's core distance is that to its (min_samples - 1)-th neighbor. Clusters that lose fewer than
min_cluster_size points at a merge keep their name; each scores the sum over its points of how long
they stay, in 1/distance; the set of disjoint clusters with the largest sum is the partition.

The code is this package's: core distances from `geometry.neighbors`, the exact spanning tree from
`spanning`. scikit-learn's HDBSCAN gives the same heights; where heights tie, as core distances make
them do, its clusters hang on the order of the points, these do not.

Source: Campello, Moulavi and Sander, PAKDD 2013, doi:10.1007/978-3-642-37456-2_14; chapter 5 of the
thesis asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numba
import numpy as np
import numpy.typing as npt

from sempark.clustering.linkage import Progress, checked
from sempark.clustering.merges import Floats, Ints, Merges, first_appearance
from sempark.clustering.spanning import single
from sempark.geometry.neighbors import Neighbors

Selection = Literal["eom", "leaf"]


@dataclass(frozen=True, eq=False)
class HDBSCAN:
    """A hierarchy and its lasting clusters.

    Attributes
    ----------
    labels : int64 (n,)
        Clusters 0, 1, ... by first appearance; -1 is noise.
    probabilities : float64 (n,)
        How deep in its cluster a point lies, 0 (noise) to 1.
    merges : Merges
        Single linkage under the mutual-reachability distance.
    core_distances : float64 (n,)
        Distance to the (min_samples - 1)-th neighbor.
    """

    labels: Ints
    probabilities: Floats
    merges: Merges
    core_distances: Floats


def hdbscan(
    neighbors: Neighbors,
    X: npt.ArrayLike,
    min_cluster_size: int = 5,
    min_samples: int | None = None,
    selection: Selection = "eom",
    progress: Progress | None = None,
) -> HDBSCAN:
    """Cluster points of varying density, with noise.

    Parameters
    ----------
    neighbors : Neighbors
        Of X, at least min_samples - 1 of them; a point is none of its own.
    X : (n, d)
        Points.
    min_cluster_size : int
        Fewest points of a cluster, at least 2.
    min_samples : int, optional
        Points within the core distance, the point itself among them (as scikit-learn counts); at
        least 1. None: min_cluster_size.
    selection : {"eom", "leaf"}
        The largest sum of stabilities, or the clusters that split no further.
    progress : callable, optional
        Called with (points reached, points in all).

    Returns
    -------
    HDBSCAN

    Raises
    ------
    ValueError
        If a number is out of range or the neighbors are not those of X.
    """
    points = checked(X)
    samples = min_cluster_size if min_samples is None else min_samples
    n, held = len(points), neighbors.distances.shape[1]
    if len(neighbors.distances) != n:
        raise ValueError(
            f"expected neighbors of n = {n} points, received {len(neighbors.distances)}"
        )
    if not 1 <= samples <= held + 1:
        raise ValueError(
            f"expected 1 <= min_samples <= {held + 1} (neighbors + 1), received {samples}: "
            "compute more neighbors"
        )
    core = neighbors.distances[:, samples - 2] if samples > 1 else np.zeros(n)
    merges = single(points, core, progress)
    return HDBSCAN(*flat(merges, min_cluster_size, selection), merges, core.copy())


def flat(
    merges: Merges, min_cluster_size: int = 5, selection: Selection = "eom"
) -> tuple[Ints, Floats]:
    """Take the lasting clusters out of a hierarchy whose heights do not fall.

    Parameters
    ----------
    merges : Merges
        Of n points. A height of 0 counts as half the smallest positive one, so that stabilities
        are finite.
    min_cluster_size : int
        Fewest points of a cluster, at least 2.
    selection : {"eom", "leaf"}
        The largest sum of stabilities (a tie goes to the parent), or the clusters that split no
        further. All points together are never a cluster.

    Returns
    -------
    labels : int64 (n,)
        Clusters 0, 1, ... by first appearance; -1 is noise.
    probabilities : float64 (n,)
        1/height at which a point leaves over the cluster's largest, at most 1; 0 for noise.

    Raises
    ------
    ValueError
        If min_cluster_size is under 2, the selection unknown, or a height falls.
    """
    if min_cluster_size < 2:
        raise ValueError(f"expected min_cluster_size >= 2, received {min_cluster_size}")
    if selection not in get_args(Selection):
        raise ValueError(f"expected a selection of {get_args(Selection)}, received {selection!r}")
    if (np.diff(merges.heights) < 0).any() or (merges.heights < 0).any():
        raise ValueError("expected heights that do not fall, from 0: HDBSCAN's own merges")
    positive = merges.heights[merges.heights > 0]
    if not len(positive):
        return np.full(merges.n, -1), np.zeros(merges.n)
    speeds = 1.0 / np.maximum(merges.heights, positive[0] / 2)
    cluster, left_at, parent, stability, deepest = _condensed(
        merges.children, merges.sizes, speeds, merges.n, min_cluster_size
    )
    chosen = _chosen(parent, stability, selection)
    home = chosen[cluster]
    noise = home < 0
    labels = np.full(merges.n, -1)
    labels[~noise] = first_appearance(home[~noise])
    share = np.minimum(left_at / deepest[np.maximum(home, 0)], 1.0)
    return labels, np.where(noise, 0.0, share)


def _chosen(parent: Ints, stability: Floats, selection: Selection) -> Ints:
    """Give for each condensed cluster the selected one that holds it, or -1; 0 is the root."""
    m = len(parent)
    below, split = np.zeros(m), np.zeros(m, np.bool_)
    split[parent[1:]] = True
    keep, best = np.zeros(m, np.bool_), stability.copy()
    for c in range(m - 1, 0, -1):  # children come after their parents
        if selection == "leaf":
            keep[c] = not split[c]
        elif split[c] and below[c] > best[c]:
            best[c] = below[c]
        else:
            keep[c] = True
        below[parent[c]] += best[c]
    holder = np.full(m, -1)
    for c in range(1, m):
        holder[c] = holder[parent[c]] if holder[parent[c]] >= 0 else (c if keep[c] else -1)
    return holder


@numba.njit(cache=True)
def _condensed(
    children: Ints, sizes: Ints, speeds: Floats, n: int, least: int
) -> tuple[Ints, Floats, Ints, Floats, Floats]:
    """Walk the tree from the root: by point its last cluster and when it left, then by cluster.

    Merges at one height are one merge of many parts: core distances make ties the rule, and so
    the answer does not hang on their order.
    """
    cluster, left_at = np.zeros(2 * n - 1, np.int64), np.full(2 * n - 1, -1.0)
    parent, birth = np.zeros(n, np.int64), np.zeros(n)
    stability, deepest = np.zeros(n), np.zeros(n)
    seen, stack, parts = np.zeros(n - 1, np.bool_), np.empty(n, np.int64), np.empty(n, np.int64)
    made = 1
    for t in range(n - 2, -1, -1):
        if seen[t]:
            continue
        node, speed = n + t, speeds[t]
        c = cluster[node]
        if left_at[node] >= 0:
            for child in children[t]:
                cluster[child], left_at[child] = c, left_at[node]
            continue
        stack[0], waiting, n_parts, n_big = node, 1, 0, 0
        while waiting:
            waiting -= 1
            x = stack[waiting]
            if x >= n and speeds[x - n] == speed:
                seen[x - n] = True
                stack[waiting], stack[waiting + 1] = children[x - n, 0], children[x - n, 1]
                waiting += 2
            else:
                parts[n_parts] = x
                n_parts += 1
                n_big += (sizes[x - n] if x >= n else 1) >= least
        for x in parts[:n_parts]:
            size = sizes[x - n] if x >= n else 1
            cluster[x] = c
            if size >= least and n_big == 1:  # the cluster goes on under its name
                continue
            stability[c] += (speed - birth[c]) * size
            deepest[c] = max(deepest[c], speed)
            if size < least:
                left_at[x] = speed
            else:
                cluster[x], parent[made], birth[made] = made, c, speed
                made += 1
    return cluster[:n], left_at[:n], parent[:made], stability[:made], deepest[:made]
