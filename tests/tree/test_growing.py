"""The space a tree grows in: what every category shares is weighed down, what tells parts stays."""

import numpy as np
import pytest

from sempark.clustering.linkage import linkage
from sempark.clustering.scores import score
from sempark.geometry.neighbors import nearest
from sempark.tree import growing


@pytest.fixture(scope="module")
def data():
    """Three categories of two groups each, in 40 columns; one column is brightness."""
    rng = np.random.default_rng(3)
    X, category, group = [], [], []
    for c in range(3):
        for g in range(2):
            points = 100 + rng.normal(size=(60, 40))
            points[:, 5 + c] += 6 * g
            points[:, 20 + c] += 30
            points[:, 0] += 5 * rng.normal(size=60)
            X.append(points)
            category += [f"c{c}"] * 60
            group += [g] * 60
    return np.concatenate(X).astype(np.float32), np.array(category), np.array(group)


def inside_ari(space, category, group) -> float:
    found = [
        score(linkage(growing.own_space(space[rows]), "ward").cut(2), group[rows]).ari[0]
        for rows in (category == name for name in np.unique(category))
    ]
    return float(np.mean(found))


def test_groups_are_found_under_what_all_categories_share(data) -> None:
    X, category, group = data
    assert inside_ari(growing.rooted(X), category, group) < 0.2
    assert inside_ari(growing.evened(X, category), category, group) > 0.9


def test_deviations_inside_categories_are_roots_of_what_they_were(data) -> None:
    X, category, _ = data
    space = growing.evened(X, category).astype(np.float64)
    inside, before = space.copy(), growing.rooted(X).astype(np.float64)
    for name in np.unique(category):
        inside[category == name] -= space[category == name].mean(axis=0)
        before[category == name] -= before[category == name].mean(axis=0)
    covariance = inside.T @ inside / (len(X) - 1)
    variances = np.linalg.eigvalsh(before.T @ before / (len(X) - 1))[::-1]
    assert space.shape == (len(X), growing.EVENED_DIMENSIONS)
    assert np.diag(covariance) == pytest.approx(np.sqrt(variances[: space.shape[1]]), rel=1e-3)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-3


def test_order_of_rows_and_width_make_no_difference(data) -> None:
    X, category, _ = data
    order = np.random.default_rng(0).permutation(len(X))
    wide = np.hstack([X, np.zeros((len(X), 400), np.float32)])  # by the triangle of a QR
    a = nearest(growing.evened(X, category)[order], 5).distances
    for other in (growing.evened(X[order], category[order]), growing.evened(wide, category)[order]):
        assert nearest(other, 5).distances == pytest.approx(a, rel=1e-3)


def test_what_does_not_vary_is_left_as_it_is() -> None:
    X = np.array([[4.0, -9.0]] * 3 + [[0.0, 1.0]] * 2, np.float32)
    category = np.array(["a"] * 3 + ["b"] * 2)
    assert np.array_equal(growing.evened(X, category), [[2, -3]] * 3 + [[0, 1]] * 2)
    assert growing.evened(X[:1], category[:1]).tolist() == [[2, -3]]
