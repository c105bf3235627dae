"""The correlation of distances with categories over all labelled pairs, a block of pairs at a time.

In: points and a label a point. Out: Pearson's and Spearman's coefficient over the pairs i < j.
The discrete distance has two values, so sums, and for the ranks a histogram, of the pairs within
and between categories are enough: with p the share of pairs between, a coefficient is
(mean between - mean within) sqrt(p (1 - p)) / sigma. Memory does not grow with the pairs.
Source: section 3.4 of the thesis.
"""

from collections.abc import Callable
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sempark.geometry.distances import (
    UNDEFINED,
    Correlation,
    checked_labels,
    checked_points,
    codes_of,
)

Progress = Callable[[int, int], None]
BLOCK_ROWS = 2048
# of a float32's 23 binary digits: ranks are those of distances rounded to 1 part in 8,192
DROPPED_BITS = 10
N_BINS = (0x7F800000 >> DROPPED_BITS) + 1
# of both squared lengths: less is what rounding leaves of a distance of 0
NOTHING = 1e-12


def labelled_correlation(
    X: ArrayLike, labels: ArrayLike, progress: Progress | None = None
) -> Correlation:
    """Correlate Euclidean with discrete distance over all labelled pairs, holding a block of them.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Finite numbers; float64 products of blocks, so memory is a few blocks of rows.
    labels : array-like of shape (n,)
        Category of each row; None, "" and -1 are unlabelled and left out.
    progress : callable, optional
        Called with (pairs of blocks done, in all).

    Returns
    -------
    Correlation
        Pearson's coefficient of the distances; Spearman's of the distances rounded to 13
        binary digits, ties at their mean rank, None where these are all equal.

    Raises
    ------
    ValueError
        As in `distances.correlation`.
    """
    names = checked_labels(labels)
    rows = np.array([i for i, name in enumerate(names.tolist()) if name not in (None, "", -1)], int)
    codes = codes_of(names[rows])
    points = checked_points(np.asarray(X)[rows])
    if len(points) == 0 or (points == points[0]).all():
        raise ValueError(UNDEFINED)
    points = points - points.mean(axis=0)
    sums = np.zeros((2, 3))  # within and between: pairs, sum, sum of squares
    counts = np.zeros((2, N_BINS), np.int64)
    blocks = list(combinations_with_replacement(range(0, len(points), BLOCK_ROWS), 2))
    for done, (i, j) in enumerate(blocks, 1):
        a, b = slice(i, i + BLOCK_ROWS), slice(j, j + BLOCK_ROWS)
        values = _product_distances(points[a], points[b])
        differ = codes[a, None] != codes[None, b]
        if i == j:
            above = np.triu_indices(len(values), 1)
            values, differ = values[above], differ[above]
        for side, picked in enumerate((values[~differ], values[differ])):
            sums[side] += len(picked), picked.sum(), picked @ picked
            counts[side] += np.bincount(_bins(picked), minlength=N_BINS)
        if progress is not None:
            progress(done, len(blocks))
    several = np.count_nonzero(counts.sum(axis=0)) > 1
    spearman = _coefficient(_rank_sums(counts)) if several else None
    return Correlation(_coefficient(sums), spearman, int(sums[:, 0].sum()))


def _product_distances(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    squares = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b)[None, :]
    found = squares - 2 * (a @ b.T)
    found[found < NOTHING * squares] = 0
    return np.sqrt(found)


def _bins(values: NDArray[np.float64]) -> NDArray[np.int32]:
    """Bin of each distance: the bits of positive floats ascend with their values."""
    with np.errstate(over="ignore", under="ignore"):
        bits: NDArray[np.int32] = values.astype(np.float32).view(np.int32)
    return (bits + (1 << DROPPED_BITS - 1)) >> DROPPED_BITS


def _rank_sums(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Pairs, sum and sum of squares of their ranks (about the middle rank), within and between."""
    each = counts.sum(axis=0)
    rank = np.cumsum(each) - (each - 1) / 2 - (each.sum() + 1) / 2
    return np.stack([counts.sum(axis=1), counts @ rank, counts @ rank**2], axis=1)


def _coefficient(sums: NDArray[np.float64]) -> float:
    n, total, squares = sums.sum(axis=0)
    if not sums[:, 0].all():
        raise ValueError(UNDEFINED)
    variance = squares / n - (total / n) ** 2
    if variance <= 1e-14 * squares / n:
        raise ValueError(UNDEFINED)
    within, between = sums[:, 1] / sums[:, 0]
    shares = sums[:, 0] / n
    return float((between - within) * np.sqrt(shares.prod() / variance))
