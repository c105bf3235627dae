"""Merging reciprocal nearest clusters, under complete or Ward linkage.

In: living clusters and lists of near ones. Out: merges, as pairs of points with squared heights.

Both linkages are reducible: a merged cluster is no nearer to a third than the nearer of its parts.
So two clusters that are each other's nearest may be merged at once, in any order. Only a cluster
whose list has run out must look at all others again, and those whose chain leads to it wait.

Source: section 4.1 of the thesis; Bruynooghe, 1978, and Murtagh, Comput. J. 26, 354, 1983
(reducibility, reciprocal nearest neighbors).
"""

from __future__ import annotations

import numba
import numpy as np

from sempark.clustering.candidates import Shorts
from sempark.clustering.living import State
from sempark.clustering.merges import Floats
from sempark.clustering.near_lists import cross_lists, join_lists, nearest


@numba.njit(cache=True)
def advance(s: State, ward: bool, pairs: Shorts, heights: Floats, made: int, goal: int) -> int:
    """Merge reciprocal nearest clusters until lists have run out or `goal` merges are made.

    From every cluster the chain of nearest neighbors is followed, distances falling, to a pair that
    merges, or to a cluster with no list: then the whole chain must wait for a search.
    """
    n = len(s.X)
    waits = np.zeros(n, np.bool_)
    chain, steps = np.empty(n, np.int64), np.empty(n)
    for start in range(n):
        if s.number[start] < 0 or waits[start]:
            continue
        chain[0], length = start, 1
        while length > 0 and made < goal:
            a = chain[length - 1]
            e = nearest(s, a, ward)
            if e < 0 or waits[s.slot[s.near[a, e]]]:
                for i in range(length):
                    waits[chain[i]] = True
                break
            height = s.squared[a, e]
            if length == 1 or height < steps[length - 2]:
                steps[length - 1] = height
                chain[length] = s.slot[s.near[a, e]]
                length += 1
                continue
            b = chain[length - 2]  # a's nearest is no nearer than b, whose nearest is a
            pairs[made, 0], pairs[made, 1] = s.head[a], s.head[b]
            heights[made] = steps[length - 2]
            _merge(s, a, b, n + made, ward)
            made += 1
            length -= 2
    return made


@numba.njit(cache=True)
def _merge(s: State, a: int, b: int, made: int, ward: bool) -> None:
    """Merge slots a and b into a, as number `made`."""
    nearest(s, a, ward)
    nearest(s, b, ward)
    old_a, old_b = s.number[a], s.number[b]
    size_a, size_b = s.size[a], s.size[b]
    size = size_a + size_b
    d = s.X.shape[1]
    apart = 0.0
    for c in range(d):
        gap = s.centers[a, c] - s.centers[b, c]
        apart += gap * gap
        s.centers[a, c] -= gap * (size_b / size)  # exactly where it was if both are alike
    if not ward:
        s.spread[a] = (
            size_a * s.spread[a] + size_b * s.spread[b] + size_a * size_b / size * apart
        ) / size
        s.following[s.tail[a]] = s.head[b]
        s.tail[a] = s.tail[b]
        s.far[a] = _farther(s, a, s.far[a], s.far[b])
    s.above[old_a] = s.above[old_b] = made
    s.slot[made], s.total[made] = a, size
    s.number[a], s.number[b], s.size[a] = made, -1, size
    if ward:
        join_lists(s, a, b, old_a, old_b, size_a, size_b)
    else:
        cross_lists(s, a, b)
    s.length[b] = 0


@numba.njit(cache=True)
def _farther(s: State, a: int, i: int, j: int) -> int:
    """Give the one of two members that lies farther from the center."""
    first, second = 0.0, 0.0
    for c in range(s.X.shape[1]):
        first += (s.X[i, c] - s.centers[a, c]) ** 2
        second += (s.X[j, c] - s.centers[a, c]) ** 2
    return i if first >= second else j
