"""Rows for images: every node of the tree is a run of rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sempark.figures.tree_order import Node, ordered


def node(id, members, parent="", depth=None):
    return Node(
        id, parent, id.split("/")[0], id, depth if depth is not None else id.count("/"), members, {}
    )


def test_hand_sized():
    nodes = [node("a", list("xyz")), node("a/0", list("z"), "a"), node("b", list("pqrs"))]
    order = ordered(nodes, list("pqrsxyzm"))
    assert order.md5s == ["p", "q", "r", "s", "z", "x", "y", "m"]
    assert [(n.id, r) for n, r in zip(order.nodes, order.ranges, strict=True)] == [
        ("b", (0, 4)), ("a", (4, 7)), ("a/0", (4, 5))]  # fmt: skip


def test_no_nodes_and_no_images():
    assert ordered([], ["b", "a"]).md5s == ["a", "b"]
    assert ordered([node("a", ["x"])], []).ranges == [(0, 0)]


def test_an_image_in_two_siblings_counts_once():
    order = ordered([node("a", ["x", "y"]), node("b", ["x"])], ["x", "y"])
    assert order.md5s == ["x", "y"] and order.ranges == [(0, 2), (2, 2)]


def test_members_that_are_no_images_are_left_out():
    assert ordered([node("a", ["x", "gone"])], ["x"]).ranges == [(0, 1)]


def test_errors():
    with pytest.raises(ValueError, match="expected its parent b"):
        ordered([node("a", [], "b")], [])
    with pytest.raises(ValueError, match="expected 2 different node ids, received 1"):
        ordered([node("a", []), node("a", [])], [])


@given(st.lists(st.integers(0, 60), max_size=60, unique=True), st.integers(1, 4), st.integers(1, 3))
def test_every_node_is_a_run_of_its_members_and_nobody_is_lost(images, n_roots, n_children):
    md5s = [f"{i:03d}" for i in images]
    nodes = []
    for r in range(n_roots):
        inside = [m for m in md5s if int(m) % (n_roots + 1) == r]
        nodes.append(node(f"r{r}", inside))
        for c in range(n_children):
            part = [m for m in inside if int(m) // 7 % (n_children + 1) == c]
            nodes.append(node(f"r{r}/{c}", part, f"r{r}"))
    order = ordered(nodes[::-1], md5s[::-1])
    assert sorted(order.md5s) == sorted(md5s)
    assert order == ordered(nodes, md5s)
    for each, (start, end) in zip(order.nodes, order.ranges, strict=True):
        assert sorted(order.md5s[start:end]) == sorted(each.members)
