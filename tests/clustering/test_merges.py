"""Merges: a hand-sized tree, scipy's cut, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, is_valid_linkage
from scipy.cluster.hierarchy import linkage as scipy_linkage

from sempark.clustering.merges import Merges, first_appearance, from_pairs, from_scipy


def hand() -> Merges:
    """Build five points: {1, 3}, {0, 4}, {0, 2, 4}, all."""
    children = np.array([[1, 3], [0, 4], [2, 6], [5, 7]])
    return Merges(children, np.array([1.0, 2.0, 1.5, 9.0]), np.array([2, 2, 3, 5]), 5)


@pytest.mark.parametrize(
    ("k", "labels"),
    [
        (5, [0, 1, 2, 3, 4]),
        (4, [0, 1, 2, 1, 3]),
        (3, [0, 1, 2, 1, 0]),
        (2, [0, 1, 0, 1, 0]),
        (1, [0, 0, 0, 0, 0]),
    ],
)
def test_cut_by_hand_follows_the_order_though_heights_fall(k, labels):
    assert hand().cut(k).tolist() == labels


@pytest.mark.parametrize("k", [-1, 0, 6])
def test_cut_refuses_k_out_of_range(k):
    with pytest.raises(ValueError, match=f"n = 5, received k = {k}"):
        hand().cut(k)


def test_largest_and_singletons_by_hand():
    assert hand().largest().tolist() == [5, 3, 2, 2, 1]
    assert hand().singletons().tolist() == [0, 0, 1, 3, 5]


@given(st.integers(2, 60), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_largest_and_singletons_agree_with_the_cuts(n, seed):
    merges = from_scipy(scipy_linkage(np.random.default_rng(seed).normal(size=(n, 2)), "single"))
    for k in range(1, n + 1):
        counts = np.bincount(merges.cut(k))
        assert len(counts) == k
        assert merges.largest()[k - 1] == counts.max()
        assert merges.singletons()[k - 1] == (counts == 1).sum()


@pytest.mark.parametrize("method", ["single", "complete", "ward"])
def test_cut_agrees_with_fcluster_where_heights_rise(method):
    Z = scipy_linkage(np.random.default_rng(0).normal(size=(300, 3)), method)
    merges = from_scipy(Z)
    for k in (1, 2, 7, 50, 299):
        expected = fcluster(Z, k, "maxclust").astype(np.int64)
        np.testing.assert_array_equal(merges.cut(k), first_appearance(expected))


def test_cut_gives_k_clusters_though_centroid_linkage_inverts():
    merges = from_scipy(scipy_linkage(np.random.default_rng(1).normal(size=(200, 5)), "centroid"))
    assert (np.diff(merges.heights) < 0).any()
    assert [len(np.unique(merges.cut(k))) for k in range(1, 201)] == list(range(1, 201))


def test_scipy_round_trip():
    Z = scipy_linkage(np.random.default_rng(2).normal(size=(80, 2)), "average")
    assert is_valid_linkage(from_scipy(Z).to_scipy())
    np.testing.assert_array_equal(from_scipy(Z).to_scipy(), Z)


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_pairs_of_any_members_give_the_same_tree(n, seed):
    rng = np.random.default_rng(seed)
    groups = {i: [i] for i in range(n)}
    first, second, children = [], [], []
    for t in range(n - 1):
        a, b = rng.choice(sorted(groups), 2, replace=False)
        first.append(rng.choice(groups[a]))
        second.append(rng.choice(groups[b]))
        children.append(sorted((int(a), int(b))))
        groups[n + t] = groups.pop(a) + groups.pop(b)
    pairs = (np.array(first, np.int64), np.array(second, np.int64))
    merges = from_pairs(*pairs, np.arange(n - 1.0), n)
    assert merges.children.tolist() == children


def test_pairs_that_join_nothing_are_refused():
    with pytest.raises(ValueError, match=r"merge 1: .*received 1 and 0 of the same"):
        from_pairs(np.array([0, 1]), np.array([1, 0]), np.zeros(2), 3)
    with pytest.raises(ValueError, match=r"points 0\.\.2"):
        from_pairs(np.array([0, 3]), np.array([1, 0]), np.zeros(2), 3)
    with pytest.raises(ValueError, match="2 pairs for n = 3"):
        from_pairs(np.array([0]), np.array([1]), np.zeros(1), 3)


def test_one_point_has_no_merges():
    merges = from_scipy(np.empty((0, 4)))
    assert merges.n == 1
    assert merges.cut(1).tolist() == [0]
    assert merges.to_scipy().shape == (0, 4)
    assert merges.largest().tolist() == [1]
    assert merges.singletons().tolist() == [1]


@pytest.mark.parametrize(
    ("children", "heights", "sizes", "n", "message"),
    [
        ([[0, 1], [2, 3]], [1.0, 2.0], [2, 3], 4, "n = 4"),
        ([[0, 1], [2, 4]], [1.0, 2.0], [2, 3], 3, "merge 1: expected clusters made before"),
        ([[0, -1], [2, 3]], [1.0, 2.0], [2, 3], 3, "merge 0: expected clusters made before"),
        ([[0, 1], [1, 3]], [1.0, 2.0], [2, 3], 3, "cluster 1 2 times"),
        ([[0, 1], [2, 3]], [1.0, 2.0], [2, 4], 3, "merge 1: expected size 3"),
        ([[0, 1], [2, 3]], [1.0, np.nan], [2, 3], 3, "NaN"),
        (np.empty((0, 2)), [], [], 0, "at least one point"),
    ],
)
def test_what_is_no_tree_is_refused(children, heights, sizes, n, message):
    arrays = np.array(children, np.int64), np.array(heights), np.array(sizes, np.int64)
    with pytest.raises(ValueError, match=message):
        Merges(*arrays, n)


def test_other_types_are_refused():
    with pytest.raises(ValueError, match="cast"):
        Merges(np.array([[0, 1]], np.int32), np.array([1.0]), np.array([2]), 2)
