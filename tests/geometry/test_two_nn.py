"""2-NN: by hand, invariants, the thesis' own listing, edges, published values."""

import numpy as np
import pytest
from sklearn.datasets import make_swiss_roll
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import NearestNeighbors

from sempark.geometry.neighbors import nearest
from sempark.geometry.two_nn import estimate, estimates, thick_line


def thesis_listing(X: np.ndarray) -> float:
    """The thesis' code of section 3.3.1, with its names."""
    N = X.shape[0]
    nn_distances, _ = NearestNeighbors(n_neighbors=3).fit(X).kneighbors(X)
    mu = nn_distances[:, 2] / nn_distances[:, 1]
    i_sorted = np.argsort(mu)
    F_emp = np.zeros(N, dtype=float)
    F_emp[i_sorted] = [i / N for i in range(N)]
    x = np.log(mu).reshape(-1, 1)
    y = -np.log(1.0 - F_emp).reshape(-1, 1)
    return float(LinearRegression(fit_intercept=False).fit(x, y).coef_[0, 0])


def test_by_hand() -> None:
    result = estimate([1.0, 1.0, 1.0, 1.0, 0.0], [8.0, 2.0, 4.0, 2.0, 1.0], discard=0.25)
    x, y = np.log([2.0, 2.0, 4.0]), -np.log([1.0, 0.75, 0.5])
    assert result.n_zero == 1
    assert result.n_fit == 3
    np.testing.assert_array_equal(result.mu, [2, 2, 4, 8])
    np.testing.assert_array_equal(result.cdf, [0, 0.25, 0.5, 0.75])
    assert result.dimension == pytest.approx((x @ y) / (x @ x))
    assert result.maximum_likelihood == pytest.approx(3 / (np.log(16) + np.log(4)))
    assert result.standard_error == pytest.approx(result.maximum_likelihood / np.sqrt(3))
    assert result.residual == pytest.approx(np.sqrt(np.mean((y - result.dimension * x) ** 2)))


def test_the_thesis_listing() -> None:
    X = np.random.default_rng(3).random((500, 4))
    r1, r2 = nearest(X, 2).distances.T
    assert estimate(r1, r2, discard=0.0).dimension == pytest.approx(thesis_listing(X), rel=1e-9)


def test_order_and_scale_do_not_matter() -> None:
    rng = np.random.default_rng(5)
    r1 = rng.random(200) + 0.1
    r2 = r1 * (1 + rng.random(200))
    order = rng.permutation(200)
    expected = estimate(r1, r2).dimension
    assert estimate(r1[order], r2[order]).dimension == pytest.approx(expected, rel=1e-12)
    assert estimate(8 * r1, 8 * r2).dimension == expected


def test_several_shares_in_one_pass() -> None:
    rng = np.random.default_rng(6)
    r1 = rng.random(300) + 0.1
    r2 = r1 * (1 + rng.random(300))
    several = estimates(r1, r2, (0.0, 0.1, 0.3, 0.5, 0.9))
    for discard, result in zip((0.0, 0.1, 0.3, 0.5, 0.9), several, strict=True):
        assert result.dimension == estimate(r1, r2, discard).dimension
    assert [result.n_fit for result in several] == [300, 270, 210, 150, 30]


@pytest.mark.parametrize(
    ("r1", "r2", "discard", "message"),
    [
        ([0.0, 0.0], [0.0, 1.0], 0.1, "r1 = 0"),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 0.1, "ratios of 1"),
        ([1.0], [2.0], 0.0, "at least 2"),
        ([], [], 0.0, "positive"),
        ([1.0, 1.0], [2.0, 3.0], 0.5, "at least 2"),
        ([1.0, np.nan], [2.0, 3.0], 0.1, "finite"),
        ([1.0, 1.0], [2.0, np.inf], 0.1, "finite"),
        ([2.0, 1.0], [1.0, 3.0], 0.1, "0 <= r1 <= r2"),
        ([-1.0, 1.0], [1.0, 3.0], 0.1, "0 <= r1 <= r2"),
        ([1.0, 1.0], [2.0, 3.0], 1.0, "discard"),
        ([1.0, 1.0], [2.0, 3.0], -0.1, "discard"),
        ([1.0, 1.0], [2.0], 0.1, "one length"),
        ([[1.0]], [[2.0]], 0.1, "one-dimensional"),
    ],
)
def test_bad_calls(r1: list[float], r2: list[float], discard: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        estimate(r1, r2, discard)


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_uniform_cubes(dimension: int) -> None:
    X = np.random.default_rng(dimension).random((4000, dimension))
    result = estimate(*nearest(X, 2).distances.T)
    assert result.dimension == pytest.approx(dimension, rel=0.08)
    assert result.maximum_likelihood == pytest.approx(dimension, rel=0.08)


def test_the_thick_line_of_figure_3_4() -> None:
    # the thesis: close to two with 50,000 points, around one with 1,000
    many, few = (thick_line(n, np.random.default_rng(0)) for n in (50_000, 1_000))
    assert estimate(*nearest(many, 2).distances.T).dimension > 1.6
    assert estimate(*nearest(few, 2).distances.T).dimension == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("discard", [0.1, 0.3, 0.5])
def test_scikit_dimension_under_its_convention(discard: float) -> None:
    # scikit-dimension 0.5 takes F = i / N where the thesis' listing takes (i - 1) / N, and
    # (m - 1) where the likelihood's maximum has m
    skdim = pytest.importorskip("skdim.id")
    X = np.random.default_rng(8).random((800, 6))
    ours = estimate(*nearest(X, 2).distances.T, discard)
    x = np.log(ours.mu[: ours.n_fit])
    y = -np.log1p(-(ours.cdf[: ours.n_fit] + 1 / len(ours.mu)))
    linear = skdim.TwoNN(discard_fraction=discard).fit(X).dimension_
    assert (x @ y) / (x @ x) == pytest.approx(linear, rel=1e-9)
    likelihood = skdim.TwoNN(discard_fraction=discard, method="mle").fit(X).dimension_
    expected = ours.maximum_likelihood * (ours.n_fit - 1) / ours.n_fit
    assert expected == pytest.approx(likelihood, rel=1e-9)


def test_spheres_and_the_swiss_roll() -> None:
    rng = np.random.default_rng(11)
    sphere = rng.normal(size=(4000, 6))
    sphere /= np.linalg.norm(sphere, axis=1)[:, None]
    assert estimate(*nearest(sphere, 2).distances.T).dimension == pytest.approx(5, rel=0.08)
    angle, height = 1.5 * np.pi * (1 + 2 * rng.random(4000)), 20 * rng.random(4000)
    roll = np.column_stack([angle * np.cos(angle), height, angle * np.sin(angle)])
    assert estimate(*nearest(roll, 2).distances.T).dimension == pytest.approx(2, rel=0.08)


@pytest.mark.parametrize(("n", "published"), [(5000, 1.96), (1250, 1.99)])
def test_the_swiss_roll_in_dadapys_words(n: int, published: float) -> None:
    # DADApy 0.3.4, docstring of compute_id_2NN: make_swiss_roll(5000, noise=0.0), 90 % of the
    # ratios: 1.96, and 1.99 for samples of a quarter. Its convention is F = i / N, not (i - 1) / N
    found = []
    for seed in range(5):
        X = make_swiss_roll(n, noise=0.0, random_state=seed)[0]
        ours = estimate(*nearest(X, 2).distances.T, discard=0.1)
        x = np.log(ours.mu[: ours.n_fit])
        y = -np.log1p(-(ours.cdf[: ours.n_fit] + 1 / len(ours.mu)))
        found.append((x @ y) / (x @ x))
    assert np.mean(found) == pytest.approx(published, abs=0.04)


def test_duplicates_are_counted_and_change_nothing_else() -> None:
    X = np.random.default_rng(12).random((500, 3))
    r1, r2 = nearest(X, 2).distances.T
    alone = estimate(r1, r2)
    with_zeros = estimate(np.append(r1, [0, 0, 0]), np.append(r2, [0, 1, 2]))
    assert with_zeros.n_zero == 3
    assert with_zeros.dimension == alone.dimension


def test_a_ratio_beyond_float64_is_no_infinity() -> None:
    result = estimate([1e-300, 1.0, 1.0], [1e300, 2.0, 3.0], discard=0.0)
    assert np.isfinite(result.mu).all()
    assert np.isfinite([result.dimension, result.maximum_likelihood, result.residual]).all()
