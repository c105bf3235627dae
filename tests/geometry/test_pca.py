"""PCA: by hand, scikit-learn, invariants, elbows by their rule, edges."""

import numpy as np
import pytest
from sklearn import decomposition

from sempark.geometry import pca as module
from sempark.geometry.pca import elbows, fit, project


def test_by_hand() -> None:
    result = fit([[1.0, 1.0], [3.0, 3.0], [2.0, 2.0]])
    np.testing.assert_allclose(result.mean, [2, 2])
    np.testing.assert_allclose(result.components[0], [0.5**0.5, 0.5**0.5])
    np.testing.assert_allclose(result.explained_variance, [2, 0], atol=1e-15)
    np.testing.assert_allclose(result.explained_variance_ratio, [1, 0], atol=1e-15)
    coordinates = project([[1.0, 1.0], [2.0, 2.0]], result)
    np.testing.assert_allclose(coordinates, [[-(2**0.5), 0], [0, 0]], atol=1e-15)


@pytest.mark.parametrize("shape", [(200, 12), (7, 12)])
@pytest.mark.parametrize("block", [4096, 3])
def test_scikit_learn(shape: tuple[int, int], block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_ROWS", block)
    rng = np.random.default_rng(0)
    X = (rng.normal(size=shape) * np.arange(1, shape[1] + 1) + 50).astype(np.float32)
    m = min(shape) - 1
    ours, theirs = fit(X, m), decomposition.PCA(m).fit(X.astype(np.float64))
    np.testing.assert_allclose(ours.explained_variance, theirs.explained_variance_, rtol=1e-9)
    np.testing.assert_allclose(
        ours.explained_variance_ratio, theirs.explained_variance_ratio_, rtol=1e-9
    )
    # the same lines, ours with a stated direction
    np.testing.assert_allclose(
        np.abs((ours.components * theirs.components_).sum(axis=1)), 1, rtol=1e-9
    )
    largest = np.abs(ours.components).argmax(axis=1)
    assert (ours.components[np.arange(m), largest] > 0).all()
    np.testing.assert_allclose(
        np.abs(project(X, ours)), np.abs(theirs.transform(X.astype(np.float64))), atol=1e-7
    )


def test_order_of_points_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 5)) * [5, 4, 3, 2, 1]
    one, other = fit(X, 3), fit(X[rng.permutation(80)], 3)
    np.testing.assert_allclose(one.components, other.components, atol=1e-12)
    np.testing.assert_allclose(fit(2 * X).explained_variance, 4 * fit(X).explained_variance)


def test_all_components_keep_the_distances() -> None:
    X = np.random.default_rng(2).normal(size=(30, 6))
    Y = project(X, fit(X))
    np.testing.assert_allclose(
        np.linalg.norm(Y[:, None] - Y, axis=2), np.linalg.norm(X[:, None] - X, axis=2), atol=1e-12
    )


def test_points_that_do_not_vary() -> None:
    result = fit(np.ones((4, 3)))
    assert not result.explained_variance.any()
    assert not result.explained_variance_ratio.any()
    assert np.isfinite(result.components).all()


def test_elbows_of_two_bends() -> None:
    # straight falls to the components 5 and 12, then a flat rest
    scree = np.concatenate(
        [np.linspace(100, 20, 5), np.linspace(20, 6, 8)[1:], np.linspace(6, 1, 19)[1:]]
    )
    assert elbows(scree) == (5, 12)
    assert elbows(7 * scree) == (5, 12)
    assert elbows(scree, depth=0.3) == (5,)


@pytest.mark.parametrize("values", [[], [3.0], [3.0, 1.0, 0.5], np.ones(9), np.arange(9.0)[::-1]])
def test_no_elbow(values: object) -> None:
    assert elbows(values) == ()


def test_bad_calls() -> None:
    with pytest.raises(ValueError, match="n >= 2"):
        fit([[1.0, 2.0]])
    with pytest.raises(ValueError, match="finite"):
        fit([[1.0], [np.nan]])
    with pytest.raises(ValueError, match=r"1\.\.2"):
        fit(np.eye(2), 3)
    with pytest.raises(ValueError, match="2 columns"):
        project([[1.0]], fit(np.eye(2)))
    with pytest.raises(ValueError, match="ascend"):
        elbows([1.0, 2.0])
    with pytest.raises(ValueError, match="finite"):
        elbows([2.0, -1.0])
