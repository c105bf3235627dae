"""Normalized mutual information of two partitions, and of a hierarchy at every k at once.

In: labels, or merges and labels. Out: scores of 0 to 1. The information two partitions share over
the geometric mean of their entropies: symmetric, 1 for equal partitions, but its expected value
grows with k, so it is read beside the curves of `references`.

Source: section 4.3.1 of the thesis; Strehl and Ghosh, JMLR 3, 583, 2002.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sempark.clustering.contingency import Counts, count, trace, x_ln_x
from sempark.clustering.merges import Floats, Merges


def nmi(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Score two partitions by their mutual information over the geometric mean of the entropies.

    Parameters
    ----------
    a, b : (n,)
        Labels of any type, n at least 1.

    Returns
    -------
    float
        0 to 1. Both constant: 1; one constant: 0.

    Raises
    ------
    ValueError
        If the labels are empty, of different lengths, or hold NaN.
    """
    return float(normalized(count(a, b))[0])


def curve(merges: Merges, labels: npt.ArrayLike) -> Floats:
    """Score every partition of a hierarchy against labels.

    Parameters
    ----------
    merges : Merges
        Of n points.
    labels : int (n,)
        -1 is unlabelled: left out of the counts.

    Returns
    -------
    float64 (n,)
        Element k - 1 is `nmi` of the partition in k clusters, on the labelled points.

    Raises
    ------
    ValueError
        If the labels are no integers (n,), below -1, or all -1.
    """
    return normalized(trace(merges, labels))


def normalized(counts: Counts) -> Floats:
    """Give NMI, float64 (m,), of counts."""
    of_clusters, of_labels, shared = information(counts)
    trivial = (counts.n_clusters == 1).astype(np.float64) if len(counts.labels) == 1 else 0.0
    mean = np.sqrt(of_clusters * of_labels)
    ratio = np.divide(shared, mean, out=np.zeros_like(mean), where=mean > 0)
    return np.where(mean > 0, np.clip(ratio, 0.0, 1.0), trivial)


def information(counts: Counts) -> tuple[Floats, float, Floats]:
    """Give the entropy of the clusters, of the labels, and what they share, in nats.

    Returns
    -------
    tuple of float64 (m,), float, float64 (m,)
        Exactly 0 where there is one cluster, or one label.
    """
    n, whole = counts.n, np.log(counts.n)
    over_clusters = counts.over_clusters(x_ln_x)
    one = counts.n_clusters == 1
    of_clusters = np.where(one, 0.0, np.maximum(whole - over_clusters / n, 0.0))
    of_labels = 0.0 if len(counts.labels) == 1 else float(whole - x_ln_x(counts.labels).sum() / n)
    shared = whole + (counts.cell_entropy - over_clusters - x_ln_x(counts.labels).sum()) / n
    return of_clusters, of_labels, np.maximum(shared, 0.0) * (~one) * (of_labels > 0)
