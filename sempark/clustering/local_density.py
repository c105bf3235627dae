"""Densities from neighbor lists: by the k-th neighbor, by a kernel, by PAk, or the caller's own.

In: neighbor lists. Out: one number >= 0 a point, larger where points lie closer; only its order
and its ratios matter to Density Peaks, so that it is not normalized. A kernel sees the listed
neighbors only: where its value at the last neighbor is not negligible it is cut there, and the log
says for how many points.

Source: section 4.2 of the thesis; Rodriguez and Laio, Science 344, 1492 (2014) for the cut-off and
the Gaussian; Rodriguez, d'Errico, Facco and Laio, JCTC 14, 1206 (2018) for PAk.
"""

from __future__ import annotations

import logging
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from sempark.clustering.neighbor_lists import Floats, checked
from sempark.clustering.pak import pak
from sempark.geometry.neighbors import Neighbors

logger = logging.getLogger(__name__)

Density = Literal["knn", "gaussian", "cutoff", "pak"]
NEGLIGIBLE = 0.01  # a kernel's value at the last neighbor, of 1 at distance 0


def local_density(
    neighbors: Neighbors,
    density: Density | npt.ArrayLike = "knn",
    width: float | None = None,
    dimension: float | None = None,
) -> Floats:
    """Estimate the density at every point.

    Parameters
    ----------
    neighbors : Neighbors
        `indices` (n, k) and `distances` (n, k), ascending, without the point itself.
    density : {"knn", "gaussian", "cutoff", "pak"} or float64 (n,)
        "knn": 1 / distance of the last neighbor; where that is 0, twice the largest finite value.
        "gaussian": sum over the list of exp(-(r / width)^2). "cutoff": number of listed
        neighbors nearer than width. "pak": the point-adaptive estimate, relative to the densest
        point (its absolute value overflows in many dimensions). An array: densities, finite and
        >= 0, never logarithms.
    width : float, optional
        For "gaussian" and "cutoff". None: the median over the points of the distance to the
        neighbor in the middle of the list for "cutoff", half the median distance to the last
        neighbor for "gaussian".
    dimension : float, optional
        Intrinsic dimension, needed by "pak" alone.

    Returns
    -------
    float64 (n,)

    Raises
    ------
    ValueError
        For an unknown name, a width or dimension that is missing, not above 0 or not asked for, an
        array of the wrong shape or with NaN, infinity or negative numbers.
    """
    _, distances = checked(neighbors)
    if not isinstance(density, str):
        _unused(width, dimension, "an array")
        return _given(density, len(distances))
    if density not in get_args(Density):
        raise ValueError(f"expected density of {get_args(Density)} or an array, received {density}")
    if density == "pak":
        _unused(width, None, density)
        if dimension is None:
            raise ValueError('expected a dimension for "pak", received None: estimate it by 2-NN')
        log_density = pak(neighbors, dimension).log_density
        return np.exp(log_density - log_density.max())
    _unused(width if density == "knn" else None, dimension, density)
    if density == "knn":
        return _knn(distances[:, -1])
    return _kernel(distances, density == "gaussian", width)


def _unused(width: float | None, dimension: float | None, density: str) -> None:
    """Refuse arguments that the density would silently ignore."""
    for name, value in (("width", width), ("dimension", dimension)):
        if value is not None:
            raise ValueError(f"expected no {name} for {density}, received {value}: leave it out")


def _given(density: npt.ArrayLike, n: int) -> Floats:
    """Check the caller's own densities."""
    values = np.array(density, np.float64)
    if values.shape != (n,) or not np.isfinite(values).all() or (values < 0).any():
        raise ValueError(
            f"expected a density ({n},) of finite numbers >= 0, received shape {values.shape} or "
            f"other numbers: give densities, not their logarithms"
        )
    return values + 0.0  # no -0.0


def _knn(last: Floats) -> Floats:
    """Invert distances; 0 counts as half the smallest distance above 0."""
    positive = last[last > 0]
    smallest = float(positive.min()) / 2 if positive.size else 1.0
    return 1.0 / np.maximum(np.where(last > 0, last, smallest), 1e-150)


def _kernel(distances: Floats, gaussian: bool, width: float | None) -> Floats:
    """Sum a kernel over each list, and say where the list's end cuts it."""
    k = distances.shape[1]
    if width is None:
        typical = distances[:, -1] / 2 if gaussian else distances[:, (k - 1) // 2]
        width = float(np.median(typical))
    if not (width > 0 and np.isfinite(width)):
        raise ValueError(
            f"expected a finite width > 0, received {width}: give one (the rule for None fails "
            f"where half the points have so many duplicates)"
        )
    weights = np.exp(-np.square(distances / width)) if gaussian else 1.0 * (distances < width)
    n_cut = int(np.count_nonzero(weights[:, -1] > NEGLIGIBLE))
    if n_cut:
        logger.warning(
            "kernel of width %g is cut at the last of %d neighbors for %d of %d points: take more "
            "neighbors or a smaller width",
            width, k, n_cut, len(distances),
        )  # fmt: skip
    return weights.sum(axis=1)
