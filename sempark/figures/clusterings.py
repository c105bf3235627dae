"""Clusterings one can see: 2-D data sets by method, and partitions of a square.

In: points, labels, seconds. Out: figures 4.1 and 4.2. Nothing is clustered here.

Source: sections 4.1, 4.2 and 4.3.2 of the thesis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import ListedColormap, hsv_to_rgb
from numpy.typing import NDArray

from sempark.figures.exhibit import Cell, Exhibit
from sempark.figures.style import INK, METHOD_NAMES, SERIES, SOFT, new_figure, to_svg

_PLAIN = 0.85


@dataclass(frozen=True)
class Panel:
    """One method on one 2-D data set.

    Attributes
    ----------
    data_set, method : str
    X : float64 (n, 2)
    labels : int64 (n,)
    centers : int64 (c,)
        Points to be marked; empty where a method has none.
    seconds : float
        Wall time of the clustering alone.
    agreement : float
        Adjusted Rand index with the labels the points were drawn with; NaN where they have none.
    """

    data_set: str
    method: str
    X: NDArray[np.float64]
    labels: NDArray[np.int64]
    centers: NDArray[np.int64]
    seconds: float
    agreement: float


def compared(panels: Sequence[Panel]) -> Exhibit:
    """Figure 4.1: a row a data set, a column a method, with running times.

    Parameters
    ----------
    panels : sequence of Panel
        Every method on every data set.

    Returns
    -------
    Exhibit
    """
    data_sets = list(dict.fromkeys(panel.data_set for panel in panels))
    methods = list(dict.fromkeys(panel.method for panel in panels))
    figure = new_figure(7.2, 1.42 * len(data_sets) + 0.3)
    grid = figure.subplots(len(data_sets), len(methods), squeeze=False)
    for panel in panels:
        axes = grid[data_sets.index(panel.data_set)][methods.index(panel.method)]
        colors = np.asarray(SERIES)[panel.labels % len(SERIES)]
        # As an image inside the SVG: 90,000 points as paths would weigh megabytes.
        axes.scatter(*panel.X.T, s=0.8, c=colors, linewidths=0, rasterized=True)
        axes.scatter(*panel.X[panel.centers].T, s=22, c=INK, zorder=3)
        axes.text(
            0.98,
            0.02,
            f"{panel.seconds:.2f} s",
            transform=axes.transAxes,
            ha="right",
            fontsize=7,
            color=INK,
        )
        axes.set_xticks([])
        axes.set_yticks([])
        axes.patch.set_alpha(0)
        for spine in axes.spines.values():
            spine.set_color(SOFT)
            spine.set_linewidth(0.4)
        if panel.data_set == data_sets[0]:
            axes.set_title(METHOD_NAMES.get(panel.method, panel.method), fontsize=8, color=INK)
        if panel.method == methods[0]:
            axes.set_ylabel(panel.data_set, fontsize=8, color=INK)
    rows: list[tuple[Cell, ...]] = [
        (
            p.data_set,
            p.method,
            len(p.X),
            len(set(p.labels.tolist())),
            p.seconds,
            None if np.isnan(p.agreement) else p.agreement,
        )
        for p in panels
    ]
    n = len(panels[0].X) if panels else 0
    alt = f"{len(data_sets)} data sets of {n} points clustered by {len(methods)} methods, in color."
    return Exhibit(
        "figure-4.1",
        "The methods on 2-D data sets, with their running times",
        ("data set", "method", "points", "clusters", "seconds", "adjusted Rand index"),
        rows,
        "Black points are the centers of Density Peaks. The index in the data compares with how "
        "the points were drawn. Times are of this run and this machine, neighbors included.",
        to_svg(figure, alt),
        alt=alt,
    )


def squares(partitions: Sequence[tuple[str, NDArray[np.int64], float]]) -> Exhibit:
    """Figure 4.2: partitions of 10 x 10 cells, colored by cluster.

    Parameters
    ----------
    partitions : sequence of (name, labels (100,), nmi)
        The cells row by row, and the score against the first partition.

    Returns
    -------
    Exhibit
    """
    figure = new_figure(7.2, 2.3)
    grid = figure.subplots(1, len(partitions), squeeze=False)[0]
    rows: list[tuple[Cell, ...]] = []
    for axes, (name, labels, score) in zip(grid, partitions, strict=True):
        k = int(labels.max()) + 1
        axes.imshow(
            _gathered(labels.reshape(10, 10)),
            cmap=ListedColormap(_shades(k)),
            vmin=-0.5,
            vmax=k - 0.5,
            interpolation="nearest",
        )
        axes.set_xticks(np.arange(-0.5, 10), minor=True)
        axes.set_yticks(np.arange(-0.5, 10), minor=True)
        axes.grid(which="minor", color="white", lw=0.6)
        axes.tick_params(which="both", length=0, labelbottom=False, labelleft=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_title(f"{name}\nNMI {score:.2f}", fontsize=9, color=INK)
        rows += [(name, i // 10, i % 10, int(label), score) for i, label in enumerate(labels)]
    said = ", ".join(f"{name} {score:.2f}" for name, _, score in partitions)
    alt = f"Squares of 100 cells colored by cluster; NMI against the first: {said}."
    return Exhibit(
        "figure-4.2",
        "NMI of four partitions of a 10 × 10 square",
        ("partition", "row", "column", "label", "nmi"),
        rows,
        "Scored against the columns, (A). Columns and rows are put in an order that shows the "
        "clusters; the data have the cells as they are.",
        to_svg(figure, alt),
        alt=alt,
    )


def _gathered(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bring columns, then rows, that begin alike together, each in order of its first label."""
    cells = cells[:, np.lexsort((np.arange(10), cells[0]))]
    return cells[np.lexsort((np.arange(10), cells[:, 0]))]


def _shades(k: int) -> list[tuple[float, ...]]:
    """Give k colors that differ: hues in even steps, light and dark in turn."""
    from_hsv = [(i / k, 0.45 + 0.25 * (i % 2), _PLAIN - 0.2 * (i % 3)) for i in range(k)]
    return [tuple(float(c) for c in hsv_to_rgb(color)) for color in from_hsv]
