"""HDBSCAN and the spanning tree under it, against scikit-learn, scipy and by hand."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.spatial.distance import cdist, squareform
from sklearn import cluster

from sempark.clustering.hdbscan import flat, hdbscan
from sempark.clustering.merges import Merges, from_scipy
from sempark.clustering.nmi import nmi
from sempark.clustering.spanning import blocked, single
from sempark.geometry.neighbors import nearest


def blobs(n, d, seed=0):
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(8, d)) * 6
    return centers[rng.integers(0, 8, n)] + rng.normal(size=(n, d)) * rng.uniform(0.3, 2, (n, 1))


def mutual(X, core):
    distances = np.maximum(np.maximum(cdist(X, X), core[:, None]), core)
    np.fill_diagonal(distances, 0.0)
    return distances


@pytest.mark.parametrize("with_core", [False, True])
@pytest.mark.parametrize(("n", "d"), [(2, 1), (129, 2), (700, 3), (1500, 18)])
def test_the_spanning_tree_is_scipys_single_linkage(n, d, with_core):
    X = blobs(n, d)
    core = np.random.default_rng(1).uniform(0, 2, n) if with_core else np.zeros(n)
    expected = scipy_linkage(squareform(mutual(X, core), checks=False), "single")
    np.testing.assert_allclose(single(X, core).heights, expected[:, 2], rtol=1e-12)


def test_blocks_hold_every_point_once_and_lie_close_together():
    X = np.random.default_rng(0).random((1000, 2))
    order = blocked(X, 100)
    assert sorted(order) == list(range(1000))
    sides = [np.ptp(X[order[i : i + 100]], axis=0).prod() for i in range(0, 1000, 100)]
    assert sum(sides) < 1.2  # the boxes hardly overlap
    assert blocked(X[:50], 100).tolist() == list(range(50))
    assert sorted(blocked(np.zeros((300, 2)), 100)) == list(range(300))


def tree(*rows):
    """Build merges from (a, b, height)."""
    sizes, n = {}, len(rows) + 1
    for t, (a, b, _) in enumerate(rows):
        sizes[n + t] = sizes.get(a, 1) + sizes.get(b, 1)
    children = np.array([sorted(row[:2]) for row in rows])
    heights = np.array([float(row[2]) for row in rows])
    return Merges(children, heights, np.array(list(sizes.values())), n)


def test_two_clusters_and_noise_by_hand():
    # {0 1 2} within 1, {3 4 5} within 2, they meet at 4, 6 joins at 8
    merges = tree((0, 1, 1), (2, 7, 1), (3, 4, 2), (5, 9, 2), (8, 10, 4), (6, 11, 8))
    labels, probabilities = flat(merges, min_cluster_size=3)
    assert labels.tolist() == [0, 0, 0, 1, 1, 1, -1]
    assert probabilities.tolist() == [1.0] * 6 + [0.0]


def test_a_parent_that_lasts_longer_than_its_parts_is_kept_unless_leaves_are_asked_for():
    # {0 1} and {2 3} part at 1.9 after having formed at 1.8; together they last from 10 to 1.9
    merges = tree(
        (0, 1, 1.8), (2, 3, 1.8), (8, 9, 1.9), (4, 5, 2.0), (6, 7, 2.0), (11, 12, 2.1), (10, 13, 10)
    )
    assert flat(merges, 2)[0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert flat(merges, 2, "leaf")[0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_probabilities_by_hand():
    merges = tree((0, 1, 1), (2, 6, 2), (3, 4, 3), (5, 8, 3), (7, 9, 9))
    # three points that lose one are under three: all leave at 2, and at 3
    assert flat(merges, 3)[1].tolist() == [1.0] * 6
    # 2 leaves {0 1} at 2, they part at 1: half as deep
    assert flat(merges, 2)[1].tolist() == [1.0, 1.0, 0.5, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("selection", ["eom", "leaf"])
@pytest.mark.parametrize("size", [3, 10, 40])
def test_same_clusters_as_scikit_learn_where_no_heights_tie(size, selection):
    X = blobs(1200, 3)
    neighbors = nearest(X, 5)
    ours = hdbscan(neighbors, X, size, 1, selection)
    peer = cluster.HDBSCAN(
        min_cluster_size=size, min_samples=1, cluster_selection_method=selection, copy=True
    )
    peer.fit(X)
    np.testing.assert_array_equal(ours.labels < 0, peer.labels_ < 0)
    assert nmi(ours.labels, peer.labels_) == pytest.approx(1.0)
    np.testing.assert_allclose(ours.probabilities, peer.probabilities_, atol=1e-12)


def test_core_distances_and_heights_are_scikit_learns():
    X = blobs(1200, 3)
    neighbors = nearest(X, 12)
    ours = hdbscan(neighbors, X, 15, 10)
    peer = cluster.HDBSCAN(min_cluster_size=15, min_samples=10, copy=True).fit(X)
    heights = np.sort(peer._single_linkage_tree_["value"])
    np.testing.assert_allclose(ours.merges.heights, heights, rtol=1e-12)
    np.testing.assert_array_equal(ours.core_distances, np.sort(cdist(X, X), axis=1)[:, 9])
    assert nmi(ours.labels, peer.labels_) > 0.9  # theirs hangs on the order of ties


def test_order_of_the_points_does_not_matter_though_core_distances_tie():
    X = blobs(1500, 2)
    shuffled = np.random.default_rng(2).permutation(len(X))
    ours = hdbscan(nearest(X, 20), X, 20, 15)
    other = hdbscan(nearest(X[shuffled], 20), X[shuffled], 20, 15)
    assert nmi(ours.labels[shuffled], other.labels) == pytest.approx(1.0)
    np.testing.assert_array_equal(ours.labels[shuffled] < 0, other.labels < 0)
    np.testing.assert_allclose(ours.probabilities[shuffled], other.probabilities, rtol=1e-12)


def test_duplicates_and_all_points_alike():
    X = np.repeat([[0.0], [5.0], [5.5], [20.0]], [30, 10, 10, 1], axis=0)
    found = hdbscan(nearest(X, 7), X, 8)
    np.testing.assert_array_equal(found.labels, np.repeat([0, 1, 2, -1], [30, 10, 10, 1]))
    assert np.isfinite(found.probabilities).all()
    alike = hdbscan(nearest(np.zeros((30, 2)), 5), np.zeros((30, 2)))
    assert (alike.labels == -1).all()


def test_too_few_points_are_noise():
    X = np.array([[0.0], [1.0], [3.0]])
    assert hdbscan(nearest(X, 2), X, 5, 2).labels.tolist() == [-1, -1, -1]


def test_what_is_refused():
    X = blobs(50, 2)
    neighbors = nearest(X, 5)
    for samples in (0, 7):
        with pytest.raises(ValueError, match=f"<= 6 .neighbors . 1., received {samples}"):
            hdbscan(neighbors, X, 5, samples)
    with pytest.raises(ValueError, match="min_cluster_size >= 2, received 1"):
        hdbscan(neighbors, X, 1)
    with pytest.raises(ValueError, match="n = 49"):
        hdbscan(neighbors, X[:49])
    with pytest.raises(ValueError, match="received 'all'"):
        hdbscan(neighbors, X, 5, selection="all")
    with pytest.raises(ValueError, match="do not fall"):
        flat(from_scipy([[0, 1, 2.0, 2], [2, 3, 1.0, 3]]))
