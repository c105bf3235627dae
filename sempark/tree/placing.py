"""Where a picture belongs in the tree that is there, without growing it again.

In: the fine-tuned network's category and probability of a picture, its vector, and the images of
the tree with their nodes. Out: a `Place`. The rule is the tree's own: the category is the confident
prediction. Below it the `N_VOTES` nearest images of the category vote for their deepest node, each
with the inverse of its distance. A picture is far where its mean distance to the `N_NEAR` nearest
is larger than nearly all such distances inside the category: then it fits nowhere.
Source: chapter 5 of the thesis; the p-value is the conformal one of V. Vovk, A. Gammerman,
G. Shafer, Algorithmic Learning in a Random World, 2005.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sempark.geometry.neighbors import nearest

N_VOTES = 10
N_NEAR = 5

PlaceStatus = Literal["known", "ok", "far", "unsure"]


@dataclass(frozen=True)
class Place:
    """Where a picture belongs.

    Attributes
    ----------
    status : PlaceStatus
        ``known``: it is in the collection, and this is what the tree holds for it; ``ok``;
        ``far``: nothing in its category is like it; ``unsure``: no category is probable enough.
    category, node : str
        Empty where there is none.
    probability : float or None
        Of the predicted category.
    confidence : float or None
        Share of the vote that the node got.
    p_value : float or None
        Share of the category's own images that lie at least as far from their nearest.
    """

    status: PlaceStatus
    category: str = ""
    node: str = ""
    probability: float | None = None
    confidence: float | None = None
    p_value: float | None = None


@dataclass(frozen=True)
class Tree:
    """The images of the tree, category by category.

    Attributes
    ----------
    nodes : list of str
        Ids of the deepest nodes.
    node_of : int64 (n,)
        Place in `nodes` of each row of the vectors; -1: not in the tree.
    members : mapping
        Category to its rows, ascending.
    strangeness : mapping
        Category to the mean distances of its members to their nearest, ascending.
    """

    nodes: list[str]
    node_of: NDArray[np.int64]
    members: Mapping[str, NDArray[np.int64]]
    strangeness: Mapping[str, NDArray[np.float64]]


def plant(X: NDArray[np.float32], nodes_of_rows: Sequence[str | None]) -> Tree:
    """Measure how far the images of each category lie from their nearest.

    Parameters
    ----------
    X : float32 (n, d)
        Vectors of the layer the tree was grown from.
    nodes_of_rows : sequence of str or None
        Deepest node of each row; its category is what stands before the first slash.

    Returns
    -------
    Tree
    """
    nodes = sorted({node for node in nodes_of_rows if node})
    places = {node: i for i, node in enumerate(nodes)}
    node_of = np.array([places.get(node or "", -1) for node in nodes_of_rows], np.int64)
    category = np.array([(node or "").partition("/")[0] for node in nodes_of_rows], object)
    members: dict[str, NDArray[np.int64]] = {}
    strangeness: dict[str, NDArray[np.float64]] = {}
    for name in sorted({node.partition("/")[0] for node in nodes}):
        rows = np.flatnonzero(category == name)
        members[name] = rows
        k = min(N_NEAR, len(rows) - 1)
        near = nearest(X[rows], k).distances if k else np.zeros((1, 1))
        strangeness[name] = np.sort(near.mean(axis=1))
    return Tree(nodes, node_of, members, strangeness)


def place(
    tree: Tree,
    category: str,
    probability: float,
    indices: NDArray[np.int64],
    distances: NDArray[np.float64],
    min_probability: float,
    far_below: float,
) -> Place:
    """Apply the rule to one picture.

    Parameters
    ----------
    tree : Tree
    category, probability : str, float
        The network's choice.
    indices, distances : (k,)
        The nearest rows of that category, at most `N_VOTES`, ascending; empty: it has none.
    min_probability, far_below : float
        Least probability of a category; least p-value that fits.
    """
    if probability < min_probability or not len(indices):
        return Place("unsure", probability=probability)
    strange = float(distances[:N_NEAR].mean())
    own = tree.strangeness[category]
    farther = len(own) - int(np.searchsorted(own, strange, side="left"))
    p_value = (farther + 1) / (len(own) + 1)
    if p_value < far_below:
        return Place("far", category, "", probability, None, p_value)
    node, share = vote(tree.node_of[indices], distances)
    return Place("ok", category, tree.nodes[node], probability, share, p_value)


def vote(nodes: NDArray[np.int64], distances: NDArray[np.float64]) -> tuple[int, float]:
    """The node with most weight and its share; weights are 1 / distance, ties go to the lower node.

    An image at distance 0 outweighs all others.
    """
    least = np.finfo(np.float64).tiny ** 0.5
    weights = 1.0 / np.maximum(distances, least)
    total = np.bincount(nodes, weights=weights)
    best = int(np.argmax(total))
    return best, float(total[best] / total.sum())


def drift(p_values: NDArray[np.float64], level: float = 0.01) -> tuple[float, float]:
    """How much farther pictures lie than the tree's own: a figure, and where it becomes a warning.

    The p-values of pictures like those of the tree are uniform or larger. The figure is the largest
    excess of their distribution over the uniform one; the limit is that of P. Massart, Ann. Probab.
    18, 1269, 1990 (one-sided, at ``level``): sqrt(ln(1 / level) / 2 n).

    Raises
    ------
    ValueError
        No p-values, or one outside 0 to 1.
    """
    p = np.sort(np.asarray(p_values, np.float64))
    if p.ndim != 1 or not len(p) or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"expected p-values between 0 and 1, received {p_values!r}")
    excess = np.arange(1, len(p) + 1) / len(p) - p
    return max(0.0, float(excess.max())), float(np.sqrt(np.log(1 / level) / (2 * len(p))))
