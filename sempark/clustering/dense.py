"""The end of complete linkage: all distances of the clusters that are left, and a chain.

In: points in an order that keeps clusters together. Out: merges of those clusters.

Every pair of points is looked at once, so this costs n squared however few clusters are left; the
matrix takes m (m - 1) / 2 float64. Merges follow the nearest-neighbor chain.

Source: Murtagh, Comput. J. 26, 354, 1983 (the chain); Muellner, arXiv:1109.2378, 2011.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np

from sempark.clustering.merges import Floats, Ints

BLOCK = 128


def complete(
    X: Floats, starts: Ints, threads: int, progress: Callable[[int], None] | None = None
) -> tuple[Ints, Ints, Floats]:
    """Merge clusters under complete linkage.

    Parameters
    ----------
    X : float64 (n, d)
        Points; cluster i is rows starts[i]..starts[i + 1] - 1.
    starts : int64 (m + 1,)
    threads : int
        The result does not depend on it.
    progress : callable, optional
        Called with the share of the pairs done, in hundredths.

    Returns
    -------
    first, second : int64 (m - 1,)
        Clusters 0..m-1 that merge; the first of the two stands for both from then on.
    squared : float64 (m - 1,)
        Squared heights, in the order of the chain: not sorted.
    """
    m = len(starts) - 1
    matrix = np.empty(m * (m - 1) // 2)
    n, d = X.shape
    columns = np.zeros((-(-n // BLOCK) * BLOCK, (d + 3) // 4 * 4))
    columns[:n, :d] = X
    blocks = np.ascontiguousarray(columns.reshape(-1, BLOCK, columns.shape[1]).transpose(0, 2, 1))
    tasks = np.array_split(np.arange(m), min(m, 100))
    with ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(_fill, matrix, blocks, starts, task[0], task[-1] + 1) for task in tasks]
        for i, job in enumerate(jobs):
            job.result()
            if progress is not None:
                progress(100 * (i + 1) // len(jobs))
    first, second, squared = np.empty(m - 1, np.int64), np.empty(m - 1, np.int64), np.empty(m - 1)
    _chain(matrix, m, first, second, squared)
    return first, second, squared


@numba.njit(cache=True, nogil=True, inline="always")
def _at(m: int, i: int) -> int:
    """Give where row i of the condensed matrix begins, less i + 1: add j > i."""
    return i * (2 * m - i - 1) // 2 - i - 1


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "contract"})
def _fill(matrix: Floats, blocks: Floats, starts: Ints, begin: int, end: int) -> None:
    """Fill rows begin..end-1 with the largest squared distances to the clusters after."""
    n_blocks, wide, _ = blocks.shape
    m = len(starts) - 1
    farthest, squares = np.empty((n_blocks, BLOCK)), np.empty(BLOCK)
    flat = farthest.ravel()
    for i in range(begin, end):
        for b in range(starts[i + 1] // BLOCK, n_blocks):
            farthest[b] = 0.0
            for a in range(starts[i], starts[i + 1]):
                squares[:] = 0.0
                home, own = a // BLOCK, a % BLOCK
                for c in range(0, wide, 4):
                    w, x = blocks[home, c, own], blocks[home, c + 1, own]
                    y, z = blocks[home, c + 2, own], blocks[home, c + 3, own]
                    for k in range(BLOCK):
                        total = squares[k] + (blocks[b, c, k] - w) ** 2
                        total += (blocks[b, c + 1, k] - x) ** 2
                        total += (blocks[b, c + 2, k] - y) ** 2
                        squares[k] = total + (blocks[b, c + 3, k] - z) ** 2
                for k in range(BLOCK):
                    farthest[b, k] = max(farthest[b, k], squares[k])
        row = _at(m, i)
        for j in range(i + 1, m):
            most = 0.0
            for k in range(starts[j], starts[j + 1]):
                most = max(most, flat[k])
            matrix[row + j] = most


@numba.njit(cache=True, nogil=True)
def _chain(matrix: Floats, m: int, first: Ints, second: Ints, squared: Floats) -> None:
    """Follow nearest neighbors to a pair that is each other's, merge it, go on from before it."""
    living = np.arange(m)
    chain, length, count = np.empty(m, np.int64), 0, m
    for made in range(m - 1):
        if length == 0:
            chain[0], length = living[0], 1
        while True:
            a = chain[length - 1]
            b, best = -1, np.inf
            if length > 1:  # among equals the one before, so that the chain ends
                b = chain[length - 2]
                best = matrix[_at(m, min(a, b)) + max(a, b)]
            row = _at(m, a)
            for k in range(count):
                x = living[k]
                if x < a:
                    value = matrix[_at(m, x) + a]
                elif x > a:
                    value = matrix[row + x]
                else:
                    continue
                if value < best:
                    best, b = value, x
            if length > 1 and b == chain[length - 2]:
                break
            chain[length] = b
            length += 1
        length -= 2
        first[made], second[made], squared[made] = a, b, best
        kept = 0
        for k in range(count):
            x = living[k]
            if x == b:
                continue
            living[kept] = x
            kept += 1
            if x == a:
                continue
            of_a = _at(m, min(a, x)) + max(a, x)
            matrix[of_a] = max(matrix[of_a], matrix[_at(m, min(b, x)) + max(b, x)])
        count = kept
