"""Data bars of the common instruments, drawn with their truth.

In: a gray picture, a layout, a printed length and the pixel size. Out: the picture with its data
bar and a `DataBarTruth`.

The layouts vary within each family: sizes, places, colors, fonts, which other texts stand there.
Source: the data bars of eight makers' instruments; section 2.3 of the thesis.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sempark.synthetic import (
    author_bars,
    stripes_fei,
    stripes_held_out,
    stripes_jeol,
    stripes_others,
    stripes_zeiss,
)
from sempark.synthetic.lettering import wheel_fonts
from sempark.synthetic.sheet import NM, Box, Scale, Sheet

Kind = Literal["legible", "none", "illegible"]

_DRAW: dict[str, Callable[[Sheet], None]] = {
    "zeiss_white": stripes_zeiss.white,
    "zeiss_white_inside": stripes_zeiss.white_inside,
    "zeiss_black_framed": stripes_zeiss.black_framed,
    "zeiss_black_rows": stripes_zeiss.black_rows,
    "zeiss_black_right": stripes_zeiss.black_right,
    "fei_cells": stripes_fei.cells,
    "fei_xl": stripes_fei.philips,
    "fei_box": stripes_fei.box,
    "jeol_it": stripes_jeol.it_series,
    "jeol_classic": stripes_jeol.classic,
    "jeol_overlay": stripes_jeol.overlay,
    "hitachi": stripes_others.hitachi,
    "tescan_bracket": stripes_others.bracket,
    "tescan_ruler": stripes_others.ruler,
    "phenom": stripes_others.phenom,
    "oxford": stripes_others.oxford,
    "author": author_bars.author,
}
LAYOUTS: tuple[str, ...] = tuple(_DRAW)

# drawn for benchmarks only: no reader was tuned on them
_DRAW |= {
    "dotted": stripes_held_out.dotted,
    "between": stripes_held_out.between,
    "cornered": stripes_held_out.cornered,
    "on_top": stripes_held_out.on_top,
}
HELD_OUT: tuple[str, ...] = tuple(_DRAW)[len(LAYOUTS) :]

# shortest and longest bar as shares of the width
_REACH: dict[str, tuple[float, float]] = {
    "zeiss_white": (0.035, 0.18),
    "zeiss_white_inside": (0.035, 0.18),
    "zeiss_black_framed": (0.04, 0.14),
    "zeiss_black_rows": (0.04, 0.16),
    "zeiss_black_right": (0.028, 0.09),
    "fei_cells": (0.2, 0.46),
    "fei_xl": (0.1, 0.3),
    "fei_box": (0.1, 0.28),
    "jeol_it": (0.06, 0.18),
    "jeol_classic": (0.03, 0.1),
    "jeol_overlay": (0.05, 0.15),
    "hitachi": (0.18, 0.37),
    "tescan_bracket": (0.18, 0.32),
    "tescan_ruler": (0.18, 0.32),
    "phenom": (0.12, 0.28),
    "oxford": (0.08, 0.3),
    "author": (0.08, 0.35),
    "dotted": (0.16, 0.35),
    "between": (0.05, 0.16),
    "cornered": (0.08, 0.3),
    "on_top": (0.08, 0.28),
}


@dataclass(frozen=True)
class DataBarTruth:
    """What is printed in an image, and where.

    Attributes
    ----------
    kind : "legible", "none" (no bar or no value: nothing to read) or "illegible".
    layout : one of `LAYOUTS`, or "empty".
    value, unit : the printed length; unit "nm", "um" or "mm"; None where nothing is printed.
    nm_per_px : of the image as it is.
    bar_px : nominal length, from the middle of one end tick to the middle of the other.
    bar : x0, x1, y of the nominal bar in pixels, or None.
    databar : box of the stripe, or None (text straight over the picture, or nothing).
    value_box : box of the value's ink, or None.
    text_px : height of the value's digits in pixels.
    text : the value as printed.
    font : file name of the value's font.
    also : further true lengths in the image, as (value, unit, bar_px): an author's bar.
    """

    kind: Kind
    layout: str
    value: float | None
    unit: str | None
    nm_per_px: float
    bar_px: float | None
    bar: tuple[float, float, float] | None
    databar: Box | None
    value_box: Box | None
    text_px: float
    text: str
    font: str
    also: tuple[tuple[float, str, float], ...] = ()

    @property
    def legible(self) -> bool:
        """Whether a scale can be read."""
        return self.kind == "legible"


def bar_range(layout: str, width: int) -> tuple[float, float]:
    """Return the shortest and longest bar in pixels that a layout has at a width in pixels."""
    if layout not in _REACH:
        raise ValueError(f"expected a layout of {LAYOUTS}, received {layout!r}")
    low, high = _REACH[layout]
    shortest = 124 if layout == "fei_cells" else 26
    return max(low * width, shortest), max(high * width, 1.6 * shortest)


def draw_databar(
    gray: NDArray[np.uint8],
    layout: str,
    value: float,
    unit: str,
    nm_per_px: float,
    rng: np.random.Generator,
    fonts: tuple[str, ...] | None = None,
    omit: frozenset[str] = frozenset(),
) -> tuple[NDArray[np.uint8], DataBarTruth]:
    """Draw a data bar into a copy of a picture; some layouts append rows below it.

    Parameters
    ----------
    gray : uint8 (h, w), at least 400 wide and 200 high.
    layout : one of `LAYOUTS` or `HELD_OUT`.
    value, unit : the printed length; unit "nm", "um" or "mm".
    nm_per_px : pixel size; the bar must lie within `bar_range`.
    rng : draws what varies within the layout.
    fonts : files to choose from; those of matplotlib's wheel by default.
    omit : "bar" and "value": what to leave out.

    Returns
    -------
    image : uint8 (h', w), h' >= h.
    truth : DataBarTruth, of kind "legible" or, with something left out, "none".

    Raises
    ------
    ValueError
        If the layout or unit is unknown, the picture too small or the bar out of range.
    """
    if layout not in _DRAW or unit not in NM:
        raise ValueError(
            f"expected a layout of {LAYOUTS} and a unit of {tuple(NM)}, "
            f"received {layout!r}, {unit!r}"
        )
    if gray.ndim != 2 or gray.shape[0] < 200 or gray.shape[1] < 400:
        raise ValueError(f"expected at least 200 x 400 gray pixels, received {gray.shape}")
    scale = Scale(value, unit, nm_per_px)
    low, high = bar_range(layout, gray.shape[1])
    if not low - 1 <= scale.bar_px <= high + 1:
        raise ValueError(
            f"expected a bar of {low:.0f} to {high:.0f} pixels for {layout}, "
            f"received {scale.bar_px}; choose value or nm_per_px by bar_range"
        )
    sheet = Sheet(gray.copy(), scale, rng, fonts or wheel_fonts(), omit)
    _DRAW[layout](sheet)
    return sheet.canvas, _truth(sheet, layout)


def _truth(sheet: Sheet, layout: str) -> DataBarTruth:
    complete = sheet.bar is not None and sheet.value_box is not None
    return DataBarTruth(
        kind="legible" if complete else "none",
        layout=layout,
        value=sheet.scale.value if sheet.value_box else None,
        unit=sheet.scale.unit if sheet.value_box else None,
        nm_per_px=sheet.scale.nm_per_px,
        bar_px=float(sheet.scale.bar_px) if sheet.bar else None,
        bar=sheet.bar,
        databar=sheet.databar,
        value_box=sheet.value_box,
        text_px=float(sheet.digit_px),
        text=sheet.printed,
        font=sheet.font.rsplit("/", 1)[-1],
    )
