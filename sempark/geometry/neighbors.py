"""The k nearest points of every row, exact to float64.

In: `X` (n, d). Out: row numbers and distances, ascending, the row itself left out by identity.
float32 products only propose candidates; their distances are computed in float64 from differences,
a bound on the float32 error proves each list, and a list without proof is searched again in
float64. Few columns go by blocks of near points (`block_search`), many by tiles of which symmetry
saves half (`symmetric_tiles`); the result depends on neither, nor on the number of threads.
Source: these lists are step 1 of section 3.3.1 of the thesis, and what chapter 4 clusters.
"""

import os
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from sempark.geometry.block_search import Side, rescan_blocks, search_blocks
from sempark.geometry.points import BLOCK_ROWS, Points, checked, scale
from sempark.geometry.search_cost import FEW_COLUMNS, check_memory, estimate_cost, n_candidates
from sempark.geometry.symmetric_tiles import prepare, search_tiles

__all__ = ["Neighbors", "Points", "checked", "estimate_cost", "nearest", "nearest_of_rows"]

Progress = Callable[[int, int], None]
TILE_ROWS = 2048


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
    X: ArrayLike | Points,
    k: int,
    queries: ArrayLike | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Neighbors:
    """Find the k nearest rows of X for every row of X, or for every query.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Finite numbers of magnitude at most 1e150; float32 and float64 are taken as they are.
        Or `Points` as from `checked`; kept between calls, they are laid out once.
    k : int
        1 <= k <= n - 1; with `queries`, 1 <= k <= n.
    queries : array-like of shape (m, d), optional
        Points that are no members of X: nothing is left out for them.
        None: the rows of X themselves, each left out of its own list.
    progress : callable, optional
        Called with (done, total), in units that depend on the way taken.
    threads : int, optional
        Threads to use; None: as many as the process may. The result does not depend on it.

    Returns
    -------
    Neighbors
        The k smallest distances, ascending, ties by lower index. A duplicate counts, at distance
        0; points that are not equal are never at 0.

    Raises
    ------
    ValueError
        NaN or infinity, not two-dimensional, widths that differ, k out of range, or more memory
        needed than is free (see `estimate_cost`).
    """
    points = X if isinstance(X, Points) else checked(X)
    own = queries is None
    targets = points if own else checked(queries, "queries")
    if targets.X.shape[1] != points.X.shape[1]:
        raise ValueError(
            f"queries must have the {points.X.shape[1]} columns of X, received {targets.X.shape[1]}"
        )
    return _limited(points, targets, k, own, threads, progress or _silent)


def nearest_of_rows(
    points: Points, k: int, rows: NDArray[np.int64], threads: int | None = None
) -> Neighbors:
    """Find the k nearest other points of some of the points: rows of what `nearest` gives.

    Parameters
    ----------
    points : Points
        As from `checked`; kept between calls, they are laid out once.
    k : int
        1 <= k <= n - 1.
    rows : ndarray of int64, shape (m,)
        Row numbers in the points, each left out of its own list.
    threads : int, optional
        As in `nearest`.

    Returns
    -------
    Neighbors
        Row i is row rows[i] of ``nearest(points.X, k)``, to the last bit.

    Raises
    ------
    ValueError
        k out of range, or too little memory.
    """
    _check_k(k, len(points), own=True)
    # a row is among the k + 1 nearest of its place; with over k duplicates of lower index it is
    # not, and then the last one goes
    found = _limited(points, Points(points.X[rows]), k + 1, False, threads, _silent)
    own = found.indices == rows[:, None]
    own[~own.any(axis=1), -1] = True
    shape = (len(rows), k)
    return Neighbors(found.indices[~own].reshape(shape), found.distances[~own].reshape(shape))


def _check_k(k: int, n: int, own: bool) -> None:
    most = n - own
    if not 1 <= k <= most:
        raise ValueError(
            f"k must lie in 1..{most} for {n} points, received {k}; give more points or ask for "
            "fewer neighbors"
        )


def _limited(
    points: Points, targets: Points, k: int, own: bool, threads: int | None, progress: Progress
) -> Neighbors:
    """Search within the limits of k, memory and threads."""
    _check_k(k, len(points), own)
    if threads is not None and threads < 1:
        raise ValueError(f"threads must be at least 1, received {threads}; None takes all")
    check_memory(len(points), points.X.shape[1], k, None if own else len(targets))
    workers = threads or len(os.sched_getaffinity(0))
    # one BLAS thread in each of ours: tiles are what runs side by side
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:
        return _search(points, targets, k, own, pool, progress)


def _search(
    points: Points, targets: Points, k: int, own: bool, pool: Executor, progress: Progress
) -> Neighbors:
    n, d = points.X.shape
    if len(targets) == 0:
        return Neighbors(np.empty((0, k), np.int64), np.empty((0, k)))
    n_keep = n_candidates(n - own, d, k)
    factor = scale(points, targets)
    if own and d > FEW_COLUMNS:
        tiles = prepare(points.X, n_keep, points.middle, factor)
        rows = min(TILE_ROWS, max(BLOCK_ROWS, n // 16))
        indices, distances, proved = search_tiles(tiles, k, rows, pool, progress)
        del tiles
    else:
        indices, distances = np.empty((len(targets), k), np.int64), np.empty((len(targets), k))
        proved = np.zeros(len(targets), np.bool_)
        side, asked = points.side, targets.side

        def search(blocks: tuple[int, int]) -> int:
            return search_blocks(
                side, asked, own, blocks, n_keep, factor, indices, distances, proved
            )

        _by_blocks(search, asked, pool, progress)
    unproved = np.flatnonzero(~proved)
    if len(unproved):
        side, again = points.side, targets.part(unproved)

        def rescan(blocks: tuple[int, int]) -> int:
            return rescan_blocks(side, again, own, blocks, factor, indices, distances)

        _by_blocks(rescan, again, pool, progress)
    return Neighbors(indices, distances)


def _by_blocks(
    search: Callable[[tuple[int, int]], int], asked: Side, pool: Executor, progress: Progress
) -> None:
    n_blocks = len(asked.starts) - 1
    step = max(1, n_blocks // 128)
    parts = [(first, min(first + step, n_blocks)) for first in range(0, n_blocks, step)]
    jobs = {pool.submit(search, part): part for part in parts}
    done = 0
    for job in as_completed(jobs):
        job.result()
        first, last = jobs[job]
        done += int(asked.starts[last] - asked.starts[first])
        progress(done, len(asked.ids))


def _silent(done: int, total: int) -> None:
    """Take reports of progress that nobody asked for."""
