"""Density Peaks against all pairs, a hand-sized line, and DADApy's decision graph."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from sempark.clustering.density_peaks import centers, density_peaks, halo
from sempark.geometry.neighbors import Neighbors, nearest


def slow_peaks(X, density):
    """Nearest denser point and delta from all pairs; the order is density falling, then index."""
    n = len(X)
    order = sorted(range(n), key=lambda i: (-density[i], i))
    distances = cdist(X, X)
    nearest_denser, delta = np.empty(n, int), np.empty(n)
    for place, i in enumerate(order):
        earlier = order[:place]
        if not earlier:
            nearest_denser[i], delta[i] = i, distances[i].max()
        else:
            j = min(earlier, key=lambda j: (distances[i, j], j))
            nearest_denser[i], delta[i] = j, distances[i, j]
    return np.array(order), nearest_denser, delta


def slow_lists(X, k):
    """Neighbor lists from all pairs, ties by lower index."""
    distances = cdist(X, X)
    np.fill_diagonal(distances, np.inf)
    indices = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return Neighbors(indices, np.take_along_axis(distances, indices, axis=1))


def compare(X, k, density="knn"):
    peaks = density_peaks(slow_lists(X, k), X, density)
    order, expected, delta = slow_peaks(X, peaks.density)
    np.testing.assert_allclose(peaks.delta, delta, rtol=1e-12)
    np.testing.assert_array_equal(peaks.nearest_denser, expected)
    return peaks, order


def test_a_line_by_hand():
    """Two groups on a line; the middle point of each is its densest."""
    X = np.array([[0.0], [1.0], [2.5], [10.0], [12.0], [13.5]])
    peaks = density_peaks(nearest(X, 2), X)
    np.testing.assert_allclose(1 / peaks.density, [2.5, 1.5, 2.5, 3.5, 2.0, 3.5])
    np.testing.assert_array_equal(peaks.nearest_denser, [1, 1, 1, 4, 1, 4])
    np.testing.assert_allclose(peaks.delta, [1.0, 12.5, 1.5, 2.0, 11.0, 1.5])
    np.testing.assert_array_equal(peaks.merges.cut(2), [0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(centers(peaks, 3), [1, 4, 2])
    np.testing.assert_array_equal(peaks.merges.cut(3), [0, 0, 1, 2, 2, 2])
    np.testing.assert_allclose(peaks.merges.heights, [0.4, 1.5 / 3.5, 2 / 3.5, 0.6, 5.5])
    np.testing.assert_array_equal(peaks.local_peaks, [1, 4])
    assert peaks.n_left == 1


@pytest.mark.parametrize(
    ("n", "d", "k"), [(2, 1, 1), (3, 2, 2), (50, 1, 1), (300, 2, 5), (300, 40, 3), (120, 6, 119)]
)
def test_all_pairs(n, d, k):
    compare(np.random.default_rng(n + d).standard_normal((n, d)), k)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 40).flatmap(
        lambda n: st.tuples(
            st.lists(st.tuples(*[st.integers(0, 5)] * 2), min_size=n, max_size=n),
            st.integers(1, n - 1),
            st.lists(st.integers(0, 3), min_size=n, max_size=n),
        )
    )
)
def test_all_pairs_with_ties(drawn):
    """Points of a small grid with few densities: ties of distance, density and place."""
    points, k, density = drawn
    compare(np.array(points, float), k, np.array(density, float))


def test_ties_listed_in_another_order():
    """Lists of another search may break ties otherwise: the lower index still wins."""
    X = np.array([[0.0], [1.0], [-1.0], [5.0]])
    lists = Neighbors(
        np.array([[2, 1], [0, 2], [0, 1], [1, 0]]), np.array([[1, 1], [1, 2], [1, 2], [4, 5]])
    )
    assert density_peaks(lists, X, np.array([1.0, 2, 3, 0])).nearest_denser[0] == 1


@pytest.mark.parametrize("k", [1, 4])
def test_ties_outside_the_lists(k):
    """A grid whose local peaks have their nearest denser points in ties far off."""
    X = np.array([(x, y) for x in range(20) for y in range(20)], float)
    density = np.random.default_rng(0).integers(0, 4, 400).astype(float)
    peaks, _ = compare(X, k, density)
    assert len(peaks.local_peaks) > 20


@pytest.mark.parametrize(
    ("offset", "scale"), [(0, 1), (1e8, 1), (0, 1e-30), (0, 1e30), (1e3, 1e-6), (0, 1e-140)]
)
def test_search_where_float32_fails(offset, scale):
    """Tight blobs far apart and far off: the products alone would choose at random."""
    rng = np.random.default_rng(1)
    blobs = rng.standard_normal((4, 3)) * 1e4
    X = (blobs[rng.integers(0, 4, 400)] + rng.standard_normal((400, 3)) + offset) * scale
    peaks, _ = compare(X, 1)
    assert len(peaks.local_peaks) > 60


def test_one_far_outlier():
    X = np.random.default_rng(2).standard_normal((300, 5)) * 1e-3
    X[17] = 1e6
    compare(X, 2)


def test_more_points_than_a_block():
    """Blocks of the search: 1024 peaks, 4096 denser points."""
    X = np.random.default_rng(3).random((6000, 2))
    distances, indices = cKDTree(X).query(X, 2)
    peaks = density_peaks(Neighbors(indices[:, 1:], distances[:, 1:]), X)
    assert len(peaks.local_peaks) > 1100 and peaks.n_left > 4100
    order = np.lexsort((np.arange(6000), -peaks.density))
    for place in [1, 2, 900, *np.random.default_rng(4).integers(1, 6000, 300)]:
        i, earlier = order[place], order[:place]
        distances = np.sqrt(np.square(X[earlier] - X[i]).sum(axis=1))
        assert peaks.nearest_denser[i] == earlier[distances.argmin()]


def test_every_cut_is_the_assignment_to_centers():
    X = np.random.default_rng(5).standard_normal((90, 2))
    peaks, order = compare(X, 6)
    product = peaks.density * peaks.delta
    for k in range(1, 91):
        chosen = centers(peaks, k)
        expected = sorted(order, key=lambda i: -product[i])[:k]  # stable: ties by the order
        np.testing.assert_array_equal(chosen, expected)
        label = dict.fromkeys(chosen.tolist())
        label.update({c: c for c in label})
        for i in order.tolist():
            label.setdefault(i, label[peaks.nearest_denser[i]] if i not in label else i)
        joined = peaks.merges.cut(k)
        pairs = {(joined[i], label[i]) for i in range(90)}
        assert len(pairs) == k == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def test_heights_are_the_product_of_the_leaving_center():
    X = np.random.default_rng(6).standard_normal((80, 3))
    peaks, _ = compare(X, 5)
    product = np.sort(peaks.density * peaks.delta)
    np.testing.assert_array_equal(peaks.merges.heights, product[:-1])


def test_local_peaks_and_the_thesis_cut():
    X = np.random.default_rng(7).standard_normal((400, 2))
    neighbors = nearest(X, 7)
    peaks = density_peaks(neighbors, X)
    place = {i: (-peaks.density[i], i) for i in range(400)}
    summits = [
        i for i in range(400) if all(place[i] < place[j] for j in neighbors.indices[i].tolist())
    ]
    np.testing.assert_array_equal(peaks.local_peaks, sorted(summits, key=place.__getitem__))
    lowest = max(map(place.__getitem__, summits))
    assert peaks.n_left == sum(p < lowest for p in place.values()) > len(summits)


def test_permutation():
    X = np.random.default_rng(8).standard_normal((250, 3))
    order = np.random.default_rng(9).permutation(250)
    plain, moved = density_peaks(nearest(X, 8), X), density_peaks(nearest(X[order], 8), X[order])
    np.testing.assert_array_equal(order[moved.nearest_denser], plain.nearest_denser[order])
    for k in (2, 9, 100):
        assert adjusted_rand_score(plain.merges.cut(k)[order], moved.merges.cut(k)) == 1.0


def test_identical_points():
    X = np.ones((30, 4))
    peaks = density_peaks(nearest(X, 5), X)
    assert np.all(peaks.delta == 0) and np.all(np.isfinite(peaks.density))
    np.testing.assert_array_equal(peaks.nearest_denser, 0)
    np.testing.assert_array_equal(centers(peaks, 30), np.arange(30))
    assert len(set(peaks.merges.cut(4))) == 4


def test_zero_densities_are_ordered_by_index():
    X = np.arange(8.0)[:, None]
    peaks, order = compare(X, 2, np.array([0, 0, 3, 0, 0, 0, 0, 0.0]))
    np.testing.assert_array_equal(order, [2, 0, 1, 3, 4, 5, 6, 7])
    np.testing.assert_array_equal(centers(peaks, 3), [2, 0, 1])


def test_blobs():
    X, truth = make_blobs(1000, 5, centers=6, cluster_std=0.5, random_state=1)
    peaks = density_peaks(nearest(X, 30), X)
    assert adjusted_rand_score(truth, peaks.merges.cut(6)) == 1.0


def slow_halo(X, density, labels, width):
    distances = cdist(X, X)
    out = np.zeros(len(X), bool)
    for c in set(labels):
        border = [
            density[i]
            for i in np.flatnonzero(labels == c)
            if np.any((distances[i] <= width) & (labels != c))
        ]
        if border:
            out |= (labels == c) & (density <= max(border))
    return out


@pytest.mark.parametrize("k", [1, 3, 8])
def test_halo_from_all_pairs(k):
    X = np.random.default_rng(10).standard_normal((200, 2))
    neighbors = nearest(X, 199)
    peaks = density_peaks(nearest(X, 20), X)
    labels = peaks.merges.cut(k)
    found = halo(peaks, neighbors, labels, 0.2)
    np.testing.assert_array_equal(found, slow_halo(X, peaks.density, labels, 0.2))
    assert found.any() == (k > 1) and not found[centers(peaks, 1)].any()


def test_halo_sees_a_pair_listed_once():
    """Point 2 has nearer neighbors than 3, but 3 lists it: both are at the border."""
    X = np.array([[0.0], [0.1], [0.2], [1.0], [1.9]])
    neighbors = nearest(X, 1)
    peaks = density_peaks(neighbors, X, np.array([5.0, 4.0, 3.0, 2.0, 1.0]))
    found = halo(peaks, neighbors, np.array([0, 0, 0, 1, 1]))
    np.testing.assert_array_equal(found, [False, False, True, True, True])


def test_dadapy():
    """Data.compute_density_kNN(10), compute_DecGraph() of DADApy 0.3.4: its `ref` and `delta`.

    Points as in test_pak.py. The densest point is 10, whose `ref` it leaves at 0.
    """
    i = np.arange(1, 601).reshape(4, 150)
    u = np.modf(np.abs(np.sin(i * 12.9898) * 43758.5453))[0]
    r = np.sqrt(-2 * np.log1p(-u[0])) * (0.5 + 0.7 * u[3])
    X = np.column_stack([r * np.cos(2 * np.pi * u[1]), r * np.sin(2 * np.pi * u[1])])
    X += np.array([[0, 0], [4, 0], [1.5, 3.2], [-3, -2.5]])[(u[2] * 4).astype(int)]
    lists = nearest(X, 40)
    density = lists.distances[:, 9] ** -2
    ref = [96, 64, 49, 109, 103, 115, 135, 85, 144, 78, 10, 4, 48, 9, 80, 128, 10, 74, 31, 34, 131,
           34, 13, 30, 108, 85, 97, 113, 139, 15, 58, 116, 77, 9, 47, 113, 82, 76, 62, 131, 12, 10,
           5, 103, 52, 133, 16, 142, 138, 114, 100, 140, 87, 113, 62, 144, 35, 23]  # fmt: skip
    delta = [0.5268706631, 0.3189939068, 0.6555227722, 0.5410205852, 0.5688772599, 0.6299181653,
             0.2476115768, 0.4613479134]  # fmt: skip
    peaks = density_peaks(lists, X, density)
    np.testing.assert_array_equal(peaks.nearest_denser[:58], ref)
    np.testing.assert_allclose(peaks.delta[:8], delta, atol=1e-9)
    others = np.delete(peaks.delta, 10)
    assert others.max() == pytest.approx(3.77424977)


def test_lists_are_checked_against_the_points():
    X = np.random.default_rng(11).standard_normal((20, 2))
    lists = nearest(X, 4)
    bad = X.copy()
    bad[3, 1] = np.nan
    for points, said in ((X[:19], "shape"), (X[0], "shape"), (bad, "finite"), (X * 1e200, "1e150")):
        with pytest.raises(ValueError, match=said):
            density_peaks(lists, points)
    empty = Neighbors(np.empty((1, 0), np.int64), np.empty((1, 0)))
    with pytest.raises(ValueError, match="neighbors"):
        density_peaks(empty, np.zeros((1, 2)))
    nobody = Neighbors(np.empty((0, 3), np.int64), np.empty((0, 3)))
    with pytest.raises(ValueError, match="n = 0"):
        density_peaks(nobody, np.zeros((0, 2)))


def test_centers_and_halo_arguments():
    X = np.random.default_rng(12).standard_normal((20, 2))
    lists = nearest(X, 4)
    peaks = density_peaks(lists, X)
    for k in (0, 21):
        with pytest.raises(ValueError, match="k"):
            centers(peaks, k)
    with pytest.raises(ValueError, match="labels"):
        halo(peaks, lists, np.zeros(19, int))
    with pytest.raises(ValueError, match="width"):
        halo(peaks, lists, np.zeros(20, int), 0.0)
