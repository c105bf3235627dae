"""What lies behind the NMI curves: decision graphs, sizes of clusters, where the curves stand out.

In: arrays of densities, sizes and scores. Out: the exhibits beside figure 4.5.

Source: sections 4.2 and 4.4 of the thesis; the decision graph is Rodriguez and Laio's, Science 344,
1492 (2014), figure 1B.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sempark.figures.exhibit import Cell, Exhibit, mark, titled
from sempark.figures.scored import REFERENCES, Curve, Floats, behind
from sempark.figures.style import (
    INK,
    METHOD_NAMES,
    METHODS,
    SERIES,
    dress,
    frames,
    legend,
    log_ticks,
    to_svg,
)

N_CENTERS = 10
"""As many as there are categories: marked in the decision graph."""


@dataclass(frozen=True)
class DecisionGraph:
    """The local peaks of one space.

    Attributes
    ----------
    space : str
    density, delta : float64 (p,)
        Of the local peaks of largest density x delta, in that order.
    n_peaks, n_left, n : int
        Local peaks; points not less dense than the lowest of them (the thesis' cut); points.
    """

    space: str
    density: Floats
    delta: Floats
    n_peaks: int
    n_left: int
    n: int


@dataclass(frozen=True)
class Sizes:
    """Largest cluster of one method in one space.

    Attributes
    ----------
    space, method : str
    k : int64 (m,)
        Ascending numbers of clusters.
    share : float64 (m,)
        Of the points that the largest cluster holds.
    """

    space: str
    method: str
    k: NDArray[np.int64]
    share: Floats


def decision_graphs(graphs: Sequence[DecisionGraph], untrained: Sequence[str]) -> Exhibit:
    """Draw the local peaks of each space by density and delta, the likeliest centers filled.

    Parameters
    ----------
    graphs : sequence of DecisionGraph
    untrained : sequence of str
        Checkpoints that are untrained networks.

    Returns
    -------
    Exhibit
    """
    figure, every = frames(len(graphs), 2.6)
    for graph, axes in zip(graphs, every, strict=True):
        axes.plot(graph.density, graph.delta, "o", ms=2.5, color=SERIES[0], alpha=0.6, mew=0)
        first = slice(0, N_CENTERS)
        axes.plot(graph.density[first], graph.delta[first], "o", ms=4.5, color=INK)
        _scale(axes, "x", graph.density)
        _scale(axes, "y", graph.delta)
        dress(axes, "density", "delta", titled(graph.space, untrained), grid="both")
    said = "; ".join(
        f"{g.space}: {g.n_peaks:,} local peaks, {g.n_left:,} of {g.n:,} images left" for g in graphs
    )
    alt = f"Local peaks of the density in {len(graphs)} spaces by density and delta. {said}."
    exhibit = Exhibit(
        "decision-graphs",
        "Decision graphs of Density Peaks",
        ("space", "density", "delta", "density x delta"),
        [
            (graph.space, *map(float, pair), float(pair[0] * pair[1]))
            for graph in graphs
            for pair in zip(graph.density, graph.delta, strict=True)
        ],
        f"Local peaks only; the {N_CENTERS} of largest density x delta are filled. Left: images "
        f"at least as dense as the lowest local peak, the thesis' cut. {said}.",
        to_svg(figure, alt),
        alt=alt,
    )
    return mark(exhibit, [graph.space for graph in graphs], untrained)


def _scale(axes: Axes, which: Literal["x", "y"], values: Floats) -> None:
    """Make an axis logarithmic where its values go over more than two decades."""
    positive = values[values > 0]
    if len(positive) and positive.max() > 100 * positive.min():
        axes.set(**{f"{which}scale": "log"})
    else:
        axes.locator_params(which, nbins=4)


def largest_clusters(sizes: Sequence[Sizes], untrained: Sequence[str]) -> Exhibit:
    """Draw the share of the largest cluster by k, a frame a space, a curve a method.

    Parameters
    ----------
    sizes : sequence of Sizes
    untrained : sequence of str
        Checkpoints that are untrained networks.

    Returns
    -------
    Exhibit
    """
    spaces = list(dict.fromkeys(one.space for one in sizes))
    figure, every = frames(len(spaces), 2.6, 0.5)
    for space, axes in zip(spaces, every, strict=True):
        for one in sizes:
            if one.space == space:
                name = METHOD_NAMES.get(one.method, one.method)
                style = "D" if len(one.k) == 1 else "-"
                color = METHODS.get(one.method, SERIES[0])
                axes.plot(one.k, one.share, style, lw=1.4, ms=5, color=color, label=name)
        dress(axes, "k", "share of the largest", titled(space, untrained), grid="both")
        log_ticks(axes)
    for axes in every[:1]:
        legend(axes, fontsize=6.5)
    alt = f"Share of the images in the largest cluster by k, in {len(spaces)} spaces."
    exhibit = Exhibit(
        "largest-clusters",
        "How much the largest cluster holds",
        ("space", "method", "k", "share"),
        [
            (one.space, one.method, int(k), float(share))
            for one in sizes
            for k, share in zip(one.k, one.share, strict=True)
        ],
        "A method whose largest cluster keeps nearly all images while k grows only splits off "
        "single ones, as single linkage does.",
        to_svg(figure, alt),
        alt=alt,
    )
    return mark(exhibit, spaces, untrained)


def standing_out(curves: Sequence[Curve], untrained: Sequence[str]) -> Exhibit:
    """Tabulate where each NMI curve is highest and where it lies above the references.

    Parameters
    ----------
    curves : sequence of Curve
        Of every space and method, the references among them.
    untrained : sequence of str
        Checkpoints that are untrained networks.

    Returns
    -------
    Exhibit
        Of each curve the k of its maximum (ties: the smallest), and the first and last k > 1 above
        each reference; empty where there is none.
    """
    rows: list[tuple[Cell, ...]] = []
    own = [curve for curve in curves if curve.method not in REFERENCES]
    for curve in own:
        known = np.isfinite(curve.nmi)
        k, nmi = curve.k[known], curve.nmi[known]
        if not len(k):
            continue
        at = int(np.argmax(nmi))
        met: list[Cell] = []
        beside = {one.method: one for one in behind(curves, curve.space)}
        for name in REFERENCES:
            met += _range_above(k, nmi, beside[name]) if name in beside else [None, None]
        rows.append((curve.space, curve.method, int(k[at]), float(nmi[at]), *met))
    names = [name for name, _ in REFERENCES.values()]
    exhibit = Exhibit(
        "best-k",
        "Where the curves of figure 4.5 are highest, and where they pass the references",
        (
            "space",
            "method",
            "k of the maximum",
            "NMI there",
            *(f"{side} k above {name}" for name in names for side in ("first", "last")),
        ),
        rows,
        "NMI rises with k by chance, so the maximum alone says little: read it beside the range "
        "in which a curve lies above uniform labels. Above some hundreds, k is sampled.",
    )
    return mark(exhibit, [curve.space for curve in own], untrained)


def _range_above(k: Floats, nmi: Floats, reference: Curve) -> list[Cell]:
    """Give the first and last k > 1 at which a curve lies above a reference."""
    defined = np.isfinite(reference.nmi)
    at = np.interp(k, reference.k[defined], reference.nmi[defined], left=np.nan, right=np.nan)
    above = k[(k > 1) & (nmi > at)]
    return [int(above[0]), int(above[-1])] if len(above) else [None, None]
