"""The nearest points of single queries among very many: exact, and reading few of the points.

In: `X` (n, d), once; then one query at a time. Out: its k nearest rows. Each point is kept as its
coordinates along the first principal components and the length of what they leave out. For two
points x, q with coordinates u, w and lengths r, s, |x - q|^2 >= |u - w|^2 + (r - s)^2: a lower
bound from a few numbers a point. Only points whose bound lies under the k-th distance found so far
are looked at in full, in float64 from differences, so that X may stay on disk.
Source: the bound is that of Y. Hwang, B. Han, H.-K. Ahn, CVPR 2012, with principal components in
place of means; the lists are those of section 3.3.1 of the thesis.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sempark.geometry import pca
from sempark.geometry.neighbors import Neighbors

N_COMPONENTS = 64
FIT_ROWS = 20_000
BLOCK_ROWS = 1024
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Lookup:
    """What is kept of every point beside the points.

    Attributes
    ----------
    mean : float64 (d,)
    components : float64 (m, d)
        Orthonormal rows.
    coordinates : float32 (n, m)
        Along the components.
    residual : float32 (n,)
        Length of what the components leave out.
    slack : float
        Twice the largest error that rounding to float32 can make in a bound.
    """

    mean: NDArray[np.float64]
    components: NDArray[np.float64]
    coordinates: Floats
    residual: Floats
    slack: float


def prepare(X: ArrayLike, n_components: int = N_COMPONENTS) -> Lookup:
    """Project the points on the principal components of up to `FIT_ROWS` of them.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Finite numbers, n >= 1.
    n_components : int
        Components to keep, at least 1; at most d and the rows of the fit are.

    Returns
    -------
    Lookup

    Raises
    ------
    ValueError
        Not two-dimensional or empty, NaN or infinity, no component.
    """
    points = np.asarray(X)
    if points.ndim != 2 or 0 in points.shape or n_components < 1:
        raise ValueError(
            f"expected points (n >= 1, d >= 1) and n_components >= 1, received shape "
            f"{points.shape} and {n_components}; reshape a single column to (n, 1)"
        )
    if not all(np.isfinite(block).all() for block in _blocks(points)):
        raise ValueError("expected finite points, received NaN or infinity; leave such rows out")
    n, d = points.shape
    # any orthonormal rows give a bound; those of a sample give nearly the tightest
    some = points[:: max(1, n // FIT_ROWS)]
    if len(some) > 1:
        fitted = pca.fit(some, min(n_components, d, len(some)))
        mean, components = fitted.mean, fitted.components
    else:
        mean, components = some[0].astype(np.float64), np.eye(1, d)
    coordinates = np.empty((n, len(components)), np.float32)
    residual, largest = np.empty(n, np.float32), 0.0
    for start, block in zip(range(0, n, BLOCK_ROWS), _blocks(points), strict=True):
        u, r = _split(block, mean, components)
        coordinates[start : start + len(u)], residual[start : start + len(u)] = u, r
        largest = max(largest, float(np.hypot(np.linalg.norm(u, axis=1), r).max()))
    slack = 2 * 2**-23 * largest * np.sqrt(len(components) + 1)
    return Lookup(mean, components, coordinates, residual, float(slack))


def nearest_to(
    X: NDArray[np.floating],
    lookup: Lookup,
    query: ArrayLike,
    k: int,
    within: NDArray[np.int64] | None = None,
) -> Neighbors:
    """Find the k nearest rows of X to one query.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        The points `lookup` was prepared of; may be a memory map.
    lookup : Lookup
        As from `prepare`.
    query : array-like of shape (d,)
        No member of X: nothing is left out for it.
    k : int
        1 <= k <= n.
    within : int64 (m,), optional
        Ascending row numbers: only these are looked at, and n is their number. None: all.

    Returns
    -------
    Neighbors
        One row: as `nearest(X, k, queries=[query])` gives it, ties by lower index. Row numbers are
        those of X, also with `within`.

    Raises
    ------
    ValueError
        Another width, NaN or infinity, k out of range.
    """
    q = np.asarray(query, np.float64)
    d = X.shape[1]
    n = len(X) if within is None else len(within)
    if q.shape != (d,) or not np.isfinite(q).all():
        raise ValueError(f"expected a query of {d} finite numbers, received shape {q.shape}")
    if not 1 <= k <= n:
        raise ValueError(f"k must lie in 1..{n} for {n} points, received {k}; ask for fewer")
    w, s = (part[0] for part in _split(q[None], lookup.mean, lookup.components))
    some = slice(None) if within is None else within
    apart = lookup.coordinates[some] - w.astype(np.float32)
    squares = np.einsum("ij,ij->i", apart, apart) + np.square(lookup.residual[some] - np.float32(s))
    # the query's own rounding grows with its distance from the middle
    slack = lookup.slack + 2**-21 * float(np.hypot(np.linalg.norm(w), s))
    bound = np.maximum(np.sqrt(squares, dtype=np.float64) * (1 - 2**-16) - slack, 0.0)
    ids = np.arange(n) if within is None else within
    first = np.argpartition(bound, k - 1)[:k]
    reach = float(_distances(X, ids[first], q).max())
    near = np.flatnonzero(bound <= reach)
    near = near[np.argsort(bound[near], kind="stable")]
    rows, bound = ids[near], bound[near]
    found, distances = np.empty(0, np.int64), np.empty(0)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        if len(found) == k and bound[start] > distances[-1]:
            break  # bounds ascend: nothing nearer is left
        found = np.concatenate([found, block])
        distances = np.concatenate([distances, _distances(X, block, q)])
        order = np.lexsort((found, distances))[:k]
        found, distances = found[order], distances[order]
    return Neighbors(found[None], distances[None])


def _blocks(points: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    return [points[start : start + BLOCK_ROWS] for start in range(0, len(points), BLOCK_ROWS)]


def _split(
    block: NDArray[np.floating], mean: NDArray[np.float64], components: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates along the components, and the length of the rest."""
    centered = block.astype(np.float64) - mean
    inside = centered @ components.T
    rest = centered - inside @ components
    return inside, np.sqrt(np.einsum("ij,ij->i", rest, rest))


def _distances(
    X: NDArray[np.floating], rows: NDArray[np.int64], q: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distances in float64 from differences, rows read in order."""
    order = np.argsort(rows)
    apart = np.asarray(X[rows[order]], np.float64) - q
    out = np.empty(len(rows))
    out[order] = np.sqrt(np.einsum("ij,ij->i", apart, apart))
    return out
