"""Living clusters under complete or Ward linkage, and how far apart two of them are.

In: points. Out: `State`, arrays that `reciprocal` changes in place as clusters merge.

Source: section 4.1 of the thesis.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from sempark.clustering.candidates import Shorts
from sempark.clustering.merges import Floats, Ints

ROOM = 24  # entries of a list


class State(NamedTuple):
    """Clusters live in slots 0..n-1; each ever made has a number, points 0..n-1 and so on up."""

    X: Floats  # (n, d)
    centers: Floats  # (n, d) by slot
    spread: Floats  # (n,) by slot: mean squared deviation (complete), 0 (Ward)
    size: Ints  # (n,) by slot
    number: Ints  # (n,) by slot, -1: empty
    slot: Shorts  # (2 n - 1,) by number
    above: Shorts  # (2 n - 1,) by number: what it merged into, or itself
    total: Shorts  # (2 n - 1,) by number: size
    head: Shorts  # (n,) by slot: first member, in a chain through `following`
    tail: Shorts
    following: Shorts  # (n,) by point
    far: Shorts  # (n,) by slot: a member far from the center
    near: Shorts  # (n, ROOM) by slot: numbers of near clusters
    squared: Floats  # (n, ROOM) their squared distances
    length: Shorts  # (n,) entries in use
    limit: Floats  # (n,) no cluster that is not listed is nearer, squared


def begin(X: Floats) -> State:
    """Start with every point a cluster, and empty lists."""
    n = len(X)
    numbers = np.arange(2 * n - 1, dtype=np.int32)
    points = np.arange(n, dtype=np.int32)
    return State(
        X=X,
        centers=X.copy(),
        spread=np.zeros(n),
        size=np.ones(n, np.int64),
        number=np.arange(n),
        slot=numbers.copy(),
        above=numbers.copy(),
        total=np.ones(2 * n - 1, np.int32),
        head=points.copy(),
        tail=points.copy(),
        following=np.full(n, -1, np.int32),
        far=points.copy(),
        near=np.zeros((n, ROOM), np.int32),
        squared=np.zeros((n, ROOM)),
        length=np.zeros(n, np.int32),
        limit=np.zeros(n),
    )


@numba.njit(cache=True, nogil=True)
def squared_distance(s: State, a: int, b: int, ward: bool, limit: float) -> float:
    """Give the squared distance of two slots; infinite once it is known to pass the limit."""
    d = s.X.shape[1]
    if ward:
        total = 0.0
        for c in range(d):
            gap = s.centers[a, c] - s.centers[b, c]
            total += gap * gap
        return 2.0 * s.size[a] * s.size[b] / (s.size[a] + s.size[b]) * total
    largest = 0.0
    for c in range(d):  # the two members most likely to be far apart
        gap = s.X[s.far[a], c] - s.X[s.far[b], c]
        largest += gap * gap
    if largest > limit:
        return np.inf
    i = s.head[a]
    while i >= 0:
        j = s.head[b]
        while j >= 0:
            total = 0.0
            for c in range(d):
                gap = s.X[i, c] - s.X[j, c]
                total += gap * gap
            if total > largest:
                largest = total
                if largest > limit:
                    return np.inf
            j = s.following[j]
        i = s.following[i]
    return largest


@numba.njit(cache=True)
def find(above: Shorts, x: int) -> int:
    """Give the living cluster that holds cluster x."""
    root = x
    while above[root] != root:
        root = above[root]
    while above[x] != root:
        above[x], x = root, above[x]
    return root
