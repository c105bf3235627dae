"""Intrinsic dimension at several scales from one neighbor search: Gride.

In: distances to the k nearest neighbors. Out: a dimension for the ranks 1 and 2, 2 and 4, ...
Where the density is constant up to neighbor 2 n, the ratio mu = r_2n / r_n has the density
d (mu^d - 1)^(n-1) / (B(n, n) mu^(d (2n-1) + 1)), whose likelihood has one maximum in d; n = 1 is
2-NN. Larger ranks look at larger scales without leaving points out.
Source: Denti, Doimo, Laio, Mira, Sci. Rep. 12, 20005 (2022), doi:10.1038/s41598-022-20991-1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq


@dataclass(frozen=True)
class Gride:
    """Intrinsic dimensions over scales.

    Attributes
    ----------
    ranks : ndarray of int64, shape (m,)
        n of each ratio r_2n / r_n.
    dimension : ndarray of float64, shape (m,)
        Maximum of the likelihood.
    standard_error : ndarray of float64, shape (m,)
        From the curvature there, for independent ratios.
    scale : ndarray of float64, shape (m,)
        Mean of r_2n over the points used, in the units of the distances.
    n_zero : ndarray of int64, shape (m,)
        Points left out because r_n = 0.
    """

    ranks: NDArray[np.int64]
    dimension: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    scale: NDArray[np.float64]
    n_zero: NDArray[np.int64]


def gride(distances: ArrayLike, ranks: Sequence[int] | None = None) -> Gride:
    """Estimate the dimension for ranks n with 2 n neighbors at hand.

    Parameters
    ----------
    distances : array-like of shape (n_points, k)
        Distances to the k >= 2 nearest neighbors, ascending in each row, the point itself left
        out, as in `Neighbors.distances`.
    ranks : sequence of int, optional
        Each 1..k // 2; None: 1, 2, 4, ... as far as the lists reach.

    Returns
    -------
    Gride

    Raises
    ------
    ValueError
        Fewer than two columns, distances that are not finite, negative or descending,
        a rank out of range; at some rank no ratio above 1.
    """
    radii = np.asarray(distances, np.float64)
    if radii.ndim != 2 or radii.shape[0] < 1 or radii.shape[1] < 2:
        raise ValueError(f"distances must be (points, k >= 2), received shape {radii.shape}")
    if not np.isfinite(radii).all() or (radii[:, 0] < 0).any() or (np.diff(radii) < 0).any():
        raise ValueError(
            "distances must be finite, >= 0 and ascending in each row, received others; pass "
            "Neighbors.distances"
        )
    most = radii.shape[1] // 2
    wanted = 2 ** np.arange(int(np.log2(most)) + 1) if ranks is None else np.asarray(ranks)
    if not len(wanted) or wanted.min() < 1 or wanted.max() > most:
        raise ValueError(f"ranks must lie in 1..{most}, received {ranks}; search more neighbors")
    found = [_at_rank(radii[:, n - 1], radii[:, 2 * n - 1], int(n)) for n in wanted]
    dimension, error, scale, n_zero = (np.array(column) for column in zip(*found, strict=True))
    return Gride(wanted.astype(np.int64), dimension, error, scale, n_zero.astype(np.int64))


def _at_rank(
    inner: NDArray[np.float64], outer: NDArray[np.float64], n: int
) -> tuple[float, float, float, int]:
    used = inner > 0
    log_mu = np.log(outer[used]) - np.log(inner[used])
    total = float(log_mu.sum())
    if total == 0:
        raise ValueError(
            f"some ratio r_{2 * n} / r_{n} must exceed 1, received {int(used.sum())} ratios of 1 "
            f"and {int((~used).sum())} points with r_{n} = 0; the neighbors tie or are duplicates"
        )
    # the slope falls from +inf to -n total < 0: between these ends lies its one zero
    low, high = 1e-3 * len(log_mu) / total, 10.0 * n * len(log_mu) / total
    while _slope(high, log_mu, n) > 0:
        high *= 2
    d = float(brentq(_slope, low, high, args=(log_mu, n), xtol=1e-12 * high, rtol=1e-12))
    error = float(1 / np.sqrt(_curvature(d, log_mu, n)))
    return d, error, float(outer[used].mean()), int((~used).sum())


def _slope(d: float, log_mu: NDArray[np.float64], n: int) -> float:
    """First derivative of the log likelihood: N/d + (n-1) sum x/(1 - e^-dx) - (2n-1) sum x."""
    scaled = d * log_mu
    # x / (1 - e^-dx) tends to 1/d where the two distances tie
    ratio = np.divide(scaled, -np.expm1(-scaled), out=np.ones_like(scaled), where=scaled > 0)
    return float(len(log_mu) / d + (n - 1) * ratio.sum() / d - (2 * n - 1) * log_mu.sum())


def _curvature(d: float, log_mu: NDArray[np.float64], n: int) -> float:
    """Minus the second derivative: N/d^2 + (n-1) sum x^2 e^-dx / (1 - e^-dx)^2."""
    scaled = d * log_mu
    half = np.divide(scaled / 2, np.sinh(scaled / 2), out=np.ones_like(scaled), where=scaled > 0)
    return float((len(log_mu) + (n - 1) * (half**2).sum()) / d**2)
