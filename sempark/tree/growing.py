"""How a tree grows inside one category: its own space, the number of children, their children.

In: vectors of all images with their categories (`evened`), then those of one category. Out: nodes,
a parent before its children. What varies alike inside every category, such as brightness, is
weighed down first; a node's vectors are then brought to their own intrinsic dimension by PCA and
merged; the number of children is the most stable one under resampling, or what a steward says; a
child is split again where that holds. Too small a node, or one without a stable split, stays a
leaf.
Source: chapter 5 of the thesis; signed square roots as in F. Perronnin, J. Sanchez, T. Mensink,
ECCV 2010, doi:10.1007/978-3-642-15561-1_11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from sempark.clustering.linkage import Method, linkage
from sempark.clustering.stability import stability
from sempark.config import Taxonomy
from sempark.geometry import neighbors, pca, two_nn

THRESHOLD = 0.5
MOST_DIMENSIONS = 18
DISCARD = 0.3
EVENED_DIMENSIONS = 30
FEW = 6
"""Points whose distances say nothing of a dimension."""
NOTHING = 1e-6
"""Share of the largest coordinate under which a deviation is rounding."""


Rows = NDArray[np.int64]
Ids = Callable[[str, Sequence[Rows]], Sequence[tuple[str, float | None]]]
"""A node and its children's rows, largest first, to ids and overlaps with the nodes before."""


@dataclass(frozen=True)
class Node:
    """A node of the tree.

    Attributes
    ----------
    id : str
        Category, or its parent's id and a number.
    parent : str or None
    depth : int
        0 for a category.
    rows : int64 (m,)
        Its members.
    stability : float or None
        Of the split above.
    overlap : float or None
        With the node of this id before; None: a new one.
    rule : str
        How its own children were chosen.
    """

    id: str
    parent: str | None
    depth: int
    rows: Rows
    stability: float | None
    overlap: float | None
    rule: str = ""


def numbered(parent: str, children: Sequence[Rows]) -> list[tuple[str, float | None]]:
    """Ids of children that have no past: 1, 2, ..."""
    return [(f"{parent}/{number}", None) for number in range(1, len(children) + 1)]


def grow(
    category: str,
    rows: Rows,
    X: NDArray[np.float32],
    settings: Taxonomy,
    ids: Ids = numbered,
    splits: Mapping[str, int] | None = None,
) -> Iterator[Node]:
    """Grow the tree of one category.

    Parameters
    ----------
    category : str
        Id of the root.
    rows : int64 (m,)
        Rows of X in this category.
    X : float32 (n, d)
    settings : Taxonomy
    ids : callable
        Names the children of a node.
    splits : mapping, optional
        Node to a number of children that a steward wants whatever the rule says.
    """
    return _grow(Node(category, None, 0, rows, None, None), X, settings, ids, splits or {})


def rooted(X: NDArray[np.float32]) -> NDArray[np.float32]:
    """Signed square roots: means over a picture are skewed, and a few large ones rule distances."""
    return np.sign(X) * np.sqrt(np.abs(X))


def evened(X: NDArray[np.float32], category: NDArray[np.str_]) -> NDArray[np.float32]:
    """Vectors in which no direction rules only because images of every category vary along it.

    `rooted`, then projected on the directions along which images vary most inside their
    categories, all categories pooled; each direction is divided by the square root of its standard
    deviation there. That is half way between the features as they are, where brightness and
    contrast rule, and whitened ones, where noise counts as much as anything.

    Parameters
    ----------
    X : float32 (n, d)
    category : (n,) of str

    Returns
    -------
    float32 (n, m)
        m is at most `EVENED_DIMENSIONS`; the rooted vectors themselves where nothing varies inside
        any category.
    """
    points = rooted(X)
    if len(points) < 2:
        return points
    coordinates = _fewer_columns(points)
    inside = coordinates.copy()
    for name in np.unique(category):
        rows = category == name
        inside[rows] -= coordinates[rows].mean(axis=0)
    found = pca.fit(inside, min(EVENED_DIMENSIONS, *inside.shape))
    spread = np.sqrt(found.explained_variance)
    kept = spread > NOTHING * np.abs(coordinates).max()
    if not kept.any():
        return points
    return (pca.project(coordinates, found)[:, kept] / np.sqrt(spread[kept])).astype(np.float32)


def own_space(X: NDArray[np.float32]) -> NDArray[np.float64]:
    """Vectors projected to one dimension more than their own 2-NN estimate."""
    points = _fewer_columns(X).astype(np.float64)
    n = len(points)
    measured = float(MOST_DIMENSIONS)
    if n >= FEW:
        near = neighbors.nearest(points, 2).distances
        try:
            measured = two_nn.estimate(near[:, 0], near[:, 1], DISCARD).dimension
        except ValueError:  # identical vectors have no dimension: the bound is all there is
            measured = float(MOST_DIMENSIONS)
    size = min(round(measured) + 1, MOST_DIMENSIONS, n - 1, points.shape[1])
    return pca.project(points, pca.fit(points, max(1, size)))


def _fewer_columns(X: NDArray[np.float32]) -> NDArray[np.floating]:
    """The points about their mean in at most n columns, with the distances they have."""
    n, d = X.shape
    if n > d:
        return X
    # n points lie in n - 1 dimensions: the triangle of a QR holds all their distances
    points = np.asarray(X, np.float64)
    return np.asarray(np.linalg.qr((points - points.mean(axis=0)).T, mode="r")).T


def split(
    X: NDArray[np.float64], settings: Taxonomy, name: str
) -> tuple[list[Rows], float | None, str]:
    """Row numbers of each child, largest first; the split's stability; the rule in words."""
    most = min(settings.max_children, len(X) // settings.min_size)
    if most < 2:
        return [], None, f"leaf: fewer than two times {settings.min_size} images"
    # The seed is the node's own, so that its split does not depend on the others.
    rng = np.random.default_rng([settings.seed, *name.encode()])
    method = cast(Method, settings.method)
    found = stability(X, method, most, settings.repeats, THRESHOLD, rng)
    highest = float(found.mean.max())
    if found.best == 1:
        return [], None, f"leaf: no split is stable (highest index {highest:.2f})"
    words = f"{found.best} children: most stable of 2 to {most} ({highest:.2f})"
    return _parts(found.merges.cut(found.best)), highest, words


def _grow(
    node: Node, X: NDArray[np.float32], settings: Taxonomy, ids: Ids, splits: Mapping[str, int]
) -> Iterator[Node]:
    """A node and all below it."""
    parts, index, rule = _split(node, X, settings, splits)
    yield replace(node, rule=rule)
    children = [node.rows[part] for part in parts]
    for (id, kept), rows in zip(ids(node.id, children), children, strict=True):
        below = Node(id, node.id, node.depth + 1, rows, index, kept)
        yield from _grow(below, X, settings, ids, splits)


def _split(
    node: Node, X: NDArray[np.float32], settings: Taxonomy, splits: Mapping[str, int]
) -> tuple[list[Rows], float | None, str]:
    wanted = splits.get(node.id, 0)
    if wanted:
        k = min(wanted, len(node.rows))
        method = cast(Method, settings.method)
        labels = linkage(own_space(X[node.rows]), method).cut(k) if k > 1 else None
        if labels is None:
            return [], None, "leaf: a steward wants it whole"
        return _parts(labels), None, f"{k} children: a steward wants them"
    if node.depth >= settings.depth:
        return [], None, "leaf: lowest level"
    if len(node.rows) < 2 * settings.min_size:
        return [], None, f"leaf: {len(node.rows)} images"
    return split(own_space(X[node.rows]), settings, node.id)


def _parts(labels: Rows) -> list[Rows]:
    """Rows of each cluster, largest first, then by first row."""
    parts = [np.flatnonzero(labels == c) for c in range(int(labels.max()) + 1)]
    return sorted(parts, key=lambda rows: (-len(rows), int(rows[0])))
