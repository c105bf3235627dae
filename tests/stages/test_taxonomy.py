"""The tree: what it splits, what it leaves whole, and what a node says of itself."""

import numpy as np
import pytest

from sempark import config
from sempark.spaces import Vectors
from sempark.stages import taxonomy
from sempark.stages.taxonomy import Past
from sempark.tables import PassedOver
from sempark.tree import growing
from sempark.tree.stewarding import Wishes

NONE = (Wishes(), Past())


def settings(**changes) -> config.Taxonomy:
    sets = [f"taxonomy.{key}={value}" for key, value in changes.items()]
    return config.load(None, sets).taxonomy


@pytest.fixture(scope="module")
def data():
    """Tips: three far groups; Powder: one cloud; Fibres: too few."""
    rng = np.random.default_rng(3)
    middles = 20 * np.eye(3, 8)
    tips = np.concatenate([m + rng.normal(size=(60, 8)) for m in middles])
    X = np.concatenate([tips, rng.normal(size=(150, 8)), rng.normal(size=(10, 8))])
    md5s = [f"{i:04x}" for i in range(len(X))]
    names = ["Tips"] * 180 + ["Powder"] * 150 + ["Fibres"] * 10
    images = {
        md5: taxonomy.Image(name, i % 2 == 0, "Zeiss" if i < 60 else None, 10.0 + i)
        for i, (md5, name) in enumerate(zip(md5s, names, strict=True))
    }
    return Vectors("ft", md5s, X.astype(np.float32)), images


def rows(data, **changes):
    table = taxonomy.build(*data, *NONE, settings(**changes), lambda done, total: None)
    return {row["node"]: row for row in table.to_pylist()}


def again(data, before, wishes=None, **changes):
    """Grown again on other data, with the rows of before."""
    past = taxonomy.past(list(before.values()))
    table = taxonomy.build(*data, wishes or Wishes(), past, settings(**changes), lambda *_: None)
    return {row["node"]: row for row in table.to_pylist()}


def group_of(row) -> int:
    """Which of the three far groups of Tips a node is."""
    groups = {int(md5, 16) // 60 for md5 in row["members"]}
    assert len(groups) == 1
    return groups.pop()


def test_far_groups_become_children_and_a_cloud_does_not(data) -> None:
    found = rows(data, depth=1)
    assert sorted(found) == ["Fibres", "Powder", "Tips", "Tips/1", "Tips/2", "Tips/3"]
    groups = [
        sorted(int(md5, 16) // 60 for md5 in found[f"Tips/{i}"]["members"]) for i in (1, 2, 3)
    ]
    assert sorted(g[0] for g in groups) == [0, 1, 2] and all(g[0] == g[-1] for g in groups)
    assert found["Tips/1"]["stability"] > 0.95
    assert found["Powder"]["rule"].startswith(
        "leaf at the height common to the level; alone stable: none"
    )
    assert found["Fibres"]["rule"] == "leaf: 10 images, fewer than two times 30"


def test_children_hold_each_member_once(data) -> None:
    found = rows(data)
    members = sorted(
        m for node in found.values() if node["parent"] == "Tips" for m in node["members"]
    )
    assert members == sorted(found["Tips"]["members"])
    assert all(len(row["members"]) == row["size"] for row in found.values())


def test_the_order_of_images_does_not_matter(data) -> None:
    vectors, images = data
    order = np.random.default_rng(0).permutation(len(vectors.md5s))
    order = order[np.argsort([vectors.md5s[i] for i in order])]  # to_numpy sorts by md5
    again = Vectors("ft", [vectors.md5s[i] for i in order], vectors.X[order])
    assert rows((again, images)) == rows(data)


def test_a_node_says_what_is_in_it(data) -> None:
    row = rows(data)["Tips"]
    assert row["labelled_share"] == pytest.approx(0.5)
    assert (row["instrument"], row["instrument_share"]) == ("Zeiss", pytest.approx(1 / 3))
    assert row["nm_per_px_low"] < row["nm_per_px_high"]
    assert row["medoid"] == row["typical"][0] and len(row["border"]) == 6


def test_a_steward_names_nodes(data) -> None:
    said = Wishes(names={"Tips/1": "sharp"})
    table = taxonomy.build(*data, said, Past(), settings(), lambda *_: None)
    assert "sharp" in {row["name"] for row in table.to_pylist()}


def test_identical_vectors_stay_one_leaf() -> None:
    X = np.ones((90, 4), np.float32)
    md5s = [f"{i:03x}" for i in range(90)]
    images = {md5: taxonomy.Image("Tips", True, None, None) for md5 in md5s}
    table = taxonomy.build(Vectors("ft", md5s, X), images, *NONE, settings(), lambda *_: None)
    assert sum(row["depth"] == 0 for row in table.to_pylist()) == 1


def test_no_category_is_passed_over(data) -> None:
    with pytest.raises(PassedOver, match="no image has a category"):
        taxonomy.build(data[0], {}, *NONE, settings(), lambda *_: None)


def test_ids_stay_when_the_tree_is_grown_again(data) -> None:
    before = rows(data, depth=1)
    vectors, images = data
    # most of the largest group goes, so that the numbers by size would change
    largest = group_of(before["Tips/1"])
    gone = {vectors.md5s[i] for i in range(60 * largest, 60 * largest + 25)}
    kept = [i for i, md5 in enumerate(vectors.md5s) if md5 not in gone]
    fewer = Vectors("ft", [vectors.md5s[i] for i in kept], vectors.X[kept])
    after = again((fewer, images), before, depth=1)
    plain = rows((fewer, images), depth=1)
    assert {id: group_of(row) for id, row in after.items() if "/" in id} == {
        id: group_of(row) for id, row in before.items() if "/" in id
    }
    assert group_of(plain["Tips/1"]) != group_of(after["Tips/1"])  # what matching is for
    assert after["Tips/1"]["kept"] == pytest.approx(35 / 60)
    assert before["Tips/1"]["kept"] is None


def test_a_stewards_merges_and_splits_survive(data) -> None:
    first = rows(data, depth=1)
    said = Wishes({"Tips/3": "blunt"}, {"Tips/1": "Tips/2"}, {"Powder": 2})
    second = again(data, first, said, depth=1)
    assert sorted(second) == [
        "Fibres",
        "Powder",
        "Powder/1",
        "Powder/2",
        "Tips",
        "Tips/2",
        "Tips/3",
    ]
    both = {group_of(first["Tips/1"]), group_of(first["Tips/2"])}
    assert {int(md5, 16) // 60 for md5 in second["Tips/2"]["members"]} == both
    assert "a steward put Tips/1 in" in second["Tips/2"]["rule"]
    assert second["Powder"]["rule"] == "2 children: a steward wants them"
    assert second["Tips/3"]["name"] == "blunt"
    third = again(data, second, said, depth=1)
    for id, row in third.items():
        assert row["members"] == second[id]["members"] and row["name"] == second[id]["name"]
    undone = again(data, third, depth=1)  # without the word the node comes back under its id
    assert undone["Tips/1"]["members"] == first["Tips/1"]["members"]


def test_one_instruments_cluster_is_marked(data) -> None:
    found = rows(data, depth=1)
    marked = {id for id, row in found.items() if row["one_instrument"]}
    zeiss = next(id for id, row in found.items() if "/" in id and group_of(row) == 0)
    assert marked == {zeiss}  # the others' maker is not known
    vectors, images = data
    other = {
        md5: taxonomy.Image(i.category, i.labelled, i.vendor or "FEI", i.nm_per_px)
        for md5, i in images.items()
    }
    found = rows((vectors, other), depth=1)
    assert {id for id, row in found.items() if row["one_instrument"]} == {
        "Tips/1",
        "Tips/2",
        "Tips/3",
    }
    assert found[zeiss]["instrument"] == "Zeiss"


def test_the_odd_ones_lie_towards_another_node(data) -> None:
    vectors, images = data
    row = rows(data, depth=1)["Tips/1"]
    group = group_of(row)
    X = growing.evened(vectors.X, np.array([images[md5].category for md5 in vectors.md5s]))
    own = X[60 * group : 60 * group + 60].mean(axis=0)
    others = [X[60 * g : 60 * g + 60].mean(axis=0) for g in range(3) if g != group]

    def margin(md5: str) -> float:
        x = X[int(md5, 16)]
        return min(np.linalg.norm(x - o) for o in others) - float(np.linalg.norm(x - own))

    by_margin = sorted(row["members"], key=margin)
    assert row["border"] == by_margin[:6]


def test_far_groups_are_a_flat_partitions_too(data) -> None:
    found = rows(data, depth=1)
    assert all(found[f"Tips/{i}"]["flat_overlap"] > 0.9 for i in (1, 2, 3))
    assert all(0 < row["flat_overlap"] <= 1 for row in found.values())


def test_the_own_space_keeps_distances_of_few_points_in_many_columns() -> None:
    rng = np.random.default_rng(1)
    X = (rng.normal(size=(40, 3)) @ rng.normal(size=(3, 500))).astype(np.float32)
    Z = growing.own_space(X)
    assert Z.shape[0] == 40 and 3 <= Z.shape[1] <= 6
    apart = np.linalg.norm(Z[:, None] - Z[None], axis=2)
    assert apart == pytest.approx(np.linalg.norm(X[:, None] - X[None], axis=2), rel=1e-4, abs=1e-3)
