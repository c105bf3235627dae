"""Spectral clustering against dense eigenvectors and scikit-learn, with and without parts."""

import numpy as np
import pytest
from sklearn.cluster import SpectralClustering
from sklearn.datasets import make_circles
from sklearn.neighbors import kneighbors_graph

from sempark.clustering.nmi import nmi
from sempark.clustering.spectral import graph, spectral
from sempark.geometry.neighbors import nearest


def blobs(n, apart, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 5, n)
    return apart * np.eye(5)[labels] + rng.normal(size=(n, 5)), labels


def rng():
    return np.random.default_rng(0)


def test_the_graph_by_hand():
    # nearest on a line: 0 -> 1, 1 -> 0, 2 -> 1
    assert graph(nearest(np.array([[0.0], [1.0], [3.0]]), 1)).toarray().tolist() == [
        [0.0, 1.0, 0.0],
        [1.0, 0.0, 0.5],
        [0.0, 0.5, 0.0],
    ]


def test_the_graph_is_scikit_learns():
    X, _ = blobs(200, 3)
    directed = kneighbors_graph(X, 7)
    np.testing.assert_array_equal(
        graph(nearest(X, 7)).toarray(), (directed + directed.T).toarray() / 2
    )


@pytest.mark.parametrize("apart", [4, 40])  # one part; five
def test_eigenvalues_and_space_are_those_of_the_dense_matrix(apart):
    X, _ = blobs(200, apart)
    neighbors = nearest(X, 10)
    found = spectral(neighbors, 8, rng())
    assert found.n_parts == (1 if apart == 4 else 5)
    weights = graph(neighbors).toarray()
    root = np.sqrt(weights.sum(axis=1))
    values, vectors = np.linalg.eigh(weights / root / root[:, None])
    np.testing.assert_allclose(found.eigenvalues, values[::-1][:8], atol=1e-7)
    ours = np.linalg.qr(found.embedding * root[:, None])[0]
    overlap = np.linalg.svd(ours.T @ vectors[:, ::-1][:, :8], compute_uv=False)
    np.testing.assert_allclose(overlap, 1.0, atol=1e-6)


def test_blobs_and_rings_are_found():
    X, labels = blobs(1000, 8)
    assert nmi(spectral(nearest(X, 10), 5, rng()).labels, labels) > 0.98
    rings, inner = make_circles(1500, factor=0.5, noise=0.05, random_state=0)
    assert nmi(spectral(nearest(rings, 10), 2, rng()).labels, inner) == pytest.approx(1.0)


def test_agrees_with_scikit_learn():
    X, labels = blobs(400, 5)
    peer = SpectralClustering(
        5, affinity="nearest_neighbors", n_neighbors=10, random_state=0, assign_labels="kmeans"
    ).fit(X)
    ours = spectral(nearest(X, 9), 5, rng()).labels  # scikit-learn counts the point itself
    assert nmi(ours, peer.labels_) > 0.95
    assert nmi(ours, labels) > 0.9


def test_more_parts_than_clusters_leave_the_smallest_together():
    X = np.repeat([[0.0], [100.0], [200.0], [300.0]], [20, 40, 10, 30], axis=0)
    X += rng().random(X.shape)
    found = spectral(nearest(X, 5), 3, rng())
    assert found.n_parts == 4
    assert found.labels.tolist() == [0] * 20 + [1] * 40 + [0] * 10 + [2] * 30
    assert found.eigenvalues.tolist() == [1.0] * 3


def test_as_many_parts_as_clusters_are_the_clusters():
    X, labels = blobs(300, 60)
    assert nmi(spectral(nearest(X, 6), 5, rng()).labels, labels) == pytest.approx(1.0)


def test_same_seed_same_labels_and_order_of_the_points_does_not_matter():
    X, _ = blobs(500, 7)
    first = spectral(nearest(X, 10), 5, rng()).labels
    np.testing.assert_array_equal(first, spectral(nearest(X, 10), 5, rng()).labels)
    shuffled = rng().permutation(500)
    other = spectral(nearest(X[shuffled], 10), 5, rng()).labels
    assert nmi(first[shuffled], other) > 0.97


def test_few_points_and_k_out_of_range():
    X = np.array([[0.0], [1.0], [2.5], [9.0]])
    assert spectral(nearest(X, 3), 1, rng()).labels.tolist() == [0, 0, 0, 0]
    assert len(set(spectral(nearest(X, 3), 3, rng()).labels)) == 3
    assert spectral(nearest(np.zeros((9, 2)), 3), 2, rng()).labels.shape == (9,)
    for k in (0, 4):
        with pytest.raises(ValueError, match=f"< n = 4, received {k}"):
            spectral(nearest(X, 2), k, rng())
