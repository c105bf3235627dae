"""The four linkages against scipy, with and without ties, and what is refused."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.spatial.distance import cdist, pdist

from sempark.clustering import reducible
from sempark.clustering.linkage import estimate, linkage
from sempark.clustering.merges import from_scipy

METHODS = ["single", "complete", "centroid", "ward"]
RISING = ["single", "complete", "ward"]


def clustered(n, d, seed=0):
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(12, d)) * 3
    chosen = centers[rng.choice(12, n, p=rng.dirichlet(np.ones(12)))]
    return chosen + rng.normal(size=(n, d)) * rng.uniform(0.2, 1.0, size=(n, 1))


def cuts_agree(merges, expected, ks):
    other = from_scipy(expected)
    return all(np.array_equal(merges.cut(k), other.cut(k)) for k in ks)


def height_of(X, a, b, method):
    """Measure two clusters by the definition."""
    distances = cdist(X[a], X[b])
    if method == "single":
        return distances.min()
    if method == "complete":
        return distances.max()
    apart = np.linalg.norm(X[a].mean(axis=0) - X[b].mean(axis=0))
    return (
        apart if method == "centroid" else np.sqrt(2 * len(a) * len(b) / (len(a) + len(b))) * apart
    )


def check_greedy(X, merges, method):
    """Follow the merges: every one joins a pair no farther apart than any other, at its height."""
    groups = {i: [i] for i in range(len(X))}
    for t, (a, b) in enumerate(merges.children):
        smallest = min(
            height_of(X, groups[i], groups[j], method) for i, j in combinations(groups, 2)
        )
        found = height_of(X, groups[a], groups[b], method)
        assert found == pytest.approx(smallest, rel=1e-9, abs=1e-12)
        assert merges.heights[t] == pytest.approx(found, rel=1e-9, abs=1e-12)
        groups[len(X) + t] = groups.pop(a) + groups.pop(b)


@pytest.mark.parametrize(
    ("method", "heights"),
    [
        ("single", [1.0, 2.0, 4.0]),
        ("complete", [1.0, 3.0, 7.0]),
        ("centroid", [1.0, 2.5, 17 / 3]),
        ("ward", [1.0, np.sqrt(4 / 3) * 2.5, np.sqrt(6 / 4) * 17 / 3]),
    ],
)
def test_four_points_on_a_line_by_hand(method, heights):
    merges = linkage(np.array([[7.0], [0.0], [1.0], [3.0]]), method)
    np.testing.assert_allclose(merges.heights, heights, rtol=1e-14)
    assert merges.children.tolist() == [[1, 2], [3, 4], [0, 5]]
    assert merges.sizes.tolist() == [2, 3, 4]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("n", "d"), [(2, 1), (3, 18), (5, 2), (130, 1), (300, 18), (700, 5)])
def test_same_tree_as_scipy(method, n, d):
    X = clustered(n, d, n + d)
    expected = scipy_linkage(X, method)
    merges = linkage(X, method)
    np.testing.assert_allclose(merges.heights, expected[:, 2], rtol=1e-9)
    assert cuts_agree(merges, expected, {1, 2, min(10, n), n // 2 + 1, n})


@pytest.mark.parametrize("method", ["complete", "ward"])
@pytest.mark.parametrize("shape", ["clustered", "uniform", "offset", "outlier", "narrow"])
def test_rounds_and_matrix_give_scipys_heights(method, shape):
    n = 4000  # complete linkage makes its last 2,280 clusters by the matrix
    X = np.random.default_rng(3).random((n, 18)) if shape == "uniform" else clustered(n, 18)
    if shape == "offset":
        X += 1e4  # squares in float32 would cancel
    if shape == "outlier":
        X[17] = 1e7  # float32 tells the others hardly apart
    if shape == "narrow":
        X[:, 3:] *= 1e-6
    merges = linkage(X, method)
    expected = scipy_linkage(X, method)
    np.testing.assert_allclose(merges.heights, expected[:, 2], rtol=1e-9)
    assert cuts_agree(merges, expected, [2, 10, 100, 2000, 3500])


def test_complete_linkage_by_rounds_alone(monkeypatch):
    monkeypatch.setattr(reducible, "MATRIX", 1e-9)
    X = clustered(1500, 6)
    merges = linkage(X, "complete")
    np.testing.assert_allclose(merges.heights, scipy_linkage(X, "complete")[:, 2], rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["clustered", "uniform"])
def test_eight_thousand_points_as_scipy(method, kind):
    X = clustered(8000, 18) if kind == "clustered" else np.random.default_rng(0).random((8000, 18))
    expected = scipy_linkage(X, method)
    merges = linkage(X, method)
    np.testing.assert_allclose(merges.heights, expected[:, 2], rtol=1e-9)
    assert cuts_agree(merges, expected, [2, 10, 200, 4000])


@given(st.integers(2, 25), st.integers(1, 3), st.integers(0, 2**32 - 1), st.sampled_from(METHODS))
@settings(max_examples=60, deadline=None)
def test_every_merge_joins_a_nearest_pair_though_distances_tie(n, d, seed, method):
    X = np.random.default_rng(seed).integers(0, 4, size=(n, d)).astype(np.float64)
    check_greedy(X, linkage(X, method), method)


@given(st.integers(2, 25), st.integers(0, 2**32 - 1), st.sampled_from(["complete", "ward"]))
@settings(max_examples=40, deadline=None)
def test_every_merge_of_the_rounds_joins_a_nearest_pair_though_distances_tie(n, seed, method):
    X = np.random.default_rng(seed).integers(0, 4, size=(n, 2)).astype(np.float64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reducible, "MATRIX", 1e-9)
        patch.setattr(reducible, "KEEP", 3)  # lists run out at once
        check_greedy(X, linkage(X, method), method)


@pytest.mark.parametrize("method", METHODS)
def test_order_of_the_points_does_not_matter(method):
    X = clustered(900, 4)
    shuffled = np.random.default_rng(1).permutation(len(X))
    merges, other = linkage(X, method), linkage(X[shuffled], method)
    np.testing.assert_allclose(merges.heights, other.heights, rtol=1e-9)
    for k in (2, 30, 400):
        pairs = np.column_stack([merges.cut(k)[shuffled], other.cut(k)])
        assert len(np.unique(pairs, axis=0)) == k


@pytest.mark.parametrize("method", METHODS)
def test_same_result_each_run_and_with_any_number_of_threads(method, monkeypatch):
    X = np.random.default_rng(0).integers(0, 5, size=(2500, 3)).astype(np.float64)
    first = linkage(X, method)
    monkeypatch.setattr(reducible.os, "sched_getaffinity", lambda _: {0, 1, 2})
    second = linkage(X, method)
    np.testing.assert_array_equal(first.to_scipy(), second.to_scipy())


@pytest.mark.parametrize("method", METHODS)
def test_duplicates_merge_first_at_height_0(method):
    X = np.repeat(clustered(60, 3), 40, axis=0)  # more copies than a list has room for
    merges = linkage(X, method)
    assert (merges.heights[: 60 * 39] == 0).all()
    assert (merges.heights[60 * 39 :] > 0).all()
    np.testing.assert_array_equal(merges.cut(60), np.repeat(np.arange(60), 40))


@pytest.mark.parametrize("method", METHODS)
def test_all_points_alike(method):
    merges = linkage(np.full((300, 4), 7.25), method)
    assert merges.heights.tolist() == [0.0] * 299


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", [1e-120, 1e-30, 1e30, 1e120])
def test_very_small_and_very_large_numbers(method, scale):
    X = clustered(2500, 3)
    merges = linkage(X * scale, method)
    np.testing.assert_allclose(merges.heights / scale, linkage(X, method).heights, rtol=1e-9)


@pytest.mark.parametrize("method", RISING)
def test_heights_rise(method):
    assert (np.diff(linkage(clustered(3000, 8), method).heights) >= 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_one_and_two_points(method):
    assert linkage([[1.0, 2.0]], method).n == 1
    merges = linkage([[0.0, 0.0], [3.0, 4.0]], method)
    assert merges.heights.tolist() == [5.0]


@pytest.mark.parametrize("method", METHODS)
def test_progress_ends_at_the_last_merge(method):
    seen = []
    linkage(clustered(3000, 5), method, lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1]
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.empty((0, 3)), "n, d >= 1"),
        (np.empty((3, 0)), "n, d >= 1"),
        (np.zeros(3), r"received \(3,\)"),
        ([[0.0], [np.nan]], "1 rows, first 1"),
        ([[np.inf], [0.0]], "1 rows, first 0"),
    ],
)
def test_bad_points_are_refused(X, message):
    with pytest.raises(ValueError, match=message):
        linkage(X, "ward")


def test_unknown_method_is_refused():
    with pytest.raises(ValueError, match="received 'average'"):
        linkage([[0.0], [1.0]], "average")


def test_the_estimate_grows_with_n_and_stays_below_the_matrix_of_distances():
    small, large = estimate(52_682, 18, "complete"), estimate(146_916, 18, "complete")
    assert small.seconds < large.seconds
    assert large.peak_bytes < 1.5e9 < 4 * 146_916**2
    assert pdist(np.zeros((100, 18))).nbytes > estimate(100, 18, "complete").peak_bytes / 10
