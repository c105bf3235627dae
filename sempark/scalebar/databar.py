"""Data bars: the flat stripes or boxes that a microscope adds to its pictures.

In: a gray picture, uint8 (h, w). Out: the boxes of near-constant background that hold
ink, largest first, each with its background level.
The idea: levels that fill many flat neighborhoods of the lower part are candidate
backgrounds; flat pixels of one level, closed over their text, must fill a rectangle.

Source: section 2.3 of the thesis, step 1, made independent of the stripe's color, width,
frame and place.
"""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

FLAT_RANGE = 14  # gray levels inside a neighborhood; JPEG leaves 1-4 of deviation
LEVEL_TOLERANCE = 15
MAX_LEVELS = 4
SMALL_WIDTH = 900
MAX_SPREAD = 5.0
MAX_BOXES = 3
WHOLE_SHARE = 0.85  # of the box: from there on the region is the whole box
TEXT_SHARE = 0.6  # of a row of dense text that shows its background
WORD_SHARE = 0.06  # of its length: no word is all ink for so long
BAR_ROWS = 8  # of ink as long: a bar is thinner, more are of the picture
FULL_SHARE = 0.85  # of a row of a data bar that shows its background
GAPS = 0.05  # of a line from end to end that is not inked
LINE_SHARE = 0.3  # of one that is a line from end to end, at most
TEXT_ROWS = 12  # at half size: so many rows of text may lie between full ones
EDGE_REACH = 5  # px a region may grow to its true edge
EDGE_SHARE = 0.7  # of the background's level in rows and columns it grows over
EDGE_ROOM = 3  # px: so near the picture's edge a box reaches it, where a bracket's side may stand
SEARCHED_SHARE = 0.5  # of the height, from the bottom
MAX_HEIGHT_SHARE = 0.3  # of the searched part, at half size: 0.3 of the picture
WORK_WIDTH = 1024


@dataclass(frozen=True)
class DataBar:
    """A data bar: box x0 <= x < x1, y0 <= y < y1 in px, its background's gray level, its region.

    The region, uint8 0/1 perhaps at a lower resolution, tells which part of the box it fills.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    level: int
    region: Gray = field(repr=False, compare=False)


def find(gray: Gray, dense: bool = False) -> list[DataBar]:
    """Find flat boxes that look like data bars.

    Parameters
    ----------
    gray
        uint8 (h, w).
    dense
        Whether what looks like rows of dense text above and below a data bar is of it: a picture
        nearly as dark may look so too.

    Returns
    -------
    list of DataBar
        Evenest background first, at most MAX_BOXES; empty when there is none. A flat part
        of the specimen may be among them: only ink makes a data bar, which the caller sees.
    """
    height, width = gray.shape
    if height < 32 or width < 64:
        return []
    step = max(1, round(width / WORK_WIDTH))
    top = int(height * (1 - SEARCHED_SHARE)) // step * step
    low = np.ascontiguousarray(gray[top::step, ::step])
    side = 3 if width < SMALL_WIDTH else 5  # small text leaves little flat between its rows
    square = np.ones((side, side), np.uint8)
    span = cv2.subtract(cv2.dilate(low, square), cv2.erode(low, square))
    flat = cv2.inRange(span, 0, FLAT_RANGE) & 1
    found: list[DataBar] = []
    spreads: list[float] = []
    for level in _levels(low[::2, ::2], span[::2, ::2]):
        for x0, y0, x1, y1, region in _boxes(low, flat, level, dense):
            right, bottom = x1 * step, top + y1 * step
            box = DataBar(
                x0 * step if x0 > EDGE_ROOM else 0,
                top + y0 * step,
                right if right < width - EDGE_ROOM * step else width,
                bottom if bottom < height - EDGE_ROOM * step else height,
                level,
                region,
            )
            if not any(_overlap(box, other) > 0.5 for other in found):
                own, spread = _background(low[y0:y1, x0:x1], level)
                found.append(replace(box, level=own))
                spreads.append(spread)
    order = sorted(
        range(len(found)),
        key=lambda i: (spreads[i], -found[i].y1, -(found[i].x1 - found[i].x0), found[i].x0),
    )
    return [found[i] for i in order if spreads[i] <= MAX_SPREAD][:MAX_BOXES]


def _levels(low: Gray, span: Gray) -> list[int]:
    """Return the gray levels that fill most of the flat neighborhoods, flattest first."""
    pairs = cv2.calcHist(
        [low, span], [0, 1], None, [256, FLAT_RANGE + 1], [0, 256, 0, FLAT_RANGE + 1]
    )
    counts = pairs.astype(np.float64) @ (1.0 / (1.0 + np.arange(FLAT_RANGE + 1)))
    levels = []
    for _ in range(MAX_LEVELS):
        smooth = np.convolve(counts, np.ones(7), mode="same")
        level = int(np.argmax(smooth))
        if smooth[level] < 0.001 * low.size:
            break
        around = slice(max(0, level - 3), level + 4)
        mean = float(np.average(np.arange(256)[around], weights=counts[around] + 1e-9))
        levels.append(round(mean))
        counts[max(0, level - LEVEL_TOLERANCE) : level + LEVEL_TOLERANCE + 1] = 0
    return levels


def _boxes(low: Gray, flat: Gray, level: int, dense: bool) -> list[tuple[int, int, int, int, Gray]]:
    """Return boxes filled by flat pixels of a level, text closed over, and their masks."""
    height, width = low.shape
    near = cv2.inRange(low, max(0, level - LEVEL_TOLERANCE), min(255, level + LEVEL_TOLERANCE)) & 1
    core = cv2.dilate(near & flat, np.ones((5, 5), np.uint8))
    half = (width // 2, height // 2)
    small = cv2.resize((core & near) * np.uint8(255), half, interpolation=cv2.INTER_AREA)
    closed = _close(
        (small >= 64).astype(np.uint8), max(13, int(0.028 * width)), max(7, width // 100)
    )
    # thin connections to flat parts of the specimen are cut again
    closed = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((5, max(7, width // 16)), np.uint8))
    left, upper, across, down = cv2.boundingRect(closed)  # labelling is slow, and most is empty
    # labels of 16 bits are three times faster; what the opening leaves is far fewer parts
    n_parts, parts, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        closed[upper : upper + down, left : left + across], 4, cv2.CV_16U, cv2.CCL_DEFAULT
    )
    boxes = []
    for i in range(1, n_parts):
        x, y, w, h, area = (int(v) for v in stats[i])
        if w < 0.1 * width or h < 6:
            continue
        region = (parts[y : y + h, x : x + w] == i).astype(np.uint8)
        x, y = x + left, y + upper
        if area < WHOLE_SHARE * w * h:  # a flat part of the specimen hangs on it
            rows = full = _widest_rows(region)
            if dense:
                rows = _with_text(near[2 * y : 2 * (y + h), 2 * x : 2 * (x + w)], full)
                region[rows.start : full.start] = region[full.stop : rows.stop] = 1
            y, region = y + rows.start, region[rows]
            h, area = region.shape[0], int(region.sum())
            if h < 6 or area < 0.3 * w * h:
                continue
        if h > MAX_HEIGHT_SHARE * height:  # a picture as dark as its data bar hangs on it
            rows = _lowest_rows((small >= 64)[y : y + h, x : x + w])
            if rows.stop - rows.start > MAX_HEIGHT_SHARE * height:
                rows = _below_line(near[2 * y : 2 * (y + h), 2 * x : 2 * (x + w)], rows, height)
            y, region = y + rows.start, region[rows]
            h, area = region.shape[0], int(region.sum())
            if h < 6 or h > MAX_HEIGHT_SHARE * height:
                continue
        if area > WHOLE_SHARE * w * h:  # bars at its edge leave notches
            region[:] = 1
        inside = near[2 * y : 2 * (y + h), 2 * x : 2 * (x + w)]
        if inside[::2, ::2][region > 0].mean() > 0.4:
            boxes.append(_grown(near, 2 * x, 2 * y, cv2.resize(region, (2 * w, 2 * h))))
    return boxes


def _widest_rows(region: Gray) -> slice:
    """Return the longest run of rows filled nearly from end to end, or all rows without one."""
    full = np.flatnonzero(np.diff(np.pad(region.mean(axis=1) > WHOLE_SHARE, 1).astype(np.int8)))
    runs = full.reshape(-1, 2)
    if not len(runs):
        return slice(0, region.shape[0])
    first, last = runs[np.argmax(runs[:, 1] - runs[:, 0])]
    return slice(int(first), int(last))


def _with_text(near: Gray, full: slice) -> slice:
    """Return full rows with the rows of dense text above and below them, at half size.

    Between its letters a text's paper is seen, though little of it is flat; what is longer than
    letters that touch is of the picture.
    """
    # a bar is longer too, but a few rows high
    area = np.ones((BAR_ROWS, max(8, round(WORD_SHARE * near.shape[1]))), np.uint8)
    other = cv2.morphologyEx(1 - near, cv2.MORPH_OPEN, area, borderValue=0).any(axis=1)
    text = near.mean(axis=1).reshape(-1, 2).mean(axis=1) > TEXT_SHARE
    text &= ~other.reshape(-1, 2).any(axis=1)
    above, below = (np.flatnonzero(~side) for side in (text[: full.start], text[full.stop :]))
    start = int(above[-1]) + 1 if above.size else 0
    return slice(start, full.stop + int(below[0]) if below.size else len(text))


def _lowest_rows(near: NDArray[np.bool_]) -> slice:
    """Return the rows from the last one up that are filled nearly from end to end, with their text.

    Rows of text are filled less, lines from end to end not at all.
    """
    filled = near.mean(axis=1)
    full = filled > FULL_SHARE
    above_frame = np.flatnonzero(filled >= LINE_SHARE)
    stop = last = int(above_frame[-1]) + 1 if above_frame.size else len(filled)
    for row in range(stop - 1, -1, -1):
        if filled[row] < LINE_SHARE or last - row > TEXT_ROWS:
            break
        if full[row]:
            last = row
    return slice(last, stop)


def _below_line(near: Gray, rows: slice, height: int) -> slice:
    """Return the rows below the highest line from end to end that a data bar may begin with."""
    highest = max(0, rows.stop - int(MAX_HEIGHT_SHARE * height))
    lines = np.flatnonzero(near.mean(axis=1).reshape(-1, 2).min(axis=1)[highest : rows.stop] < GAPS)
    return slice(highest + int(lines[0]) + 1, rows.stop) if lines.size else rows


def _grown(near: Gray, x: int, y: int, region: Gray) -> tuple[int, int, int, int, Gray]:
    """Grow a region, found at half size, over the rows and columns of its level beside it."""
    height, width = near.shape
    near_rows = np.flatnonzero(
        near[y : y + region.shape[0], x : x + region.shape[1]].mean(axis=1) > 0.5
    )
    if near_rows.size:  # half a pixel of the specimen may be left at the edges
        region = region[min(near_rows[0], EDGE_REACH) :]
        y += min(int(near_rows[0]), EDGE_REACH)
    h, w = region.shape
    sides = [0, 0, 0, 0]  # top, bottom, left, right
    for _ in range(EDGE_REACH):
        before = sum(sides)
        top, bottom = y - sides[0] - 1, y + h + sides[1]
        left, right = x - sides[2] - 1, x + w + sides[3]
        rows, columns = slice(y, y + h), slice(x, x + w)
        sides[0] += int(top >= 0 and near[top, columns].mean() > EDGE_SHARE)
        sides[1] += int(bottom < height and near[bottom, columns].mean() > EDGE_SHARE)
        sides[2] += int(left >= 0 and near[rows, left].mean() > EDGE_SHARE)
        sides[3] += int(right < width and near[rows, right].mean() > EDGE_SHARE)
        if sum(sides) == before:
            break
    grown = np.pad(region, (sides[:2], sides[2:]), mode="edge")
    return x - sides[2], y - sides[0], x + w + sides[3], y + h + sides[1], grown


def _close(mask: NDArray[np.uint8], reach_x: int, reach_y: int) -> NDArray[np.uint8]:
    """Close gaps of a mask, as if the picture went on at its borders."""
    padded = cv2.copyMakeBorder(mask, reach_y, reach_y, reach_x, reach_x, cv2.BORDER_REPLICATE)
    for kernel in (np.ones((1, reach_x), np.uint8), np.ones((reach_y, 1), np.uint8)):
        padded = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)
    return np.ascontiguousarray(padded[reach_y:-reach_y, reach_x:-reach_x])


def _background(part: Gray, level: int) -> tuple[int, float]:
    """Return a box's level and its median deviation from it, ink left out, in steps of 1."""
    off = cv2.absdiff(part, np.full_like(part, level))
    near = off <= LEVEL_TOLERANCE
    spread = float(np.median(off[near]))
    if spread > MAX_SPREAD:  # the picture has more of a level near by
        level = int(np.median(part[near]))
        spread = float(np.median(cv2.absdiff(part, np.full_like(part, level))[near]))
    return level, spread


def _overlap(a: DataBar, b: DataBar) -> float:
    """Return the shared area over the smaller area."""
    shared_w = min(a.x1, b.x1) - max(a.x0, b.x0)
    shared_h = min(a.y1, b.y1) - max(a.y0, b.y0)
    if shared_w <= 0 or shared_h <= 0:
        return 0.0
    smaller = min((a.x1 - a.x0) * (a.y1 - a.y0), (b.x1 - b.x0) * (b.y1 - b.y0))
    return shared_w * shared_h / smaller
