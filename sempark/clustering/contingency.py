"""The counts every score is made from: which labels meet in which clusters.

In: two labellings, or merges and labels. Out: `Counts`, sums over the cells of the contingency
table and the sizes of the clusters, for one partition or for all n of a hierarchy.

A merge changes the table only where its two clusters meet, so one pass over the merges gives every
k: each cluster keeps its labels as a sorted linked list, and a merge joins two of them.

Source: section 4.3.1 of the thesis; Hubert and Arabie, J. Classif. 2, 193, 1985.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numba
import numpy as np
import numpy.typing as npt

from sempark.clustering.merges import Floats, Ints, Merges

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Counts:
    """What the scores need of m contingency tables that share their labels.

    Attributes
    ----------
    cell_entropy : float64 (m,)
        Sum of x ln x over the cells.
    cell_pairs : int64 (m,)
        Sum of x (x - 1) / 2 over the cells.
    largest : int64 (m,)
        Sum over the clusters of the count of their commonest label.
    over_clusters : callable
        Given f, a vectorised function of sizes, the sum of f over the clusters, float64 (m,).
    n_clusters : int64 (m,)
        Clusters that hold a labelled point.
    labels : int64 (number of labels,)
        Size of each label.
    """

    cell_entropy: Floats
    cell_pairs: Ints
    largest: Ints
    over_clusters: Callable[[Callable[[Ints], Floats]], Floats]
    n_clusters: Ints
    labels: Ints

    @property
    def n(self) -> int:
        """Number of labelled points."""
        return int(self.labels.sum())


def count(a: npt.ArrayLike, b: npt.ArrayLike) -> Counts:
    """Count two labellings of the same points.

    Parameters
    ----------
    a : (n,)
        Clusters, of any type.
    b : (n,)
        Labels, of any type.

    Returns
    -------
    Counts
        With m = 1.

    Raises
    ------
    ValueError
        If they are empty, of different lengths, or hold NaN.
    """
    clusters, labels = codes(a), codes(b)
    if clusters.shape != labels.shape or not len(clusters):
        raise ValueError(
            f"expected two labellings of the same points, received {len(clusters)} and "
            f"{len(labels)} labels: give one label a point, at least one"
        )
    n_labels = int(labels.max()) + 1
    cells, counts = np.unique(clusters * n_labels + labels, return_counts=True)
    sizes = np.bincount(clusters)
    largest = np.zeros(len(sizes), np.int64)
    np.maximum.at(largest, cells // n_labels, counts)
    return Counts(
        cell_entropy=np.array([x_ln_x(counts).sum()]),
        cell_pairs=np.array([pairs(counts).sum()], np.int64),
        largest=np.array([largest.sum()]),
        over_clusters=lambda f: np.array([f(sizes).sum()], np.float64),
        n_clusters=np.array([len(sizes)]),
        labels=np.bincount(labels),
    )


def trace(merges: Merges, labels: npt.ArrayLike) -> Counts:
    """Count every partition of a hierarchy against labels, in one pass.

    Parameters
    ----------
    merges : Merges
        Of n points.
    labels : int (n,)
        -1 is unlabelled: left out of all counts.

    Returns
    -------
    Counts
        With m = n; element k - 1 belongs to the partition in k clusters.

    Raises
    ------
    ValueError
        If the labels are no integers (n,), below -1, or all -1.
    """
    known = checked(labels, merges.n)
    inside = known >= 0
    dense = np.full(merges.n, -1)
    dense[inside] = codes(known[inside])
    sizes = np.bincount(dense[inside])
    n = int(sizes.sum())
    entropy, same, best, left, right = _traced(
        merges.children, dense, x_ln_x(np.arange(n + 1)), merges.n
    )

    def over_clusters(f: Callable[[Ints], Floats]) -> Floats:
        used, where = np.unique(
            np.concatenate([left, right, left + right, [0, 1]]), return_inverse=True
        )
        value = np.where(used > 0, f(np.maximum(used, 1)), 0.0)
        a, b, both = value[where[:-2]].reshape(3, -1)
        one = value[where[-1]]
        return _from_n_to_1(n * one, both - a - b)

    return Counts(
        cell_entropy=_from_n_to_1(0.0, entropy),
        cell_pairs=_from_n_to_1(0, same),
        largest=_from_n_to_1(n, best),
        over_clusters=over_clusters,
        n_clusters=_from_n_to_1(n, -((left > 0) & (right > 0)).astype(np.int64)),
        labels=sizes,
    )


def codes(labels: npt.ArrayLike) -> Ints:
    """Number labels of any type 0, 1, ... in sorted order.

    Raises
    ------
    ValueError
        If they are no (n,) or hold NaN.
    """
    values = np.asarray(labels)
    if values.ndim != 1:
        raise ValueError(f"expected labels of shape (n,), received {values.shape}")
    if values.dtype.kind in "fc" and np.isnan(values).any():
        raise ValueError("expected labels, received NaN: leave these points out")
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def checked(labels: npt.ArrayLike, n: int) -> Ints:
    """Give integer labels with -1 for unlabelled, or say what is wrong with them."""
    known = np.asarray(labels)
    if known.shape != (n,) or known.dtype.kind not in "iu":
        raise ValueError(
            f"expected integer labels of shape ({n},), received {known.dtype} {known.shape}: "
            "number the labels, -1 for none"
        )
    known = known.astype(np.int64)
    if n and known.min() < -1:
        raise ValueError(f"expected labels of -1 or more, received {known.min()}")
    if not (known >= 0).any():
        raise ValueError("expected a labelled point, received none: all labels are -1")
    return known


def x_ln_x(x: Ints) -> Floats:
    """Give x ln x, 0 at 0."""
    return np.asarray(x * np.log(np.maximum(x, 1)), np.float64)


def pairs(x: Ints) -> Ints:
    """Give the number of pairs among x."""
    return x * (x - 1) // 2


def _from_n_to_1(start: float, changes: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Turn what each merge changes into values at every k, element k - 1."""
    return np.concatenate([[start], start + np.cumsum(changes)])[::-1].astype(changes.dtype)


@numba.njit(cache=True)
def _traced(
    children: Ints, labels: Ints, x_ln_x_of: Floats, n: int
) -> tuple[Floats, Ints, Ints, Ints, Ints]:
    """Give what each merge adds to the sums, and the labelled sizes of its two clusters.

    Cell i starts as point i's: its label, its count, and the next cell of the cluster.
    """
    first = np.where(labels >= 0, np.arange(n), -1)
    head = np.concatenate((first, np.full(n - 1, -1)))
    size = (head >= 0).astype(np.int64)
    most = size.copy()
    number, following = np.ones(n, np.int64), np.full(n, -1)
    entropy, same = np.zeros(n - 1), np.zeros(n - 1, np.int64)
    best, left, right = (
        np.zeros(n - 1, np.int64),
        np.zeros(n - 1, np.int64),
        np.zeros(n - 1, np.int64),
    )
    for t in range(n - 1):
        a, b = children[t, 0], children[t, 1]
        left[t], right[t] = size[a], size[b]
        i, j, last, top = head[a], head[b], -1, max(most[a], most[b])
        start = -1
        while i >= 0 or j >= 0:
            if j < 0 or (i >= 0 and labels[i] < labels[j]):
                cell, i = i, following[i]
            elif i < 0 or labels[j] < labels[i]:
                cell, j = j, following[j]
            else:
                x, y = number[i], number[j]
                entropy[t] += x_ln_x_of[x + y] - x_ln_x_of[x] - x_ln_x_of[y]
                same[t] += x * y
                number[i] = x + y
                top = max(top, x + y)
                cell, i, j = i, following[i], following[j]
            if last < 0:
                start = cell
            else:
                following[last] = cell
            last = cell
            if i < 0 or j < 0:  # the rest of the other list follows as it is
                following[last] = max(i, j)
                break
        head[n + t], size[n + t], most[n + t] = start, size[a] + size[b], top
        best[t] = top - most[a] - most[b]
    return entropy, same, best, left, right
