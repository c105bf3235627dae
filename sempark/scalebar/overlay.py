"""Scale bars drawn straight into the picture, without a data bar or in a small box.

In: a gray picture. Out: windows around horizontal strokes of one constant gray level, each
as Ink: how near every pixel is to the stroke's own level. Bar and text of an overlay
share their color, so what is not of that color is background, whatever it shows.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sempark.scalebar.databar import Gray
from sempark.scalebar.ink import Ink

MIN_LENGTH_SHARE = 0.028  # of the picture's width
MAX_LENGTH_SHARE = 0.55
MAX_HEIGHT_SHARE = 0.06  # of the picture's height
MAX_STEP = 7  # gray levels between neighbors of one stroke
MAX_CONTRAST = 170.0  # gray levels from the stroke's own at which closeness ends
EXTREME = 45  # gray levels from the picture's brightest or darkest
MIN_CONTRAST = 38  # between a stroke and what lies above and below
MAX_WINDOWS = 8
THRESHOLDS = (70, 115)  # of closeness, 255 being the stroke's own level
CALM_ROOM = 50  # of closeness, between most of the picture and ink


@dataclass(frozen=True)
class _Stroke:
    """A horizontal stroke: box, gray level, contrast to its surroundings, unevenness."""

    x: int
    y: int
    w: int
    h: int
    level: int
    contrast: float
    spread: float


def find(gray: Gray) -> list[Ink]:
    """Find strokes that may be overlaid scale bars.

    Parameters
    ----------
    gray
        uint8 (h, w).

    Returns
    -------
    list of Ink
        One a stroke, the most constant first, at most MAX_WINDOWS.
    """
    height, width = gray.shape
    if height < 32 or width < 64:
        return []
    strokes: list[_Stroke] = []
    for box in _even_runs(gray):
        stroke = _stroke(gray, box)
        if stroke is not None:
            strokes.append(stroke)
    low, high = (float(v) for v in np.percentile(gray[::3, ::3], (0.5, 99.5)))
    strokes.sort(
        key=lambda s: (min(abs(s.level - low), abs(high - s.level)) // 8, s.spread, s.y, s.x)
    )
    chosen: list[_Stroke] = []
    for s in strokes:
        # an uneven stroke is found in several runs
        if not any(abs(s.x - c.x) <= 3 and abs(s.y - c.y) <= s.h + c.h for c in chosen):
            chosen.append(s)
    return [_window(gray, s) for s in chosen[:MAX_WINDOWS]]


def _stroke(gray: Gray, box: tuple[int, int, int, int]) -> _Stroke | None:
    """Follow a run to its ends and judge it: even, far from its surroundings, with own ends."""
    x, y, w, h = box
    inner = gray[y : y + h, x + 1 : x + w - 1]
    # its own level is that of the row that stands out most: the others are blurred
    rows = np.median(inner, axis=1)
    around = np.median(gray[max(0, y - 3), x : x + w])
    level = round(float(rows[np.argmax(np.abs(rows - around))]))
    spread = float(np.abs(inner.astype(np.int16) - level).mean(axis=1).min())
    if spread > MAX_STEP or not _stands_out(gray, x, y, w, h, level):
        return None
    contrast = min(_contrast(gray, x, y, w, h, level), MAX_CONTRAST)
    if contrast < MIN_CONTRAST:
        return None
    x, w = _whole(gray, box, level, contrast)
    if w > MAX_LENGTH_SHARE * gray.shape[1]:
        return None
    if _contrast(gray.T, y, x, h, w, level) < 0.5 * contrast:
        return None  # it runs into something as bright: its length is not known
    return _Stroke(x, y, w, h, level, contrast, spread)


def _even_runs(gray: Gray) -> list[tuple[int, int, int, int]]:
    """Return boxes of long horizontal runs whose neighbors differ little."""
    height, width = gray.shape
    shortest = max(14, int(MIN_LENGTH_SHARE * width))
    steps = cv2.absdiff(gray[:, 1:], gray[:, :-1])
    even = (steps <= MAX_STEP).astype(np.uint8)
    # a stroke is among the brightest or the darkest of the picture
    low, darker, brighter, high = np.percentile(gray[::3, ::3], (0.5, 35, 65, 99.5))
    bright = (gray[:, 1:] >= max(brighter, high - EXTREME)).astype(np.uint8)
    dark = (gray[:, 1:] <= min(darker, low + EXTREME)).astype(np.uint8)
    row = np.ones((1, shortest), np.uint8)
    boxes = []
    for extreme in (bright, dark):
        runs = cv2.morphologyEx(even & extreme, cv2.MORPH_OPEN, row, borderValue=0)
        count, _, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=4)
        for x, y, w, h, area in stats[1:count].tolist():
            thin = h <= max(4, MAX_HEIGHT_SHARE * height) and h <= 0.7 * w
            if thin and w <= MAX_LENGTH_SHARE * width and area >= 0.8 * w * h:
                boxes.append((x, y, w + 1, h))
    return boxes


def _stands_out(gray: Gray, x: int, y: int, w: int, h: int, level: int) -> bool:
    """Tell quickly whether most pixels above and below a stroke are far from its level."""
    for row in (y - 3, y + h + 2):
        if 0 <= row < gray.shape[0]:
            off = np.abs(gray[row, x : x + w].astype(np.int16) - level)
            if np.count_nonzero(off >= MIN_CONTRAST) < 0.7 * w:
                return False
    return True


def _whole(
    gray: Gray, box: tuple[int, int, int, int], level: int, contrast: float
) -> tuple[int, int]:
    """Follow a stroke over uneven pixels to its ends; return its x and width."""
    x, y, w, h = box
    off = np.abs(gray[y : y + h].astype(np.int16) - level).min(axis=0)
    far = np.flatnonzero(off > 0.45 * min(contrast, 100))
    left, right = far[far < x], far[far >= x + w]
    first = int(left[-1]) + 1 if left.size else 0
    last = int(right[0]) if right.size else gray.shape[1]
    return first, last - first


def _contrast(gray: Gray, x: int, y: int, w: int, h: int, level: int) -> float:
    """Return how far, at least, most pixels above and below a stroke are from its level."""
    gaps = []
    for row in (y - 3, y + h + 2):
        if 0 <= row < gray.shape[0]:
            off = np.abs(gray[row, x : x + w].astype(np.int16) - level)
            gaps.append(float(np.percentile(off, 25)))
    return min(gaps, default=0.0)


def _window(gray: Gray, stroke: _Stroke) -> Ink:
    """Cut a window around a stroke and measure how near each pixel is to its level."""
    height, width = gray.shape
    x, y, w, h = stroke.x, stroke.y, stroke.w, stroke.h
    reach_y = max(30, int(0.13 * height))
    reach_x = max(int(0.14 * width), 40)
    x0, x1 = max(0, x - reach_x), min(width, x + w + reach_x)
    y0, y1 = max(0, y - reach_y), min(height, y + h + reach_y)
    off = cv2.absdiff(gray[y0:y1, x0:x1], np.full((y1 - y0, x1 - x0), stroke.level, np.uint8))
    near = np.clip(stroke.contrast - off.astype(np.float32), 0, None) * (255 / stroke.contrast)
    closeness: NDArray[np.uint8] = near.astype(np.uint8)
    # over a calm picture thin strokes count that never reach the level of the bar
    threshold = float(np.clip(np.percentile(closeness, 60) + CALM_ROOM, *THRESHOLDS))
    mask = (closeness > threshold).astype(np.uint8)
    lines = np.zeros_like(mask)
    lines[max(0, y - y0) : y + h - y0, max(0, x - x0) : x + w - x0] = 1
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask & (1 - lines), connectivity=8)
    return Ink(closeness, mask, labels, stats, np.ones_like(mask), (x0, y0), width)
