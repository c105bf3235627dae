"""Data bars of the common instruments, drawn with their truth.

In: a gray picture, a layout, a printed length and the pixel size. Out: the picture with its data
bar and a `DataBarTruth`.

The layouts vary within each family: sizes, places, colors, fonts, which other texts stand there.
`draw_case` makes whole benchmark images of three kinds: a legible scale, none, an illegible one.
Source: the data bars of eight makers' instruments; section 2.3 of the thesis.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sempark.synthetic import (
    author_bars,
    stripes_fei,
    stripes_jeol,
    stripes_others,
    stripes_zeiss,
    wear,
)
from sempark.synthetic.lettering import wheel_fonts
from sempark.synthetic.micrographs import CATEGORIES, LEAVES, draw
from sempark.synthetic.sheet import NM, Box, Scale, Sheet

Kind = Literal["legible", "none", "illegible"]
KINDS: tuple[Kind, ...] = ("legible", "none", "illegible")

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
    layout : one of `LAYOUTS`.
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
            f"expected a layout of {LAYOUTS} and a unit of {tuple(NM)}, received {layout!r}, {unit!r}"
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


VALUES: tuple[tuple[float, str], ...] = tuple(
    (float(v), u)
    for u, values in (
        ("nm", (10, 20, 30, 50, 100, 200, 300, 400, 500)),
        ("um", (1, 2, 3, 4, 5, 8, 10, 20, 30, 40, 50, 80, 100, 200, 300, 500)),
        ("mm", (1, 2)),
    )
    for v in values
)


def draw_case(
    kind: Kind, layout: str, rng: np.random.Generator, fonts: tuple[str, ...] | None = None
) -> tuple[NDArray[np.uint8], DataBarTruth]:
    """Draw a benchmark image: a micrograph, its data bar, and what files go through.

    Parameters
    ----------
    kind : "legible": digits at least 8 px high, bar and value whole; "none": no bar, no value or
        neither, with every other text still there; "illegible": too small, cut or washed out.
    layout : one of `LAYOUTS`.
    rng : draws everything.
    fonts : files to choose from; those of matplotlib's wheel by default.

    Returns
    -------
    image : uint8 (h, w)
    truth : DataBarTruth in the pixels of the image as returned.
    """
    if kind not in KINDS:
        raise ValueError(f"expected a kind of {KINDS}, received {kind!r}")
    category = str(rng.choice(CATEGORIES))
    leaf = str(rng.choice(list(LEAVES[category])))
    shape = wear.SIZES[int(rng.integers(0, len(wear.SIZES)))]
    picture = draw(category, leaf, rng, shape)
    value, unit = VALUES[int(rng.integers(0, len(VALUES)))]
    low, high = bar_range(layout, shape[1])
    nm_per_px = value * NM[unit] / np.exp(rng.uniform(np.log(low), np.log(high)))
    picture = wear.burn_in(picture, rng, nm_per_px)
    omit: frozenset[str] = frozenset()
    if kind == "none":
        left_out: tuple[tuple[str, ...], ...] = (("bar",), ("value",), ("bar", "value"))
        choice = int(rng.integers(0, 4))
        if choice == 3:
            return wear.without(picture, rng), _nothing(nm_per_px)
        omit = frozenset(left_out[choice])
    image, truth = draw_databar(picture, layout, value, unit, nm_per_px, rng, fonts, omit)
    return _worn(image, truth, kind, rng)


def _nothing(nm_per_px: float) -> DataBarTruth:
    return DataBarTruth("none", "empty", None, None, nm_per_px, None, None, None, None, 0.0, "", "")


def _worn(
    image: NDArray[np.uint8], truth: DataBarTruth, kind: Kind, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], DataBarTruth]:
    """Pass an image through resizing, blur, contrast and JPEG, and its truth along with it."""
    if kind == "illegible":
        choice = int(rng.integers(0, 3))
        if choice == 0 and truth.value_box and truth.bar:
            image = wear.cut(image, truth.value_box, truth.bar, rng)
            return wear.compress(image, rng), replace(truth, kind="illegible")
        if choice == 1:
            image = wear.wash_out(image, truth.value_box, rng)
            return wear.compress(image, rng), replace(truth, kind="illegible")
        factor = rng.uniform(3.0, 4.8) / max(truth.text_px, 1)
        image = wear.resize(image, factor)
        return wear.compress(image, rng), replace(_scaled(truth, factor), kind="illegible")
    factor = 1.0
    if rng.random() < 0.3:
        least = min(1.0, 8.5 / truth.text_px) if truth.text_px else 0.8
        factor = float(rng.uniform(max(least, 0.6), 1.3))
        image = wear.resize(image, factor)
    image = wear.blur(image, rng, truth.text_px * factor)
    image = wear.fade(image, rng)
    return wear.compress(image, rng), _scaled(truth, factor)


def _scaled(truth: DataBarTruth, factor: float) -> DataBarTruth:
    """Return the truth of an image enlarged by `factor`."""
    if factor == 1.0:
        return truth
    bar = truth.bar and (truth.bar[0] * factor, truth.bar[1] * factor, truth.bar[2] * factor)
    return replace(
        truth,
        nm_per_px=truth.nm_per_px / factor,
        bar_px=truth.bar_px and truth.bar_px * factor,
        bar=bar,
        databar=_box(truth.databar, factor),
        value_box=_box(truth.value_box, factor),
        text_px=truth.text_px * factor,
        also=tuple((v, u, px * factor) for v, u, px in truth.also),
    )


def _box(box: Box | None, factor: float) -> Box | None:
    if box is None:
        return None
    x0, y0, x1, y1 = (round(v * factor) for v in box)
    return x0, y0, x1, y1
