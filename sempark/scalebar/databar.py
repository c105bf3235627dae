"""Data bars: the flat stripes or boxes that a microscope adds to its pictures.

In: a gray picture, uint8 (h, w). Out: the boxes of near-constant background that hold
ink, largest first, each with its background level.
The idea: levels that fill many flat 5 x 5 neighborhoods of the lower part are candidate
backgrounds; flat pixels of one level, closed over their text, must fill a rectangle.

Source: section 2.3 of the thesis, step 1, made independent of the stripe's color, width,
frame and place.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

FLAT_RANGE = 14  # gray levels inside a 5 x 5 neighborhood; JPEG leaves 1-4 of deviation
LEVEL_TOLERANCE = 12
MAX_LEVELS = 4
MAX_SPREAD = 3.0
MAX_BOXES = 3
SEARCHED_SHARE = 0.5  # of the height, from the bottom
WORK_WIDTH = 1024


@dataclass(frozen=True)
class DataBar:
    """A data bar: box x0 <= x < x1, y0 <= y < y1 in px, and its background's gray level."""

    x0: int
    y0: int
    x1: int
    y1: int
    level: int


def find(gray: Gray) -> list[DataBar]:
    """Find flat boxes that look like data bars.

    Parameters
    ----------
    gray
        uint8 (h, w).

    Returns
    -------
    list of DataBar
        Evenest background first, at most MAX_BOXES; empty when there is none. A flat dark part of the specimen may be
        among them: only ink inside makes a data bar, which the caller sees.
    """
    height, width = gray.shape
    if height < 32 or width < 64:
        return []
    step = max(1, round(width / WORK_WIDTH))
    top = int(height * (1 - SEARCHED_SHARE)) // step * step
    low = np.ascontiguousarray(gray[top::step, ::step])
    square = np.ones((5, 5), np.uint8)
    flat = cv2.subtract(cv2.dilate(low, square), cv2.erode(low, square)) <= FLAT_RANGE
    found: list[DataBar] = []
    spreads: list[float] = []
    for level in _levels(low, flat):
        for x0, y0, x1, y1 in _boxes(low, flat, level):
            box = DataBar(
                x0 * step,
                top + y0 * step,
                min(x1 * step, width),
                min(top + y1 * step, height),
                level,
            )
            if not any(_overlap(box, other) > 0.5 for other in found):
                found.append(box)
                spreads.append(_spread(low[y0:y1, x0:x1], level))
    order = sorted(
        range(len(found)),
        key=lambda i: (spreads[i], -found[i].y1, -(found[i].x1 - found[i].x0), found[i].x0),
    )
    return [found[i] for i in order if spreads[i] <= MAX_SPREAD][:MAX_BOXES]


def _levels(low: Gray, flat: NDArray[np.bool_]) -> list[int]:
    """Return the gray levels that fill most of the flat neighborhoods, commonest first."""
    counts = np.bincount(low[flat], minlength=256).astype(float)
    levels = []
    for _ in range(MAX_LEVELS):
        smooth = np.convolve(counts, np.ones(7), mode="same")
        level = int(np.argmax(smooth))
        if smooth[level] < 0.01 * low.size:
            break
        around = slice(max(0, level - 3), level + 4)
        mean = float(np.average(np.arange(256)[around], weights=counts[around] + 1e-9))
        levels.append(round(mean))
        counts[max(0, level - LEVEL_TOLERANCE) : level + LEVEL_TOLERANCE + 1] = 0
    return levels


def _boxes(low: Gray, flat: NDArray[np.bool_], level: int) -> list[tuple[int, int, int, int]]:
    """Return boxes filled by flat pixels of a level, text and logos closed over."""
    height, width = low.shape
    near = cv2.absdiff(low, np.full_like(low, level)) <= LEVEL_TOLERANCE
    core = cv2.dilate((near & flat).astype(np.uint8), np.ones((5, 5), np.uint8))
    core &= near.astype(np.uint8)
    bridge = max(9, int(0.035 * width))
    closed = _close(core, bridge, max(7, bridge // 2))
    # a stripe's thin connections to flat parts of the specimen are cut again
    closed = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((9, max(9, width // 8)), np.uint8))
    n_parts, parts, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=4)
    boxes = []
    for i in range(1, n_parts):
        x, y, w, h, area = (int(v) for v in stats[i])
        if w < 0.2 * width or h < 12:
            continue
        if area < 0.8 * w * h:
            y, h = _even_rows(parts[y : y + h, x : x + w] == i, y)
            if h < 12:
                continue
        if np.mean(near[y : y + h, x : x + w]) > 0.45:
            boxes.append((x, y, x + w, y + h))
    return boxes


def _spread(part: Gray, level: int) -> float:
    """Return the background's median deviation from its level, ink left out, in steps of 1."""
    off = cv2.absdiff(part, np.full_like(part, level))
    return float(np.median(off[off <= LEVEL_TOLERANCE]))


def _close(mask: NDArray[np.uint8], reach_x: int, reach_y: int) -> NDArray[np.uint8]:
    """Close gaps of a mask, as if the picture went on at its borders."""
    padded = cv2.copyMakeBorder(mask, reach_y, reach_y, reach_x, reach_x, cv2.BORDER_REPLICATE)
    for kernel in (np.ones((1, reach_x), np.uint8), np.ones((reach_y, 1), np.uint8)):
        padded = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)
    return padded[reach_y:-reach_y, reach_x:-reach_x].copy()


def _even_rows(part: NDArray[np.bool_], y: int) -> tuple[int, int]:
    """Return top and height of the lowest run of rows that are filled nearly from end to end."""
    full = part.mean(axis=1) > 0.85
    rows = np.flatnonzero(full)
    if rows.size == 0:
        return y, 0
    last = int(rows[-1])
    first = last
    while first > 0 and full[first - 1]:
        first -= 1
    return y + first, last - first + 1


def _overlap(a: DataBar, b: DataBar) -> float:
    """Return the shared area over the smaller area."""
    shared_w = min(a.x1, b.x1) - max(a.x0, b.x0)
    shared_h = min(a.y1, b.y1) - max(a.y0, b.y0)
    if shared_w <= 0 or shared_h <= 0:
        return 0.0
    smaller = min((a.x1 - a.x0) * (a.y1 - a.y0), (b.x1 - b.x0) * (b.y1 - b.y0))
    return shared_w * shared_h / smaller
