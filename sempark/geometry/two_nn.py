"""Intrinsic dimension from the ratio of each point's two nearest distances (2-NN).

In: distances r1, r2 to the first and second neighbor. Out: the dimension d.
Where the density is constant up to the second neighbor, mu = r2 / r1 follows F(mu) = 1 - mu^-d,
so the points (log mu, -log(1 - F)) lie on a line through the origin of slope d.
Source: Facco et al., Sci. Rep. 7, 12140 (2017), doi:10.1038/s41598-017-11873-y; section 3.3.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class TwoNN:
    """Intrinsic dimension of a data set, with what it was fitted on.

    Attributes
    ----------
    dimension : float
        Slope of the line through the origin.
    mu : ndarray of float64, shape (N,)
        Ratios r2 / r1, ascending; points with r1 = 0 left out.
    cdf : ndarray of float64, shape (N,)
        Empirical distribution (i - 1) / N, i = 1..N.
    n_zero : int
        Points left out because r1 = 0.
    n_fit : int
        Ratios used by the fit: the first floor(N (1 - discard)).
    maximum_likelihood : float
        m / (sum of log mu over the m fitted + (N - m) log mu_m): the likelihood's maximum with
        the discarded ratios known only to be larger.
    standard_error : float
        Of `maximum_likelihood` for independent ratios: maximum_likelihood / sqrt(m).
    residual : float
        Root mean square of -log(1 - F) - d log mu over the fitted ratios.
    """

    dimension: float
    mu: NDArray[np.float64]
    cdf: NDArray[np.float64]
    n_zero: int
    n_fit: int
    maximum_likelihood: float
    standard_error: float
    residual: float


def estimate(r1: ArrayLike, r2: ArrayLike, discard: float = 0.1) -> TwoNN:
    """Estimate the intrinsic dimension from the first two neighbor distances.

    Parameters
    ----------
    r1, r2 : array-like of shape (n,)
        Distances to the first and the second neighbor, 0 <= r1 <= r2, finite.
    discard : float
        Share of the largest ratios left out of the fit, 0 <= discard < 1.

    Returns
    -------
    TwoNN

    Raises
    ------
    ValueError
        Distances that are not finite, negative or not ordered; discard out of range; all r1 = 0,
        all fitted ratios 1, fewer than two ratios left to fit.

    Notes
    -----
    F = (i - 1) / N as in the thesis' listing; DADApy takes i / N, which gives larger values on
    small samples.
    """
    return estimates(r1, r2, (discard,))[0]


def estimates(r1: ArrayLike, r2: ArrayLike, discards: Sequence[float]) -> tuple[TwoNN, ...]:
    """Estimate the dimension for several discarded shares, sorting the ratios once.

    Parameters
    ----------
    r1, r2 : array-like of shape (n,)
        As in `estimate`.
    discards : sequence of float
        Shares, each 0 <= discard < 1.

    Returns
    -------
    tuple of TwoNN
        One for each share, in the order given.

    Raises
    ------
    ValueError
        As in `estimate`.
    """
    first, second = _checked(r1, r2)
    used = first > 0
    n_zero = int(len(first) - used.sum())
    if not used.any():
        raise ValueError(
            f"some first distance must be positive, received {n_zero} of {len(first)} points with "
            "r1 = 0; remove the duplicates before the search"
        )
    with np.errstate(over="ignore"):
        mu = np.minimum(np.sort(second[used] / first[used]), np.finfo(np.float64).max)
    N = len(mu)
    cdf = np.arange(N) / N
    x = np.log(mu)
    y = -np.log1p(-cdf)
    return tuple(_fit(mu, cdf, x, y, n_zero, _n_fit(N, discard)) for discard in discards)


def thick_line(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw the points of figure 3.4: a line that looks like a plane from near by.

    Parameters
    ----------
    n : int
        Points; the figure has 50,000 (dimension about 2) and 1,000 (about 1).
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        x uniform between 0 and 100, y normal with standard deviation 0.001.
    """
    return np.column_stack([rng.uniform(0, 100, n), rng.normal(0, 0.001, n)])


def _checked(r1: ArrayLike, r2: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = np.asarray(r1, np.float64), np.asarray(r2, np.float64)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(
            f"r1 and r2 must be one-dimensional of one length, received {first.shape} and "
            f"{second.shape}"
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("r1 and r2 must be finite, received NaN or infinity; drop such points")
    if (first < 0).any() or (first > second).any():
        raise ValueError(
            "distances must satisfy 0 <= r1 <= r2, received others; pass the first two columns of "
            "Neighbors.distances"
        )
    return first, second


def _n_fit(N: int, discard: float) -> int:
    if not 0 <= discard < 1:
        raise ValueError(f"discard must lie in 0 <= discard < 1, received {discard}")
    # 1 - 0.9 is 0.09999999999999998: without the last term ten ratios would keep none
    n_fit = int(np.floor(N * (1 - discard) + 1e-9))
    if n_fit < 2:
        raise ValueError(
            f"a fit needs at least 2 ratios, received {n_fit} (N = {N}, discard = {discard}); "
            "give more points or discard less"
        )
    return n_fit


def _fit(
    mu: NDArray[np.float64],
    cdf: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    n_zero: int,
    n_fit: int,
) -> TwoNN:
    head, target = x[:n_fit], y[:n_fit]
    square = float(head @ head)
    if square == 0:
        raise ValueError(
            f"some fitted ratio r2 / r1 must exceed 1, received {n_fit} ratios of 1; the two "
            "nearest distances tie (a grid?): add noise or take other neighbors"
        )
    dimension = float(head @ target) / square
    censored = float(head.sum() + (len(x) - n_fit) * head[-1])
    likelihood = n_fit / censored
    residual = float(np.sqrt(np.mean((target - dimension * head) ** 2)))
    error = likelihood / float(np.sqrt(n_fit))
    return TwoNN(dimension, mu, cdf, n_zero, n_fit, likelihood, error, residual)
