"""taxonomy: the tree of sub-categories, grown inside each category without further labels.

In: a category an image (its label, or a confident prediction), vectors, scales, makers, the tree
before, a steward's wishes. Out: a row a node. Growth is `sempark.tree.growing`'s; nodes keep the
ids of those before by the images they share, and a steward's names, merges and splits hold
(`stewarding`).
Source: chapter 5 of the thesis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sempark import config
from sempark.clustering.linkage import Method, linkage
from sempark.spaces import Vectors
from sempark.tables import TAXONOMY, PassedOver
from sempark.tree import growing, stewarding
from sempark.tree.growing import Node
from sempark.tree.stewarding import Wishes

N_TYPICAL = 12
N_BORDER = 6
ONE_INSTRUMENT = 0.95
NOT_YET = 0.9
KNOWN_MAKERS = 0.5
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Image:
    """What the tree knows of an image beside its vector."""

    category: str
    labelled: bool
    vendor: str | None
    nm_per_px: float | None


@dataclass(frozen=True)
class Past:
    """The table before: of each node the md5s that grew in it, whatever a steward merged."""

    members: Mapping[str, set[str]] = field(default_factory=dict)

    def below(self, parent: str) -> dict[str, set[str]]:
        """The earlier children of a node."""
        return {id: md5s for id, md5s in self.members.items() if id.rpartition("/")[0] == parent}


def past(rows: Sequence[Mapping[str, Any]]) -> Past:
    """Read the memberships out of the rows of a table taxonomy."""
    found: dict[str, set[str]] = {}
    for row in rows:
        for md5, grown in zip(row["members"], row["grown"] or (), strict=False):
            parts = grown.split("/")
            for end in range(1, len(parts) + 1):
                found.setdefault("/".join(parts[:end]), set()).add(md5)
    return Past(found)


def build(
    vectors: Vectors,
    images: Mapping[str, Image],
    wishes: Wishes,
    before: Past,
    settings: config.Taxonomy,
    progress: Progress,
) -> pa.Table:
    """Grow the tree. Key: node.

    ``images`` holds those with a category.
    """
    known = [i for i, md5 in enumerate(vectors.md5s) if md5 in images]
    if not known:
        raise PassedOver("no image has a category: neither labels nor confident predictions")
    category = np.array([images[vectors.md5s[i]].category for i in known])
    rows = np.array(known)
    evened = growing.evened(vectors.X[rows], category)
    space = np.zeros((len(vectors.X), evened.shape[1]), np.float32)
    space[rows] = evened

    def ids(parent: str, children: Sequence[growing.Rows]) -> list[tuple[str, float | None]]:
        members = [{vectors.md5s[i] for i in part} for part in children]
        return stewarding.kept_ids(members, before.below(parent), parent)

    nodes: list[Node] = []
    grown: dict[int, str] = {}
    roots = {str(name): rows[category == name] for name in np.unique(category)}
    for node in growing.grow(roots, space, settings, ids, wishes.splits, progress):
        nodes.append(node)
        grown |= dict.fromkeys(node.rows.tolist(), node.id)  # children come after parents
    nodes = merged(nodes, wishes.merges)
    partition = flat(vectors.X, nodes, settings)
    facts = _Facts(replace(vectors, X=space), images, nodes, partition)
    found = [facts.row(node, wishes.names, grown) for node in nodes]
    return pa.Table.from_pylist(found, schema=TAXONOMY.arrow)


def merged(nodes: Sequence[Node], merges: Mapping[str, str]) -> list[Node]:
    """Put nodes into their siblings where both are there; what was below them goes with them."""
    by_id = {node.id: node for node in nodes}
    for node, into in merges.items():
        if node in by_id and into in by_id:
            target, gone = by_id[into], by_id.pop(node)
            rows = np.union1d(target.rows, gone.rows)
            rule = f"{target.rule}; a steward put {node} in"
            by_id[into] = replace(target, rows=rows, rule=rule)
            by_id = {id: one for id, one in by_id.items() if not id.startswith(f"{node}/")}
    return list(by_id.values())


def flat(
    X: NDArray[np.float32], nodes: Sequence[Node], settings: config.Taxonomy
) -> dict[int, int]:
    """Cluster of each row of the tree in one flat partition with as many clusters as leaves."""
    parents = {node.parent for node in nodes}
    rows = np.unique(np.concatenate([node.rows for node in nodes]))
    k = min(sum(node.id not in parents for node in nodes), len(rows))
    if len(rows) < 2:
        return dict.fromkeys(rows.tolist(), 0)
    points = growing.own_space(growing.rooted(X[rows]))
    labels = linkage(points, cast(Method, settings.method)).cut(k)
    return dict(zip(rows.tolist(), labels.tolist(), strict=True))


class _Facts:
    """What is said of each node; holds the middles of all of them."""

    def __init__(
        self,
        vectors: Vectors,
        images: Mapping[str, Image],
        nodes: Sequence[Node],
        flat_of: Mapping[int, int],
    ) -> None:
        self._vectors, self._images, self._flat = vectors, images, flat_of
        self._flat_sizes = np.bincount(list(flat_of.values()))
        self._nodes = {node.id: node for node in nodes}
        self._middles = {
            node.id: vectors.X[node.rows].mean(axis=0, dtype=np.float64) for node in nodes
        }

    def row(self, node: Node, names: Mapping[str, str], grown: Mapping[int, str]) -> dict[str, Any]:
        """The node's row of the table."""
        md5s = [self._vectors.md5s[i] for i in node.rows]
        about = [self._images[md5] for md5 in md5s]
        order, odd = self._orders(node)
        vendor, share = _most_frequent([image.vendor for image in about])
        scales = [image.nm_per_px for image in about if image.nm_per_px]
        low, high = np.quantile(scales, [0.05, 0.95]).tolist() if scales else (None, None)
        return {
            "node": node.id,
            "parent": node.parent,
            "category": node.id.partition("/")[0],
            "name": names.get(node.id, node.id.rpartition("/")[2]),
            "depth": node.depth,
            "size": len(md5s),
            "members": md5s,
            "medoid": md5s[order[0]],
            "typical": [md5s[i] for i in order[:N_TYPICAL]],
            "border": [md5s[i] for i in odd[:N_BORDER]],
            "labelled_share": sum(image.labelled for image in about) / len(about),
            "instrument": vendor,
            "instrument_share": share,
            "one_instrument": self._one_instrument(node),
            "nm_per_px_low": low,
            "nm_per_px_high": high,
            "stability": node.stability,
            "flat_overlap": self._flat_overlap(node),
            "kept": node.overlap,
            "rule": node.rule,
            "grown": [grown[i] for i in node.rows.tolist()] if node.parent is None else [],
        }

    def _orders(self, node: Node) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows by distance from the middle, and by how little nearer to it than to another.

        Without siblings the odd ones are the farthest.
        """
        points = self._vectors.X[node.rows].astype(np.float64)
        away = np.linalg.norm(points - self._middles[node.id], axis=1)
        others = [
            np.linalg.norm(points - self._middles[id], axis=1)
            for id, other in self._nodes.items()
            if id != node.id and other.parent == node.parent
        ]
        margin = np.min(others, axis=0) - away if others else -away
        return np.argsort(away, kind="stable"), np.argsort(margin, kind="stable")

    def _one_instrument(self, node: Node) -> bool:
        """Whether nearly all members with a known maker have one, which the parent's have not."""
        if node.parent is None:
            return False
        own, above = self._share_of_known(node), self._share_of_known(self._nodes[node.parent])
        return own >= ONE_INSTRUMENT and above < NOT_YET

    def _share_of_known(self, node: Node) -> float:
        vendors = [self._images[self._vectors.md5s[i]].vendor for i in node.rows]
        known = [vendor for vendor in vendors if vendor]
        if len(known) < KNOWN_MAKERS * len(vendors):
            return 0.0
        return max(known.count(vendor) for vendor in set(known)) / len(known)

    def _flat_overlap(self, node: Node) -> float:
        """Shared images over all images of the node and its best cluster of the flat partition."""
        counts = np.bincount([self._flat[i] for i in node.rows.tolist()])
        both = len(node.rows) + self._flat_sizes[: len(counts)] - counts
        return float((counts / both).max())


def _most_frequent(vendors: Sequence[str | None]) -> tuple[str | None, float | None]:
    known = sorted(vendor for vendor in vendors if vendor)
    if not known:
        return None, None
    best = max(dict.fromkeys(known), key=known.count)
    return best, known.count(best) / len(vendors)
