"""tree_scores: the tree against known sub-categories, beside flat clustering and chance.

In: features of each checkpoint, the categories as the tree takes them, known sub-categories, which
images fine-tuning never saw. Out: a row a checkpoint, sample and method. Each of five samples holds
four fifths of the images; on it a tree is grown as the table taxonomy's is, with the prediction as
category of every image that the training never saw, and flat partitions are made of the same
features with as many clusters: by three linkages, and with directions evened out or whitened, so
that the categories are all a tree has over them. The best of these five by its NMI with the truth
stands as ``flat``: the choice favors it. Only images the training never saw are scored. Two
shuffles stand beside: of the tree's clusters among all scored images (chance), and among those of
one predicted category (categories: what these alone are worth). Inside each true category the
numbers of clusters are equal too: the flat hierarchy is cut where the category's images fall into
as many clusters as in the tree, chance shuffles the tree's own among them; means are weighted by
images.
Source: chapter 5 of the thesis; NMI of section 4.3.1; Hubert and Arabie 1985 (ARI).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sempark import config
from sempark.clustering.linkage import Method, linkage
from sempark.clustering.merges import Merges
from sempark.clustering.scores import score
from sempark.spaces import Vectors
from sempark.tables import TREE_SCORES, PassedOver
from sempark.tree import growing

SEEDS = 5
SHARE = 0.8
FEWEST = 40
"""Scored images under which nothing is said."""

Progress = Callable[[int, int], None]
Labels = NDArray[np.int64]
Inside = Callable[[NDArray[np.int64]], Labels]
"""Rows of one true category to their labels there."""


@dataclass(frozen=True)
class Case:
    """The images of one checkpoint: vectors, categories as the tree takes them, the truth.

    Attributes
    ----------
    X : float32 (n, d)
    category : (n,) of str
    truth, true_category : (n,) of str
        Sub-category and category; empty where not known.
    scored : bool (n,)
        Known, and not seen by the training.
    """

    X: NDArray[np.float32]
    category: NDArray[np.str_]
    truth: NDArray[np.str_]
    true_category: NDArray[np.str_]
    scored: NDArray[np.bool_]


def parse_truth(text: str) -> dict[str, tuple[str, str]]:
    """Read md5, category, subcategory.

    Raises
    ------
    ValueError
        One of these columns is missing.
    """
    reader = csv.DictReader(text.splitlines())
    wanted = {"md5", "category", "subcategory"}
    if not wanted <= set(reader.fieldnames or ()):
        raise ValueError(
            f"expected the columns {', '.join(sorted(wanted))}, received {reader.fieldnames}"
        )
    return {row["md5"]: (row["category"], row["subcategory"]) for row in reader if row["md5"]}


def case(
    vectors: Vectors,
    category: Mapping[str, str],
    truth: Mapping[str, tuple[str, str]],
    seen: set[str],
) -> Case:
    """Bring the images of the tree together; ``category`` holds those with one."""
    rows = [i for i, md5 in enumerate(vectors.md5s) if md5 in category]
    md5s = [vectors.md5s[i] for i in rows]
    known = [truth.get(md5, ("", "")) for md5 in md5s]
    true = np.array([c for c, _ in known], np.str_)
    below = np.array([f"{c}/{s}" if c else "" for c, s in known], np.str_)
    scored = np.array(
        [bool(c) and md5 not in seen for md5, (c, _) in zip(md5s, known, strict=True)]
    )
    return Case(vectors.X[rows], np.array([category[m] for m in md5s]), below, true, scored)


def build(cases: Mapping[str, Case], settings: config.Taxonomy, progress: Progress) -> pa.Table:
    """Score each checkpoint. Key: checkpoint, seed, method."""
    if not any(one.scored.sum() >= FEWEST for one in cases.values()):
        raise PassedOver(
            f"fewer than {FEWEST} images that fine-tuning never saw have a known sub-category"
        )
    rows = []
    total = SEEDS * len(cases)
    for number, (checkpoint, one) in enumerate(sorted(cases.items())):
        for seed in range(SEEDS):
            rng = np.random.default_rng([settings.seed, seed])
            size = int(SHARE * len(one.X))
            some = np.sort(rng.choice(len(one.X), size, replace=False))
            for method, labels, inside in clusterings(one, some, settings, rng):
                found = rated(labels, inside, one, some)
                rows.append({"checkpoint": checkpoint, "seed": seed, "method": method} | found)
            progress(number * SEEDS + seed + 1, total)
    return pa.Table.from_pylist(rows, schema=TREE_SCORES.arrow)


def clusterings(
    one: Case, some: NDArray[np.int64], settings: config.Taxonomy, rng: np.random.Generator
) -> Iterator[tuple[str, Labels, Inside]]:
    """Labels of the sample's images by each method, all with the tree's number of clusters."""
    X, category, scored = one.X[some], one.category[some], one.scored[some]
    tree = leaves(X, category, settings)
    yield "tree", tree, lambda rows: tree[rows]
    k, truth = int(tree.max()) + 1, one.truth[some]
    flat = max(
        flat_hierarchies(X, cast(Method, settings.method)),
        key=lambda merges: float(score(merges.cut(k)[scored], truth[scored]).nmi[0]),
    )
    yield "flat", flat.cut(k), lambda rows: as_many(flat, rows, len(np.unique(tree[rows])))
    alone, chance = tree.copy(), tree.copy()
    for name in np.unique(category):
        rows = np.flatnonzero((category == name) & scored)
        alone[rows] = rng.permutation(tree[rows])
    rows = np.flatnonzero(scored)
    chance[rows] = rng.permutation(tree[rows])
    yield "categories", alone, lambda rows: alone[rows]
    yield "chance", chance, lambda rows: rng.permutation(tree[rows])


def flat_hierarchies(X: NDArray[np.float32], method: Method) -> list[Merges]:
    """One hierarchy of all images by each of five ways."""
    points = growing.own_space(growing.rooted(X))
    spread = points.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    linkages: tuple[Method, ...] = (method, "complete", "centroid")
    ways = [(points, each) for each in linkages]
    ways += [(points / np.sqrt(spread), method), (points / spread, method)]
    return [linkage(in_space, each) for in_space, each in ways]


def as_many(merges: Merges, rows: NDArray[np.int64], k: int) -> Labels:
    """Labels of some rows by the finest cut in which they fall into at most k clusters."""
    low, high = 1, merges.n  # the number of clusters among them never falls as k grows
    while low < high:
        middle = (low + high + 1) // 2
        if len(np.unique(merges.cut(middle)[rows])) <= k:
            low = middle
        else:
            high = middle - 1
    return merges.cut(low)[rows]


def leaves(X: NDArray[np.float32], category: NDArray[np.str_], settings: config.Taxonomy) -> Labels:
    """Number of the leaf each image comes to lie in."""
    labels = np.full(len(X), -1, np.int64)
    roots = {str(name): np.flatnonzero(category == name) for name in np.unique(category)}
    nodes = list(growing.grow(roots, growing.evened(X, category), settings))
    parents = {node.parent for node in nodes}
    for number, leaf in enumerate(node for node in nodes if node.id not in parents):
        labels[leaf.rows] = number
    return labels


def rated(
    labels: Labels, inside: Inside, one: Case, some: NDArray[np.int64]
) -> dict[str, float | int]:
    """Scores over all scored images, and inside each true category."""
    scored = np.flatnonzero(one.scored[some])
    truth, true = one.truth[some], one.true_category[some]
    whole = score(labels[scored], truth[scored])
    parts, weights = [], []
    for name in np.unique(true[scored]):
        rows = scored[true[scored] == name]
        if len(np.unique(truth[rows])) > 1:
            part = score(inside(rows), truth[rows])
            parts.append((part.nmi[0], part.ari[0], part.purity[0]))
            weights.append(len(rows))
    mean = np.average(parts, axis=0, weights=weights) if parts else np.full(3, np.nan)
    found: dict[str, float | int] = {"k": int(labels.max()) + 1, "n": len(scored)}
    found |= {"nmi": float(whole.nmi[0]), "ari": float(whole.ari[0])}
    found |= {"purity": float(whole.purity[0])}
    names = ("inside_nmi", "inside_ari", "inside_purity")
    return found | dict(zip(names, map(float, mean), strict=True))


MEASURES: Sequence[str] = ("nmi", "ari", "purity", "inside_nmi", "inside_ari", "inside_purity")
