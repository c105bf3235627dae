"""The minimum spanning tree of points under the Euclidean or the mutual-reachability distance.

In: points (n, d), and optionally a core distance a point. Out: the n - 1 shortest edges that join
all, by length: single linkage, and HDBSCAN's hierarchy.

Prim's algorithm in float64 and memory that grows with n. Points are laid out in blocks along a
k-d order; a block is passed over when its box lies farther from the newest point than every
distance its points have already, so that clustered data cost a part of n squared.

Source: Prim, Bell Syst. Tech. J. 36, 1389, 1957; Campello, Moulavi and Sander, PAKDD 2013
(mutual reachability: the largest of the two core distances and the distance).
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np

from sempark.clustering.merges import Floats, Ints, Merges, from_pairs

BLOCK = 128
Progress = Callable[[int, int], None]


def single(X: Floats, core: Floats | None = None, progress: Progress | None = None) -> Merges:
    """Merge along the edges of the minimum spanning tree, shortest first.

    Parameters
    ----------
    X : float64 (n, d)
        Points, finite.
    core : float64 (n,), optional
        Core distances; the distance of i and j is then max(core i, core j, |x_i - x_j|).
    progress : callable, optional
        Called with (points reached, points in all).

    Returns
    -------
    Merges
        Heights are lengths of edges, rising; equal lengths in the order the tree was grown.
    """
    n = len(X)
    order = blocked(X)
    cores = np.zeros(n) if core is None else np.asarray(core, np.float64)
    state = _start(np.ascontiguousarray(X[order].T), cores[order] ** 2)
    first, second, squared = np.empty(n - 1, np.int64), np.empty(n - 1, np.int64), np.empty(n - 1)
    newest, step = 0, max(1, n // 50)
    for start in range(0, n - 1, step):
        stop = min(start + step, n - 1)
        newest = _grow(*state, first, second, squared, start, stop, newest)
        if progress is not None:
            progress(stop + 1, n)
    by_length = np.argsort(squared, kind="stable")
    first, second = order[first[by_length]], order[second[by_length]]
    return from_pairs(first, second, np.sqrt(squared[by_length]), n)


def blocked(X: Floats, size: int = BLOCK) -> Ints:
    """Order points so that every run of `size` lies close together: halved along the widest side.

    Parameters
    ----------
    X : float64 (n, d)
        Points.
    size : int
        Points in a block; the last may be shorter.

    Returns
    -------
    int64 (n,)
        Row numbers.
    """
    order = np.arange(len(X))
    parts = [(0, len(X))]
    while parts:
        start, stop = parts.pop()
        if stop - start <= size:
            continue
        rows = order[start:stop]
        axis = int(np.argmax(np.ptp(X[rows], axis=0)))
        middle = ((stop - start) // size + 1) // 2 * size  # whole blocks on the left
        order[start:stop] = rows[np.argpartition(X[rows, axis], middle)]
        parts += [(start, start + middle), (start + middle, stop)]
    return order


State = tuple[Floats, Floats, Ints, Floats, Ints, Ints, Floats, Floats, Floats, Floats]


def _start(columns: Floats, core: Floats) -> State:
    """Lay out what `_grow` keeps: all but the last two by position, those by block."""
    n = columns.shape[1]
    starts = np.arange(0, n, BLOCK)
    ends = np.minimum(starts + BLOCK, n)
    low = np.minimum.reduceat(columns, starts, axis=1).T.copy()
    high = np.maximum.reduceat(columns, starts, axis=1).T.copy()
    best, origin = np.full(n, np.inf), np.zeros(n, np.int64)
    farthest, nearest = np.full(len(starts), np.inf), np.full(len(starts), np.inf)
    return columns, core, np.arange(n), best, origin, ends, low, high, farthest, nearest


@numba.njit(cache=True, fastmath={"nnan", "nsz"})
def _grow(
    columns: Floats,
    core: Floats,
    name: Ints,
    best: Floats,
    origin: Ints,
    ends: Ints,
    low: Floats,
    high: Floats,
    farthest: Floats,
    nearest: Floats,
    first: Ints,
    second: Ints,
    squared: Floats,
    start: int,
    stop: int,
    newest: int,
) -> int:
    """Add edges start..stop-1; the newest point waits at position `newest` to leave its block.

    The bound holds in rounded arithmetic too: it sums the same roundings of smaller differences
    in the same order as the distance does.
    """
    d = columns.shape[0]
    squares, point = np.empty(BLOCK), np.empty(d)
    for t in range(start, stop):
        for c in range(d):
            point[c] = columns[c, newest]
        point_core, point_name = core[newest], name[newest]
        home = newest // BLOCK
        last = ends[home] - 1
        for c in range(d):
            columns[c, newest] = columns[c, last]
        core[newest], name[newest] = core[last], name[last]
        best[newest], origin[newest] = best[last], origin[last]
        ends[home] = last
        closest, chosen = np.inf, -1
        for b in range(len(ends)):
            begin, end = b * BLOCK, ends[b]
            if begin == end:
                continue
            bound = 0.0
            for c in range(d):
                gap = max(max(low[b, c] - point[c], point[c] - high[b, c]), 0.0)
                bound += gap * gap
            if max(bound, point_core) < farthest[b]:
                m = end - begin
                squares[:m] = 0.0
                for c in range(d):
                    x = point[c]
                    for i in range(m):
                        squares[i] += (columns[c, begin + i] - x) ** 2
                most = 0.0
                for i in range(m):
                    reach = max(max(squares[i], core[begin + i]), point_core)
                    if reach < best[begin + i]:
                        best[begin + i] = reach
                        origin[begin + i] = point_name
                    most = max(most, best[begin + i])
                farthest[b] = most
                nearest[b] = best[begin:end].min()
            elif b == home:
                nearest[b] = best[begin:end].min()
            if nearest[b] < closest:
                closest, chosen = nearest[b], b
        newest = chosen * BLOCK
        while best[newest] != closest:
            newest += 1
        first[t], second[t], squared[t] = origin[newest], name[newest], closest
    return newest
