"""PAk: shells of equal volume by hand, the likelihood by scipy, DADApy's numbers."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import chi2

from sempark.clustering.dpa import pak
from sempark.clustering.pak import THRESHOLD
from sempark.geometry.neighbors import Neighbors, nearest


def ring(n, K, radii):
    """Lists in which every point has the same distances."""
    indices = (np.arange(n)[:, None] + np.arange(1, K + 1)) % n
    return Neighbors(indices, np.tile(radii, (n, 1)))


def log_ball(d):
    return 0.5 * d * math.log(math.pi) - math.lgamma(0.5 * d + 1)


def log_likelihood(parameters, shells):
    b, a = parameters
    steps = b + a * np.arange(1, len(shells) + 1)
    return np.sum(steps - shells * np.exp(steps))


def drawn(n=150):
    """Four hills in the plane, the same to the last digits on any machine."""
    i = np.arange(1, 1 + 4 * n).reshape(4, n)
    u = np.modf(np.abs(np.sin(i * 12.9898) * 43758.5453))[0]
    r = np.sqrt(-2 * np.log1p(-u[0])) * (0.5 + 0.7 * u[3])
    hills = np.array([[0, 0], [4, 0], [1.5, 3.2], [-3, -2.5]])[(u[2] * 4).astype(int)]
    return hills + np.column_stack([r * np.cos(2 * np.pi * u[1]), r * np.sin(2 * np.pi * u[1])])


@pytest.mark.parametrize("d", [1.0, 2.0, 7.3, 120.0])
def test_equal_shells_by_hand(d):
    """Volumes l, 2l, ...: no trend, one point a shell, so that b is minus ln of a shell."""
    n, K = 20, 9
    result = pak(ring(n, K, np.arange(1, K + 1) ** (1 / d)), d)
    np.testing.assert_array_equal(result.k_star, K - 1)
    np.testing.assert_allclose(result.log_density, -log_ball(d) - math.log(n), rtol=1e-12)
    np.testing.assert_allclose(result.error, math.sqrt((4 * 8 + 2) / (8 * 7)), rtol=1e-15)


def test_threshold_is_one_in_a_million():
    assert chi2.isf(1e-6, 1) == pytest.approx(THRESHOLD, abs=1e-8)


@pytest.mark.parametrize(("seed", "d"), [(0, 2.0), (1, 3.5), (2, 9.0)])
def test_k_star_by_the_printed_test(seed, d):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((250, 3)) * rng.choice([0.1, 1, 5], (250, 1))
    K = 60
    neighbors = nearest(X, K)
    log_v = d * np.log(neighbors.distances) + log_ball(d)
    expected = []
    for i in range(len(X)):
        for k in range(3, K):
            j = neighbors.indices[i, k]  # the (k + 1)-th neighbor
            mine, other = log_v[i, k - 1], log_v[j, k - 1]
            D = -2 * k * (mine + other - 2 * np.logaddexp(mine, other) + math.log(4))
            if D > THRESHOLD or k == K - 1:
                expected.append(k)
                break
    assert len(set(expected)) > 10
    np.testing.assert_array_equal(pak(neighbors, d).k_star, expected)


@pytest.mark.parametrize(("seed", "d", "unit"), [(0, 2.0, 1.0), (1, 5.5, 1e-9), (2, 18.0, 1e9)])
def test_log_density_is_the_maximum_of_the_likelihood(seed, d, unit):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((60, 5)) * rng.choice([0.3, 1, 2], (60, 1))
    neighbors = nearest(X * unit, 25)
    result = pak(neighbors, d)
    n = len(X)
    for i in range(0, n, 7):
        k = result.k_star[i]
        volumes = (neighbors.distances[i, :k] / unit) ** d * np.exp(log_ball(d))
        shells = np.diff(volumes, prepend=0.0)
        b = result.log_density[i] + math.log(n) + d * math.log(unit)
        scale = math.log(volumes[-1] / k)
        start = (-scale, 0.0)
        best = minimize(
            lambda p, s=shells: -log_likelihood(p, s),
            start,
            method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000, "maxfev": 4000},
        )
        assert b == pytest.approx(best.x[0], abs=2e-5)
        assert log_likelihood((b, best.x[1]), shells) >= -best.fun - 1e-9


def test_gradient_vanishes_to_rounding():
    X = drawn()
    neighbors = nearest(X, 40)
    result = pak(neighbors, 2.0)
    for i in range(len(X)):
        k = result.k_star[i]
        shells = np.diff(neighbors.distances[i, :k] ** 2 * math.pi, prepend=0.0)
        b, steps = result.log_density[i] + math.log(len(X)), np.arange(1, k + 1)

        def slope(a, b=b, shells=shells, steps=steps):
            return np.sum(1 - shells * np.exp(b + a * steps))

        low, high = -10.0, 10.0
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if slope(middle) > 0 else (low, middle)
        assert abs(np.sum(steps * (1 - shells * np.exp(b + low * steps)))) < 1e-8 * k * k


def test_ties_that_leave_no_maximum_fall_back():
    """k* = 3, second and third neighbor at one distance: the likelihood grows without end."""
    d, n = 2.0, 8
    flat = pak(ring(n, 4, [1.0, 2.0, 2.0, 9.0]), d)
    np.testing.assert_array_equal(flat.k_star, 3)
    np.testing.assert_allclose(flat.log_density, math.log(3 / (math.pi * 4)) - math.log(n))
    first = pak(ring(n, 4, [0.0, 2.0, 3.0, 9.0]), d)
    np.testing.assert_allclose(first.log_density, math.log(3 / (math.pi * 9)) - math.log(n))


def test_ties_that_leave_a_maximum_do_not():
    d, n = 2.0, 12
    radii = [0.0, 1.0, 1.0, 1.5, 2.0, 2.0, 2.2]
    result = pak(ring(n, 7, radii), d)
    np.testing.assert_array_equal(result.k_star, 6)
    shells = np.diff(np.square(radii[:6]) * math.pi, prepend=0.0)
    best = minimize(lambda p: -log_likelihood(p, shells), (0, 0), method="Nelder-Mead",
                    options={"xatol": 1e-9, "fatol": 1e-12})  # fmt: skip
    np.testing.assert_allclose(result.log_density, best.x[0] - math.log(n), atol=1e-5)


def test_error_depends_on_k_star_alone():
    result = pak(nearest(drawn(), 40), 2.0)
    k = result.k_star
    np.testing.assert_allclose(result.error**2 * k * (k - 1), 4 * k + 2)


def test_unit_of_length_only_shifts():
    X = drawn()
    plain, scaled = pak(nearest(X, 40), 2.0), pak(nearest(X * 1e-120, 40), 2.0)
    np.testing.assert_array_equal(plain.k_star, scaled.k_star)
    np.testing.assert_allclose(
        scaled.log_density - plain.log_density, 2 * 120 * math.log(10), rtol=1e-12
    )


def test_permutation():
    X = drawn()
    order = np.random.default_rng(3).permutation(len(X))
    plain, moved = pak(nearest(X, 30), 2.0), pak(nearest(X[order], 30), 2.0)
    np.testing.assert_allclose(moved.log_density, plain.log_density[order], rtol=1e-12)
    np.testing.assert_array_equal(moved.k_star, plain.k_star[order])


def test_uniform_density_is_found():
    """2,000 points on a unit square of which the inner ones have density 1."""
    X = np.random.default_rng(5).random((2000, 2))
    result = pak(nearest(X, 100), 2.0)
    inner = np.all((X > 0.2) & (X < 0.8), axis=1)
    z = result.log_density[inner] / result.error[inner]
    assert abs(result.log_density[inner].mean()) < 0.05
    assert 0.5 < z.std() < 1.5


@pytest.mark.parametrize(
    ("radii", "d", "said"),
    [
        ([1.0, 2.0, 3.0], 2.0, "k = 3"),
        ([0.0, 0.0, 0.0, 1.0], 2.0, "third"),
        ([1.0, 2.0, 3.0, 4.0], 0.0, "dimension"),
        ([1.0, 2.0, 3.0, 4.0], np.nan, "dimension"),
        ([1.0, 2.0, 3.0, np.inf], 2.0, "finite"),
        ([1.0, 2.0, np.nan, 4.0], 2.0, "finite"),
        ([2.0, 1.0, 3.0, 4.0], 2.0, "ascending"),
        ([-1.0, 1.0, 3.0, 4.0], 2.0, "finite"),
    ],
)
def test_bad_input(radii, d, said):
    with pytest.raises(ValueError, match=said):
        pak(ring(8, len(radii), radii), d)


@pytest.mark.parametrize("index", [-1, 8, 0])
def test_bad_indices(index):
    neighbors = ring(8, 4, [1.0, 2.0, 3.0, 4.0])
    neighbors.indices[0, 2] = index
    with pytest.raises(ValueError, match="other points"):
        pak(neighbors, 2.0)


def test_dadapy():
    """Data.compute_density_PAk of DADApy 0.3.4 on drawn(), maxk = 40, dimension 2.

    Its Newton steps stop at 1e-3, hence the tolerance of the densities.
    """
    result = pak(nearest(drawn(), 40), 2.0)
    short = {0: 16, 6: 35, 11: 38, 12: 35, 17: 35, 24: 36, 29: 25, 50: 37, 53: 38, 71: 35,
             74: 35, 78: 38, 83: 32, 86: 35, 94: 36, 95: 16, 96: 16, 101: 13, 108: 37, 136: 36,
             138: 37, 145: 32, 149: 35}  # fmt: skip
    expected = np.full(150, 39)
    expected[list(short)] = list(short.values())
    np.testing.assert_array_equal(result.k_star, expected)
    log_density = [-5.8996, -2.6913, -3.3616, -3.1768, -3.3973, -4.1049,
                   -2.9726, -4.0626, -3.7708, -3.1864, -2.5984, -4.186]  # fmt: skip
    np.testing.assert_allclose(result.log_density[:12], log_density, atol=2e-3)
    np.testing.assert_allclose(result.error[:2], [0.52440442, 0.32651598], atol=1e-8)
