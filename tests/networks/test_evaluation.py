"""networks.evaluation: against scikit-learn, scipy and numbers worked out by hand."""

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, confusion_matrix

from sempark.networks.evaluation import evaluate, probabilities, wilson


def test_four_images_by_hand():
    found = evaluate([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.35, 0.65]], [0, 1, 1, 1], n_bins=2)
    assert (found.n, found.accuracy) == (4, 0.75)
    np.testing.assert_array_equal(found.confusion, [[1, 0], [1, 2]])
    np.testing.assert_allclose(found.category_accuracy, [1, 2 / 3])
    np.testing.assert_allclose(found.bin_confidence, [np.nan, 0.7375])
    np.testing.assert_allclose(found.bin_accuracy, [np.nan, 0.75])
    assert found.bin_count.tolist() == [0, 4]
    assert found.calibration_error == pytest.approx(0.0125)


def test_against_scikit_learn():
    rng = np.random.default_rng(0)
    p, y = softmax(rng.normal(size=(500, 7)), axis=1), rng.integers(0, 7, 500)
    found = evaluate(p, y)
    assert found.accuracy == pytest.approx(accuracy_score(y, p.argmax(axis=1)))
    np.testing.assert_array_equal(found.confusion, confusion_matrix(y, p.argmax(axis=1)))
    assert found.bin_count.sum() == 500
    order = rng.permutation(500)
    again = evaluate(p[order], y[order])
    np.testing.assert_array_equal(again.confusion, found.confusion)
    assert again.calibration_error == pytest.approx(found.calibration_error)


def test_a_category_without_images_has_no_accuracy():
    assert np.isnan(evaluate([[0.5, 0.5]], [0]).category_accuracy[1])


@pytest.mark.parametrize(("k", "n"), [(0, 10), (10, 10), (3, 7), (862, 1000)])
def test_wilson_against_scipy(k, n):
    low, high = binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert wilson(k, n) == pytest.approx((low, high), abs=1e-12)


def test_probabilities_are_a_softmax_over_the_first_outputs():
    logits = np.random.default_rng(1).normal(size=(6, 1001)) * 50
    found = probabilities(logits, 10)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, softmax(logits[:, :10], axis=1), rtol=1e-5, atol=1e-12)


def test_bad_arguments():
    for p, y in (([[0.5, 0.5]], [2]), ([[0.5, 0.5]], [-1]), ([[0.5, 0.5]], [0, 1]), ([], [])):
        with pytest.raises(ValueError, match="expected"):
            evaluate(p, y)
    for logits, k in (([[1.0, 2.0]], 3), ([[np.nan, 1.0]], 2), ([1.0], 1)):
        with pytest.raises(ValueError, match="expected"):
            probabilities(logits, k)
    for k, n in ((2, 1), (-1, 4), (0, 0)):
        with pytest.raises(ValueError, match="expected"):
            wilson(k, n)
