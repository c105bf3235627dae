"""The space a tree grows in: what every category shares is weighed down, what tells parts stays."""

import numpy as np
import pytest

from sempark.clustering.linkage import linkage
from sempark.clustering.scores import score
from sempark.clustering.stability import Stability
from sempark.config import load
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


def line(*points: float, best: int, most: int) -> Stability:
    """A single linkage of points on a line, of whose numbers up to `most` the best is said."""
    merges = linkage(np.array(points)[:, None], "single")
    return Stability(merges, np.zeros(most - 1), best)


def test_one_height_says_which_nodes_have_the_children_that_are_stable_together() -> None:
    wide = line(0, 1, 10, 30, 31, best=2, most=5)  # gaps 1, 9, 20, 1
    narrow = line(0, 2, 5, 5.5, best=3, most=4)  # gaps 2, 3, 0.5
    assert growing.allotted([wide, narrow]) == [3, 2]  # at 20, 9 and 3
    assert growing.allotted([narrow, wide]) == [2, 3]
    few = line(0, 1, 10, 30, 31, best=2, most=2)
    assert growing.allotted([few, narrow]) == [2, 3]  # no more than were tried
    one, two = line(0, 1, 2, best=1, most=3), line(0, 1, 2, best=2, most=3)
    assert growing.allotted([two, one]) == growing.allotted([one, two]) == [2, 1]  # ties: the first
    assert growing.allotted([one]) == [1] and growing.allotted([]) == []


def test_children_go_where_the_scatter_is_and_a_steward_goes_before(data) -> None:
    X, category, group = data
    roots = {str(name): np.flatnonzero(category == name) for name in np.unique(category)}
    settings = load(None, ["taxonomy.depth=1", "taxonomy.min_size=20"]).taxonomy
    space = growing.evened(X, category)
    seen: list[tuple[int, int]] = []
    found = {
        node.id: node
        for node in growing.grow(roots, space, settings, progress=lambda *now: seen.append(now))
    }
    assert sorted(found) == sorted(f"c{c}{part}" for c in range(3) for part in ("", "/1", "/2"))
    for c in range(3):
        share = group[found[f"c{c}/1"].rows].mean()  # of one of the two groups
        assert min(share, 1 - share) < 0.05
        assert found[f"c{c}"].rule.startswith("2 children at the height common to the level")
    assert seen[-1] == (9, 9) and seen[:3] == [(1, 3), (2, 3), (3, 3)]
    wide = space.copy()
    wide[category == "c0"] *= 10  # its hierarchy alone lies above the common height
    alone = {node.id for node in growing.grow(roots, wide, settings)}
    assert {"c1/1", "c2/1"} & alone == set() and "c0/3" in alone
    wanted = {node.id for node in growing.grow(roots, wide, settings, splits={"c0": 1, "c1": 4})}
    assert "c0/1" not in wanted and {"c1/4", "c2/1"} <= wanted


def test_nodes_of_one_two_or_equal_points_are_leaves_or_split_without_an_error() -> None:
    settings = load(None, ["taxonomy.min_size=1", "taxonomy.repeats=3"]).taxonomy
    X = np.zeros((9, 3), np.float32)
    X[3:5, 0] = [1, 2]
    roots = {"one": np.array([0]), "two": np.array([3, 4]), "equal": np.arange(5, 9)}
    found = list(growing.grow(roots, X, settings))
    assert [node.id for node in found][:3] == ["one", "two", "equal"]
    assert sorted(np.concatenate([node.rows for node in found if node.depth == 0])) == [
        0, 3, 4, 5, 6, 7, 8,
    ]  # fmt: skip
    assert all(len(node.rows) for node in found)
