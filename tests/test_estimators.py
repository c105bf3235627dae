"""scikit-learn's own checks, and that the estimators are the functions they stand for."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sempark.clustering.density_peaks import density_peaks
from sempark.clustering.dpa import dpa
from sempark.clustering.linkage import linkage
from sempark.estimators import AdvancedDensityPeaks, DensityPeaks, ExactLinkage, TwoNN
from sempark.geometry.neighbors import nearest
from sempark.geometry.two_nn import estimate


@parametrize_with_checks(
    [
        TwoNN(),
        ExactLinkage(),
        ExactLinkage(linkage="complete"),
        DensityPeaks(),
        DensityPeaks(density="pak", n_neighbors=8),
        AdvancedDensityPeaks(),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def blobs():
    return make_blobs(400, 3, centers=4, cluster_std=0.4, random_state=5)


def test_two_nn_is_the_estimate(blobs):
    X, _ = blobs
    r1, r2 = nearest(X, 2).distances.T
    assert TwoNN(0.2).fit(X).dimension_ == estimate(r1, r2, 0.2).dimension


@pytest.mark.parametrize("method", ["single", "complete", "centroid", "ward"])
def test_linkage_is_the_function(blobs, method):
    X, _ = blobs
    fitted = ExactLinkage(5, linkage=method).fit(X)
    np.testing.assert_array_equal(fitted.labels_, linkage(X, method).cut(5))


def test_density_peaks_is_the_function(blobs):
    X, truth = blobs
    fitted = DensityPeaks(4, 15).fit(X)
    peaks = density_peaks(nearest(X, 15), X)
    np.testing.assert_array_equal(fitted.labels_, peaks.merges.cut(4))
    np.testing.assert_array_equal(fitted.nearest_denser_, peaks.nearest_denser)
    assert len(set(fitted.labels_[fitted.centers_])) == 4
    assert adjusted_rand_score(truth, fitted.labels_) == 1.0


def test_advanced_density_peaks_is_the_function(blobs):
    X, _ = blobs
    fitted = AdvancedDensityPeaks(Z=1.5, n_neighbors=50).fit(X)
    neighbors = nearest(X, 50)
    r1, r2 = neighbors.distances[:, :2].T
    assert fitted.dimension_ == estimate(r1, r2).dimension
    np.testing.assert_array_equal(fitted.labels_, dpa(neighbors, fitted.dimension_, 1.5).labels)


def test_advanced_density_peaks_caps_its_neighbors(blobs):
    X = blobs[0][:50]
    fitted = AdvancedDensityPeaks(dimension=3.0).fit(X)
    np.testing.assert_array_equal(fitted.labels_, dpa(nearest(X, 20), 3.0).labels)
    assert AdvancedDensityPeaks(dimension=3.0).fit(X[:6]).labels_.shape == (6,)


def test_in_a_pipeline(blobs):
    X, truth = blobs
    labels = make_pipeline(StandardScaler(), DensityPeaks(4)).fit_predict(X)
    assert adjusted_rand_score(truth, labels) > 0.9


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (ExactLinkage(0), "n_clusters"),
        (ExactLinkage(401), "n_clusters"),
        (DensityPeaks(2.5), "n_clusters"),
        (DensityPeaks(2, 0), "n_neighbors"),
        (AdvancedDensityPeaks(n_neighbors=0), "n_neighbors"),
        (AdvancedDensityPeaks(n_neighbors=3), "neighbors"),
        (AdvancedDensityPeaks(Z=-1), "Z"),
        (TwoNN(1.0), "discard"),
    ],
)
def test_bad_parameters_are_named(blobs, estimator, said):
    with pytest.raises(ValueError, match=said):
        estimator.fit(blobs[0])
