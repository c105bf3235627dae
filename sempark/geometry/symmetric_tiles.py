"""Exact neighbors of all points among themselves in many columns, half of the products.

In: points (n, d). Out: lists of neighbors and their certificates.
In many columns no box lies far off, so every pair is multiplied, in float32 tiles about one common
middle; a tile (I, J) serves the rows of I and, turned, the rows of J. Threads take tiles, a lock a
block keeps them apart; what float32 cannot prove is left to `block_search.rescan_blocks`.
"""

from collections.abc import Callable
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from threading import Lock, local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sempark.geometry.kernel import kernel
from sempark.geometry.selection import finish, push_row

STRIP = 16


@dataclass(frozen=True)
class Tiles:
    """The centered points and, a row, the candidates found so far."""

    X: NDArray[np.floating]
    work: NDArray[np.float32]
    squares: NDArray[np.float64]
    norms: NDArray[np.float32]
    keys: NDArray[np.float32]
    found: NDArray[np.int32]
    sizes: NDArray[np.int64]
    thresholds: NDArray[np.float32]
    scale: float
    n_keep: int


def prepare(X: NDArray[np.floating], n_keep: int, middle: NDArray[Any], scale: float) -> Tiles:
    """Center the points in float32 and make room for 2 `n_keep` candidates a row."""
    n, d = X.shape
    work, squares = np.empty((n, d), np.float32), np.empty(n)
    _center(X, middle, scale, work, squares)
    return Tiles(
        X,
        work,
        squares,
        squares.astype(np.float32),
        np.empty((n, 2 * n_keep), np.float32),
        np.empty((n, 2 * n_keep), np.int32),
        np.zeros(n, np.int64),
        np.full(n, np.inf, np.float32),
        scale,
        n_keep,
    )


def search_tiles(
    tiles: Tiles,
    k: int,
    block_rows: int,
    pool: Executor,
    progress: Callable[[int, int], None],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Multiply all tiles in the threads of `pool`, then measure the candidates of each row.

    Returns indices (n, k), distances (n, k) and whether each row is proved. `progress` is called
    with (pairs of points multiplied, pairs in all).
    """
    n = len(tiles.work)
    blocks = [slice(start, min(start + block_rows, n)) for start in range(0, n, block_rows)]
    locks = [Lock() for _ in blocks]
    scratch = local()

    def multiply(i: int, j: int) -> int:
        rows, columns = blocks[i], blocks[j]
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        if not hasattr(scratch, "tile"):
            scratch.tile = np.empty(block_rows * block_rows, np.float32)
        tile = scratch.tile[: shape[0] * shape[1]].reshape(shape)
        np.matmul(tiles.work[rows], tiles.work[columns].T, out=tile)
        with locks[i]:
            _push_rows(tile, tiles.norms[columns], columns.start, *_state(tiles, rows), i == j)
        if i != j:
            with locks[j]:
                _push_columns(tile, tiles.norms[rows], rows.start, *_state(tiles, columns))
        return shape[0] * shape[1]

    jobs = [
        pool.submit(multiply, i, i + step)
        for step in range(len(blocks))
        for i in range(len(blocks) - step)
    ]
    done, pairs = 0, sum((b.stop - b.start) * (n - b.start) for b in blocks)
    for job in as_completed(jobs):
        done += job.result()
        progress(done, pairs)
    indices, distances = np.empty((n, k), np.int64), np.empty((n, k))
    proved = np.empty(n, np.bool_)
    order = np.arange(n)

    def finish_block(block: slice) -> None:
        _finish_rows(
            tiles.X,
            order,
            block.start,
            *_state(tiles, block),
            tiles.squares[block],
            tiles.n_keep,
            tiles.scale,
            indices[block],
            distances[block],
            proved[block],
        )

    for _ in pool.map(finish_block, blocks):
        pass
    return indices, distances, proved


def _state(tiles: Tiles, rows: slice) -> tuple[NDArray[Any], ...]:
    return tiles.keys[rows], tiles.found[rows], tiles.sizes[rows], tiles.thresholds[rows]


@kernel
def _center(
    X: NDArray[Any], middle: NDArray[Any], scale: float, work: NDArray[Any], squares: NDArray[Any]
) -> None:
    for i in range(len(X)):
        total = 0.0
        for j in range(len(middle)):
            difference = (np.float64(X[i, j]) - middle[j]) * scale
            total += difference * difference
            work[i, j] = difference
        squares[i] = total


@kernel
def _push_rows(
    tile: NDArray[Any],
    norms: NDArray[Any],
    first: int,
    keys: NDArray[Any],
    found: NDArray[Any],
    sizes: NDArray[Any],
    thresholds: NDArray[Any],
    diagonal: bool,
) -> None:
    row, mask = np.empty(tile.shape[1], np.float32), np.empty(256, np.uint8)
    two = np.float32(2)
    for i in range(tile.shape[0]):
        for c in range(len(row)):
            row[c] = norms[c] - two * tile[i, c]
        own = first + i if diagonal else -1
        sizes[i], thresholds[i] = push_row(
            row, first, own, keys[i], found[i], sizes[i], thresholds[i], mask
        )


@kernel
def _push_columns(
    tile: NDArray[Any],
    norms: NDArray[Any],
    first: int,
    keys: NDArray[Any],
    found: NDArray[Any],
    sizes: NDArray[Any],
    thresholds: NDArray[Any],
) -> None:
    m, n = tile.shape
    strip, mask = np.empty((STRIP, m), np.float32), np.empty(256, np.uint8)
    two = np.float32(2)
    for start in range(0, n, STRIP):
        width = min(STRIP, n - start)
        for i in range(m):
            for c in range(width):
                strip[c, i] = norms[i] - two * tile[i, start + c]
        for c in range(width):
            j = start + c
            sizes[j], thresholds[j] = push_row(
                strip[c], first, -1, keys[j], found[j], sizes[j], thresholds[j], mask
            )


@kernel
def _finish_rows(
    X: NDArray[Any],
    order: NDArray[Any],
    first: int,
    keys: NDArray[Any],
    found: NDArray[Any],
    sizes: NDArray[Any],
    thresholds: NDArray[Any],
    squares: NDArray[Any],
    n_keep: int,
    scale: float,
    indices: NDArray[Any],
    distances: NDArray[Any],
    proved: NDArray[Any],
) -> None:
    scratch = np.empty(X.shape[1])
    for i in range(len(sizes)):
        proved[i] = finish(
            X,
            order,
            order,
            X[first + i],
            keys[i, : sizes[i]],
            found[i, : sizes[i]],
            n_keep,
            thresholds[i],
            squares[i],
            False,
            scale,
            indices[i],
            distances[i],
            scratch,
        )
