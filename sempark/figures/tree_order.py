"""Rows for images, so that every node of the tree is a run of rows.

In: nodes with their members. Out: the order of the images and each node's range.

With the images of a node next to each other, its contact sheet is a few files in a row and its
list of members is two numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """A node of the tree.

    Attributes
    ----------
    id, parent, category, name : str
        ``parent`` is empty for a category.
    depth : int
        0 for a category.
    members : sequence of str
        md5 of every image in it, its descendants' included.
    facts : mapping
        What else is known of it, shown as it is.
    medoid, typical, border : str, sequence of str, sequence of str
        Images that stand for it.
    """

    id: str
    parent: str
    category: str
    name: str
    depth: int
    members: Sequence[str]
    facts: Mapping[str, float | str | None]
    medoid: str = ""
    typical: Sequence[str] = ()
    border: Sequence[str] = ()


@dataclass(frozen=True)
class Order:
    """The order of the images.

    Attributes
    ----------
    md5s : list of str
        Row by row.
    nodes : list of Node
        Parents before children, children by falling size.
    ranges : list of (int, int)
        First row of each node and the row after its last.
    """

    md5s: list[str]
    nodes: list[Node]
    ranges: list[tuple[int, int]]


def ordered(nodes: Sequence[Node], others: Sequence[str]) -> Order:
    """Order images by the tree.

    Parameters
    ----------
    nodes : sequence of Node
        A child's members lie in its parent; those of siblings are disjoint. An image met a second
        time stays where it was first, and counts there only.
    others : sequence of str
        All images to be placed; those in no node follow after the tree, sorted.

    Returns
    -------
    Order
        Members that are not among the images are left out.

    Raises
    ------
    ValueError
        If a parent is not there, or an id stands twice.
    """
    known = {node.id for node in nodes}
    if len(known) != len(nodes):
        raise ValueError(f"expected {len(nodes)} different node ids, received {len(known)}")
    children: dict[str, list[Node]] = {}
    for node in sorted(nodes, key=lambda node: (-len(node.members), node.id)):
        if node.parent and node.parent not in known:
            raise ValueError(f"node {node.id}: expected its parent {node.parent} among the nodes")
        children.setdefault(node.parent, []).append(node)
    left = set(others)
    result = Order([], [], [])
    for root in children.get("", []):
        _place(root, children, left, result)
    result.md5s.extend(sorted(left))
    return result


def _place(node: Node, children: Mapping[str, list[Node]], left: set[str], out: Order) -> None:
    """Append a node, its children's images first, then those in no child."""
    place, start = len(out.nodes), len(out.md5s)
    out.nodes.append(node)
    out.ranges.append((start, start))
    for child in children.get(node.id, []):
        _place(child, children, left, out)
    rest = sorted(left.intersection(node.members))
    out.md5s.extend(rest)
    left.difference_update(rest)
    out.ranges[place] = (start, len(out.md5s))
