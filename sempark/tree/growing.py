"""How the tree grows inside its categories: own spaces, numbers of children, level by level.

In: vectors of all images with their categories (`evened`). Out: nodes, a parent before its
children. What varies alike inside every category, such as brightness, is weighed down first; a
node's vectors are then brought to their own intrinsic dimension by PCA and merged. How many
children the nodes of a level have together is what is most stable under resampling in each; which
have them says one height, at which all hierarchies of the level are cut: with Ward linkage each
split is the one that takes most scatter away. A steward's numbers go before. Too small a node stays
a leaf.
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
from sempark.clustering.stability import Stability, stability
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


Progress = Callable[[int, int], None]
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
    roots: Mapping[str, Rows],
    X: NDArray[np.float32],
    settings: Taxonomy,
    ids: Ids = numbered,
    splits: Mapping[str, int] | None = None,
    progress: Progress = lambda done, total: None,
) -> Iterator[Node]:
    """Grow the trees of all categories, level by level.

    Parameters
    ----------
    roots : mapping
        Category, the id of its root, to its rows of X, int64 (m,).
    X : float32 (n, d)
        All in one space, whose distances mean the same in every category (`evened`).
    settings : Taxonomy
    ids : callable
        Names the children of a node.
    splits : mapping, optional
        Node to a number of children that a steward wants whatever the rule says.
    progress : callable
        Called with the nodes looked at and those known so far.

    Returns
    -------
    iterator of Node
        A parent before its children.
    """
    wanted = splits or {}
    level = [Node(name, None, 0, rows, None, None) for name, rows in roots.items()]
    looked = 0
    while level:
        known, tried = looked + len(level), dict[str, Stability]()
        for node in level:
            if node.id not in wanted and not _whole(node, settings):
                tried[node.id] = _stability(node, X, settings)
            looked += 1
            progress(looked, known)
        numbers = dict(zip(tried, allotted([*tried.values()]), strict=True))
        below = []
        for node in level:
            if node.id in tried:
                parts, index, rule = _cut(tried[node.id], numbers[node.id])
            elif node.id in wanted:
                parts, index, rule = _as_wanted(X[node.rows], wanted[node.id], settings)
            else:
                parts, index, rule = [], None, _whole(node, settings)
            yield replace(node, rule=rule)
            children = [node.rows[part] for part in parts]
            below += [
                Node(id, node.id, node.depth + 1, rows, index, kept)
                for (id, kept), rows in zip(ids(node.id, children), children, strict=True)
            ]
        level = below


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


def allotted(found: Sequence[Stability]) -> list[int]:
    """Numbers of children, all together those that are most stable, at one height for all nodes.

    A node gets at most the largest number that was tried for it. Ties go to the earlier node.
    """
    highest = [
        (-height, at)
        for at, one in enumerate(found)
        for height in np.sort(one.merges.heights)[::-1][: len(one.mean)].tolist()
    ]
    numbers = [1] * len(found)
    for _, at in sorted(highest)[: sum(one.best - 1 for one in found)]:
        numbers[at] += 1
    return numbers


def _whole(node: Node, settings: Taxonomy) -> str:
    """Why a node is no candidate for children; empty if it is one."""
    if node.depth >= settings.depth:
        return "leaf: lowest level"
    if _most(node, settings) < 2:
        return f"leaf: {len(node.rows)} images, fewer than two times {settings.min_size}"
    return ""


def _most(node: Node, settings: Taxonomy) -> int:
    return min(settings.max_children, len(node.rows) // max(2, settings.min_size))


def _stability(node: Node, X: NDArray[np.float32], settings: Taxonomy) -> Stability:
    # The seed is the node's own, so that what is stable in it does not depend on the others.
    rng = np.random.default_rng([settings.seed, *node.id.encode()])
    points, most = own_space(X[node.rows]), _most(node, settings)
    method = cast(Method, settings.method)
    return stability(points, method, most, settings.repeats, THRESHOLD, rng)


def _cut(found: Stability, k: int) -> tuple[list[Rows], float | None, str]:
    most = len(found.mean) + 1
    alone = f"{found.best} of 2 to {most}" if found.best > 1 else f"none of 2 to {most}"
    words = f"at the height common to the level; alone stable: {alone} ({found.mean.max():.2f})"
    if k == 1:
        return [], None, f"leaf {words}"
    return _parts(found.merges.cut(k)), float(found.mean[k - 2]), f"{k} children {words}"


def _as_wanted(
    X: NDArray[np.float32], k: int, settings: Taxonomy
) -> tuple[list[Rows], float | None, str]:
    k = min(k, len(X))
    if k < 2:
        return [], None, "leaf: a steward wants it whole"
    labels = linkage(own_space(X), cast(Method, settings.method)).cut(k)
    return _parts(labels), None, f"{k} children: a steward wants them"


def _parts(labels: Rows) -> list[Rows]:
    """Rows of each cluster, largest first, then by first row."""
    parts = [np.flatnonzero(labels == c) for c in range(int(labels.max()) + 1)]
    return sorted(parts, key=lambda rows: (-len(rows), int(rows[0])))
