"""The look of the figures: colors, sizes, and SVG that follows the reader's dark mode.

In: nothing but sizes. Out: matplotlib figures to draw on, and their bytes.

Figures are drawn by matplotlib's object interface on its own canvas, without pyplot and its global
state. The SVG keeps its texts as texts. Ink and grid lines have one fixed color each, which a style
sheet inside the SVG turns over where the reader prefers dark; other viewers see the light form.
"""

from __future__ import annotations

import io
import re
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

INK = "#1c2326"
SOFT = "#6b7579"
GRID = "#dfe3e2"
ACCENT = "#1f7a80"
WARM = "#c8743c"

METHODS = {
    "single": "#8d6e5a",
    "complete": "#2b8fb3",
    "centroid": "#d0482f",
    "ward": "#e0a12b",
    "density_peaks": "#a0559f",
    "hdbscan": "#4b9a5b",
    "hdbscan_tree": "#4b9a5b",
    "advanced_density_peaks": "#5865b8",
    "spectral": "#7a8b2a",
}
"""A color a clustering method, apart for readers who see fewer colors (with marks beside)."""

METHOD_NAMES = {
    "single": "single linkage",
    "complete": "complete linkage",
    "centroid": "centroid linkage",
    "ward": "Ward linkage",
    "density_peaks": "Density Peaks",
    "hdbscan": "HDBSCAN",
    "hdbscan_tree": "HDBSCAN's tree",
    "advanced_density_peaks": "Advanced Density Peaks",
    "spectral": "spectral",
}

SERIES = ("#2b6fb3", "#c8743c", "#2f8f6b", "#b23a48", "#7d5ba6", "#8d6e5a", "#2b9aa8", "#8a8f2a")

_DARK = {INK: "#e7e5df", SOFT: "#a3adb0", GRID: "#343b3f", ACCENT: "#58b9bd"}

_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "sempark",
    "font.family": "DejaVu Sans",
    "path.simplify": True,
}


Grid = Literal["x", "y", "both", ""]


def new_figure(width_in: float, height_in: float) -> Figure:
    """Give an empty figure without a background.

    Parameters
    ----------
    width_in, height_in : float
        Size in inches, at 72 px an inch in the SVG.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    figure.patch.set_alpha(0.0)
    FigureCanvasAgg(figure)
    return figure


def frames(n: int, height_in: float, below_in: float = 0.0) -> tuple[Figure, list[Axes]]:
    """Give a figure of n frames, two a row.

    Parameters
    ----------
    n : int
        Frames, at least 1.
    height_in : float
        Of a row, inches.
    below_in : float
        Room for a legend, inches.

    Returns
    -------
    figure : matplotlib.figure.Figure
    axes : list of matplotlib.axes.Axes
        One a frame, row by row.
    """
    n_rows = -(-n // 2)
    figure = new_figure(7.2, height_in * n_rows + below_in)
    return figure, [figure.add_subplot(n_rows, min(2, n), number + 1) for number in range(n)]


def dress(
    axes: Axes, xlabel: str = "", ylabel: str = "", title: str = "", grid: Grid = "y"
) -> None:
    """Give axes the house's quiet frame: two spines, a light grid behind, small labels.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    xlabel, ylabel, title : str
        Texts; an empty one is left out.
    grid : str
        "x", "y", "both" or "" for none.
    """
    axes.patch.set_alpha(0.0)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(SOFT)
        axes.spines[side].set_linewidth(0.8)
    axes.tick_params(colors=SOFT, labelcolor=INK, labelsize=8, width=0.8, length=3)
    if grid:
        axes.grid(True, axis=grid, color=GRID, linewidth=0.8)
    if xlabel:
        axes.set_xlabel(xlabel, color=INK, fontsize=9)
    if ylabel:
        axes.set_ylabel(ylabel, color=INK, fontsize=9)
    if title:
        axes.set_title(title, color=INK, fontsize=9.5, loc="left")


def legend(axes: Axes, **options: Any) -> None:
    """Add a legend without a frame."""
    options = {"frameon": False, "fontsize": 8, "labelcolor": INK} | options
    axes.legend(**options)


def log_ticks(axes: Axes) -> None:
    """Make the x axis logarithmic, with plain numbers at its ticks."""
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def above(axes: Axes, **options: Any) -> None:
    """Add a legend above the axes, out of the way of what is drawn."""
    legend(axes, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, borderaxespad=0.2, **options)


def beside(axes: Axes, x: float, y: float, text: str, size: float = 7.5) -> None:
    """Write text a little to the right of a point."""
    axes.annotate(
        text, (x, y), (4, 0), textcoords="offset points", va="center", fontsize=size, color=INK
    )


def to_svg(figure: Figure, alt: str) -> bytes:
    """Write a figure as SVG, the same bytes for the same figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        The picture in words: its accessible title.

    Returns
    -------
    bytes
        UTF-8; carries a style for dark mode.

    Raises
    ------
    ValueError
        If there are no words for it.
    """
    if not alt:
        raise ValueError("expected a picture in words (alt), received none: describe the figure")
    out = io.StringIO()
    with mpl.rc_context(_SETTINGS):
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Title": alt})
    text = out.getvalue().replace("'DejaVu Sans'", "'Helvetica Neue', Arial, 'DejaVu Sans'")
    rules = "".join(
        f'[style*="{kind}: {light}"]{{{kind}:{dark} !important}}'
        for light, dark in _DARK.items()
        for kind in ("fill", "stroke")
    )
    style = f"<style>@media (prefers-color-scheme: dark){{{rules}}}</style>"
    return re.sub(r"(<svg [^>]*>)", lambda found: found.group(1) + style, text, count=1).encode()


def to_png(figure: Figure, dpi: int = 144) -> bytes:
    """Write a figure as PNG on white, for places that show no SVG."""
    out = io.BytesIO()
    with mpl.rc_context(_SETTINGS):
        FigureCanvasAgg(figure).print_png(
            out, pil_kwargs={"dpi": (dpi, dpi)}, metadata={"Software": "sempark"}
        )
    return out.getvalue()
