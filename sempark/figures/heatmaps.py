"""Distances between images of a sample as heat maps, beside the discrete distance.

In: distance matrices and their correlations. Out: figures 3.8 to 3.10.

Source: section 3.4 of the thesis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sempark.figures.exhibit import Cell, Exhibit, mark, titled
from sempark.figures.style import INK, SOFT, frames, new_figure, to_svg

_MAP = "cividis"
_HIGHEST = 0.98
"""Share of the pairs within the colors: a few far images would turn all others dark."""


@dataclass(frozen=True)
class Distances:
    """Distances within the sample in one space.

    Attributes
    ----------
    space : str
    matrix : float32 (n, n)
    pearson, spearman, pearson_all, spearman_all : float
        Correlations with the discrete distance: on the sample, and over all labelled pairs.
    """

    space: str
    matrix: NDArray[np.float32]
    pearson: float
    spearman: float
    pearson_all: float
    spearman_all: float = float("nan")


def discrete(categories: Sequence[str]) -> Exhibit:
    """Figure 3.8: the discrete distance, 0 within a category and 1 between two.

    Parameters
    ----------
    categories : sequence of str
        Of the sample, sorted by category.

    Returns
    -------
    Exhibit
    """
    labels = np.asarray(categories)
    matrix = (labels[:, None] != labels[None, :]).astype(np.float32)
    figure = new_figure(4.4, 4.0)
    axes = figure.add_subplot()
    _draw(axes, matrix, categories, "", names=True)
    n = len(set(categories))
    alt = f"Heat map of the discrete distance: {n} dark squares along the diagonal."
    sizes: list[tuple[Cell, ...]] = [
        (name, int((labels == name).sum())) for name in dict.fromkeys(categories)
    ]
    return Exhibit(
        "figure-3.8",
        "Heat map of the discrete distance",
        ("category", "images"),
        sizes,
        "Images sorted by category; dark is near.",
        to_svg(figure, alt),
        alt=alt,
    )


def heatmaps(
    id: str,
    title: str,
    spaces: Sequence[Distances],
    categories: Sequence[str],
    untrained: Sequence[str],
) -> Exhibit:
    """Figures 3.9 and 3.10: a heat map a space, with its correlation below the name.

    Parameters
    ----------
    id, title : str
        As of the exhibit.
    spaces : sequence of Distances
        Raw and coded in turn: two columns.
    categories : sequence of str
        Of the sample, sorted by category.
    untrained : sequence of str
        Checkpoints that are untrained networks.

    Returns
    -------
    Exhibit
        Its data: the mean distance between every two categories, and the correlations.
    """
    figure, every = frames(len(spaces), 3.75)
    rows: list[tuple[Cell, ...]] = []
    for space, axes in zip(spaces, every, strict=True):
        said = f"{titled(space.space, untrained)}\ncorrelation {space.pearson:.2f}"
        _draw(axes, space.matrix, categories, said)
        rows.append((space.space, "pearson", "", space.pearson))
        rows.append((space.space, "spearman", "", space.spearman))
        rows.append((space.space, "pearson, all labelled pairs", "", space.pearson_all))
        rows.append((space.space, "spearman, all labelled pairs", "", space.spearman_all))
        rows += _means(space, categories)
    said = ", ".join(f"{space.space} {space.pearson:.2f}" for space in spaces)
    alt = f"Heat maps of distances; correlation with the discrete distance: {said}."
    exhibit = Exhibit(
        id,
        title,
        ("space", "category or measure", "category", "mean distance or correlation"),
        rows,
        "Images sorted by category; dark is near, and the farthest 2 % of the pairs share one "
        "color. The number is the correlation (Pearson) with "
        "the discrete distance over the pairs of the sample.",
        to_svg(figure, alt),
        alt=alt,
    )
    return mark(exhibit, [space.space for space in spaces], untrained)


def _means(space: Distances, categories: Sequence[str]) -> list[tuple[Cell, ...]]:
    """Mean distance of every two categories, a picture's distance to itself left out."""
    labels = np.asarray(categories)
    out: list[tuple[Cell, ...]] = []
    names = list(dict.fromkeys(categories))
    for i, a in enumerate(names):
        for b in names[i:]:
            block = space.matrix[np.ix_(labels == a, labels == b)].astype(np.float64)
            count = block.size - (len(block) if a == b else 0)
            out.append((space.space, a, b, float(block.sum() / count) if count else None))
    return out


def _draw(
    axes: Axes,
    matrix: NDArray[np.float32],
    categories: Sequence[str],
    title: str,
    names: bool = False,
) -> None:
    """Draw one matrix with a hairline between categories."""
    apart = matrix[~np.eye(len(matrix), dtype=bool)]
    low, high = np.quantile(apart, (0, _HIGHEST)) if apart.size else (0.0, 1.0)
    if names:
        low = 0.0
    axes.imshow(matrix, cmap=_MAP, vmin=low, vmax=high, interpolation="nearest", aspect="equal")
    labels = np.asarray(categories)
    edges = np.flatnonzero(labels[1:] != labels[:-1]) + 0.5
    for edge in edges:
        axes.axhline(edge, color="white", lw=0.3, alpha=0.6)
        axes.axvline(edge, color="white", lw=0.3, alpha=0.6)
    bounds = np.concatenate([[-0.5], edges, [len(labels) - 0.5]])
    middles = (bounds[:-1] + bounds[1:]) / 2
    texts = [labels[int(np.ceil(b))].replace("_", " ") for b in bounds[:-1]] if len(labels) else []
    if names and len(labels):
        axes.set_yticks(middles, texts)
    else:
        axes.set_yticks([])
    axes.set_xticks([])
    axes.tick_params(labelsize=7, labelcolor=INK, color=SOFT, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if title:
        axes.set_title(title, fontsize=8.5, color=INK, loc="left")
