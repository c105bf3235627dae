"""The scale reader of the thesis, its five steps as written; a yardstick beside `reading`.

In: gray pictures. Out: a Reading each. Where the text leaves a number open (the square's
side, "almost zero", "big", "small extent", "left part") it is a constant here.

Source: section 2.3 of the thesis, steps 1 to 5.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sempark.scalebar import ocr
from sempark.scalebar.databar import Gray
from sempark.scalebar.proposal import Status
from sempark.scalebar.reading import Reading
from sempark.scalebar.value import NM_PER_UNIT, Unit

Box = tuple[int, int, int, int]  # x, y, w, h

LOWER_SHARE = 0.25  # of the height, searched for the square
SQUARE_PX = 12
MAX_VARIANCE = 4.0
DARK = 128
STRIPE_WIDTH = 0.9  # of the picture's width
LEFT_SHARE = 0.25  # of the stripe's width
MAX_EXTENT = 0.5  # contour area over the area of its box
MIN_SEGMENT = 0.02  # of the picture's width

_SCALE = re.compile(r"(\d+(?:\.\d+)?)\s*(nm|mm|[µμu]m)")


@dataclass(frozen=True)
class _Segmented:
    """One picture up to step 3: a status, or the crop above its one segment."""

    status: Status
    stripe: Box | None = None
    bar_px: float | None = None
    crop: Gray | None = None


def read_many(grays: Iterable[Gray]) -> list[Reading]:
    """Read the scales of many micrographs as the thesis did.

    Parameters
    ----------
    grays
        uint8 (h, w) each, taken one after another.

    Returns
    -------
    list of Reading
        One each, in order. bar_px runs from outer edge to outer edge, as there.

    Raises
    ------
    EngineError
        When Tesseract is missing or fails.
    """
    segmented = [_segment(gray) for gray in grays]
    crops = [s.crop for s in segmented if s.crop is not None]
    lines = ocr.read_lines(crops, 7)
    lines.reverse()
    return [_value(s, lines.pop() if s.crop is not None else "") for s in segmented]


def _value(found: _Segmented, line: str) -> Reading:
    """Steps 4 and 5: digits followed by a unit, and the segment's length."""
    box = None
    if found.stripe is not None:
        x, y, w, h = found.stripe
        box = (x, y, x + w, y + h)
    if found.status != "ok" or found.bar_px is None:
        return Reading(found.status, databar=box, bar_px=found.bar_px)
    match = _SCALE.search(line)
    if match is None or float(match[1]) == 0:
        return Reading("no_value", text=line, databar=box, bar_px=found.bar_px)
    unit: Unit = "nm" if match[2] == "nm" else "mm" if match[2] == "mm" else "um"
    value = float(match[1])
    nm_per_px = value * NM_PER_UNIT[unit] / found.bar_px
    return Reading("ok", value, unit, nm_per_px, found.bar_px, line, box, 1.0)


def _segment(gray: Gray) -> _Segmented:
    """Steps 1 to 3: the stripe, the segment in its left part, the crop above it."""
    color = _stripe_color(gray)
    if color is None:
        return _Segmented("no_databar")
    stripes = _stripes(gray, color)
    if len(stripes) != 1:
        return _Segmented("no_databar" if not stripes else "many_databars")
    x, y, w, h = stripe = stripes[0]
    light = gray if color >= DARK else 255 - gray
    left = light[y : y + h, x : x + max(1, int(w * LEFT_SHARE))]
    segments = _segments(left, int(MIN_SEGMENT * gray.shape[1]))
    if len(segments) != 1:
        return _Segmented("no_bar" if not segments else "many_bars", stripe)
    sx, sy, sw, sh = segments[0]
    above = left[: sy + sh // 2, sx : sx + max(sw, int(0.1 * w))]
    if min(above.shape) < 6:
        return _Segmented("no_text", stripe, float(sw))
    return _Segmented("ok", stripe, float(sw), _prepared(above))


def _stripe_color(gray: Gray) -> int | None:
    """Step 1: the average brightness of the flattest square in the lower part."""
    low = gray[int(gray.shape[0] * (1 - LOWER_SHARE)) :].astype(np.float32)
    if min(low.shape) < SQUARE_PX:
        return None
    side = (SQUARE_PX, SQUARE_PX)
    mean = cv2.boxFilter(low, -1, side)
    variance = cv2.boxFilter(low * low, -1, side) - mean * mean
    row, column = np.unravel_index(int(np.argmin(variance)), variance.shape)
    return round(float(mean[row, column])) if variance[row, column] <= MAX_VARIANCE else None


def _stripes(gray: Gray, color: int) -> list[Box]:
    """Step 1: big white contours as wide as the picture, the color as threshold."""
    light = gray if color >= DARK else 255 - gray
    threshold = max(color, 255 - color) - 2
    mask = (light >= threshold).astype(np.uint8)
    return [b for b in _boxes(mask) if b[2] >= STRIPE_WIDTH * gray.shape[1] and b[3] >= SQUARE_PX]


def _segments(left: Gray, shortest: int) -> list[Box]:
    """Step 2: big contours of small extent."""
    mask = (left < DARK).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        x, y, w, h = cv2.boundingRect(contour)
        extent = cv2.contourArea(contour) / (w * h)
        if w >= shortest and w > 2 * h and extent <= MAX_EXTENT:
            found.append((x, y, w, h))
    return found


def _boxes(mask: NDArray[np.uint8]) -> list[Box]:
    """Return the boxes of a mask's outer contours."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [(int(x), int(y), int(w), int(h)) for x, y, w, h in map(cv2.boundingRect, contours)]


def _prepared(above: Gray) -> Gray:
    """Enlarge the text three-fold and put a border around it."""
    large = cv2.resize(above, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    color = (int(np.median(above)),) * 3
    return np.asarray(
        cv2.copyMakeBorder(large, 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=color), dtype=np.uint8
    )
