"""A hierarchy of clusters as a list of merges.

In: pairs of clusters in the order they are merged. Out: labels for every number of clusters.

One form for every method (the linkages, Density Peaks, HDBSCAN): merge t joins two clusters into
cluster n + t, as in scipy. The partition in k clusters is what the first n - k merges leave, so a
cut follows the order of the merges and never their heights, which may fall (centroid linkage).

Source: sections 4.1 and 4.2 of the thesis; scipy.cluster.hierarchy for the numbering.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Merges:
    """The n - 1 merges of n points, in order; checked to be a tree when made.

    Attributes
    ----------
    children : int64 (n - 1, 2)
        The two clusters of each merge, the lower number first. 0..n-1 are the points, n + t is
        what merge t made.
    heights : float64 (n - 1,)
        The distance (or the method's own measure) at each merge; never NaN, may fall.
    sizes : int64 (n - 1,)
        Points in the cluster each merge makes.
    n : int
        Number of points, at least 1.
    """

    children: Ints
    heights: Floats
    sizes: Ints
    n: int

    def __post_init__(self) -> None:
        check(self)

    def cut(self, k: int) -> Ints:
        """Give the partition in k clusters, by merge order.

        Parameters
        ----------
        k : int
            Number of clusters, 1 to n.

        Returns
        -------
        int64 (n,)
            Labels 0..k-1, numbered by first appearance.

        Raises
        ------
        ValueError
            If k is outside 1..n.
        """
        if not 1 <= k <= self.n:
            raise ValueError(f"expected 1 <= k <= n = {self.n}, received k = {k}: choose another k")
        done = self.n - k
        parent = np.arange(self.n + done)
        parent[self.children[:done].ravel()] = np.repeat(np.arange(self.n, self.n + done), 2)
        while True:  # every pass doubles the steps taken towards the root
            further = parent[parent]
            if np.array_equal(further, parent):
                return first_appearance(parent[: self.n])
            parent = further

    def to_scipy(self) -> Floats:
        """Copy to scipy's linkage matrix, in merge order.

        Returns
        -------
        float64 (n - 1, 4)
            Two children, height and size a row. Heights may fall, and scipy's own functions then
            do not cut as `cut` does.
        """
        return np.column_stack([self.children, self.heights, self.sizes]).astype(np.float64)

    def largest(self) -> Ints:
        """Give the size of the biggest cluster at every k.

        Returns
        -------
        int64 (n,)
            Element k - 1 belongs to the partition in k clusters.
        """
        return np.maximum.accumulate(np.concatenate([[1], self.sizes]))[::-1]

    def singletons(self) -> Ints:
        """Give the number of clusters of one point at every k.

        Returns
        -------
        int64 (n,)
            Element k - 1 belongs to the partition in k clusters.
        """
        used = np.count_nonzero(self.children < self.n, axis=1)
        return (self.n - np.concatenate([[0], np.cumsum(used)]))[::-1].astype(np.int64)


def check(merges: Merges) -> None:
    """Raise unless the merges are a tree over all points.

    Raises
    ------
    ValueError
        Shapes, types, a cluster used twice or before it exists, sizes that do not add up, NaN.
    """
    n, children, sizes = merges.n, merges.children, merges.sizes
    if n < 1:
        raise ValueError(f"expected at least one point, received n = {n}")
    shapes = (children.shape, merges.heights.shape, sizes.shape)
    if shapes != ((n - 1, 2), (n - 1,), (n - 1,)):
        raise ValueError(
            f"expected children ({n - 1}, 2), heights and sizes ({n - 1},) for n = {n}, "
            f"received {shapes}: give one row a merge"
        )
    dtypes = (children.dtype, merges.heights.dtype, sizes.dtype)
    if dtypes != (np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.int64)):
        raise ValueError(f"expected int64, float64, int64, received {dtypes}: cast the arrays")
    bad = np.flatnonzero(
        (children < 0).any(axis=1) | (children.max(axis=1, initial=0) >= np.arange(n, 2 * n - 1))
    )
    if bad.size:
        raise ValueError(
            f"merge {bad[0]}: expected clusters made before it, received "
            f"{children[bad[0]].tolist()}: points are 0..{n - 1}, merge t makes n + t"
        )
    used = np.bincount(children.ravel(), minlength=1)
    if used.max() > 1:
        raise ValueError(
            f"expected each cluster to be merged once, received cluster "
            f"{int(used.argmax())} {used.max()} times: this is not a tree"
        )
    every = np.concatenate([np.ones(n, np.int64), sizes])
    bad = np.flatnonzero(every[children].sum(axis=1) != sizes)
    if bad.size:
        raise ValueError(
            f"merge {bad[0]}: expected size {every[children[bad[0]]].sum()}, the sum "
            f"of its children, received {sizes[bad[0]]}"
        )
    if np.isnan(merges.heights).any():
        raise ValueError("expected heights that are numbers, received NaN: check the distances")


def from_pairs(first: Ints, second: Ints, heights: Floats, n: int) -> Merges:
    """Make merges from pairs of points, one out of each of the two clusters that merge.

    Parameters
    ----------
    first, second : int64 (n - 1,)
        Any member of the one and of the other cluster, in merge order.
    heights : float64 (n - 1,)
        Height of each merge.
    n : int
        Number of points.

    Raises
    ------
    ValueError
        If a pair lies in one cluster already, or a shape or a point is wrong.
    """
    first, second = np.ascontiguousarray(first, np.int64), np.ascontiguousarray(second, np.int64)
    if n < 1 or first.shape != (n - 1,) or second.shape != (n - 1,):
        raise ValueError(
            f"expected {n - 1} pairs for n = {n}, received {first.shape} and "
            f"{second.shape}: give one pair a merge"
        )
    if n > 1 and (min(first.min(), second.min()) < 0 or max(first.max(), second.max()) >= n):
        raise ValueError(f"expected points 0..{n - 1} in the pairs, received others")
    children, sizes, failed = _united(first, second, n)
    if failed >= 0:
        raise ValueError(
            f"merge {failed}: expected points of two clusters, received "
            f"{first[failed]} and {second[failed]} of the same: this is not a tree"
        )
    return Merges(children, np.asarray(heights, np.float64).copy(), sizes, n)


def from_scipy(Z: npt.ArrayLike) -> Merges:
    """Make merges from scipy's (or fastcluster's) linkage matrix, row by row.

    Parameters
    ----------
    Z : float64 (n - 1, 4)
        Two children, height, size a row.

    Raises
    ------
    ValueError
        If it is no tree.
    """
    matrix = np.asarray(Z, np.float64).reshape(-1, 4)
    children = np.sort(matrix[:, :2].astype(np.int64), axis=1)
    return Merges(children, matrix[:, 2].copy(), matrix[:, 3].astype(np.int64), len(matrix) + 1)


def first_appearance(labels: npt.NDArray[np.int64]) -> Ints:
    """Number labels 0, 1, ... by where each is first seen.

    Parameters
    ----------
    labels : int64 (n,)
        Any numbers.

    Returns
    -------
    int64 (n,)
        The same partition.
    """
    _, seen, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(seen), np.int64)
    rank[np.argsort(seen)] = np.arange(len(seen))
    return rank[inverse]


@numba.njit(cache=True)
def _united(first: Ints, second: Ints, n: int) -> tuple[Ints, Ints, int]:
    """Follow the pairs with a union-find; the last value is the first pair that joins nothing."""
    parent = np.arange(n)
    name, size = np.arange(n), np.ones(n, np.int64)
    children, sizes = np.empty((n - 1, 2), np.int64), np.empty(n - 1, np.int64)
    for t in range(n - 1):
        a, b = first[t], second[t]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a == b:
            return children, sizes, t
        if size[a] < size[b]:
            a, b = b, a
        children[t, 0], children[t, 1] = min(name[a], name[b]), max(name[a], name[b])
        parent[b] = a
        size[a] += size[b]
        name[a], sizes[t] = n + t, size[a]
    return children, sizes, -1
