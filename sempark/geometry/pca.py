"""Principal components: the scree of a data set, its elbows, and the projection.

In: `X` (n, d). Out: variances of the components, their directions with a fixed sign, the points
in the first m of them. Exact: the eigenvectors of the float64 covariance, added up in blocks.
Source: figure 3.2 and the conclusions of the thesis; Jolliffe, Principal Component Analysis.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

BLOCK_ROWS = 4096


@dataclass(frozen=True)
class PCA:
    """Principal components, largest variance first.

    Attributes
    ----------
    mean : ndarray of float64, shape (d,)
        Mean of each column.
    components : ndarray of float64, shape (m, d)
        Orthonormal rows; in each the entry of largest magnitude (the first of equals) is positive.
    explained_variance : ndarray of float64, shape (m,)
        Variances along the components, divisor n - 1.
    explained_variance_ratio : ndarray of float64, shape (m,)
        Their shares of the total variance; 0 where the points do not vary at all.
    """

    mean: NDArray[np.float64]
    components: NDArray[np.float64]
    explained_variance: NDArray[np.float64]
    explained_variance_ratio: NDArray[np.float64]


def fit(X: ArrayLike, n_components: int | None = None) -> PCA:
    """Find the principal components of the rows of X.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Finite numbers, n >= 2.
    n_components : int, optional
        Components to keep, 1..min(n, d). None: all.

    Returns
    -------
    PCA

    Raises
    ------
    ValueError
        Fewer than two rows, NaN or infinity, `n_components` out of range.
    """
    points = np.asarray(X)
    if points.ndim != 2 or len(points) < 2 or points.shape[1] < 1:
        raise ValueError(f"X must be (n >= 2, d >= 1), received shape {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError("X must be finite, received NaN or infinity; leave such rows out")
    n, d = points.shape
    most = min(n, d)
    kept = most if n_components is None else n_components
    if not 1 <= kept <= most:
        raise ValueError(f"n_components must lie in 1..{most} for {n} x {d}, received {kept}")
    mean = points.mean(axis=0, dtype=np.float64)
    variances, directions = np.linalg.eigh(_covariance(points, mean))
    variances = np.maximum(variances[::-1], 0)
    components = np.ascontiguousarray(directions[:, ::-1].T)
    largest = np.abs(components).argmax(axis=1)
    components *= np.sign(components[np.arange(d), largest])[:, None]
    total = variances.sum()
    ratio = variances / total if total > 0 else np.zeros(d)
    return PCA(mean, components[:kept], variances[:kept], ratio[:kept])


def project(X: ArrayLike, pca: PCA) -> NDArray[np.float64]:
    """Give the coordinates of points along the components.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Points with the columns the components were fitted on.
    pca : PCA
        As from `fit`.

    Returns
    -------
    ndarray of float64, shape (n, m)

    Raises
    ------
    ValueError
        Another number of columns.
    """
    points = np.asarray(X)
    if points.ndim != 2 or points.shape[1] != len(pca.mean):
        raise ValueError(f"X must have {len(pca.mean)} columns, received shape {points.shape}")
    coordinates = np.empty((len(points), len(pca.components)))
    for start in range(0, len(points), BLOCK_ROWS):
        block = points[start : start + BLOCK_ROWS].astype(np.float64)
        coordinates[start : start + BLOCK_ROWS] = (block - pca.mean) @ pca.components.T
    return coordinates


def elbows(explained_variance: ArrayLike, depth: float = 0.05) -> tuple[int, ...]:
    """Name the elbows of a scree plot by a stated rule.

    Parameters
    ----------
    explained_variance : array-like of shape (m,)
        Variances, not ascending, as drawn in the scree plot: choose m as the plot does, for the
        rule looks at the curve from end to end.
    depth : float
        The least depth of an elbow under its chord, as a share of the whole curve's height.

    Returns
    -------
    tuple of int
        Components, counted from 1, ascending; empty where the curve has no elbow.

    Raises
    ------
    ValueError
        Not one-dimensional, ascending, negative or not finite.

    Notes
    -----
    The rule: draw the chord from the first component to the last; the component that lies deepest
    under it, measured along the axis of variance, is an elbow if its depth is at least `depth` of
    the whole curve's height, as an eye on the plot would see it. The same is asked again of the
    parts left and right of it, until a part has fewer than four components. Among equal depths
    the lower component.
    """
    values = np.asarray(explained_variance, np.float64)
    if values.ndim != 1 or not np.isfinite(values).all() or (values < 0).any():
        raise ValueError("explained_variance must be a row of finite numbers >= 0")
    if (np.diff(values) > 0).any():
        raise ValueError("explained_variance must not ascend; pass PCA.explained_variance")
    found: list[int] = []
    height = values[0] - values[-1] if len(values) else 0.0
    parts = [(0, len(values) - 1)] if height > 0 else []
    while parts:
        first, last = parts.pop()
        if last - first < 3:
            continue
        chord = np.linspace(values[first], values[last], last - first + 1)
        below = (chord - values[first : last + 1]) / height
        deepest = first + int(below.argmax())
        if below.max() >= depth and first < deepest < last:
            found.append(deepest + 1)
            parts += [(first, deepest), (deepest, last)]
    return tuple(sorted(found))


def _covariance(points: NDArray[np.floating], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    n, d = points.shape
    covariance = np.zeros((d, d))
    for start in range(0, n, BLOCK_ROWS):
        block = points[start : start + BLOCK_ROWS].astype(np.float64) - mean
        covariance += block.T @ block
    return covariance / (n - 1)
