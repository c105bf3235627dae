"""Training, validation and test parts of labelled images, near duplicates kept together.

Labels and groups (near duplicates share one) go in, a part for each image comes out. Groups are
dealt whole, category by category, to the part that lacks most of its share, so that 80/10/10
holds in every category as nearly as whole groups allow. The weights of categories against their
imbalance (figure 2.3) are here too.

Source: thesis, section 3.1.1 (80 % training, the rest equally for test and validation).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

PARTS = ("train", "validation", "test")


def split(
    labels: npt.ArrayLike,
    groups: npt.ArrayLike,
    seed: int,
    shares: Sequence[float] = (0.8, 0.1, 0.1),
) -> npt.NDArray[Any]:
    """Deal labelled images to training, validation and test.

    Parameters
    ----------
    labels : (n,)
        Category of each image, any sortable type.
    groups : (n,)
        Images of one group are never parted; a group of several categories counts as its most
        frequent (ties: the first in sorting order).
    seed : int
        Same seed, labels and groups in the same order: same parts.
    shares : three floats
        Of training, validation and test, positive or zero, summing to 1.

    Returns
    -------
    str (n,)
        "train", "validation" or "test". A category's first groups go to training, validation and
        test in this order before shares decide, so that three groups reach all three.

    Raises
    ------
    ValueError
        Lengths differ, nothing to split, or shares that aren't shares.
    """
    y, g = np.asarray(labels), np.asarray(groups)
    if y.ndim != 1 or y.shape != g.shape or y.size == 0:
        raise ValueError(
            f"expected one label and one group an image, received {y.shape} and {g.shape}"
        )
    if len(shares) != 3 or min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"expected three shares that sum to 1, received {tuple(shares)}")
    rng = np.random.default_rng(seed)
    _, categories = np.unique(y, return_inverse=True)
    _, members, sizes = np.unique(g, return_inverse=True, return_counts=True)
    counts = np.zeros((sizes.size, categories.max() + 1), dtype=np.int64)
    np.add.at(counts, (members, categories), 1)
    part_of_group = np.empty(sizes.size, dtype=np.int64)
    owner = counts.argmax(axis=1)
    for category in range(counts.shape[1]):
        own = rng.permutation(np.flatnonzero(owner == category))
        # Large groups first: the small ones can still even out the shares.
        own = own[np.argsort(-sizes[own], kind="stable")]
        part_of_group[own] = _deal(sizes[own], np.asarray(shares, dtype=np.float64))
    return np.asarray(PARTS)[part_of_group[members]]


def _deal(sizes: npt.NDArray[np.int64], shares: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    wanted = shares * sizes.sum()
    # With few groups the small shares would go empty: their want is lifted to one group.
    wanted = np.where(shares > 0, np.maximum(wanted, 1.0), 0.0)
    given = np.zeros(3)
    parts = np.empty(sizes.size, dtype=np.int64)
    for index, size in enumerate(sizes):
        left = sizes.size - index
        empty = [p for p in range(3) if given[p] == 0 and shares[p] > 0]
        lack = wanted - given
        # The last groups fill parts that would stay empty.
        part = (
            empty[0] if 0 < len(empty) >= left else int(np.argmax(lack / np.sqrt(wanted + 1e-12)))
        )
        parts[index] = part
        given[part] += size
    return parts


def class_weights(counts: Sequence[int], power: float = 1.0) -> npt.NDArray[np.float64]:
    """Weight of each category against imbalance: (n / count)^power, mean 1 over the images.

    Parameters
    ----------
    counts : (n_categories,) of int
        Training images a category; one without any gets weight 0.
    power : float
        1: every category weighs the same in sum; 0: every image does; 0.5 lies between.

    Returns
    -------
    float64 (n_categories,)

    Raises
    ------
    ValueError
        No images at all, or negative counts.
    """
    c = np.asarray(counts, dtype=np.float64)
    if c.ndim != 1 or c.size == 0 or c.min() < 0 or c.sum() == 0:
        raise ValueError(f"expected counts of images a category, received {counts!r}")
    raw = np.where(c > 0, np.maximum(c, 1.0) ** -power, 0.0)
    return np.asarray(raw * c.sum() / (raw * c).sum())
