"""taxonomy: the tree of sub-categories, grown inside each category without further labels.

In: a category an image (its label, or a confident prediction), vectors, scales, makers. Out: a row
a node. Inside a category its own vectors are brought to their own intrinsic dimension by PCA and
merged; the number of children is the most stable one under resampling; a child is split again
where that holds. Too small a category, or one without a stable split, stays a leaf.
Source: chapter 5 of the thesis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sempark import config
from sempark.clustering.linkage import Method
from sempark.clustering.stability import stability
from sempark.geometry import neighbors, pca, two_nn
from sempark.spaces import Vectors
from sempark.tables import TAXONOMY, PassedOver

THRESHOLD = 0.5
MOST_DIMENSIONS = 18
DISCARD = 0.3
N_TYPICAL = 12
N_BORDER = 6
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Image:
    """What the tree knows of an image beside its vector."""

    category: str
    labelled: bool
    vendor: str | None
    nm_per_px: float | None


@dataclass(frozen=True)
class Node:
    """A node while the tree grows: row numbers of its members, and how its parent was split."""

    name: str
    parent: str | None
    depth: int
    rows: NDArray[np.int64]
    stability: float | None


def build(
    vectors: Vectors,
    images: Mapping[str, Image],
    names: Mapping[str, str],
    settings: config.Taxonomy,
    progress: Progress,
) -> pa.Table:
    """Grow the tree. Key: node.

    ``images`` holds those with a category; ``names`` a steward's names of nodes.
    """
    known = [i for i, md5 in enumerate(vectors.md5s) if md5 in images]
    if not known:
        raise PassedOver("no image has a category: neither labels nor confident predictions")
    category = np.array([images[vectors.md5s[i]].category for i in known])
    rows = np.array(known)
    found: list[dict[str, Any]] = []
    all_categories = sorted(set(category))
    for done, name in enumerate(all_categories, start=1):
        root = Node(name, None, 0, rows[category == name], None)
        for node, rule in _grow(root, vectors.X, settings):
            found.append(_row(node, rule, vectors, images, names))
        progress(done, len(all_categories))
    return pa.Table.from_pylist(found, schema=TAXONOMY.arrow)


def own_space(X: NDArray[np.float32]) -> NDArray[np.float64]:
    """Vectors of one node projected to one dimension more than their own 2-NN estimate."""
    near = neighbors.nearest(X, 2).distances
    try:
        measured = two_nn.estimate(near[:, 0], near[:, 1], DISCARD).dimension
    except ValueError:  # identical vectors have no dimension: the bound is all there is
        measured = float(MOST_DIMENSIONS)
    size = min(round(measured) + 1, MOST_DIMENSIONS, X.shape[0] - 1, X.shape[1])
    return pca.project(X, pca.fit(X, max(1, size)))


def split(
    X: NDArray[np.float64], settings: config.Taxonomy, name: str
) -> tuple[list[NDArray[np.int64]], float | None, str]:
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
    labels = found.merges.cut(found.best)
    parts = sorted((np.flatnonzero(labels == c) for c in range(found.best)), key=_size_then_first)
    return parts, highest, f"{found.best} children: most stable of 2 to {most} ({highest:.2f})"


def _size_then_first(rows: NDArray[np.int64]) -> tuple[int, int]:
    return -len(rows), int(rows[0])


def _grow(
    node: Node, X: NDArray[np.float32], settings: config.Taxonomy
) -> Iterator[tuple[Node, str]]:
    """A node and all below it, parents first, each with the rule that chose its children."""
    if node.depth >= settings.depth or len(node.rows) < 2 * settings.min_size:
        small = node.depth < settings.depth
        yield node, f"leaf: {len(node.rows)} images" if small else "leaf: lowest level"
        return
    parts, index, rule = split(own_space(X[node.rows]), settings, node.name)
    yield node, rule
    for number, part in enumerate(parts, start=1):
        name = f"{node.name}/{number}"
        yield from _grow(Node(name, node.name, node.depth + 1, node.rows[part], index), X, settings)


def _row(
    node: Node,
    rule: str,
    vectors: Vectors,
    images: Mapping[str, Image],
    names: Mapping[str, str],
) -> dict[str, Any]:
    md5s = [vectors.md5s[i] for i in node.rows]
    about = [images[md5] for md5 in md5s]
    order = _from_the_middle(vectors.X[node.rows])
    vendor, share = _most_frequent([image.vendor for image in about])
    scales = [image.nm_per_px for image in about if image.nm_per_px]
    low, high = np.quantile(scales, [0.05, 0.95]).tolist() if scales else (None, None)
    return {
        "node": node.name,
        "parent": node.parent,
        "category": node.name.partition("/")[0],
        "name": names.get(node.name, node.name.rpartition("/")[2]),
        "depth": node.depth,
        "size": len(md5s),
        "members": md5s,
        "medoid": md5s[order[0]],
        "typical": [md5s[i] for i in order[:N_TYPICAL]],
        "border": [md5s[i] for i in order[::-1][:N_BORDER]],
        "labelled_share": sum(image.labelled for image in about) / len(about),
        "instrument": vendor,
        "instrument_share": share,
        "nm_per_px_low": low,
        "nm_per_px_high": high,
        "stability": node.stability,
        "rule": rule,
    }


def _from_the_middle(X: NDArray[np.float32]) -> NDArray[np.int64]:
    """Row numbers by distance from the mean, ties by row."""
    points = X.astype(np.float64)
    away = np.square(points - points.mean(axis=0)).sum(axis=1)
    return np.argsort(away, kind="stable")


def _most_frequent(vendors: Sequence[str | None]) -> tuple[str | None, float | None]:
    known = sorted(vendor for vendor in vendors if vendor)
    if not known:
        return None, None
    best = max(dict.fromkeys(known), key=known.count)
    return best, known.count(best) / len(vendors)
