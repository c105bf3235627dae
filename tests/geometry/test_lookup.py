"""Single queries: the same lists as the exhaustive search, whatever the points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from sempark.geometry.lookup import nearest_to, prepare
from sempark.geometry.neighbors import nearest


def brute(X, q, k):
    """Distances in float64 by scipy, ties by index."""
    distances = cdist(np.asarray(X, np.float64), np.asarray(q, np.float64)[None])[:, 0]
    order = np.lexsort((np.arange(len(X)), distances))[:k]
    return order, distances[order]


def test_by_hand() -> None:
    X = np.array([[0.0, 0.0], [3.0, 4.0], [1.0, 0.0], [0.0, 1.0]])
    found = nearest_to(X, prepare(X, 1), [0.0, 0.0], 3)
    assert found.indices.tolist() == [[0, 2, 3]]  # 2 before 3: a tie goes to the lower row
    assert found.distances.tolist() == [[0.0, 1.0, 1.0]]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 60),
    st.integers(1, 9),
    st.integers(1, 5),
    st.sampled_from([0.0, 1e3, -1e6]),
)
def test_as_brute_force(seed: int, n: int, d: int, m: int, far: float) -> None:
    rng = np.random.default_rng(seed)
    X = (rng.integers(0, 4, (n, d)) + far).astype(np.float32)  # many ties and duplicates
    q = rng.integers(0, 4, d) + far
    k = int(rng.integers(1, n + 1))
    rows, distances = brute(X, q, k)
    found = nearest_to(X, prepare(X, m), q, k)
    assert found.indices[0].tolist() == rows.tolist()
    assert found.distances[0] == pytest.approx(distances, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("offset", [0.0, 500.0])
def test_as_the_exhaustive_search_in_many_columns(offset: float) -> None:
    rng = np.random.default_rng(5)
    middles = rng.normal(size=(30, 8)) @ rng.normal(size=(8, 300)) * 3
    X = (middles[rng.integers(0, 30, 4000)] + rng.normal(size=(4000, 300)) + offset).astype(
        np.float32
    )
    lookup = prepare(X)
    for q in [X[17], X[3999] + 0.01, rng.normal(size=300)]:
        expected = nearest(X, 12, queries=q[None].astype(np.float32))
        found = nearest_to(X, lookup, q.astype(np.float32), 12)
        assert np.array_equal(found.indices, expected.indices)
        assert found.distances == pytest.approx(expected.distances, rel=1e-9)


def test_few_rows_are_read_where_points_lie_in_few_dimensions() -> None:
    rng = np.random.default_rng(1)
    X = (rng.normal(size=(20_000, 5)) @ rng.normal(size=(5, 80))).astype(np.float32)
    lookup = prepare(X, 8)

    class Counted(np.ndarray):
        read = 0

        def __getitem__(self, at):
            Counted.read += len(at)
            return np.asarray(self)[at]

    nearest_to(X.view(Counted), lookup, X[0], 10)
    assert 10 <= Counted.read < 3000


def test_only_some_rows_are_looked_at() -> None:
    X = np.random.default_rng(4).integers(0, 5, (300, 6)).astype(np.float32)
    within = np.arange(1, 300, 3)
    found = nearest_to(X, prepare(X, 3), X[0], 9, within)
    rows, distances = brute(X[within], X[0], 9)
    assert found.indices[0].tolist() == within[rows].tolist()
    assert found.distances[0] == pytest.approx(distances)


def test_a_memory_map_gives_the_same(tmp_path) -> None:
    X = np.random.default_rng(2).normal(size=(500, 20)).astype(np.float32)
    X.tofile(tmp_path / "x.f32")
    mapped = np.memmap(tmp_path / "x.f32", np.float32, "r", shape=X.shape)
    lookup = prepare(X)
    a, b = nearest_to(X, lookup, X[3], 7), nearest_to(mapped, lookup, X[3], 7)
    assert np.array_equal(a.indices, b.indices) and np.array_equal(a.distances, b.distances)


def test_edges() -> None:
    one = np.ones((1, 3), np.float32)
    assert nearest_to(one, prepare(one), [1, 1, 2], 1).distances.tolist() == [[1.0]]
    same = np.ones((9, 4), np.float32)
    assert nearest_to(same, prepare(same), np.ones(4), 9).indices[0].tolist() == list(range(9))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X: prepare(X[:0]), "n >= 1"),
        (lambda X: prepare(X, 0), "n_components >= 1"),
        (lambda X: prepare(np.where(X > 0, np.nan, X)), "finite"),
        (lambda X: nearest_to(X, prepare(X), np.ones(3), 1), "query of 4"),
        (lambda X: nearest_to(X, prepare(X), np.full(4, np.inf), 1), "finite"),
        (lambda X: nearest_to(X, prepare(X), np.ones(4), 7), r"1\.\.6"),
        (lambda X: nearest_to(X, prepare(X), np.ones(4), 0), r"1\.\.6"),
    ],
)
def test_what_is_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(np.ones((6, 4), np.float32))
