"""Point-adaptive k nearest neighbors (PAk): log density with its error, without a parameter.

In: neighbor lists and the intrinsic dimension. Out: log density, its error and k*, the size of the
neighborhood in which the density is flat as far as a test can tell.

k grows from 3 while the density at the point and at its (k + 1)-th neighbor do not differ by a
likelihood ratio test; the volumes of the k* shells then give the density at the point itself by
maximum likelihood, with a linear trend a in the shell's number l:
maximize sum over l of (b + a l - v_l exp(b + a l)); the log density is b - ln n.

For a given a the best b is explicit, which leaves one convex function of a: ln of a sum of
exponentials. Its minimum is found by Newton steps in a bracket, to rounding, whatever the unit of
length.

Source: Rodriguez, d'Errico, Facco and Laio, J. Chem. Theory Comput. 14, 1206 (2018),
doi:10.1021/acs.jctc.7b00916.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np

from sempark.clustering.neighbor_lists import Floats, Ints, checked
from sempark.geometry.neighbors import Neighbors

THRESHOLD = 23.92812698  # chi-squared of one degree of freedom, p = 1e-6


@dataclass(frozen=True, eq=False)
class PAk:
    """Density of n points.

    Attributes
    ----------
    log_density : float64 (n,)
        Natural logarithm of the density, normalized to one over the sample.
    error : float64 (n,)
        Its standard error.
    k_star : int64 (n,)
        Neighbors used.
    """

    log_density: Floats
    error: Floats
    k_star: Ints


def pak(neighbors: Neighbors, dimension: float) -> PAk:
    """Estimate the log density at every point, with its error.

    Parameters
    ----------
    neighbors : Neighbors
        `indices` (n, K) and `distances` (n, K), ascending, without the point itself; K >= 4.
    dimension : float
        Intrinsic dimension d > 0, whole or not; V_k = omega_d r_k^d.

    Returns
    -------
    PAk
        k_star: the first k in 3..K-1 with D_k = -2k [ln V_i,k + ln V_j,k - 2 ln(V_i,k + V_j,k) +
        ln 4] > 23.928 (p = 1e-6), j the (k + 1)-th neighbor of i; K - 1 where none is.
        log_density: the exact maximum b, less ln n. error: sqrt((4 k* + 2) / (k* (k* - 1))).

    Raises
    ------
    ValueError
        If K < 4, if the dimension is not a finite number > 0, or if a third neighbor is at distance
        0.

    Notes
    -----
    The maximum is finite only if a shell of positive volume lies before and one lies behind the
    middle (k* + 1) / 2 of the k* shells. Neighbors at equal distances can break this for small k*;
    the log density is then the plain ln(k* / V_k*) - ln n.
    """
    indices, distances = checked(neighbors, least=4)
    if not (math.isfinite(dimension) and dimension > 0):
        raise ValueError(
            f"expected a finite dimension > 0, received {dimension}: estimate it by 2-NN"
        )
    crowded = np.flatnonzero(distances[:, 2] == 0)
    if crowded.size:
        raise ValueError(
            f"expected third neighbors at distances > 0, received 0 at {crowded.size} points, "
            f"first {crowded[0]}: remove duplicates"
        )
    k_star = _neighborhoods(indices, distances, _factors(distances.shape[1], dimension))
    b = _most_likely(distances, k_star, float(dimension))
    log_unit_ball = 0.5 * dimension * math.log(math.pi) - math.lgamma(0.5 * dimension + 1)
    k = k_star.astype(np.float64)
    error = np.sqrt((4 * k + 2) / (k * (k - 1)))
    return PAk(b - log_unit_ball - math.log(len(indices)), error, k_star)


def _factors(K: int, dimension: float) -> Floats:
    """Give by which factor the two k-th distances may differ in the test, for k = 0..K-1.

    D_k = 4k ln cosh(t / 2) with t = d ln(r_j / r_i), so that the test asks |t| <= a bound.
    """
    k = np.maximum(np.arange(K, dtype=np.float64), 1)
    with np.errstate(over="ignore"):
        return np.exp(2 * np.arccosh(np.exp(THRESHOLD / (4 * k))) / dimension)


@numba.njit(cache=True)
def _neighborhoods(indices: Ints, distances: Floats, factors: Floats) -> Ints:
    """Find k* of every point."""
    n, K = indices.shape
    k_star = np.full(n, K - 1, np.int64)
    for i in range(n):
        for k in range(3, K - 1):
            mine, other = distances[i, k - 1], distances[indices[i, k], k - 1]
            if other > factors[k] * mine or mine > factors[k] * other:
                k_star[i] = k
                break
    return k_star


@numba.njit(cache=True)
def _most_likely(distances: Floats, k_star: Ints, dimension: float) -> Floats:
    """Maximize the likelihood at every point; b up to the volume of the unit ball."""
    n = len(k_star)
    b = np.empty(n)
    for i in range(n):
        k = k_star[i]
        log_shells = np.empty(k)  # ln of the shells' volumes over that of the whole ball
        first, last, before = 0, 0, 0.0
        for c in range(k):
            r = distances[i, c]
            log_shells[c] = -np.inf
            if r > before:
                shell = -np.expm1(dimension * np.log(before / r)) if before > 0 else 1.0
                log_shells[c] = dimension * np.log(r / distances[i, k - 1]) + np.log(shell)
                first, last, before = first if first else c + 1, c + 1, r
        trend, log_sum = 0.0, 0.0
        if 2 * first < k + 1 < 2 * last:
            trend, log_sum = _trend(log_shells)
        middle = 0.5 * (k + 1) / k
        b[i] = np.log(k) - log_sum - trend * middle - dimension * np.log(distances[i, k - 1])
    return b


@numba.njit(cache=True)
def _trend(log_shells: Floats) -> tuple[float, float]:
    """Minimize ln sum_l exp(log_shells_l + a x_l), x_l = (l - (k + 1) / 2) / k, over a."""
    k = len(log_shells)
    low, high, a = -np.inf, np.inf, 0.0
    log_sum = 0.0
    for _ in range(200):
        top = -np.inf
        for c in range(k):
            top = max(top, log_shells[c] + a * (c - 0.5 * (k - 1)) / k)
        total, first, second = 0.0, 0.0, 0.0
        for c in range(k):
            x = (c - 0.5 * (k - 1)) / k
            weight = np.exp(log_shells[c] + a * x - top)
            total += weight
            first += weight * x
            second += weight * x * x
        mean = first / total
        variance = second / total - mean * mean
        log_sum = top + np.log(total)
        if mean > 0:
            high = a
        else:
            low = a
        step = -mean / variance if variance > 0 else -np.sign(mean)
        # far from the minimum the curve is straight and a full step lands nowhere near it
        step = min(max(step, -4 * (1 + abs(a))), 4 * (1 + abs(a)))
        if abs(step) <= 1e-14 * (1 + abs(a)):
            break
        following = a + step
        if not low < following < high:
            following = 0.5 * (low + high)
        if following == a:
            break
        a = following
    return a, log_sum
