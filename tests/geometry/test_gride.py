"""Gride: 2-NN at rank 1, a direct maximum of the likelihood, manifolds, scikit-dimension, edges."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from sempark.geometry.gride import gride
from sempark.geometry.neighbors import nearest
from sempark.geometry.two_nn import estimate, thick_line


def minus_log_likelihood(d: float, mu: NDArray[np.float64], n: int) -> float:
    """The density of the paper's equation, up to a constant in d."""
    return -float(
        np.sum(np.log(d) + (n - 1) * np.log(mu**d - 1) - (d * (2 * n - 1) + 1) * np.log(mu))
    )


def test_rank_one_is_the_maximum_likelihood_of_two_nn() -> None:
    r = nearest(np.random.default_rng(0).random((400, 3)), 2).distances
    result = gride(r)
    two_nn = estimate(r[:, 0], r[:, 1], discard=0.0)
    assert result.dimension[0] == pytest.approx(two_nn.maximum_likelihood, rel=1e-9)
    assert result.standard_error[0] == pytest.approx(two_nn.standard_error, rel=1e-6)
    assert result.scale[0] == pytest.approx(r[:, 1].mean())


def test_by_hand() -> None:
    # N / sum log mu = 2 / log 8
    assert gride([[1.0, 2.0], [1.0, 4.0]]).dimension[0] == pytest.approx(2 / np.log(8))


@pytest.mark.parametrize("d", [1, 4, 9])
def test_a_direct_search_of_the_likelihood(d: int) -> None:
    r = nearest(np.random.default_rng(d).random((600, d)), 16).distances
    result = gride(r)
    np.testing.assert_array_equal(result.ranks, [1, 2, 4, 8])
    for rank, dimension, error in zip(
        result.ranks, result.dimension, result.standard_error, strict=True
    ):
        mu = r[:, 2 * rank - 1] / r[:, rank - 1]
        best = minimize_scalar(
            minus_log_likelihood, bounds=(0.1, 40), args=(mu, rank), options={"xatol": 1e-9}
        )
        assert dimension == pytest.approx(best.x, rel=1e-6)
        h = 1e-3 * dimension
        f = [minus_log_likelihood(dimension + s, mu, rank) for s in (-h, 0, h)]
        assert error == pytest.approx(((f[0] - 2 * f[1] + f[2]) / h**2) ** -0.5, rel=1e-3)


def test_scikit_dimension_without_its_outlier_rule() -> None:
    # it takes (N - 1) / d for N / d, and leaves out ratios far beyond the 95 % quantile: none here
    skdim = pytest.importorskip("skdim.id")
    X = np.random.default_rng(3).random((3000, 4))
    theirs = skdim.GRIDE(multiscale=True, range_max=32).fit(X)
    ours = gride(nearest(X, 32).distances)
    np.testing.assert_array_equal(ours.ranks, theirs.scales_)
    np.testing.assert_allclose(ours.dimension[1:], theirs.dimension_scales_[1:], rtol=1e-3)
    np.testing.assert_allclose(ours.scale, theirs.radius_scales_, rtol=1e-9)


@pytest.mark.parametrize(("d", "published"), [(2, 2.0), (4, 3.5), (6, 5.0), (8, 6.45), (10, 7.75)])
def test_hypercubes_of_the_paper(d: int, published: float) -> None:
    # figure 4 of Denti et al. 2022, as read off in scikit-dimension's gride_test.py: 10,000 points
    # uniform in a cube, n = 100 and 200: the border bends the larger dimensions down
    X = np.random.default_rng(d).random((10_000, d))
    found = gride(nearest(X, 200).distances, [100])
    assert found.dimension[0] == pytest.approx(published, rel=0.05)


def test_a_thick_line_is_a_line_from_afar() -> None:
    result = gride(nearest(thick_line(20_000, np.random.default_rng(1)), 64).distances)
    assert result.dimension[0] > 1.3
    assert result.dimension[-1] == pytest.approx(1, abs=0.05)
    assert (np.diff(result.scale) > 0).all()


def test_invariances() -> None:
    rng = np.random.default_rng(5)
    r = np.sort(rng.random((200, 8)) + 0.1, axis=1)
    expected = gride(r).dimension
    np.testing.assert_allclose(gride(r[rng.permutation(200)]).dimension, expected, rtol=1e-9)
    np.testing.assert_allclose(gride(8 * r).dimension, expected, rtol=1e-9)
    np.testing.assert_array_equal(gride(r, [4, 1]).dimension, expected[[2, 0]])


def test_duplicates_and_ties() -> None:
    r = np.array([[0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 3.0], [1.0, 1.0, 2.0, 2.0]])
    r = np.concatenate([r, [[1.0, 2.0, 3.0, 4.0]]])
    result = gride(r)
    np.testing.assert_array_equal(result.n_zero, [2, 1])
    assert np.isfinite(result.dimension).all()
    assert np.isfinite(result.standard_error).all()


@pytest.mark.parametrize(
    ("r", "ranks", "message"),
    [
        ([[1.0]], None, "k >= 2"),
        ([1.0, 2.0], None, "k >= 2"),
        (np.empty((0, 2)), None, "k >= 2"),
        ([[2.0, 1.0]], None, "ascending"),
        ([[-1.0, 1.0]], None, "ascending"),
        ([[1.0, np.nan]], None, "finite"),
        ([[1.0, 2.0]], [2], r"1\.\.1"),
        ([[1.0, 2.0]], [1, 0], r"1\.\.1"),
        ([[1.0, 2.0]], [], r"1\.\.1"),
        ([[1.0, 1.0], [0.0, 1.0]], None, "exceed 1"),
    ],
)
def test_bad_calls(r: object, ranks: list[int] | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gride(r, ranks)
