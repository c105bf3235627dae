"""The tree judged: its scores beside flat clustering and chance, and how far new images lie.

In: scores of five samples by checkpoint and method; p-values of new images. Out: exhibits, and the
mean with its interval.

Source: chapter 5 of the thesis; Student's interval of five values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sempark.figures.exhibit import Cell, Exhibit
from sempark.figures.style import ACCENT, SOFT, WARM, above, dress, new_figure, to_svg

Floats = NDArray[np.float64]

METHODS = {
    "tree": ("the tree", ACCENT, "o"),
    "flat": ("best flat clustering", WARM, "s"),
    "categories": ("categories alone", "#7d5ba6", "^"),
    "chance": ("chance", SOFT, "x"),
}
MEASURES = {
    "nmi": "NMI",
    "ari": "ARI",
    "purity": "purity",
    "inside_nmi": "NMI inside",
    "inside_ari": "ARI inside",
    "inside_purity": "purity inside",
}


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


def interval(values: Sequence[float]) -> Interval:
    """Give the mean of some samples with Student's 95 % interval; of one value, without width."""
    x = np.asarray(values, np.float64)
    mean = float(x.mean())
    if len(x) < 2:
        return Interval(mean, mean, mean)
    half = float(stats.t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)))
    return Interval(mean, mean - half, mean + half)


def scores(
    found: Mapping[tuple[str, str], Mapping[str, Sequence[float]]],
    n_images: int,
    untrained: Sequence[str],
) -> Exhibit:
    """The tree beside flat clustering and chance.

    Parameters
    ----------
    found : mapping
        (checkpoint, method) to the values of each measure, and of "k", over the samples.
    n_images : int
        Images scored in a sample, on average.
    untrained : sequence of str
        Checkpoints that are untrained networks.

    Returns
    -------
    Exhibit
        Id ``tree-scores``.
    """
    checkpoints = sorted({checkpoint for checkpoint, _ in found}, key=lambda c: (c != "ft", c))
    figure = new_figure(7.2, 0.35 + 2.6 * len(checkpoints))
    grid = figure.subplots(len(checkpoints), 1, squeeze=False).ravel()
    rows: list[tuple[Cell, ...]] = []
    for axes, checkpoint in zip(grid, checkpoints, strict=True):
        for shift, (method, (words, color, mark)) in zip(
            np.linspace(-0.24, 0.24, len(METHODS)), METHODS.items(), strict=True
        ):
            values = found.get((checkpoint, method))
            if values is None:
                continue
            each = [interval(values[measure]) for measure in MEASURES]
            x = np.arange(len(MEASURES)) + shift
            axes.vlines(x, [e.low for e in each], [e.high for e in each], color=color, linewidth=2)
            axes.plot(x, [e.mean for e in each], mark, color=color, markersize=5, label=words)
            k = float(np.mean(values["k"]))
            rows += [
                (checkpoint, method, k, measure, e.mean, e.low, e.high)
                for measure, e in zip(MEASURES, each, strict=True)
            ]
        axes.set_xticks(range(len(MEASURES)), list(MEASURES.values()))
        axes.set_ylim(min(0.0, axes.get_ylim()[0]), 1)
        note = " (untrained network)" if checkpoint in untrained else ""
        dress(axes, ylabel=f"{checkpoint} features{note}")
    above(grid[0])
    alt = "Scores of the tree, a flat clustering and two shuffles, with intervals, by features."
    return Exhibit(
        "tree-scores",
        "The tree against known sub-categories",
        ("checkpoint", "method", "clusters", "measure", "mean", "low", "high"),
        rows,
        f"Some {n_images:,} images that fine-tuning never saw, their category by prediction; means "
        "over five samples of four fifths of the images, with Student's 95 % intervals of these; "
        "one network: how far another training would differ is not in them. The same features and "
        "numbers of clusters for all, also inside each true category; the flat clustering is the "
        "best of five by its NMI in each sample, which favors it.",
        to_svg(figure, alt),
        alt=alt,
    )


def drift(p_values: Floats, figure_: float, limit: float, counts: Mapping[str, int]) -> Exhibit:
    """How far new images lie from the tree's, against images of the tree itself.

    Parameters
    ----------
    p_values : float64 (n,)
        Share of the category's own images at least as far from theirs, a new image each.
    figure_, limit : float
        Largest excess over the diagonal; where it becomes a warning.
    counts : mapping
        Status to images.

    Returns
    -------
    Exhibit
        Id ``drift``.
    """
    p = np.sort(p_values)
    share = np.arange(1, len(p) + 1) / max(1, len(p))
    drawn = new_figure(5.0, 3.9)
    axes = drawn.add_subplot()
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle="--", label="images of the tree")
    axes.plot([0, 1 - limit], [limit, 1], color=SOFT, linewidth=1, linestyle=":", label="limit")
    axes.step(p, share, where="post", color=ACCENT, linewidth=1.6, label="new images")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    dress(axes, "share of its category at least as far off (p)", "share of images", grid="both")
    above(axes)
    verdict = "run the whole again" if figure_ > limit else "the tree fits them"
    alt = f"Distribution of {len(p)} p-values; largest excess {figure_:.2f}, limit {limit:.2f}."
    said = ", ".join(f"{word} {n:,}" for word, n in sorted(counts.items()))
    return Exhibit(
        "drift",
        "New images beside those of the tree",
        ("p_value", "share"),
        [(float(a), float(b)) for a, b in zip(p, share, strict=True)],
        f"Drift {figure_:.3f}, limit {limit:.3f}: {verdict}. Assigned: {said}.",
        to_svg(drawn, alt),
        alt=alt,
    )
