"""Drawings that explain: the network's layers and the autoencoder.

In: layer names with their shapes, units a layer. Out: figures 3.1 and 3.3.

Source: sections 3.1.1 and 3.2 of the thesis; Szegedy et al., arXiv 1512.00567, table 1, for the
shapes, as TF-Slim builds them for inputs of 299 x 299.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.patches import FancyBboxPatch, Polygon

from sempark.figures.exhibit import Exhibit
from sempark.figures.style import ACCENT, INK, SOFT, WARM, new_figure, to_svg

INCEPTION_V3 = (
    ("input", "299 × 299 × 3"),
    ("conv 3 × 3 / 2", "149 × 149 × 32"),
    ("conv 3 × 3", "147 × 147 × 32"),
    ("conv 3 × 3", "147 × 147 × 64"),
    ("max pool / 2", "73 × 73 × 64"),
    ("conv 1 × 1", "73 × 73 × 80"),
    ("conv 3 × 3", "71 × 71 × 192"),
    ("max pool / 2", "35 × 35 × 192"),
    ("3 × inception A", "35 × 35 × 288"),
    ("reduction", "17 × 17 × 768"),
    ("4 × inception B", "17 × 17 × 768"),
    ("reduction", "8 × 8 × 1280"),
    ("2 × inception C", "8 × 8 × 2048"),
    ("average pool, dropout", "1 × 1 × 2048"),
    ("fully connected", "1001"),
    ("softmax", "1001"),
)
"""Layers of Inception V3 with the shape of each output."""

_TAKEN = {"average pool, dropout": "features, 2048", "fully connected": "logits, 1001"}


def inception() -> Exhibit:
    """Figure 3.1: Inception V3, with the two layers that are read out (a drawing)."""
    per_row = 8
    figure = new_figure(7.2, 2.5)
    axes = figure.add_subplot()
    for i, (name, shape) in enumerate(INCEPTION_V3):
        row, column = divmod(i, per_row)
        x, y = column * 1.25, -row * 1.5
        color = WARM if name in _TAKEN else ACCENT
        axes.add_patch(
            FancyBboxPatch(
                (x, y),
                1.05,
                0.7,
                boxstyle="round,pad=0,rounding_size=0.08",
                fc=color,
                ec="none",
                alpha=0.22,
            )
        )
        axes.text(
            x + 0.52,
            y + 0.44,
            name.replace(", ", ",\n"),
            ha="center",
            va="center",
            fontsize=6.3,
            color=INK,
        )
        axes.text(x + 0.52, y + 0.12, shape, ha="center", va="center", fontsize=5.6, color=SOFT)
        if name in _TAKEN:
            axes.text(x + 0.52, y - 0.22, f"↓ {_TAKEN[name]}", ha="center", fontsize=6.5, color=INK)
        if column < per_row - 1 and i < len(INCEPTION_V3) - 1:
            axes.annotate(
                "",
                (x + 1.25, y + 0.35),
                (x + 1.05, y + 0.35),
                arrowprops={"arrowstyle": "->", "color": SOFT, "lw": 0.7},
            )
    axes.set_xlim(-0.1, per_row * 1.25)
    axes.set_ylim(-2.0, 0.9)
    axes.set_axis_off()
    alt = "Layers of Inception V3 from left to right; the last two before softmax are read out."
    return Exhibit(
        "figure-3.1",
        "Inception V3",
        ("layer", "output"),
        list(INCEPTION_V3),
        "Shapes at an input of 299 × 299. The two marked outputs become the spaces of table 3.1.",
        to_svg(figure, alt),
        alt=alt,
    )


def autoencoder(units: Sequence[int], space: str) -> Exhibit:
    """Figure 3.3: an undercomplete autoencoder, with the units of each layer.

    Parameters
    ----------
    units : sequence of int
        From the inputs to the codings; the decoder mirrors them.
    space : str
        Whose autoencoder it is.

    Returns
    -------
    Exhibit
    """
    every = [*units, *list(units)[-2::-1]]
    names = ["input"] + [f"hidden {i}" for i in range(1, len(every))]
    names[len(units) - 1], names[-1] = "codings", "output"
    figure = new_figure(7.2, 2.4)
    axes = figure.add_subplot()
    tall = [0.25 + (n / max(every)) ** 0.5 for n in every]
    for i, (n, height) in enumerate(zip(every, tall, strict=True)):
        color = WARM if i == len(units) - 1 else ACCENT
        axes.add_patch(
            FancyBboxPatch(
                (i - 0.13, -height / 2),
                0.26,
                height,
                fc=color,
                ec="none",
                alpha=0.75,
                boxstyle="round,pad=0,rounding_size=0.05",
            )
        )
        axes.text(
            i,
            -height / 2 - 0.06,
            f"{names[i]}\n{n:,}",
            ha="center",
            va="top",
            fontsize=7.5,
            color=INK,
        )
        if i:
            before = tall[i - 1]
            corners = [
                (i - 0.87, before / 2),
                (i - 0.13, height / 2),
                (i - 0.13, -height / 2),
                (i - 0.87, -before / 2),
            ]
            axes.add_patch(Polygon(corners, fc=SOFT, ec="none", alpha=0.13))
    axes.set_xlim(-0.6, len(every) - 0.4)
    axes.set_ylim(-1.0, 0.7)
    axes.set_axis_off()
    alt = f"An autoencoder of {len(every)} layers that narrows to {units[-1]} units and widens."
    return Exhibit(
        "figure-3.3",
        f"The undercomplete autoencoder ({space})",
        ("layer", "units"),
        list(zip(names, every, strict=True)),
        "Encoder to the left of the codings, decoder to the right. Heights grow with the root of "
        "the units.",
        to_svg(figure, alt),
        alt=alt,
    )
