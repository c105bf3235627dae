"""Exact neighbors: by hand, invariants, brute force, scipy, edges, data made to fool float32."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from sempark.geometry import search_cost
from sempark.geometry.neighbors import checked, estimate_cost, nearest, nearest_of_rows

DIMENSIONS = (1, 2, 18, 64, 65, 130)


def brute(
    X: NDArray[np.float64], k: int, queries: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Every distance from differences, a stable sort."""
    distances = cdist(X if queries is None else queries, X)
    if queries is None:
        np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(distances, order, axis=1)


def agree(
    X: NDArray[np.float64],
    k: int,
    queries: NDArray[np.float64] | None = None,
    exact_ties: bool = True,
) -> None:
    """Compare with brute force; without `exact_ties` equal distances may round apart there."""
    found = nearest(X, k, queries)
    order, distances = brute(X, k, queries)
    np.testing.assert_allclose(found.distances, distances, rtol=4e-15)
    if exact_ties:
        np.testing.assert_array_equal(found.indices, order)
    else:
        points = X if queries is None else queries
        measured = np.linalg.norm(points[:, None] - X[found.indices], axis=2)
        np.testing.assert_allclose(measured, found.distances, rtol=4e-15)
        assert all(len(set(row)) == k for row in found.indices.tolist())
    assert found.indices.dtype == np.int64
    assert found.distances.dtype == np.float64


def test_by_hand() -> None:
    X = np.array([[0.0], [1.0], [3.0], [1.0]])
    found = nearest(X, 3)
    np.testing.assert_array_equal(found.indices, [[1, 3, 2], [3, 0, 2], [1, 3, 0], [1, 0, 2]])
    np.testing.assert_array_equal(found.distances, [[1, 1, 3], [0, 1, 2], [2, 2, 3], [0, 1, 2]])


def test_queries_are_no_members() -> None:
    found = nearest([[0.0], [1.0], [3.0]], 2, queries=[[1.0]])
    np.testing.assert_array_equal(found.indices, [[1, 0]])
    np.testing.assert_array_equal(found.distances, [[0, 1]])
    assert nearest([[0.0], [1.0]], 2, queries=np.empty((0, 1))).indices.shape == (0, 2)


@pytest.mark.parametrize("d", DIMENSIONS)
@pytest.mark.parametrize("k", [1, 3, 100])
def test_brute_force(d: int, k: int) -> None:
    rng = np.random.default_rng(d)
    X = rng.normal(size=(700, d))
    agree(X, k)
    agree(X, k, rng.normal(size=(31, d)))


@pytest.mark.parametrize("d", [3, 18])
def test_kd_tree_of_scipy(d: int) -> None:
    X = np.random.default_rng(d).random((3000, d))
    found = nearest(X, 4)
    distances, indices = cKDTree(X).query(X, 5)
    np.testing.assert_allclose(found.distances, distances[:, 1:], rtol=4e-15)
    np.testing.assert_array_equal(found.indices, indices[:, 1:])


@pytest.mark.parametrize("d", [2, 18, 100])
@pytest.mark.parametrize(
    "name", ["off origin", "far blobs", "outlier", "tight", "last bits", "wide", "small", "columns"]
)
def test_data_that_fool_float32(d: int, name: str) -> None:
    rng = np.random.default_rng(d)
    X = rng.normal(size=(600, d))
    if name == "off origin":
        X = X + 1e6
    elif name == "far blobs":
        X[300:] += 1e7
    elif name == "outlier":
        X[7] = 1e12
    elif name == "tight":
        X = np.repeat(X[:20], 30, axis=0) + 1e-9 * X
    elif name == "last bits":
        X = np.repeat(X[:20], 30, axis=0) * (1 + 2.0**-52 * rng.integers(0, 40, (600, 1)))
    elif name == "wide":
        X = X * 1e140
    elif name == "small":
        X = X * 1e-140
    else:
        X = X * np.logspace(-6, 6, d)
    agree(X, 40, exact_ties=name != "last bits")


@pytest.mark.parametrize("d", [2, 18, 100])
def test_far_blobs_need_the_second_search(d: int) -> None:
    # the first search proves nothing about 60 copies that differ by 1e-9 at distance 1
    rng = np.random.default_rng(1)
    X = np.repeat(rng.normal(size=(10, d)), 60, axis=0) + 1e-9 * rng.normal(size=(600, d))
    seen: list[tuple[int, int]] = []
    nearest(X, 5, progress=lambda done, total: seen.append((done, total)))
    assert seen.count((600, 600)) >= 1 + (d <= 64)


@pytest.mark.parametrize("d", [1, 18, 100])
def test_ties_go_to_the_lower_index(d: int) -> None:
    agree(np.random.default_rng(d).integers(0, 2, size=(500, d)).astype(float), 60)


@pytest.mark.parametrize("d", [1, 18, 100])
def test_identical_points(d: int) -> None:
    found = nearest(np.ones((300, d)), 2)
    assert not found.distances.any()
    np.testing.assert_array_equal(found.indices[:3], [[1, 2], [0, 2], [0, 1]])
    np.testing.assert_array_equal(found.indices[3:], np.tile([0, 1], (297, 1)))


@pytest.mark.parametrize("d", [1, 18, 100])
def test_only_duplicates_are_at_zero(d: int) -> None:
    X = np.zeros((4, d))
    X[1, 0], X[3, 0] = 1e-200, 3e-200
    found = nearest(X, 3)
    np.testing.assert_array_equal(found.indices[0], [2, 1, 3])
    np.testing.assert_allclose(found.distances[0], [0, 1e-200, 3e-200], rtol=1e-15)


@pytest.mark.parametrize("d", [18, 100])
def test_all_the_others(d: int) -> None:
    agree(np.random.default_rng(0).normal(size=(70, d)), 69)
    X = np.random.default_rng(1).normal(size=(70, d))
    agree(X, 70, X[:5])
    np.testing.assert_array_equal(nearest(X[:2], 1).indices, [[1], [0]])


@pytest.mark.parametrize("d", [18, 100])
def test_single_precision_is_taken_as_it_is(d: int) -> None:
    X = np.random.default_rng(2).normal(size=(500, d)).astype(np.float32)
    found, wide = nearest(X, 9), nearest(X.astype(np.float64), 9)
    np.testing.assert_array_equal(found.indices, wide.indices)
    np.testing.assert_array_equal(found.distances, wide.distances)


@pytest.mark.parametrize("d", [18, 100])
def test_order_of_points_threads_and_way_do_not_matter(d: int) -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(2500, d))
    order = rng.permutation(2500)
    found, one = nearest(X, 7), nearest(X, 7, threads=1)
    np.testing.assert_array_equal(found.indices, one.indices)
    np.testing.assert_array_equal(found.distances, one.distances)
    other = nearest(X[order], 7)
    np.testing.assert_array_equal(order[other.indices], found.indices[order])
    np.testing.assert_array_equal(other.distances, found.distances[order])
    # queries go by blocks in any width, points among themselves by tiles in many
    asked = nearest(X, 8, queries=X[:200])
    np.testing.assert_array_equal(asked.indices[:, 1:], found.indices[:200])
    np.testing.assert_array_equal(asked.distances[:, 1:], found.distances[:200])


@pytest.mark.parametrize("d", [18, 100])
def test_blocks_of_rows_give_the_rows_of_the_whole_search(d: int) -> None:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(900, d)).astype(np.float32)
    X[100:140] = X[7]  # more duplicates than neighbors asked for
    whole, points = nearest(X, 12), checked(X)
    for rows in np.array_split(rng.permutation(900), 3):
        part = nearest_of_rows(points, 12, rows, threads=1)
        np.testing.assert_array_equal(part.indices, whole.indices[rows])
        np.testing.assert_array_equal(part.distances, whole.distances[rows])
    everyone = nearest_of_rows(checked(X[:50]), 49, np.arange(50))
    np.testing.assert_array_equal(everyone.indices, nearest(X[:50], 49).indices)


@pytest.mark.parametrize("k", [0, 4])
def test_blocks_of_rows_need_enough_points(k: int) -> None:
    with pytest.raises(ValueError, match=r"k must lie in 1\.\.3 for 4 points"):
        nearest_of_rows(checked(np.eye(4)), k, np.arange(2))


@settings(max_examples=60, deadline=None)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(2, 30), st.sampled_from([1, 3, 70])),
        elements=st.sampled_from([0.0, 1.0, -1.0, 1e-9, 1.0 + 2.0**-52, 1e7, -1e-160]),
    ),
    st.data(),
)
def test_any_data(X: NDArray[np.float64], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(X) - 1))
    found = nearest(X, k)
    # in exact steps of one scale: brute force in extended precision
    wide = X.astype(np.longdouble)
    exact = np.sqrt(((wide[:, None] - wide[None]) ** 2).sum(axis=2))
    rows = np.arange(len(X))[:, None]
    assert (found.indices != rows).all()
    np.testing.assert_allclose(
        found.distances, exact[rows, found.indices].astype(np.float64), rtol=1e-14
    )
    exact[np.arange(len(X)), np.arange(len(X))] = np.inf
    smallest = np.sort(exact, axis=1)[:, :k].astype(np.float64)
    np.testing.assert_allclose(found.distances, smallest, rtol=1e-14)


def test_progress_ends_at_the_total() -> None:
    for d in (3, 80):
        seen: list[tuple[int, int]] = []
        nearest(
            np.random.default_rng(0).random((900, d)),
            2,
            progress=lambda done, total, seen=seen: seen.append((done, total)),
        )
        assert seen[-1][0] == seen[-1][1]
        assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.parametrize(
    ("X", "k", "queries", "message"),
    [
        ([[0.0], [1.0]], 2, None, r"k must lie in 1\.\.1"),
        ([[0.0], [1.0]], 0, None, r"k must lie in 1\.\.1"),
        ([[0.0], [1.0]], 3, [[1.0]], r"k must lie in 1\.\.2"),
        ([[0.0]], 1, None, "give more points"),
        (np.empty((0, 3)), 1, None, "give more points"),
        ([[0.0], [np.nan], [2.0]], 1, None, "first in row 1"),
        ([[0.0], [1.0], [np.inf]], 1, None, "first in row 2"),
        ([[0.0], [1.0], [1e200]], 1, None, "first in row 2"),
        ([[0.0], [1.0]], 1, [[np.nan]], "queries must hold finite"),
        ([[0.0], [1.0]], 1, [[1.0, 2.0]], "1 columns of X, received 2"),
        ([0.0, 1.0], 1, None, "two-dimensional"),
        (np.empty((3, 0)), 1, None, "two-dimensional"),
    ],
)
def test_bad_calls(X: object, k: int, queries: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        nearest(X, k, queries)


def test_bad_threads() -> None:
    with pytest.raises(ValueError, match="threads"):
        nearest([[0.0], [1.0]], 1, threads=0)


def test_cost_grows_and_a_search_beyond_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = estimate_cost(1000, 18, 3), estimate_cost(100_000, 18, 3)
    assert small.bytes < large.bytes
    assert 0 < small.seconds < large.seconds
    assert 1.5e9 < estimate_cost(146_916, 2048, 100).bytes < 3e9
    monkeypatch.setattr(search_cost, "_free_bytes", lambda: 1000)
    with pytest.raises(ValueError, match="fewer neighbors"):
        nearest(np.zeros((10, 2)), 1)
