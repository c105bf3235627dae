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
from sempark.geometry.partition import partition
from sempark.geometry.search_cost import FEW_COLUMNS, check_memory, estimate_cost, n_candidates
from sempark.geometry.symmetric_tiles import prepare, search_tiles

__all__ = ["Neighbors", "estimate_cost", "nearest"]

Progress = Callable[[int, int], None]
BLOCK_ROWS = 256
TILE_ROWS = 2048
MIDDLE_ROWS = 1024
LARGEST = 1e150


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
    X: ArrayLike,
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
    points = _checked(X, "X")
    own = queries is None
    targets = points if own else _checked(queries, "queries")
    if targets.shape[1] != points.shape[1]:
        raise ValueError(
            f"queries must have the {points.shape[1]} columns of X, received {targets.shape[1]}"
        )
    most = len(points) - own
    if not 1 <= k <= most:
        raise ValueError(
            f"k must lie in 1..{most} for {len(points)} points, received {k}; give more points or "
            "ask for fewer neighbors"
        )
    if threads is not None and threads < 1:
        raise ValueError(f"threads must be at least 1, received {threads}; None takes all")
    check_memory(len(points), points.shape[1], k, None if own else len(targets))
    workers = threads or len(os.sched_getaffinity(0))
    # one BLAS thread in each of ours: tiles are what runs side by side
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:
        return _search(points, targets, k, own, pool, progress or _silent)


def _search(
    points: NDArray[np.floating],
    targets: NDArray[np.floating],
    k: int,
    own: bool,
    pool: Executor,
    progress: Progress,
) -> Neighbors:
    n, d = points.shape
    if len(targets) == 0:
        return Neighbors(np.empty((0, k), np.int64), np.empty((0, k)))
    n_keep = n_candidates(n - own, d, k)
    middle = np.median(points[:: max(1, n // MIDDLE_ROWS)].astype(np.float64), axis=0)
    scale = _scale(middle, points, targets)
    if own and d > FEW_COLUMNS:
        tiles = prepare(points, n_keep, middle, scale)
        rows = min(TILE_ROWS, max(BLOCK_ROWS, n // 16))
        indices, distances, proved = search_tiles(tiles, k, rows, pool, progress)
        del tiles
    else:
        indices, distances = np.empty((len(targets), k), np.int64), np.empty((len(targets), k))
        proved = np.zeros(len(targets), np.bool_)
        side = _side(points)
        asked = side if own else _side(targets)

        def search(blocks: tuple[int, int]) -> int:
            return search_blocks(
                side, asked, own, blocks, n_keep, scale, indices, distances, proved
            )

        _by_blocks(search, asked, pool, progress)
    unproved = np.flatnonzero(~proved)
    if len(unproved):
        side, again = _side(points), _side(targets, unproved)

        def rescan(blocks: tuple[int, int]) -> int:
            return rescan_blocks(side, again, own, blocks, scale, indices, distances)

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


def _side(X: NDArray[np.floating], rows: NDArray[np.int64] | None = None) -> Side:
    some = X if rows is None else X[rows]
    parts = partition(some, BLOCK_ROWS)
    ids = parts.order if rows is None else rows[parts.order]
    if X.shape[1] > FEW_COLUMNS:
        return Side(some, parts.order, ids, parts.starts, parts.low, parts.high)
    # short rows are read faster in the order of the blocks
    ordered = np.ascontiguousarray(some[parts.order])
    return Side(ordered, np.arange(len(ids)), ids, parts.starts, parts.low, parts.high)


def _scale(middle: NDArray[np.float64], *arrays: NDArray[np.floating]) -> float:
    """Give the power of two that brings every coordinate about the middle under 1."""
    farthest = max(
        float(np.maximum(X.max(axis=0) - middle, middle - X.min(axis=0)).max()) for X in arrays
    )
    exponent = np.frexp(farthest)[1] if farthest > 0 else 0
    return float(np.ldexp(1.0, -int(np.clip(exponent, -900, 900))))


def _checked(X: ArrayLike | None, name: str) -> NDArray[np.floating]:
    given = np.asarray(X)
    if given.ndim != 2 or given.shape[1] == 0:
        raise ValueError(
            f"{name} must be two-dimensional (points, columns), received shape {given.shape}; "
            "reshape a single column to (n, 1)"
        )
    wide_single = given.dtype == np.float32 and given.shape[1] > FEW_COLUMNS
    points: NDArray[np.floating] = np.ascontiguousarray(
        given, np.float32 if wide_single else np.float64
    )
    for start in range(0, len(points), TILE_ROWS):
        block = points[start : start + TILE_ROWS]
        # NaN fails the comparison too; a float32 maximum is compared as a Python float
        good = np.abs(block).max(axis=1).astype(np.float64) <= LARGEST
        if not good.all():
            row = start + int(np.flatnonzero(~good)[0])
            raise ValueError(
                f"{name} must hold finite numbers up to {LARGEST:g}, received NaN, infinity or "
                f"more first in row {row}; leave such rows out"
            )
    return points


def _silent(done: int, total: int) -> None:
    """Take reports of progress that nobody asked for."""
