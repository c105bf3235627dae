"""Curves to read an NMI curve beside: good, by chance, and as bad as can be.

In: the labels a clustering is scored against. Out: NMI of artificial partitions for every k.

NMI's range shrinks as k grows, so a score says little without these: refinements that split the
biggest cluster evenly, the score to expect of k labels given out uniformly, and the orthogonal
assignment, which spreads k labels evenly over every class. None of them is a bound.

Source: section 4.3.2 of the thesis, figures 4.2-4.4. The thesis says of figure 4.3 that the C_k
with k prime to 10 coincide with the expected score; they coincide with the orthogonal curve.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from sempark.clustering.chance import expected_entropy, expected_information
from sempark.clustering.contingency import checked, codes, x_ln_x
from sempark.clustering.merges import Floats, Ints

Model = Literal["shuffled", "independent"]


def refinements(labels: npt.ArrayLike) -> Floats:
    """Score the labels' own classes, the biggest cluster split evenly again and again.

    Parameters
    ----------
    labels : int (n,)
        -1 is unlabelled; m points are labelled, in c classes.

    Returns
    -------
    float64 (m,)
        Element k - 1 is the NMI with k clusters; NaN for k < c, where nothing is refined.

    Raises
    ------
    ValueError
        If the labels are no integers (n,), below -1, or all -1.
    """
    sizes = class_sizes(labels)
    n, total = int(sizes.sum()), float(x_ln_x(sizes).sum())
    table = x_ln_x(np.arange(n + 1))
    of_labels = math.log(n) - total / n
    heap = [-int(size) for size in sizes]
    heapq.heapify(heap)
    result = np.full(n, np.nan)
    for k in range(len(sizes), n + 1):
        of_clusters = math.log(n) - total / n
        if len(sizes) == 1:  # one class: nothing to know, and all of it only while k is 1
            result[k - 1] = float(k == 1)
        else:  # all of the labels' entropy is shared
            result[k - 1] = math.sqrt(of_labels / of_clusters)
        biggest = -heap[0]
        heapq.heapreplace(heap, -((biggest + 1) // 2))
        heapq.heappush(heap, -(biggest // 2))
        total += float(table[(biggest + 1) // 2] + table[biggest // 2] - table[biggest])
    return result


def expected(labels: npt.ArrayLike, model: Model = "shuffled") -> Floats:
    """Score k labels given out uniformly: the expected NMI.

    Parameters
    ----------
    labels : int (n,)
        -1 is unlabelled; m points are labelled.
    model : {"shuffled", "independent"}
        "shuffled": the k labels are used as evenly as possible and shuffled; exact (the entropies
        are fixed), and k = m is all singletons, as in the thesis. "independent": every point draws
        one of k labels; the ratio of the expected information and the root of the expected
        entropies.

    Returns
    -------
    float64 (m,)
        Element k - 1 is the score with k labels.

    Raises
    ------
    ValueError
        If the labels are no integers (n,), below -1, or all -1, or the model is unknown.
    """
    if model not in get_args(Model):
        raise ValueError(f"expected a model of {get_args(Model)}, received {model!r}")
    sizes = class_sizes(labels)
    n = int(sizes.sum())
    k = np.arange(1, n + 1)
    if model == "shuffled":
        each, more = np.divmod(n, k)
        of_clusters = math.log(n) - _over_even(x_ln_x, n, k) / n
        distinct = np.unique(np.concatenate([each, each + 1]))
        part = np.zeros(n + 2)
        part[distinct] = expected_information(np.minimum(distinct, n), sizes)
        shared = (k - more) * part[each] + more * part[each + 1]
    else:
        of_clusters = expected_entropy(n, k)
        inside = sum(size / n * expected_entropy(int(size), k) for size in sizes)
        shared = of_clusters - inside
    return _over_geometric_mean(shared, of_clusters, sizes)


def orthogonal(labels: npt.ArrayLike) -> Floats:
    """Score k labels dealt out in turn along the points sorted by class.

    Every class gets every label as evenly as can be, which tells least of the classes.

    Parameters
    ----------
    labels : int (n,)
        -1 is unlabelled; m points are labelled.

    Returns
    -------
    float64 (m,)
        Element k - 1 is the NMI with k labels.

    Raises
    ------
    ValueError
        If the labels are no integers (n,), below -1, or all -1.
    """
    sizes = class_sizes(labels)
    n = int(sizes.sum())
    k = np.arange(1, n + 1)
    over_clusters = _over_even(x_ln_x, n, k)
    over_cells = np.sum([_over_even(x_ln_x, int(size), k) for size in sizes], axis=0)
    shared = math.log(n) + (over_cells - over_clusters - x_ln_x(sizes).sum()) / n
    return _over_geometric_mean(shared, math.log(n) - over_clusters / n, sizes)


def progressive(n: int, k: int) -> Ints:
    """Label n ordered points 0, 1, ..., k - 1, 0, 1, ...: the C_k of figures 4.2 and 4.3.

    Parameters
    ----------
    n : int
        Points, at least 1.
    k : int
        Clusters, 1 to n.

    Returns
    -------
    int64 (n,)

    Raises
    ------
    ValueError
        If k is outside 1..n.
    """
    if not 1 <= k <= n:
        raise ValueError(f"expected 1 <= k <= n = {n}, received k = {k}: choose another k")
    return np.arange(n, dtype=np.int64) % k


def peak(curve: Floats) -> int:
    """Give the k of a curve's largest score, the smallest such k; NaN counts as lowest.

    Parameters
    ----------
    curve : float64 (n,)
        Element k - 1 is the score with k clusters.

    Returns
    -------
    int
        k, 1 to n.
    """
    return int(np.argmax(np.nan_to_num(curve, nan=-np.inf))) + 1


def ranges_above(curve: Floats, reference: Floats) -> Ints:
    """Give where a curve lies above a reference.

    Parameters
    ----------
    curve, reference : float64 (n,), float64 (m,)
        Element k - 1 is the score with k clusters; compared up to the shorter one's end. Where
        either is NaN the curve is not above.

    Returns
    -------
    int64 (number of ranges, 2)
        First and last k of each range, rising.
    """
    m = min(len(curve), len(reference))
    above = np.concatenate([[False], curve[:m] > reference[:m], [False]]).astype(np.int8)
    steps = np.diff(above)
    first, last = np.flatnonzero(steps == 1) + 1, np.flatnonzero(steps == -1)
    return np.column_stack([first, last]).astype(np.int64)


def class_sizes(labels: npt.ArrayLike) -> Ints:
    """Count the points of each class, unlabelled ones left out."""
    known = checked(labels, len(np.atleast_1d(np.asarray(labels))))
    return np.bincount(codes(known[known >= 0]))


def _over_even(f: Callable[[Ints], Floats], size: int, k: Ints) -> Floats:
    """Sum f over k parts of a whole, as even as can be, for each k."""
    each, more = np.divmod(size, k)
    return (k - more) * f(each) + more * f(each + 1)


def _over_geometric_mean(shared: Floats, of_clusters: Floats, sizes: Ints) -> Floats:
    """Give NMI at every k; one class scores 1 with one cluster, else 0."""
    n = int(sizes.sum())
    if len(sizes) == 1:
        return (np.arange(n) == 0).astype(np.float64)
    mean = np.sqrt(np.maximum(of_clusters, 0.0) * (math.log(n) - x_ln_x(sizes).sum() / n))
    mean[0] = 0.0  # one cluster, up to rounding
    ratio = np.divide(shared, mean, out=np.zeros(n), where=mean > 0)
    return np.clip(ratio, 0.0, 1.0)
