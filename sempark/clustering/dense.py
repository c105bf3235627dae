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

BLOCK = 256


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
    columns = np.zeros(((X.shape[1] + 3) // 4 * 4, len(X)))
    columns[: X.shape[1]] = X.T
    tasks = np.array_split(np.arange(m), min(m, 100))
    with ThreadPoolExecutor(threads) as pool:
        jobs = [
            pool.submit(_fill, matrix, columns, starts, task[0], task[-1] + 1) for task in tasks
        ]
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


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _fill(matrix: Floats, columns: Floats, starts: Ints, begin: int, end: int) -> None:
    """Fill rows begin..end-1 with the largest squared distances to the clusters after."""
    d, n = columns.shape
    m = len(starts) - 1
    farthest, squares = np.empty(n), np.empty(BLOCK)
    for i in range(begin, end):
        after = starts[i + 1]
        farthest[after:] = 0.0
        for left in range(after, n, BLOCK):
            many = min(BLOCK, n - left)
            block = farthest[left : left + many]
            for a in range(starts[i], after):
                squares[:] = 0.0
                for c in range(0, d, 4):  # four dimensions at a time, in order
                    w, x, y, z = (
                        columns[c, a],
                        columns[c + 1, a],
                        columns[c + 2, a],
                        columns[c + 3, a],
                    )
                    of_w, of_x = columns[c, left : left + many], columns[c + 1, left : left + many]
                    of_y, of_z = (
                        columns[c + 2, left : left + many],
                        columns[c + 3, left : left + many],
                    )
                    for k in range(many):
                        total = squares[k] + (of_w[k] - w) ** 2
                        total += (of_x[k] - x) ** 2
                        total += (of_y[k] - y) ** 2
                        squares[k] = total + (of_z[k] - z) ** 2
                for k in range(many):
                    block[k] = max(block[k], squares[k])
        row = _at(m, i)
        for j in range(i + 1, m):
            most = 0.0
            for k in range(starts[j], starts[j + 1]):
                most = max(most, farthest[k])
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
