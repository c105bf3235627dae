"""scikit-learn's interface over geometry and clustering.

In: X (n, d), through `fit`. Out: fitted attributes, named as scikit-learn does (a trailing
underscore). Thin: each estimator finds the neighbors it needs, calls one function and keeps the
result; all pass scikit-learn's own `check_estimator` and fit in a Pipeline.

Source: sections 3.3, 4.1 and 4.2 of the thesis, through the functions named in each docstring.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import validate_data

from sempark.clustering.density_peaks import centers, density_peaks
from sempark.clustering.dpa import dpa
from sempark.clustering.linkage import Method, linkage
from sempark.clustering.local_density import Density
from sempark.geometry.neighbors import nearest
from sempark.geometry.two_nn import estimate


class TwoNN(BaseEstimator):
    """Intrinsic dimension from the ratio of the first two neighbor distances.

    See `sempark.geometry.two_nn.estimate`.

    Parameters
    ----------
    discard : float
        Share of the largest ratios left out of the fit, 0 <= discard < 1.

    Attributes
    ----------
    dimension_ : float
    n_zero_ : int
        Points left out because a duplicate lies at distance 0.
    n_features_in_ : int
    """

    def __init__(self, discard: float = 0.1) -> None:
        self.discard = discard

    def fit(self, X: npt.ArrayLike, y: Any = None) -> Self:
        """Estimate the dimension of X (n, d), n >= 3; y is ignored."""
        points = validate_data(self, X, dtype=np.float64, ensure_min_samples=3)
        r1, r2 = nearest(points, 2).distances.T
        result = estimate(r1, r2, self.discard)
        self.dimension_ = result.dimension
        self.n_zero_ = result.n_zero
        return self


class ExactLinkage(ClusterMixin, BaseEstimator):
    """Agglomerative clustering without a distance matrix.

    See `sempark.clustering.linkage.linkage`.

    Parameters
    ----------
    n_clusters : int
        1 to n.
    linkage : {"single", "complete", "centroid", "ward"}

    Attributes
    ----------
    labels_ : int64 (n,)
        0..n_clusters-1 by first appearance.
    merges_ : sempark.clustering.merges.Merges
        Every other number of clusters: `merges_.cut(k)`.
    n_features_in_ : int
    """

    def __init__(self, n_clusters: int = 2, linkage: Method = "ward") -> None:
        self.n_clusters = n_clusters
        self.linkage = linkage

    def fit(self, X: npt.ArrayLike, y: Any = None) -> Self:
        """Cluster X (n, d); y is ignored."""
        points = validate_data(self, X, dtype=np.float64)
        _check_count("n_clusters", self.n_clusters, len(points))
        self.merges_ = linkage(points, self.linkage)
        self.labels_ = self.merges_.cut(self.n_clusters)
        return self


class DensityPeaks(ClusterMixin, BaseEstimator):
    """Density Peaks with a given number of clusters.

    See `sempark.clustering.density_peaks.density_peaks`.

    Parameters
    ----------
    n_clusters : int
        1 to n.
    n_neighbors : int
        Neighbors for the density, >= 1; n - 1 where there are fewer points.
    density : {"knn", "gaussian", "cutoff", "pak"} or float64 (n,)
    width : float, optional
        Of the kernel or cut-off.
    dimension : float, optional
        For "pak" alone; None estimates it by 2-NN.

    Attributes
    ----------
    labels_ : int64 (n,)
        0..n_clusters-1 by first appearance.
    centers_ : int64 (n_clusters,)
        Rows of X, largest density x delta first.
    density_, delta_ : float64 (n,)
        The decision graph.
    nearest_denser_ : int64 (n,)
    merges_ : sempark.clustering.merges.Merges
        Every other number of clusters: `merges_.cut(k)`.
    n_features_in_ : int
    """

    def __init__(
        self,
        n_clusters: int = 2,
        n_neighbors: int = 30,
        density: Density | npt.ArrayLike = "knn",
        width: float | None = None,
        dimension: float | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_neighbors = n_neighbors
        self.density = density
        self.width = width
        self.dimension = dimension

    def fit(self, X: npt.ArrayLike, y: Any = None) -> Self:
        """Cluster X (n, d), n >= 2; y is ignored."""
        points = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        _check_count("n_clusters", self.n_clusters, len(points))
        _check_count("n_neighbors", self.n_neighbors)
        neighbors = nearest(points, min(self.n_neighbors, len(points) - 1))
        dimension = self.dimension
        if dimension is None and isinstance(self.density, str) and self.density == "pak":
            dimension = estimate(*neighbors.distances[:, :2].T).dimension
        peaks = density_peaks(neighbors, points, self.density, self.width, dimension)
        self.density_, self.delta_ = peaks.density, peaks.delta
        self.nearest_denser_, self.merges_ = peaks.nearest_denser, peaks.merges
        self.labels_ = peaks.merges.cut(self.n_clusters)
        self.centers_ = centers(peaks, self.n_clusters)
        return self


class AdvancedDensityPeaks(ClusterMixin, BaseEstimator):
    """Density Peaks Advanced: the number of clusters follows from the data and Z.

    See `sempark.clustering.dpa.dpa`.

    Parameters
    ----------
    Z : float
        Standard errors a peak must stand out by, >= 0.
    n_neighbors : int
        The most neighbors a density is averaged over, >= 4; capped at max(4, 0.4 n).
    dimension : float, optional
        Intrinsic dimension; None estimates it by 2-NN.

    Attributes
    ----------
    labels_ : int64 (n,)
        labels_[centers_[c]] = c.
    centers_ : int64 (m,)
        Rows of X, densest first.
    halo_ : bool (n,)
        Points below the highest saddle of their cluster.
    log_density_, error_ : float64 (n,)
    saddles_ : float64 (s, 4)
        Rows (i, j, log density, error) of clusters that touch.
    dimension_ : float
        The dimension used.
    n_features_in_ : int
    """

    def __init__(
        self, Z: float = 1.0, n_neighbors: int = 100, dimension: float | None = None
    ) -> None:
        self.Z = Z
        self.n_neighbors = n_neighbors
        self.dimension = dimension

    def fit(self, X: npt.ArrayLike, y: Any = None) -> Self:
        """Cluster X (n, d), n >= 5; y is ignored."""
        points = validate_data(self, X, dtype=np.float64, ensure_min_samples=5)
        _check_count("n_neighbors", self.n_neighbors)
        cap = max(4, int(0.4 * len(points)))
        neighbors = nearest(points, min(self.n_neighbors, cap))
        self.dimension_ = self.dimension
        if self.dimension_ is None:
            self.dimension_ = estimate(*neighbors.distances[:, :2].T).dimension
        result = dpa(neighbors, self.dimension_, self.Z)
        self.labels_, self.halo_, self.centers_ = result.labels, result.halo, result.centers
        self.log_density_, self.error_ = result.log_density, result.error
        self.saddles_ = result.saddles
        return self


def _check_count(name: str, value: Any, most: int | None = None) -> None:
    """Refuse a count that is no whole number in 1..most."""
    if not isinstance(value, int | np.integer) or value < 1 or (most is not None and value > most):
        bounds = f"1 <= {name}" + ("" if most is None else f" <= n_samples = {most}")
        raise ValueError(f"expected a whole number, {bounds}, received {value!r}: change {name}")
