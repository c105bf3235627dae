"""What comes before the dimension is measured: scree plot, and a line thickened by noise.

In: arrays (shares of variance, points, estimates). Out: figures 3.2, 3.4 and 3.5 with their data.
Nothing is estimated here.

Source: sections 3.2 and 3.3.1 of the thesis; Facco et al., Scientific Reports 7, 12140 (2017).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sempark.figures.exhibit import Cell, Exhibit, mark
from sempark.figures.style import (
    ACCENT,
    INK,
    SERIES,
    SOFT,
    above,
    dress,
    legend,
    log_ticks,
    new_figure,
    to_svg,
)

Floats = NDArray[np.float64]
_MOST_POINTS = 1500


def scree(
    variances: Mapping[str, tuple[Floats, Sequence[int]]], untrained: Sequence[str]
) -> Exhibit:
    """Figure 3.2: share of the variance along each principal component.

    Parameters
    ----------
    variances : mapping
        Space to its shares, largest first, and the components named as elbows.
    untrained : sequence of str
        Checkpoints that are untrained networks.

    Returns
    -------
    Exhibit
    """
    figure = new_figure(7.2, 3.0)
    axes = figure.add_subplot()
    rows: list[tuple[Cell, ...]] = []
    said = []
    for color, (space, (shares, elbows)) in zip(SERIES, variances.items(), strict=False):
        x = np.arange(1, len(shares) + 1)
        axes.plot(x, shares, color=color, lw=1.2, marker="o", ms=2.5, label=space)
        for elbow in elbows:
            axes.plot(elbow, shares[elbow - 1], "o", ms=8, mfc="none", mec=color, mew=1.2)
        rows += [
            (space, int(i), float(s), int(i) in elbows) for i, s in zip(x, shares, strict=True)
        ]
        said.append(f"{space}: {', '.join(map(str, elbows)) or 'none'}")
    dress(axes, "principal component", "share of the variance")
    axes.set_yscale("log")
    legend(axes)
    alt = f"Scree plot of {len(variances)} spaces, falling; elbows at {'; '.join(said)}."
    exhibit = Exhibit(
        "figure-3.2",
        "PCA scree plot",
        ("space", "component", "share", "elbow"),
        rows,
        f"Elbows (ringed), by depth under the chord: {'; '.join(said)}.",
        to_svg(figure, alt),
        alt=alt,
    )
    return mark(exhibit, list(variances), untrained)


def thick_line(many: Floats, few: Floats, dimensions: tuple[float, float]) -> Exhibit:
    """Figure 3.4: two samplings of one noisy line, and what 2-NN says of each.

    Parameters
    ----------
    many, few : float64 (n, 2), (m, 2)
        The large and the small sample.
    dimensions : tuple of float
        2-NN estimates of the two.

    Returns
    -------
    Exhibit
    """
    figure = new_figure(7.2, 2.7)
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    shown = many[:: max(1, len(many) // _MOST_POINTS)]
    left.plot(*shown.T, ".", ms=1.5, color=SERIES[0], label=f"{len(many):,} points")
    left.plot(*few.T, ".", ms=1.5, color=SERIES[1], label=f"{len(few):,} points")
    dress(left, "x", "y", grid="")
    above(left, markerscale=5)
    right.bar([0, 1], dimensions, color=SERIES[:2], width=0.6)
    for x, value in enumerate(dimensions):
        right.text(x, value, f"{value:.2f}", ha="center", va="bottom", fontsize=9, color=INK)
    right.set_xticks([0, 1], [f"{len(many):,}", f"{len(few):,}"])
    right.margins(y=0.15)
    dress(right, "points", "estimated dimension")
    alt = (
        f"A noisy line sampled twice: the estimate is {dimensions[0]:.2f} for {len(many)} points "
        f"and {dimensions[1]:.2f} for {len(few)}."
    )
    return Exhibit(
        "figure-3.4",
        "Intrinsic dimension of two samplings of the same distribution",
        ("points", "estimated dimension"),
        [(len(many), dimensions[0]), (len(few), dimensions[1])],
        "Uniform along x from 0 to 100, Gaussian noise of 0.001 along y: the closer the points, "
        "the thicker the line. The drawing shows some of the points; the data hold the estimates.",
        to_svg(figure, alt),
        alt=alt,
    )


def plateau(sizes: Floats, means: Floats, deviations: Floats) -> Exhibit:
    """Figure 3.5: the thick line's estimated dimension with growing samples.

    Parameters
    ----------
    sizes, means, deviations : float64 (m,)
        Sample sizes, mean estimates and their standard deviations.

    Returns
    -------
    Exhibit
    """
    figure = new_figure(7.2, 2.7)
    axes = figure.add_subplot()
    axes.axhline(1, color=SOFT, lw=0.8, ls=(0, (4, 3)))
    axes.errorbar(sizes, means, deviations, color=ACCENT, marker="o", ms=3.5, lw=1.3, capsize=2)
    dress(axes, "sample size", "estimated dimension")
    log_ticks(axes)
    alt = f"The estimate goes from {means[0]:.2f} to {means[-1]:.2f} as the sample grows."
    return Exhibit(
        "figure-3.5",
        "Estimated dimension of the thick line with increasing sample sizes",
        ("sample size", "mean", "standard deviation"),
        list(zip(sizes.tolist(), means.tolist(), deviations.tolist(), strict=True)),
        "The plateau around one is the dimension of the line; beyond it the noise is seen.",
        to_svg(figure, alt),
        alt=alt,
    )
