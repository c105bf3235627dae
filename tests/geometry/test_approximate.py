"""Approximate neighbors: against the exact ones, duplicates, a recall that can fall."""

import numpy as np
import pytest

from sempark.geometry import approximate as module
from sempark.geometry.approximate import IndexKind, nearest_approximate
from sempark.geometry.neighbors import nearest

KINDS: tuple[IndexKind, ...] = ("hnsw", "ivf")


@pytest.mark.parametrize("index", KINDS)
def test_lists_and_recall(index: IndexKind) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 6)) + rng.integers(0, 4, 3000)[:, None] * 8 + 1e4
    exact = nearest(X, 10)
    found = nearest_approximate(X, 10, rng, index, n_sampled=3000)
    assert (found.neighbors.indices != np.arange(3000)[:, None]).all()
    assert all(len(set(row)) == 10 for row in found.neighbors.indices.tolist())
    assert (np.diff(found.neighbors.distances) >= 0).all()
    assert found.n_sampled == 3000
    same = np.mean(
        [np.isin(a, b).mean() for a, b in zip(found.neighbors.indices, exact.indices, strict=True)]
    )
    assert found.recall == pytest.approx(same, abs=1e-9)
    assert found.recall > 0.9
    right = (found.neighbors.indices == exact.indices).all(axis=1)
    np.testing.assert_allclose(found.neighbors.distances[right], exact.distances[right], rtol=1e-12)


def test_a_poor_index_has_a_poor_recall(monkeypatch: pytest.MonkeyPatch) -> None:
    X = np.random.default_rng(1).random((500, 3))

    def blind(points: np.ndarray, n_candidates: int, k: int, index: str) -> np.ndarray:
        return np.tile(np.arange(n_candidates), (len(points), 1))

    monkeypatch.setattr(module, "_search", blind)
    assert nearest_approximate(X, 5, np.random.default_rng(0)).recall < 0.3


@pytest.mark.parametrize("index", KINDS)
def test_duplicates_and_few_points(index: IndexKind) -> None:
    rng = np.random.default_rng(2)
    found = nearest_approximate(np.ones((60, 2)), 59, rng, index)
    assert not found.neighbors.distances.any()
    assert found.recall == 1
    assert (found.neighbors.indices != np.arange(60)[:, None]).all()
    two = nearest_approximate([[0.0], [3.0]], 1, rng, index)
    np.testing.assert_array_equal(two.neighbors.indices, [[1], [0]])
    np.testing.assert_array_equal(two.neighbors.distances, [[3], [3]])


def test_bad_calls() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="'hnsw' or 'ivf'"):
        nearest_approximate([[0.0], [1.0]], 1, rng, "flat")
    with pytest.raises(ValueError, match="n_sampled"):
        nearest_approximate([[0.0], [1.0]], 1, rng, n_sampled=0)
    with pytest.raises(ValueError, match="k must lie"):
        nearest_approximate([[0.0], [1.0]], 2, rng)
    with pytest.raises(ValueError, match="finite"):
        nearest_approximate([[0.0], [np.nan]], 1, rng)
    with pytest.raises(ValueError, match="k must lie"):
        nearest_approximate(np.empty((0, 2)), 1, rng)
