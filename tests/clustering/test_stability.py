"""Stability: groups that are there come back, a cloud's do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from sempark.clustering.stability import rand, stability


def groups(k: int, n: int = 40, d: int = 4, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.concatenate([15 * np.eye(k, d)[i] + rng.normal(size=(n, d)) for i in range(k)])


def found(X, most=6, repeats=5, threshold=0.5, seed=1, method="ward"):
    return stability(X, method, most, repeats, threshold, np.random.default_rng(seed))


@pytest.mark.parametrize("k", [2, 3, 4])
def test_far_groups_are_counted(k: int) -> None:
    result = found(groups(k))
    assert result.best == k and result.mean[k - 2] == pytest.approx(1.0)
    assert len(set(result.merges.cut(k)[:40])) == 1


def test_a_cloud_has_no_stable_number() -> None:
    X = np.random.default_rng(2).normal(size=(200, 8))
    assert found(X).best == 1
    assert found(X, threshold=0.0).best >= 2  # the threshold is what says so


def test_the_index_is_that_of_an_independent_implementation() -> None:
    X = np.random.default_rng(3).normal(size=(60, 3))
    result = found(X, most=4, repeats=3, seed=9)
    rng = np.random.default_rng(9)
    expected = np.zeros((3, 3))
    for repeat in range(3):
        rows = np.sort(rng.choice(60, 30, replace=False))
        for column, k in enumerate((2, 3, 4)):
            whole = AgglomerativeClustering(k, linkage="ward").fit_predict(X)[rows]
            half = AgglomerativeClustering(k, linkage="ward").fit_predict(X[rows])
            expected[repeat, column] = adjusted_rand_score(half, whole)
    assert result.mean == pytest.approx(expected.mean(axis=0))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=40))
def test_the_rand_index_is_scikit_learns(pairs) -> None:
    a, b = (np.array(labels) for labels in zip(*pairs, strict=True))
    assert rand(a, b) == pytest.approx(adjusted_rand_score(a, b), abs=1e-12)


def test_same_seed_same_result_and_the_place_does_not_matter() -> None:
    X = groups(3)
    assert np.array_equal(found(X).mean, found(X).mean)
    assert found(X + 1000.0).mean == pytest.approx(found(X).mean)


def test_ties_go_to_the_smaller_number_and_equal_points_are_allowed() -> None:
    X = np.repeat([[0.0, 0.0], [9.0, 0.0]], 20, axis=0)
    assert found(X, most=2).best == 2
    assert found(np.zeros((8, 2)), most=3, threshold=2.0).best == 1


@pytest.mark.parametrize(("most", "repeats"), [(1, 3), (7, 3), (3, 0)])
def test_numbers_out_of_range_are_refused(most: int, repeats: int) -> None:
    with pytest.raises(ValueError, match="max_clusters"):
        found(np.zeros((12, 2)), most=most, repeats=repeats)
