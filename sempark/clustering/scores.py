"""Scores of a partition against labels beside NMI, from the same counts.

In: labels, or merges and labels. Out: `Scores`, for one partition or for every k of a hierarchy.

NMI of a random partition grows with k; the adjusted scores (AMI, ARI) take its expected value off,
under shuffled labels, and so may be compared across k.

Source: Vinh, Epps and Bailey, JMLR 11, 2837, 2010 (AMI); Hubert and Arabie, J. Classif. 2, 193,
1985 (ARI); Rosenberg and Hirschberg, EMNLP 2007 (V-measure).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sempark.clustering.chance import expected_information
from sempark.clustering.contingency import Counts, count, pairs, trace
from sempark.clustering.merges import Floats, Merges
from sempark.clustering.nmi import information, normalized


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of m partitions against the same labels, float64 (m,) each.

    Attributes
    ----------
    nmi, ami : float64 (m,)
        Normalized and adjusted mutual information, geometric mean.
    ari : float64 (m,)
        Adjusted Rand index.
    homogeneity, completeness, v_measure : float64 (m,)
        The share of the labels' entropy that the clusters explain, of the clusters' that the
        labels explain, and their harmonic mean.
    purity : float64 (m,)
        The share of the points that carry the commonest label of their cluster.
    """

    nmi: Floats
    ami: Floats
    ari: Floats
    homogeneity: Floats
    completeness: Floats
    v_measure: Floats
    purity: Floats


def score(clusters: npt.ArrayLike, labels: npt.ArrayLike) -> Scores:
    """Score one partition.

    Parameters
    ----------
    clusters, labels : (n,)
        Labels of any type, n at least 1.

    Returns
    -------
    Scores
        With m = 1.

    Raises
    ------
    ValueError
        If the labels are empty, of different lengths, or hold NaN.
    """
    return _scores(count(clusters, labels))


def curves(merges: Merges, labels: npt.ArrayLike) -> Scores:
    """Score every partition of a hierarchy.

    Parameters
    ----------
    merges : Merges
        Of n points.
    labels : int (n,)
        -1 is unlabelled: left out of the counts.

    Returns
    -------
    Scores
        With m = n; element k - 1 belongs to the partition in k clusters.

    Raises
    ------
    ValueError
        If the labels are no integers (n,), below -1, or all -1.
    """
    return _scores(trace(merges, labels))


def _scores(counts: Counts) -> Scores:
    """Give all scores of counts; a partition equal to the labels scores 1 in each."""
    of_clusters, of_labels, shared = information(counts)
    chance = counts.over_clusters(lambda sizes: expected_information(sizes, counts.labels))
    homogeneity = _ratio(shared, np.full_like(shared, of_labels), 1.0)
    completeness = _ratio(shared, of_clusters, 1.0)
    both = homogeneity + completeness
    return Scores(
        nmi=normalized(counts),
        ami=_adjusted(shared, chance, np.sqrt(of_clusters * of_labels), counts),
        ari=_adjusted_rand(counts),
        homogeneity=homogeneity,
        completeness=completeness,
        v_measure=_ratio(2 * homogeneity * completeness, both, 0.0),
        purity=counts.largest / counts.n,
    )


def _adjusted_rand(counts: Counts) -> Floats:
    """Give ARI; 1 where both partitions are one cluster, or all singletons."""
    of_clusters, of_labels = (
        counts.over_clusters(lambda sizes: np.asarray(pairs(sizes), np.float64)),
        pairs(counts.labels).sum(),
    )
    chance = of_clusters * of_labels / max(counts.n * (counts.n - 1) // 2, 1)
    return _adjusted(
        counts.cell_pairs.astype(np.float64), chance, (of_clusters + of_labels) / 2, counts
    )


def _adjusted(found: Floats, chance: Floats, most: Floats, counts: Counts) -> Floats:
    """Give (found - chance) / (most - chance); without room, 1 if both agree, else 0."""
    trivial = (counts.n_clusters == len(counts.labels)) & (counts.largest == counts.n)
    room = most - chance
    open_ = room > 1e-12 * np.maximum(most, 1.0)
    return np.where(
        open_, np.divide(found - chance, room, where=open_, out=np.zeros_like(room)), trivial
    )


def _ratio(part: Floats, whole: Floats, empty: float) -> Floats:
    """Give part / whole, and `empty` where the whole is 0."""
    return np.divide(part, whole, out=np.full_like(part, empty), where=whole > 0)
