"""Horizontal strokes in ink: where they lie, what stands at their ends, how far they reach.

In: ink. Out: strokes with the heights of the ticks at their ends, and sub-pixel positions
of ticks and edges, from the ink's weight in the columns around them.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sempark.scalebar.databar import Gray
from sempark.scalebar.ink import Ink, parts

MIN_LENGTH_SHARE = 0.018  # of the picture's width
MAX_LENGTH_SHARE = 0.62
FILLED = 0.75  # of a line's box
RAGGED = 3  # rows of a thin line, with one that blur leaves
BEYOND = 3  # px beside a block's blurred end
MOST_GROUND = 0.35  # of a block's contrast: more is a part of the picture
END_REACH = 3  # px beside a line's end where its tick is looked for


@dataclass(frozen=True)
class Line:
    """A horizontal run of ink with its ticks: heights above and below, middles, widths."""

    x0: int
    x1: int
    y0: int
    y1: int
    left: tuple[int, int]
    right: tuple[int, int]


def lines(ink: Ink, rows: tuple[int, int] | None = None) -> list[Line]:
    """Return all horizontal runs long enough for a bar or for half a broken one, or in rows."""
    shortest = max(8, int(MIN_LENGTH_SHARE * ink.picture_width))
    opened = cv2.morphologyEx(
        ink.mask, cv2.MORPH_OPEN, np.ones((1, shortest), np.uint8), borderValue=0
    )
    labels, boxes = parts(opened, connectivity=4)
    lines = []
    for i, (x, y, w, h, area) in enumerate(boxes[1:].tolist(), 1):
        if area < FILLED * w * h and h <= RAGGED:
            y, h, area = _filled_rows(labels[y : y + h, x : x + w] == i, y)
        if h > max(6, 0.7 * w) or area < FILLED * w * h:
            continue
        if w > MAX_LENGTH_SHARE * ink.picture_width:
            continue
        if rows is not None and (y > rows[1] or y + h < rows[0]):
            continue
        left = tick(ink.mask, x, y, y + h, -1)
        right = tick(ink.mask, x + w - 1, y, y + h, 1)
        lines.append(Line(x, x + w, y, y + h, left, right))
    return lines


def _filled_rows(part: NDArray[np.bool_], y: int) -> tuple[int, int, int]:
    """Return first row, height and area of a part without the ragged edge that blur leaves."""
    filled = np.flatnonzero(part.mean(axis=1) >= FILLED)
    if not filled.size:
        return y, part.shape[0], 0
    first, last = int(filled[0]), int(filled[-1]) + 1
    return y + first, last - first, int(part[first:last].sum())


def tick(mask: NDArray[np.uint8], x: int, y0: int, y1: int, side: int) -> tuple[int, int]:
    """Return how far the tallest column near a line's end stands above and below the line."""
    height, width = mask.shape
    thick = y1 - y0
    best = (0, 0)
    for offset in range(-END_REACH - thick // 3, END_REACH):
        column = x + side * offset
        if not 0 <= column < width:
            continue
        values = mask[:, column]
        if not values[y0:y1].any():
            continue
        middle = y0 + int(np.argmax(values[y0:y1]))
        up = middle
        while up > 0 and values[up - 1]:
            up -= 1
        down = middle
        while down < height - 1 and values[down + 1]:
            down += 1
        here = (max(0, y0 - up), max(0, down - (y1 - 1)))
        if sum(here) > sum(best):
            best = here
    return best


def tick_middle(ink: Ink, line: Line, y0: int, y1: int, side: int) -> float:
    """Return the sub-pixel middle of an end tick: the centroid of its ink beside the line."""
    thick = line.y1 - line.y0
    # the two halves of a broken line may lie a row apart, and their ticks reach the edge
    y0, y1 = max(0, y0), min(ink.mask.shape[0], y1)
    rows = np.r_[y0 : line.y0 - 1, line.y1 + 1 : y1]
    outer = line.x0 if side < 0 else line.x1 - 1
    expected, reach = outer - side * (thick // 2), thick // 2 + 3
    first = max(0, expected - reach)
    last = min(ink.mask.shape[1], expected + reach + 1)
    if rows.size < 2:  # a tick hardly higher than its line: what it has more than that
        rows = np.arange(max(0, y0 - 1), min(ink.mask.shape[0], y1 + 1))
        third = (line.x1 - line.x0) // 3
        middle = ink.contrast[rows][:, line.x0 + third : line.x1 - third]
        own = np.median(middle, axis=1, keepdims=True)
        profile = np.clip(ink.contrast[rows][:, first:last] - own, 0, None).mean(axis=0)
        ceiling = float(profile.max())
    else:
        profile = np.median(ink.contrast[rows][:, first:last].astype(float), axis=0)
        ceiling = float(np.percentile(ink.contrast[line.y0 : line.y1, line.x0 : line.x1], 50))
    profile[profile < 0.12 * ceiling] = 0
    # the tick is the run of columns nearest the line's end
    columns = np.flatnonzero(profile)
    if columns.size == 0:
        return outer + 0.5
    nearest = int(columns[np.argmin(np.abs(columns - (outer - first)))])
    a = b = nearest
    while a > 0 and profile[a - 1] > 0:
        a -= 1
    while b < profile.size - 1 and profile[b + 1] > 0:
        b += 1
    weights = profile[a : b + 1]
    return first + float(np.average(np.arange(a, b + 1), weights=weights)) + 0.5


def block_ends(contrast: Gray, line: Line, most: float = MOST_GROUND) -> tuple[float, float]:
    """Return a block's outer edges, sub-pixel by the share of ink in the columns around them.

    What lies beyond them counts for nothing, up to the share `most` of the block's contrast.
    """
    rows = slice(line.y0, line.y1)
    full = float(np.median(contrast[rows, line.x0 : line.x1])) or 1.0
    reach = min(3, (line.x1 - line.x0) // 3)
    ends = []
    for edge, side in ((line.x0, -1), (line.x1, 1)):
        first, last = max(0, edge - reach), min(contrast.shape[1], edge + reach)
        profile = np.median(contrast[rows, first:last].astype(float), axis=0)
        # what a picture leaves beside the block is no part of it
        beyond = first - BEYOND if side < 0 else last
        ground = contrast[rows, max(0, beyond) : max(0, beyond + BEYOND)]
        base = min(float(np.median(ground)) if ground.size else 0.0, most * full)
        share = np.clip((profile - base) / (full - base), 0, 1)
        share[share < 0.12] = 0
        ends.append(last - share.sum() if side < 0 else first + share.sum())
    return float(ends[0]), float(ends[1])
