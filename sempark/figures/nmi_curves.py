"""NMI as a function of the number of clusters, with the reference curves behind.

In: arrays of k and NMI. Out: figures 4.3, 4.4 and 4.5 with every value as data.

Source: sections 4.3 and 4.4 of the thesis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sempark.figures.exhibit import Cell, Exhibit, mark, titled
from sempark.figures.scored import REFERENCES, Best, Curve, Floats, behind, best
from sempark.figures.style import (
    INK,
    METHOD_NAMES,
    METHODS,
    SERIES,
    SOFT,
    dress,
    frames,
    legend,
    log_ticks,
    new_figure,
    to_svg,
)


def example(k: Floats, nmi: Floats, refined: Floats, uniform: Floats) -> Exhibit:
    """Figure 4.3: NMI of C_10 and C_k on 100 elements, between its references.

    Parameters
    ----------
    k, nmi, refined, uniform : float64 (m,)
        Numbers of clusters, the scores, the best refinement's, and the expected ones; NaN where
        there is none.

    Returns
    -------
    Exhibit
    """
    figure = new_figure(7.2, 3.2)
    axes = figure.add_subplot()
    axes.plot(k, refined, color=SERIES[1], lw=1.3, label="best refinement")
    axes.plot(k, uniform, color=SERIES[2], lw=1.3, label="expected of uniform labels")
    axes.plot(k, nmi, "o", color=SERIES[0], ms=3, label="NMI(C10, Ck)")
    dress(axes, "k, number of clusters", "NMI")
    legend(axes, loc="lower right")
    peak = int(k[int(np.nanargmax(nmi))])
    alt = f"Points of NMI by k, highest at k = {peak}, between a falling and a rising curve."
    rows = list(zip(k.tolist(), nmi.tolist(), _cells(refined), _cells(uniform), strict=True))
    return Exhibit(
        "figure-4.3",
        "NMI(C10, Ck) for k up to 100",
        ("k", "nmi", "refined", "uniform"),
        rows,
        "High where k is a multiple of ten; at or below the expectation where k is prime to it.",
        to_svg(figure, alt),
        alt=alt,
    )


def references(curves: Sequence[Curve]) -> Exhibit:
    """Figure 4.4: the reference curves of the labels at hand.

    Parameters
    ----------
    curves : sequence of Curve
        Methods ``reference_...``, any space (they depend on the labels only).

    Returns
    -------
    Exhibit
    """
    figure = new_figure(7.2, 3.2)
    axes = figure.add_subplot()
    for color, curve in zip(SERIES[1:], curves, strict=False):
        name = REFERENCES[curve.method][0]
        axes.plot(curve.k, curve.nmi, color=color, lw=1.4, label=name)
    dress(axes, "k, number of clusters", "NMI")
    log_ticks(axes)
    legend(axes)
    alt = f"{len(curves)} reference curves of NMI by k: refinements fall, random labels rise."
    return Exhibit(
        "figure-4.4",
        "Reference curves for the NMI against the categories",
        ("space", "method", "k", "nmi"),
        _rows(curves),
        "Of artificial partitions: the categories split evenly again and again, labels given out "
        "at random, and labels dealt out across the categories. Guides, not bounds.",
        to_svg(figure, alt),
        alt=alt,
    )


def scores(curves: Sequence[Curve], untrained: Sequence[str]) -> Exhibit:
    """Figure 4.5: a frame a space, a curve a method, the references behind.

    Parameters
    ----------
    curves : sequence of Curve
        Of every space and method; a flat partition is a single point.
    untrained : sequence of str
        Checkpoints that are untrained networks; their frames say so.

    Returns
    -------
    Exhibit
        The caption names the best of each space.
    """
    spaces = dict.fromkeys(curve.space for curve in curves if curve.method not in REFERENCES)
    shown = {
        space: behind(curves, space)
        + [c for c in curves if c.space == space and c.method not in REFERENCES]
        for space in spaces
    }
    figure, every = frames(len(shown), 2.9, 0.5)
    seen: dict[str, Any] = {}
    for (space, inside), axes in zip(shown.items(), every, strict=True):
        _frame(axes, inside)
        dress(axes, "k", "NMI", titled(space, untrained), grid="both")
        handles, names = axes.get_legend_handles_labels()
        seen = dict(zip(names, handles, strict=True)) | seen
    figure.legend(
        seen.values(),
        seen.keys(),
        loc="outside lower center",
        ncols=4,
        frameon=False,
        fontsize=8,
        labelcolor=INK,
    )
    said = "; ".join(_spoken(best(curves, space)) for space in shown)
    alt = f"NMI by number of clusters in {len(shown)} spaces. Best: {said}."
    exhibit = Exhibit(
        "figure-4.5",
        "NMI of the clusterings in each space",
        ("space", "method", "k", "nmi"),
        _rows(curves),
        "NMI rises with k by chance alone. Farthest above uniform labels (in brackets their "
        f"score): {said}.",
        to_svg(figure, alt),
        alt=alt,
    )
    return mark(exhibit, list(shown), untrained)


def _frame(axes: Axes, curves: Sequence[Curve]) -> None:
    """Draw one space: references thin and gray, methods over them, partitions as points."""
    for curve in curves:
        if curve.method in REFERENCES:
            name, dashes = REFERENCES[curve.method]
            axes.plot(curve.k, curve.nmi, color=SOFT, lw=0.9, ls=dashes, label=name, zorder=1)
        elif len(curve.k) == 1:
            axes.plot(
                curve.k,
                curve.nmi,
                "D",
                ms=5,
                color=METHODS.get(curve.method, SERIES[0]),
                label=METHOD_NAMES.get(curve.method, curve.method),
                zorder=3,
            )
        else:
            axes.plot(
                curve.k,
                curve.nmi,
                lw=1.4,
                color=METHODS.get(curve.method, SERIES[0]),
                label=METHOD_NAMES.get(curve.method, curve.method),
                zorder=2,
            )
    log_ticks(axes)
    axes.set_ylim(bottom=0)


def _spoken(found: Best | None) -> str:
    """Say in a few words which clustering is best."""
    if found is None:
        return "none"
    name = METHOD_NAMES.get(found.method, found.method)
    score = f"{found.nmi:.2f} ({found.expected:.2f})"
    return f"{found.space} {name}, k = {found.k}: {score}"


def _rows(curves: Sequence[Curve]) -> list[tuple[Cell, ...]]:
    return [
        (curve.space, curve.method, int(k), cell)
        for curve in curves
        for k, cell in zip(curve.k, _cells(curve.nmi), strict=True)
    ]


def _cells(values: Floats) -> list[float | None]:
    """NaN as an empty cell."""
    return [None if np.isnan(value) else float(value) for value in values]
