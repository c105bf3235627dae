"""The nearest denser point of every point, exactly.

In: neighbor lists, the points and their rank by falling density. Out: for each point the nearest
one of lower rank, and its distance. The first denser point of a neighbor list is the nearest; the
few local peaks, which have none there, are searched among all points denser than the lowest of
them (the thesis' cut). That search is a blocked float32 product whose error bound leaves few pairs
to measure in float64.

Source: section 4.2.1 of the thesis (after an idea of G. Sanna).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from sempark.clustering.neighbor_lists import Floats, Ints

PEAKS, PREFIX = 1024, 4096  # rows and columns of a block: 16 MiB of float32


@numba.njit(cache=True)
def first_denser(indices: Ints, distances: Floats, rank: Ints) -> tuple[Ints, Floats]:
    """Find each point's nearest denser one within its neighbor list.

    Parameters
    ----------
    indices : int64 (n, k)
    distances : float64 (n, k)
        Neighbor lists, ascending, ties at the end of a list kept by lower index.
    rank : int64 (n,)
        Place in the order of falling density, 0 the densest; no two alike.

    Returns
    -------
    nearest : int64 (n,)
        Ties by lower index; -1 where the list holds no denser point: a local peak.
    delta : float64 (n,)
        The distance, 0 for a local peak.
    """
    n, k = indices.shape
    nearest, delta = np.full(n, -1, np.int64), np.zeros(n)
    for i in range(n):
        for c in range(k):
            j = indices[i, c]
            if nearest[i] >= 0 and distances[i, c] > delta[i]:
                break
            if rank[j] < rank[i] and (nearest[i] < 0 or j < nearest[i]):
                nearest[i], delta[i] = j, distances[i, c]
    return nearest, delta


def search_denser(X: Floats, order: Ints, places: Ints) -> tuple[Ints, Floats]:
    """Find the nearest denser point of a few points among all that are denser.

    Parameters
    ----------
    X : float64 (n, d)
        The points.
    order : int64 (n,)
        All points by falling density.
    places : int64 (p,)
        The points to search for, as places in that order, ascending, none 0.

    Returns
    -------
    nearest : int64 (p,)
        Ties by lower index.
    delta : float64 (p,)
        Distances from differences in float64.
    """
    best, delta = np.full(len(places), -1, np.int64), np.full(len(places), np.inf)
    if not len(places):
        return best, delta
    prefix = order[: places[-1]]
    center = X.mean(axis=0)
    scale = float(max((X.max(axis=0) - center).max(), (center - X.min(axis=0)).max())) or 1.0
    wanted, norms = _shrunk(X, order[places], center, scale)
    # relative error of a float32 product of d terms, of the casts and of the sums
    bound = (X.shape[1] + 16.0) * 2.0**-24
    for start in range(0, len(prefix), PREFIX):
        block, block_norms = _shrunk(X, prefix[start : start + PREFIX], center, scale)
        for first in range(int(np.searchsorted(places, start, "right")), len(places), PEAKS):
            some = slice(first, first + PEAKS)
            _improve(
                (X, order, wanted[some] @ block.T, bound, scale),
                (places[some], norms[some]),
                (start, block_norms),
                (best[some], delta[some]),
            )
    return best, delta


def _shrunk(
    X: Floats, rows: Ints, center: Floats, scale: float
) -> tuple[npt.NDArray[np.float32], Floats]:
    """Bring rows near the origin, into float32's range, and give their norms."""
    small = ((X[rows] - center) / scale).astype(np.float32)
    return small, np.sqrt(np.einsum("ij,ij->i", small, small, dtype=np.float64))


@numba.njit(cache=True)
def _improve(
    data: tuple[Floats, Ints, npt.NDArray[np.float32], float, float],
    wanted: tuple[Ints, Floats],
    block: tuple[int, Floats],
    best: tuple[Ints, Floats],
) -> None:
    """Measure the pairs of a block that may be nearer than the best so far."""
    X, order, products, bound, scale = data
    places, norms = wanted
    start, block_norms = block
    nearest, delta = best
    for a in range(len(places)):
        x, longest = X[order[places[a]]], delta[a] * delta[a]
        for b in range(min(len(block_norms), places[a] - start)):
            s = norms[a] + block_norms[b]
            square = norms[a] ** 2 + block_norms[b] ** 2 - 2.0 * products[a, b]
            if (square - bound * s * s - 1e-34) * scale * scale > longest:
                continue
            j = order[start + b]
            total = 0.0
            for c in range(X.shape[1]):
                total += (x[c] - X[j, c]) ** 2
            distance = np.sqrt(total)
            if distance < delta[a] or (distance == delta[a] and j < nearest[a]):
                nearest[a], delta[a], longest = j, distance, distance * distance
