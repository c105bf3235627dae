"""Spectral clustering on the shared neighbors graph.

In: neighbors. Out: k labels.

The graph joins two points when one is among the other's neighbors. Points move to the leading
eigenvectors of its normalized adjacency, where k-means takes them apart. Eigenvectors by ARPACK
(scipy), k-means by scikit-learn; scikit-learn's own SpectralClustering solves the same problem by
shift and invert, which fills its memory here.

Source: Shi and Malik, PAMI 22, 888, 2000; von Luxburg, Stat. Comput. 17, 395, 2007; chapter 5 of
the thesis asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, eigsh
from sklearn.cluster import KMeans

from sempark.clustering.merges import Floats, Ints, first_appearance
from sempark.geometry.neighbors import Neighbors


@dataclass(frozen=True, eq=False)
class Spectral:
    """Labels and the space they were found in.

    Attributes
    ----------
    labels : int64 (n,)
        Clusters 0..k-1 by first appearance.
    embedding : float64 (n, k)
        Leading eigenvectors of the random walk on the graph.
    eigenvalues : float64 (k,)
        Of the normalized adjacency, falling from 1.
    n_parts : int
        Connected parts of the graph.
    """

    labels: Ints
    embedding: Floats
    eigenvalues: Floats
    n_parts: int


def graph(neighbors: Neighbors) -> csr_array:
    """Join points that are neighbors: 1 where mutual, 1/2 where one-sided, as scikit-learn does.

    Parameters
    ----------
    neighbors : Neighbors
        Of n points.

    Returns
    -------
    csr_array, float64 (n, n)
        Symmetric, empty on the diagonal.
    """
    n, k = neighbors.indices.shape
    rows = np.repeat(np.arange(n), k)
    directed = csr_array((np.full(n * k, 0.5), (rows, neighbors.indices.ravel())), shape=(n, n))
    return (directed + directed.T).tocsr()


def spectral(neighbors: Neighbors, n_clusters: int, seed: np.random.Generator) -> Spectral:
    """Cluster the neighbors graph.

    Parts of the graph that nothing joins have eigenvalue 1 each, with a known vector; only the rest
    is searched for. A graph of k parts or more needs no vector: its k - 1 biggest parts are
    clusters (ties by first appearance), what is left is the last.

    Parameters
    ----------
    neighbors : Neighbors
        Of n points.
    n_clusters : int
        k, 1 to n - 1.
    seed : numpy.random.Generator
        For the start of the eigenvectors and of k-means.

    Returns
    -------
    Spectral

    Raises
    ------
    ValueError
        If k is out of range.
    """
    n = len(neighbors.indices)
    if not 1 <= n_clusters < n:
        raise ValueError(f"expected 1 <= n_clusters < n = {n}, received {n_clusters}")
    weights = graph(neighbors)
    root = np.sqrt(weights.sum(axis=1))
    n_parts, part = connected_components(weights, directed=False)
    part = first_appearance(part.astype(np.int64))
    values, vectors = _leading(weights, root, part, min(n_clusters, n_parts), n_clusters, seed)
    embedding = vectors / root[:, None]
    if n_parts >= n_clusters:
        rank = np.argsort(np.argsort(-np.bincount(part), kind="stable"))
        labels = np.minimum(rank[part], n_clusters - 1)
    else:
        means = KMeans(n_clusters, n_init=5, random_state=int(seed.integers(2**31)))
        labels = means.fit(embedding).labels_
    return Spectral(first_appearance(labels.astype(np.int64)), embedding, values, int(n_parts))


def _leading(
    weights: csr_array, root: Floats, part: Ints, known: int, k: int, seed: np.random.Generator
) -> tuple[Floats, Floats]:
    """Give the k largest eigenvalues and vectors of the normalized adjacency, falling.

    The known vectors, one a part, are moved to eigenvalue -1, out of the way.
    """
    n = len(part)
    biggest = np.argsort(-np.bincount(part), kind="stable")[:known]
    flat = np.where(part[:, None] == biggest, root[:, None], 0.0)
    flat /= np.linalg.norm(flat, axis=0)
    if known == k:
        return np.ones(k), flat
    scale = diags_array(1.0 / root)
    adjacency = (scale @ weights @ scale).tocsr()
    moved = LinearOperator(
        (n, n), matvec=lambda x: adjacency @ x - 2.0 * (flat @ (flat.T @ x)), dtype=np.float64
    )
    wanted = k - known
    values, vectors = eigsh(
        moved,
        wanted,
        which="LA",
        ncv=min(n, max(2 * wanted + 1, 60)),
        tol=1e-5,
        v0=seed.standard_normal(n),
    )
    falling = np.argsort(-values, kind="stable")
    return np.r_[np.ones(known), values[falling]], np.hstack([flat, vectors[:, falling]])
