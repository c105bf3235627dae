"""Placing a picture in the tree: the vote, what is far, what is unsure, and drift."""

import numpy as np
import pytest

from sempark.tree.placing import Tree, drift, place, plant, vote


@pytest.fixture(scope="module")
def grown() -> tuple[Tree, np.ndarray]:
    """Two categories; A has two nodes, ten apart, and one image in no node stands beside."""
    rng = np.random.default_rng(0)
    middles = np.array([[0.0, 0], [10, 0], [0, 30]])
    X = np.concatenate([m + rng.normal(size=(50, 2)) for m in middles] + [[[90.0, 90.0]]])
    nodes = ["A/1"] * 50 + ["A/2"] * 50 + ["B"] * 50 + [None]
    return plant(X.astype(np.float32), nodes), X.astype(np.float32)


def asked(grown, point, category="A", probability=0.9):
    tree, X = grown
    rows = tree.members[category]
    distances = np.linalg.norm(X[rows] - np.asarray(point), axis=1)
    order = np.argsort(distances, kind="stable")[:10]
    return place(tree, category, probability, rows[order], distances[order], 0.5, 0.01)


def test_a_planted_tree_holds_members_and_their_distances(grown) -> None:
    tree, X = grown
    assert tree.nodes == ["A/1", "A/2", "B"] and tree.node_of[-1] == -1
    assert {name: len(rows) for name, rows in tree.members.items()} == {"A": 100, "B": 50}
    rows = tree.members["B"]
    apart = np.sort(np.linalg.norm(X[rows][:, None] - X[rows][None], axis=2), axis=1)[:, 1:6]
    assert tree.strangeness["B"] == pytest.approx(np.sort(apart.mean(axis=1)), rel=1e-6)


def test_near_images_vote(grown) -> None:
    found = asked(grown, [10.2, 0.1])
    assert (found.status, found.category, found.node) == ("ok", "A", "A/2")
    assert found.confidence == 1.0 and found.p_value > 0.1
    assert asked(grown, [0, 0]).node == "A/1"


def test_what_is_like_nothing_is_far(grown) -> None:
    found = asked(grown, [0, -40])
    assert (found.status, found.category, found.node) == ("far", "A", "")
    assert found.p_value == pytest.approx(1 / 101)


def test_no_probable_category_is_unsure(grown) -> None:
    assert asked(grown, [0, 0], probability=0.4).status == "unsure"
    tree, _ = grown
    nothing = place(tree, "C", 0.9, np.empty(0, np.int64), np.empty(0), 0.5, 0.01)
    assert nothing.status == "unsure" and nothing.category == ""


def test_votes_are_inverse_distances() -> None:
    node, share = vote(np.array([3, 1, 1]), np.array([1.0, 3.0, 3.0]))
    assert (node, share) == (3, pytest.approx(1 / (1 + 2 / 3)))
    assert vote(np.array([2, 1]), np.array([1.0, 1.0]))[0] == 1  # a tie: the lower node
    node, share = vote(np.array([5, 0, 0]), np.array([0.0, 1e-9, 1e-9]))
    assert node == 5 and share == pytest.approx(1.0)


def test_a_single_image_is_a_category_too() -> None:
    tree = plant(np.ones((1, 3), np.float32), ["A"])
    assert tree.strangeness["A"].tolist() == [0.0]


def test_drift_of_like_images_is_small_and_of_others_large() -> None:
    rng = np.random.default_rng(3)
    figure, limit = drift(rng.random(400))
    assert figure < limit == pytest.approx(np.sqrt(np.log(100) / 800))
    assert drift(rng.random(400) ** 3)[0] > limit
    assert drift(np.ones(5))[0] == 0.0
    assert drift(np.array([0.2, 0.9]))[0] == pytest.approx(0.3)  # by hand: 1/2 - 0.2


def test_false_alarms_are_as_rare_as_promised() -> None:
    rng = np.random.default_rng(4)
    alarms = [np.greater(*drift(rng.random(50))) for _ in range(2000)]
    assert np.mean(alarms) < 0.015


@pytest.mark.parametrize("p", [[], [0.5, 1.5], [-0.1], [np.nan]])
def test_what_is_no_p_value_is_refused(p) -> None:
    with pytest.raises(ValueError, match="p-values"):
        drift(np.array(p))
