"""The mutual information of a random partition, cluster by cluster.

In: sizes of clusters and of labels. Out: the part of the expected mutual information each cluster
carries when the labels are shuffled. It depends on the cluster's size alone, so that a hierarchy
needs it once a size that occurs.

Source: Vinh, Epps and Bailey, JMLR 11, 2837, 2010, eq. 24a.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from sempark.clustering.merges import Floats, Ints


def expected_information(sizes: Ints, labels: Ints) -> Floats:
    """Give the expected mutual information of clusters of given sizes with shuffled labels.

    Parameters
    ----------
    sizes : int64 (m,)
        Sizes of clusters, 1 to n.
    labels : int64 (number of labels,)
        Sizes of the labels; n is their sum.

    Returns
    -------
    float64 (m,)
        Nats; the expected mutual information of a partition is the sum over its clusters.
    """
    distinct, where = np.unique(sizes, return_inverse=True)
    sizes_of_labels, times = np.unique(labels[labels > 0], return_counts=True)
    return _expected(distinct, sizes_of_labels, times, int(labels.sum()))[where]


@numba.njit(cache=True)
def _expected(sizes: Ints, labels: Ints, times: Ints, n: int) -> Floats:
    """Sum x/n ln(n x / (a b)) over the hypergeometric law of x, from its mode outwards."""
    result = np.zeros(len(sizes))
    for s in range(len(sizes)):
        a = sizes[s]
        for j in range(len(labels)):
            b = labels[j]
            low, high = max(0, a + b - n), min(a, b)
            mode = (a + 1) * (b + 1) // (n + 2)
            mode = min(max(mode, low), high)
            total, value = 0.0, 0.0
            weight, x = 1.0, mode
            while x <= high and weight > 1e-20:
                total += weight
                if x > 0:
                    value += weight * x * math.log(n * x / (a * b))
                weight *= (a - x) * (b - x) / ((x + 1.0) * (n - a - b + x + 1.0))
                x += 1
            weight, x = 1.0, mode
            while x > low:
                weight *= x * (n - a - b + x * 1.0) / ((a - x + 1.0) * (b - x + 1.0))
                if weight <= 1e-20:
                    break
                x -= 1
                total += weight
                if x > 0:
                    value += weight * x * math.log(n * x / (a * b))
            result[s] += times[j] * value / (total * n)
    return result


def expected_entropy(n: int, k: Ints) -> Floats:
    """Give the expected entropy of n points that each draw one of k labels uniformly.

    Parameters
    ----------
    n : int
        Points, at least 1.
    k : int64 (m,)
        Numbers of labels, at least 1.

    Returns
    -------
    float64 (m,)
        Nats, of the shares drawn, not of the law they are drawn from.
    """
    return _drawn(n, k)


@numba.njit(cache=True)
def _drawn(n: int, k: Ints) -> Floats:
    """Sum -k x/n ln(x/n) over the binomial law of x, from its mode outwards."""
    result = np.zeros(len(k))
    for i in range(len(k)):
        if k[i] == 1:
            continue
        odds = 1.0 / (k[i] - 1.0)
        mode = min(n, (n + 1) // k[i])
        total, value = 0.0, 0.0
        weight, x = 1.0, mode
        while x <= n and weight > 1e-20:
            total += weight
            if x > 0:
                value -= weight * x * math.log(x / n)
            weight *= (n - x) / (x + 1.0) * odds
            x += 1
        weight, x = 1.0, mode
        while x > 0:
            weight *= x / ((n - x + 1.0) * odds)
            if weight <= 1e-20:
                break
            x -= 1
            total += weight
            if x > 0:
                value -= weight * x * math.log(x / n)
        result[i] = k[i] * value / (total * n)
    return result
