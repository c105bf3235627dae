"""How many clusters: the number whose partition comes back when the points are drawn again.

In: points, a linkage, the largest number to try. Out: the mean adjusted Rand index at each number
between the partition of all points and those of random halves. A partition that is an accident of
single points does not come back; one that the data has does.
Source: Lange, Roth, Braun, Buhmann, Neural Computation 16, 1299, 2004,
doi:10.1162/089976604773717621; chapter 5 of the thesis asks for such a rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sempark.clustering.linkage import Method, checked, linkage
from sempark.clustering.merges import Floats, Ints, Merges

MOST_POINTS = 2000
"""Of a sample: enough to tell a partition, few enough to be merged often."""


@dataclass(frozen=True)
class Stability:
    """Stability of each number of clusters.

    Attributes
    ----------
    merges : Merges
        Of all points.
    mean : float64 (max_clusters - 1,)
        Mean adjusted Rand index at 2, 3, ..., max_clusters.
    best : int
        The number with the highest mean that reaches the threshold, ties by the smaller; 1 if
        none does.
    """

    merges: Merges
    mean: Floats
    best: int


def stability(
    X: npt.ArrayLike,
    method: Method,
    max_clusters: int,
    repeats: int,
    threshold: float,
    rng: np.random.Generator,
) -> Stability:
    """Cluster all points and random halves, and compare them at each number of clusters.

    Parameters
    ----------
    X : (n, d)
    method : Method
    max_clusters : int
        At least 2, at most n // 2.
    repeats : int
        Random halves (of at most `MOST_POINTS` points).
    threshold : float
        Smallest mean index that counts as stable, 0 to 1.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        A number out of range.
    """
    points = checked(X)
    n = len(points)
    if not 2 <= max_clusters <= n // 2 or repeats < 1:
        raise ValueError(
            f"expected 2 <= max_clusters <= n // 2 = {n // 2} and repeats >= 1, received "
            f"{max_clusters} and {repeats}"
        )
    merges = linkage(points, method)
    numbers = range(2, max_clusters + 1)
    whole = [merges.cut(k) for k in numbers]
    found = np.empty((repeats, len(numbers)))
    for repeat in range(repeats):
        rows = np.sort(rng.choice(n, min(n // 2, MOST_POINTS), replace=False))
        half = linkage(points[rows], method)
        for column, k in enumerate(numbers):
            found[repeat, column] = rand(half.cut(k), whole[column][rows])
    mean = found.mean(axis=0)
    best = int(np.argmax(mean)) + 2 if mean.max() >= threshold else 1
    return Stability(merges, mean, best)


def rand(a: Ints, b: Ints) -> float:
    """Adjusted Rand index of two partitions with labels from 0, without the scores beside it.

    1 where neither leaves room above chance: both one cluster, or both all singletons.
    """
    width = int(b.max()) + 1
    cells = np.bincount(a * width + b, minlength=(int(a.max()) + 1) * width).reshape(-1, width)
    same, of_a, of_b, every = (
        float((counts * (counts - 1) // 2).sum())
        for counts in (cells, cells.sum(axis=1), cells.sum(axis=0), np.array([len(a)]))
    )
    chance, most = of_a * of_b / max(every, 1.0), (of_a + of_b) / 2
    return (same - chance) / (most - chance) if most > chance else 1.0
