"""The tree: what it splits, what it leaves whole, and what a node says of itself."""

import numpy as np
import pytest

from sempark import config
from sempark.spaces import Vectors
from sempark.stages import taxonomy
from sempark.tables import PassedOver


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
    table = taxonomy.build(*data, {}, settings(**changes), lambda done, total: None)
    return {row["node"]: row for row in table.to_pylist()}


def test_far_groups_become_children_and_a_cloud_does_not(data) -> None:
    found = rows(data, depth=1)
    assert sorted(found) == ["Fibres", "Powder", "Tips", "Tips/1", "Tips/2", "Tips/3"]
    groups = [
        sorted(int(md5, 16) // 60 for md5 in found[f"Tips/{i}"]["members"]) for i in (1, 2, 3)
    ]
    assert sorted(g[0] for g in groups) == [0, 1, 2] and all(g[0] == g[-1] for g in groups)
    assert found["Tips/1"]["stability"] > 0.95
    assert found["Powder"]["rule"].startswith("leaf: no split is stable")
    assert found["Fibres"]["rule"] == "leaf: 10 images"


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
    table = taxonomy.build(*data, {"Tips/1": "sharp"}, settings(), lambda *_: None)
    assert "sharp" in {row["name"] for row in table.to_pylist()}


def test_identical_vectors_stay_one_leaf() -> None:
    X = np.ones((90, 4), np.float32)
    md5s = [f"{i:03x}" for i in range(90)]
    images = {md5: taxonomy.Image("Tips", True, None, None) for md5 in md5s}
    table = taxonomy.build(Vectors("ft", md5s, X), images, {}, settings(), lambda *_: None)
    assert sum(row["depth"] == 0 for row in table.to_pylist()) == 1


def test_no_category_is_passed_over(data) -> None:
    with pytest.raises(PassedOver, match="no image has a category"):
        taxonomy.build(data[0], {}, {}, settings(), lambda *_: None)
