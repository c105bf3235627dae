"""What the fine-tuned network's test set says, as pictures.

In: confusion matrix, accuracy a category with its interval, reliability bins. Out: exhibits.

Source: section 3.1.1 of the thesis, which gives the average accuracy alone; reliability diagrams:
Guo et al. 2017, arXiv:1706.04599.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sempark.figures.exhibit import Cell, Exhibit
from sempark.figures.style import ACCENT, INK, SOFT, WARM, dress, new_figure, to_svg

Floats = NDArray[np.float64]


def confusion(categories: Sequence[str], counts: NDArray[np.int64], words: str) -> Exhibit:
    """Confusion matrix of the test set.

    Parameters
    ----------
    categories : sequence of str
    counts : int64 (n, n)
        Row: true category; column: predicted.
    words : str
        The accuracy in a sentence.

    Returns
    -------
    Exhibit
        Id ``finetuned-confusion``.
    """
    names = [name.replace("_", " ") for name in categories]
    sums = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = new_figure(7.2, 5.6)
    axes = figure.add_subplot()
    axes.imshow(counts / sums, cmap="Blues", vmin=0, vmax=1.3)
    for i, row in enumerate(counts):
        for j, n in enumerate(row):
            if n:
                # on the pale or dark square itself: the same in dark mode
                color = "#ffffff" if n / sums[i, 0] > 0.7 else "#10314f"
                axes.text(j, i, str(n), ha="center", va="center", fontsize=7.5, color=color)
    ticks = range(len(names))
    axes.set_xticks(ticks, names, rotation=40, ha="right")
    axes.set_yticks(ticks, names)
    dress(axes, xlabel="predicted", ylabel="label", grid="")
    right = int(np.trace(counts))
    total = int(counts.sum())
    alt = f"Confusion matrix of {len(names)} categories: {right} of {total} on the diagonal."
    rows: list[tuple[Cell, ...]] = [
        (name, *map(int, row)) for name, row in zip(categories, counts, strict=True)
    ]
    return Exhibit(
        "finetuned-confusion",
        "What the fine-tuned network calls its test images",
        ("label", *categories),
        rows,
        f"{words} Shades are shares of a row.",
        to_svg(figure, alt),
        alt=alt,
    )


def by_category(
    categories: Sequence[str], n: Sequence[int], accuracy: Floats, low: Floats, high: Floats
) -> Exhibit:
    """Accuracy a category with its 95 % interval.

    Parameters
    ----------
    categories, n : sequences
        Names; test images of each.
    accuracy, low, high : float64 (m,)
        NaN for a category without test images.

    Returns
    -------
    Exhibit
        Id ``finetuned-accuracy``.
    """
    figure = new_figure(7.2, 0.32 * len(categories) + 0.9)
    axes = figure.add_subplot()
    y = np.arange(len(categories))[::-1]
    known = np.isfinite(accuracy)
    axes.hlines(y[known], low[known], high[known], color=SOFT, linewidth=1.4)
    axes.plot(accuracy[known], y[known], "o", color=ACCENT, markersize=6)
    labels = [f"{c.replace('_', ' ')} ({m})" for c, m in zip(categories, n, strict=True)]
    axes.set_yticks(y, labels)
    axes.set_xlim(0, 1)
    dress(axes, xlabel="share of its test images called right, 95 % interval", grid="x")
    best = int(np.nanargmax(accuracy)) if known.any() else 0
    alt = f"Accuracy of {len(categories)} categories with intervals; best {categories[best]}."
    rows = [
        (name, int(m), _finite(a), _finite(lo), _finite(hi))
        for name, m, a, lo, hi in zip(categories, n, accuracy, low, high, strict=True)
    ]
    return Exhibit(
        "finetuned-accuracy",
        "Accuracy by category",
        ("category", "test_images", "accuracy", "low", "high"),
        rows,
        "Wilson's intervals; in brackets the number of test images.",
        to_svg(figure, alt),
        alt=alt,
    )


def reliability(confidence: Floats, accuracy: Floats, n: Sequence[int], error: float) -> Exhibit:
    """How far the network's probabilities can be believed.

    Parameters
    ----------
    confidence, accuracy : float64 (bins,)
        Mean probability and share right of each bin; NaN for an empty one.
    n : sequence of int
        Images of each bin.
    error : float
        Expected calibration error.

    Returns
    -------
    Exhibit
        Id ``finetuned-reliability``.
    """
    figure = new_figure(5.0, 3.9)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle="--")
    known = np.isfinite(confidence)
    axes.plot(confidence[known], accuracy[known], color=WARM, linewidth=1.2)
    sizes = 12 + 120 * np.asarray(n, np.float64)[known] / max(1, *n)
    axes.scatter(confidence[known], accuracy[known], s=sizes, color=WARM, zorder=3)
    axes.text(0.03, 0.95, "too modest", fontsize=7.5, color=INK, va="top")
    axes.text(0.97, 0.05, "too sure", fontsize=7.5, color=INK, ha="right")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    dress(axes, "probability of the category it names", "share of these right", grid="both")
    alt = f"Reliability of {int(known.sum())} bins beside the diagonal; mean gap {error:.2f}."
    rows = [
        (_finite(c), _finite(a), int(m)) for c, a, m in zip(confidence, accuracy, n, strict=True)
    ]
    return Exhibit(
        "finetuned-reliability",
        "How far its probabilities can be believed",
        ("probability", "accuracy", "test_images"),
        rows,
        f"Bins of equal width; a dot's area tells its images. Mean gap {error:.2f}.",
        to_svg(figure, alt),
        alt=alt,
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
