"""Whole benchmark images for a scale reader, of three kinds.

In: a kind, a layout and a generator. Out: an image and its `DataBarTruth`.

A case is a micrograph with a data bar, gone through what files go through: resizing, blur,
fading, JPEG. "legible" can be read; in "none" the bar, the value or both are missing while every
other text is there; "illegible" is too small, cut or washed out.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sempark.synthetic import wear
from sempark.synthetic.databars import DataBarTruth, Kind, bar_range, draw_databar
from sempark.synthetic.micrographs import CATEGORIES, LEAVES, draw
from sempark.synthetic.sheet import NM, Box

KINDS: tuple[Kind, ...] = ("legible", "none", "illegible")

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
    sizes = wear.SIZES + wear.FIGURE_SIZES * 3 if layout == "author" else wear.SIZES
    shape = sizes[int(rng.integers(0, len(sizes)))]
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
    also: tuple[tuple[float, str, float], ...] = ()
    if kind == "legible" and layout not in ("author", "jeol_overlay") and rng.random() < 0.05:
        picture, also = _second(picture, nm_per_px, rng, fonts)
    image, truth = draw_databar(picture, layout, value, unit, nm_per_px, rng, fonts, omit)
    truth = replace(truth, also=also)
    return _worn(image, truth, kind, rng)


def _second(
    picture: NDArray[np.uint8],
    nm_per_px: float,
    rng: np.random.Generator,
    fonts: tuple[str, ...] | None,
) -> tuple[NDArray[np.uint8], tuple[tuple[float, str, float], ...]]:
    """Add an author's bar of another length in the upper part of a picture, where one fits."""
    low, high = bar_range("author", picture.shape[1])
    fitting = [(v, u) for v, u in VALUES if low <= round(v * NM[u] / nm_per_px) <= high]
    if not fitting:
        return picture, ()
    value, unit = fitting[int(rng.integers(0, len(fitting)))]
    rows = max(200, int(0.7 * picture.shape[0]))
    part, truth = draw_databar(picture[:rows], "author", value, unit, nm_per_px, rng, fonts)
    return np.vstack([part, picture[rows:]]), ((value, unit, float(truth.bar_px or 0)),)


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
            truth = replace(truth, bar=None, databar=None, value_box=None)
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
