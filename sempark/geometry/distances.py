"""How well distances between points follow a classification of the points.

In: points or their distance matrix, and a label a point. Out: the discrete distance, the balanced
sample of rows it is compared on, and the correlation over pairs i < j.
The discrete distance is 0 within a category and 1 between two: the formula of section 3.4 prints
the Kronecker delta, its figure 3.8 and its words mean 1 - delta.
Source: section 3.4 of the thesis, table 3.4, figures 3.8 to 3.10.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

UNDEFINED = (
    "a correlation needs pairs within and between categories and distances that differ, received "
    "none of one kind or equal distances; give points of at least two categories, one of them twice"
)


@dataclass(frozen=True)
class Correlation:
    """Correlation of a distance with the discrete distance over pairs i < j.

    Attributes
    ----------
    pearson : float
        Product-moment coefficient.
    spearman : float or None
        Coefficient of the ranks, ties at their mean rank; None where rounding leaves one rank.
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
    names = checked_labels(labels)
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
    points = checked_points(X)
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
    codes = codes_of(checked_labels(labels))
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
    codes = codes_of(checked_labels(labels))
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


def _pearson(values: NDArray[np.float64], differ: NDArray[np.bool_]) -> float:
    if len(values) == 0 or differ.all() or not differ.any() or values.min() == values.max():
        raise ValueError(UNDEFINED)
    return float(np.corrcoef(values, differ)[0, 1])


def checked_points(X: ArrayLike) -> NDArray[np.float64]:
    """Points in float64, or ValueError: not two-dimensional, NaN, infinity."""
    points = np.asarray(X, np.float64)
    if points.ndim != 2:
        raise ValueError(f"X must be two-dimensional (points, columns), received {points.ndim}")
    if not np.isfinite(points).all():
        raise ValueError("X must be finite, received NaN or infinity; leave such rows out")
    return points


def checked_labels(labels: ArrayLike) -> NDArray[Any]:
    """Labels as they are, or ValueError: not one-dimensional."""
    names = np.asarray(labels)
    if names.ndim != 1:
        raise ValueError(f"labels must be one-dimensional, received {names.ndim} dimensions")
    return names


def codes_of(labels: NDArray[Any]) -> NDArray[np.int64]:
    """Labels as numbers from 0, by first appearance."""
    seen: dict[Hashable, int] = {}
    return np.array([seen.setdefault(label, len(seen)) for label in labels.tolist()], np.int64)
