"""How well distances between points follow a classification of the points.

In: points or their distance matrix, and a label a point. Out: the discrete distance, the balanced
sample of rows it is compared on, and the correlation over pairs i < j.
The discrete distance is 0 within a category and 1 between two: the formula of section 3.4 prints
the Kronecker delta, its figure 3.8 and its words mean 1 - delta.
Source: section 3.4 of the thesis, table 3.4, figures 3.8 to 3.10.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

Progress = Callable[[int, int], None]
BLOCK_ROWS = 2048


@dataclass(frozen=True)
class Correlation:
    """Correlation of a distance with the discrete distance over pairs i < j.

    Attributes
    ----------
    pearson : float
        Product-moment coefficient.
    spearman : float or None
        Coefficient of the ranks, ties at their mean rank; None where ranks need all pairs at once.
    n_pairs : int
        Pairs counted.
    """

    pearson: float
    spearman: float | None
    n_pairs: int


def balanced_sample(
    labels: ArrayLike, counts: Mapping[Any, int], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw a stated number of rows of each category, sorted by category.

    Parameters
    ----------
    labels : array-like of shape (n,)
        Category of each row; rows of categories not in `counts` are never drawn.
    counts : mapping of category to int
        Rows to draw without replacement; its order is the order of the categories in the result.
    rng : numpy.random.Generator
        Source of chance; the same rows, counts and state give the same sample.

    Returns
    -------
    ndarray of int64, shape (sum of counts,)
        Row numbers: categories in the order of `counts`, ascending within each.

    Raises
    ------
    ValueError
        A negative count, or a category with fewer rows than asked for.
    """
    names = _one_dimensional(labels)
    chosen = [np.empty(0, np.int64)]
    for category, count in counts.items():
        rows = np.flatnonzero(names == category)
        if not 0 <= count <= len(rows):
            raise ValueError(
                f"count of {category!r} must lie in 0..{len(rows)}, the rows it has, received "
                f"{count}; lower it in the table of counts"
            )
        chosen.append(np.sort(rng.choice(rows, size=count, replace=False)))
    return np.concatenate(chosen).astype(np.int64)


def pairwise(X: ArrayLike) -> NDArray[np.float64]:
    """Euclidean distances between all rows, from differences in float64.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Finite numbers.

    Returns
    -------
    ndarray of float64, shape (n, n)
        Symmetric, exactly 0 on the diagonal and between equal rows.

    Raises
    ------
    ValueError
        Not two-dimensional, NaN or infinity.
    """
    points = _points(X)
    return np.asarray(cdist(points, points), np.float64)


def discrete_distance(labels: ArrayLike) -> NDArray[np.float64]:
    """Distance 0 within a category and 1 between categories.

    Parameters
    ----------
    labels : array-like of shape (n,)
        Category of each row, of any type.

    Returns
    -------
    ndarray of float64, shape (n, n)
        1 - delta(labels[i], labels[j]).
    """
    codes = _codes(_one_dimensional(labels))
    return (codes[:, None] != codes[None, :]).astype(np.float64)


def correlation(distances: ArrayLike, labels: ArrayLike) -> Correlation:
    """Correlate a distance matrix with the discrete distance over pairs i < j.

    Parameters
    ----------
    distances : array-like of shape (n, n)
        Symmetric distances, as from `pairwise`; only the part above the diagonal is read.
    labels : array-like of shape (n,)
        Category of each row.

    Returns
    -------
    Correlation
        Pearson and Spearman.

    Raises
    ------
    ValueError
        Shapes that differ, values that are not finite, all distances equal, or one category only
        (or none shared): the coefficient is not defined there.
    """
    matrix = np.asarray(distances, np.float64)
    codes = _codes(_one_dimensional(labels))
    if matrix.shape != (len(codes), len(codes)):
        raise ValueError(
            f"distances must be {len(codes)} x {len(codes)} for {len(codes)} labels, received "
            f"{matrix.shape}"
        )
    above = np.triu_indices(len(codes), 1)
    values = matrix[above]
    if not np.isfinite(values).all():
        raise ValueError("distances must be finite, received NaN or infinity; leave such rows out")
    differ = codes[above[0]] != codes[above[1]]
    return Correlation(_pearson(values, differ), _pearson(rankdata(values), differ), len(values))


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
        Pearson; Spearman is None.

    Raises
    ------
    ValueError
        As in `correlation`.

    Notes
    -----
    With a two-valued variable Pearson's coefficient is
    (mean between - mean within) sqrt(p q) / sigma, p the share of pairs between categories.
    """
    names = _one_dimensional(labels)
    rows = np.array([i for i, name in enumerate(names.tolist()) if name not in (None, "", -1)], int)
    codes = _codes(names[rows])
    points = _points(np.asarray(X)[rows])
    points = points - points.mean(axis=0) if len(points) else points
    starts = range(0, len(points), BLOCK_ROWS)
    sums = np.zeros((2, 3))  # within and between: pairs, sum, sum of squares
    blocks = list(combinations_with_replacement(starts, 2))
    for done, (i, j) in enumerate(blocks, 1):
        a, b = slice(i, i + BLOCK_ROWS), slice(j, j + BLOCK_ROWS)
        values = _product_distances(points[a], points[b])
        differ = codes[a, None] != codes[None, b]
        pairs = np.triu(np.ones(values.shape, bool), 1) if i == j else np.ones(values.shape, bool)
        for side, chosen in enumerate((pairs & ~differ, pairs & differ)):
            picked = values[chosen]
            sums[side] += len(picked), picked.sum(), picked @ picked
        if progress is not None:
            progress(done, len(blocks))
    return Correlation(_pearson_of_sums(sums), None, int(sums[:, 0].sum()))


def _product_distances(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    squares = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b)[None, :]
    return np.sqrt(np.maximum(squares - 2 * (a @ b.T), 0))


def _pearson_of_sums(sums: NDArray[np.float64]) -> float:
    n, total, squares = sums.sum(axis=0)
    if not sums[:, 0].all():
        raise ValueError(_UNDEFINED)
    variance = squares / n - (total / n) ** 2
    if variance <= 1e-14 * squares / n:
        raise ValueError(_UNDEFINED)
    within, between = sums[:, 1] / sums[:, 0]
    shares = sums[:, 0] / n
    return float((between - within) * np.sqrt(shares.prod() / variance))


def _pearson(values: NDArray[np.float64], differ: NDArray[np.bool_]) -> float:
    if len(values) == 0 or differ.all() or not differ.any() or values.min() == values.max():
        raise ValueError(_UNDEFINED)
    return float(np.corrcoef(values, differ)[0, 1])


_UNDEFINED = (
    "a correlation needs pairs within and between categories and distances that differ, received "
    "none of one kind or equal distances; give points of at least two categories, one of them twice"
)


def _points(X: ArrayLike) -> NDArray[np.float64]:
    points = np.asarray(X, np.float64)
    if points.ndim != 2:
        raise ValueError(f"X must be two-dimensional (points, columns), received {points.ndim}")
    if not np.isfinite(points).all():
        raise ValueError("X must be finite, received NaN or infinity; leave such rows out")
    return points


def _one_dimensional(labels: ArrayLike) -> NDArray[Any]:
    names = np.asarray(labels)
    if names.ndim != 1:
        raise ValueError(f"labels must be one-dimensional, received {names.ndim} dimensions")
    return names


def _codes(labels: NDArray[Any]) -> NDArray[np.int64]:
    seen: dict[Hashable, int] = {}
    return np.array([seen.setdefault(label, len(seen)) for label in labels.tolist()], np.int64)
