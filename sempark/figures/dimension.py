"""Intrinsic dimension of the spaces: linear fits, dimension by sample size and by scale.

In: arrays (ratios mu with their distribution, estimates). Out: figures 3.6 and 3.7 with their
data, and beyond the thesis the dimension by number of neighbors. Nothing is estimated here.

Source: section 3.3.2 of the thesis; Facco et al., Scientific Reports 7, 12140 (2017); Denti et al.,
Scientific Reports 12, 20005 (2022).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sempark.figures.exhibit import Cell, Exhibit, mark, titled
from sempark.figures.style import SERIES, dress, frames, legend, log_ticks, new_figure, to_svg

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """The 2-NN fits of a space: ratios, their distribution, and a slope a share of the points.

    Attributes
    ----------
    space : str
    mu, cdf : float64 (n,)
        Ratios r2 / r1, ascending, and their empirical distribution.
    slopes : mapping of float to float
        Share of the points used to the estimated dimension.
    """

    space: str
    mu: Floats
    cdf: Floats
    slopes: Mapping[float, float]


@dataclass(frozen=True)
class Estimates:
    """Mean 2-NN estimates by sample size.

    Attributes
    ----------
    space : str
    fraction : float
        Share of the points used in the fits.
    sizes, means, deviations : float64 (m,)
        Ascending sizes, the mean over the samples of a size, and their standard deviation.
    plateau : float or None
        The space's dimension by the stated rule.
    """

    space: str
    fraction: float
    sizes: Floats
    means: Floats
    deviations: Floats
    plateau: float | None = None


@dataclass(frozen=True)
class Scales:
    """Gride estimates of a space by the number of neighbors looked at.

    Attributes
    ----------
    space : str
    ranks : int64 (m,)
        n of each estimate, which compares the neighbors n and 2 n.
    dimension, standard_error, scale : float64 (m,)
        Estimates, their errors, and the mean distance of the neighbors 2 n.
    """

    space: str
    ranks: NDArray[np.int64]
    dimension: Floats
    standard_error: Floats
    scale: Floats


def fits(spaces: Sequence[Fit], untrained: Sequence[str]) -> Exhibit:
    """Figure 3.6: the linear fits of 2-NN in each space.

    Parameters
    ----------
    spaces : sequence of Fit
        A frame each.
    untrained : sequence of str
        Checkpoints that are untrained networks; their frames say so.

    Returns
    -------
    Exhibit
        Its data: a few hundred points of each curve, and the slopes.
    """
    figure, every = frames(len(spaces), 2.8)
    rows: list[tuple[Cell, ...]] = []
    colors = (SERIES[3], SERIES[2], "#c9a227")
    for fit, axes in zip(spaces, every, strict=True):
        x, y = np.log(fit.mu), -np.log1p(-fit.cdf)
        chosen = np.unique(np.linspace(0, len(x) - 1, min(400, len(x))).astype(int))
        axes.plot(x[chosen], y[chosen], ".", ms=2.5, color=SERIES[0])
        for color, (share, slope) in zip(colors, sorted(fit.slopes.items()), strict=False):
            end = min(x[-1], y[-1] / slope) if slope > 0 else x[-1]
            axes.plot(
                [0, end], [0, slope * end], color=color, lw=1.2, label=f"{share:.0%}: {slope:.1f}"
            )
            rows.append((fit.space, "slope", share, slope))
        rows += [(fit.space, "point", float(x[i]), float(y[i])) for i in chosen]
        axes.set_xlim(0, 1.25 * float(np.quantile(x, 0.99)) + 1e-9)
        axes.set_ylim(0, 1.05 * float(y[-1]) + 1e-9)
        dress(axes, "log µ", "−log(1 − F)", titled(fit.space, untrained), grid="both")
        legend(axes, loc="lower right")
    said = "; ".join(f"{f.space} {f.slopes[max(f.slopes)]:.1f}" for f in spaces if f.slopes)
    alt = f"Linear fits in {len(spaces)} spaces; dimensions from all points: {said}."
    exhibit = Exhibit(
        "figure-3.6",
        "Linear fits of 2-NN",
        ("space", "kind", "share or log mu", "slope or -log(1-F)"),
        rows,
        "A line a share of the points used; the legend gives the slope, which is the dimension. "
        "The last points, up to one in a hundred, may lie to the right of the frame.",
        to_svg(figure, alt),
        alt=alt,
    )
    return mark(exhibit, [fit.space for fit in spaces], untrained)


def by_size(curves: Sequence[Estimates], untrained: Sequence[str]) -> Exhibit:
    """Figure 3.7: estimated dimension by sample size, a color a space, a shade a share.

    Parameters
    ----------
    curves : sequence of Estimates
        One a space and share of points.
    untrained : sequence of str
        Checkpoints that are untrained networks.

    Returns
    -------
    Exhibit
    """
    names = list(dict.fromkeys(curve.space for curve in curves))
    figure = new_figure(7.2, 3.6)
    axes = figure.add_subplot()
    rows: list[tuple[Cell, ...]] = []
    for curve in curves:
        color = SERIES[names.index(curve.space) % len(SERIES)]
        label = titled(curve.space, untrained) if curve.fraction >= 0.85 else None
        axes.plot(
            curve.sizes,
            curve.means,
            color=color,
            lw=1.3,
            marker="o",
            ms=3,
            label=label,
            alpha=max(0.25, min(1.0, 2 * (curve.fraction - 0.4))),
        )
        points = zip(curve.sizes, curve.means, curve.deviations, strict=True)
        rows += [
            (curve.space, curve.fraction, int(s), float(m), float(d), curve.plateau)
            for s, m, d in points
        ]
    dress(axes, "sample size", "estimated dimension")
    log_ticks(axes)
    legend(axes)
    levels = {c.space: c.plateau for c in curves if c.plateau is not None}
    said = ", ".join(f"{name} {value:.1f}" for name, value in levels.items()) or "none"
    alt = f"Estimated dimension by sample size in {len(names)} spaces; plateaus: {said}."
    exhibit = Exhibit(
        "figure-3.7",
        "Dimension of samples of each space, by sample size",
        ("space", "fraction", "sample size", "mean", "standard deviation", "plateau"),
        rows,
        f"The stronger the color, the more of the points were fitted. Plateaus: {said}.",
        to_svg(figure, alt),
        alt=alt,
    )
    return mark(exhibit, names, untrained)


def by_scale(spaces: Sequence[Scales], untrained: Sequence[str]) -> Exhibit:
    """Beyond the thesis: estimated dimension by the number of neighbors looked at, one search.

    Parameters
    ----------
    spaces : sequence of Scales
    untrained : sequence of str
        Checkpoints that are untrained networks.

    Returns
    -------
    Exhibit
    """
    figure = new_figure(7.2, 3.2)
    axes = figure.add_subplot()
    rows: list[tuple[Cell, ...]] = []
    for number, space in enumerate(spaces):
        color, neighbors = SERIES[number % len(SERIES)], 2 * space.ranks
        low, high = (space.dimension + sign * space.standard_error for sign in (-1, 1))
        axes.fill_between(neighbors, low, high, color=color, alpha=0.2, lw=0)
        label = titled(space.space, untrained)
        axes.plot(neighbors, space.dimension, color=color, lw=1.3, marker="o", ms=3, label=label)
        found = (space.ranks, space.dimension, space.standard_error, space.scale)
        rows += [(space.space, int(n), *map(float, rest)) for n, *rest in zip(*found, strict=True)]
    dress(axes, "neighbors looked at", "estimated dimension")
    log_ticks(axes)
    legend(axes)
    said = ", ".join(
        f"{s.space} {s.dimension[0]:.1f} to {s.dimension[-1]:.1f}" for s in spaces if len(s.ranks)
    )
    alt = f"Estimated dimension from the nearest neighbors to the farthest: {said}."
    exhibit = Exhibit(
        "dimension-gride",
        "Dimension of each space by the number of neighbors looked at",
        ("space", "n", "dimension", "standard error", "mean distance of neighbor 2 n"),
        rows,
        "Gride compares the neighbors n and 2 n of all points: few neighbors see the noise, many "
        "the shape. The same question as figure 3.7, from one search.",
        to_svg(figure, alt),
        alt=alt,
    )
    return mark(exhibit, [space.space for space in spaces], untrained)
