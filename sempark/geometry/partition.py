"""Points in an order that keeps neighbors together, cut into blocks with their bounding boxes.

In: points (n, d). Out: a permutation, the bounds of the blocks in it, their boxes.
The widest column of a part is cut at its median until a part fits a block: a k-d tree of which
only the leaves are kept.
Source: J. H. Friedman, J. L. Bentley, R. A. Finkel, ACM TOMS 3, 209 (1977).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sempark.geometry.kernel import kernel
from sempark.geometry.selection import SLACK

SPREAD_ROWS = 512


@dataclass(frozen=True)
class Partition:
    """Blocks of neighboring points.

    Attributes
    ----------
    order : ndarray of int64, shape (n,)
        Row of X at each place.
    starts : ndarray of int64, shape (n_blocks + 1,)
        Block b holds the places starts[b] .. starts[b + 1] - 1.
    low, high : ndarray of float64, shape (n_blocks, d)
        Smallest and largest value of each column in each block.
    """

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def partition(X: NDArray[np.floating], block_rows: int) -> Partition:
    """Cut points into blocks of at most `block_rows` neighboring rows.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Finite numbers, n >= 1.
    block_rows : int
        Most rows of a block; the blocks are about equally long.

    Returns
    -------
    Partition
    """
    order = np.arange(len(X))
    starts: list[int] = []
    parts = [(0, len(X))]
    while parts:
        start, stop = parts.pop()
        if stop - start <= block_rows:
            starts.append(start)
            continue
        rows = order[start:stop]
        # a part's widest column shows on some hundred of its rows
        some = X[rows[:: max(1, len(rows) // SPREAD_ROWS)]]
        widest = int((some.max(axis=0) - some.min(axis=0)).argmax())
        middle = (stop - start) // 2
        order[start:stop] = rows[np.argpartition(X[rows, widest], middle)]
        parts += [(start + middle, stop), (start, start + middle)]
    bounds = np.array([*starts, len(X)], np.int64)
    return Partition(order, bounds, *boxes(X, order, bounds))


@kernel
def boxes(
    X: NDArray[Any], order: NDArray[Any], starts: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounding box of each block: the least and the largest value of each column."""
    n_blocks, d = len(starts) - 1, X.shape[1]
    low = np.full((n_blocks, d), np.inf)
    high = np.full((n_blocks, d), -np.inf)
    for block in range(n_blocks):
        for place in range(starts[block], starts[block + 1]):
            x = X[order[place]]
            for j in range(d):
                low[block, j] = min(low[block, j], x[j])
                high[block, j] = max(high[block, j], x[j])
    return low, high


@kernel
def box_gaps(
    low: NDArray[Any], high: NDArray[Any], lows: NDArray[Any], highs: NDArray[Any], scale: float
) -> NDArray[np.float64]:
    """Squared distances between one box and many, scaled, rounded down."""
    gaps = np.empty(len(lows))
    for block in range(len(lows)):
        total = 0.0
        for j in range(len(low)):
            gap = max(lows[block, j] - high[j], low[j] - highs[block, j], 0.0) * scale
            total += gap * gap
        gaps[block] = total * (1 - SLACK)
    return gaps


@kernel
def nearest_first(
    middle: NDArray[Any], lows: NDArray[Any], highs: NDArray[Any]
) -> NDArray[np.int64]:
    """Blocks by the distance of their boxes' middles from a point."""
    away = np.empty(len(lows))
    for block in range(len(lows)):
        total = 0.0
        for j in range(len(middle)):
            difference = (lows[block, j] + highs[block, j]) / 2 - middle[j]
            total += difference * difference
        away[block] = total
    return np.argsort(away)
