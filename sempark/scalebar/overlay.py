"""Scale bars drawn straight into the picture, without a data bar or in a small box.

In: a gray picture. Out: its strokes of one constant gray level, between straight edges and with
ends of their own, each as `overlay_ink` sees what is around it, and the bar that one of them makes.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sempark.scalebar import bar as bars
from sempark.scalebar import edges
from sempark.scalebar.bar import Bar
from sempark.scalebar.databar import LEVEL_TOLERANCE, DataBar, Gray
from sempark.scalebar.ink import Ink
from sempark.scalebar.overlay_ink import MIN_CONTRAST, Seen, Stroke, see
from sempark.scalebar.strokes import Line, block_ends, tick

MAX_LENGTH_SHARE = 0.55
MAX_SPREAD = 8.0, 0.1  # deviation from its level of most of a stroke; thin ones', of their contrast
BEYOND = 6  # px beyond an end
RIDGE_SHARE = 0.4  # of a thin stroke's contrast, in all of these: there it goes on
THIN = 4  # px: compression leaves no flat rows inside
MOST_LEAKED = 0.4  # of its surroundings' gray that blur may leave in a thin stroke
ROOM = 3  # px above and below, where that is seen
BLIP = 3  # px: what is brighter than a bright stroke for less is no end of it
END = 12  # px at both ends, a tick among them, where a stroke must stand out for its end to be seen
END_SHARE = 0.3  # of the contrast: so far is what lies beyond an end
LIKE_SHARE = 0.25  # of the contrast: so near to its level a stroke goes on
MAX_WINDOWS = 10
DITHER = 2.0  # gray levels that any stroke may be uneven by
PER_LEVEL = (
    0.00125  # share of its contrast that a stroke may be evener by, farther from the extreme
)
END_SLACK = 1.5  # px that a tick's middle may lie beyond a stroke
MOST_AT_END = 0.75  # of a stroke's contrast: so near to its level the picture may be beyond an end
PAPER_SPREAD = 5.0  # gray levels inside a flat box


def find(gray: Gray, stripes: Sequence[DataBar] = ()) -> list[Seen]:
    """Find strokes that may be overlaid scale bars.

    Parameters
    ----------
    gray
        uint8 (h, w).
    stripes
        Data bars as wide as the picture: what lies in them was seen, by stricter rules.

    Returns
    -------
    list of Seen
        The likeliest first, at most MAX_WINDOWS.
    """
    height, width = gray.shape
    if height < 32 or width < 64:
        return []
    low, high = (float(v) for v in np.percentile(gray[::3, ::3], (0.5, 99.5)))
    ranked = []
    for box in edges.between(gray):
        stroke = _stroke(gray, *box)
        if stroke is not None and not any(_in(gray, stroke, s) for s in stripes):
            extreme = max(0.0, min(stroke.level - low, high - stroke.level))
            uneven = (stroke.spread + DITHER) / stroke.contrast
            ranked.append((uneven + extreme * PER_LEVEL, stroke.y0, stroke.x0, stroke))
    chosen: list[Stroke] = []
    for *_, stroke in sorted(ranked, key=lambda r: r[:3]):
        # an uneven stroke is found in several runs
        if not any(_same(stroke, c) for c in chosen):
            chosen.append(stroke)
    return [see(gray, s) for s in chosen[:MAX_WINDOWS]]


def _in(gray: Gray, stroke: Stroke, stripe: DataBar) -> bool:
    """Tell whether a stroke lies in a data bar, and not on the paper of a box of its own there."""
    sides = gray[
        [stroke.y0 - ROOM, min(stroke.y1 + ROOM, gray.shape[0]) - 1], stroke.x0 : stroke.x1
    ]
    off = np.abs(np.median(sides, axis=1) - stripe.level)
    return stripe.y0 <= stroke.y0 < stripe.y1 and bool(off.min() <= LEVEL_TOLERANCE)


def _same(a: Stroke, b: Stroke) -> bool:
    """Tell whether two strokes are one, seen twice."""
    ends = max(abs(a.x0 - b.x0), abs(a.x1 - b.x1)) <= 3
    return ends and a.y0 < b.y1 and b.y0 < a.y1 and a.bright == b.bright


def bar(seen: Seen) -> tuple[tuple[int, int], Bar] | None:
    """Return the bar a stroke makes, with its ticks, and its frame's origin in the picture."""
    stroke = seen.stroke
    for ink in seen.for_bars():
        x, y = ink.origin
        rows = stroke.y0 - y, stroke.y1 - y
        found = [b for b in bars.find(ink, rows) if _own(stroke, ink.origin, b)]
        found = [b for b in found if b.kind != "ticked" or _ends_in(stroke, ink, b)]
        if found:
            return ink.origin, _measured(seen, ink, found[0])
    # parts of the picture touch it in every look; at both ends these may be a frame's sides
    x, y = seen.strict.origin
    x0, x1, y0, y1 = stroke.x0 - x, stroke.x1 - x, stroke.y0 - y, stroke.y1 - y
    ticks = [tick(seen.strict.mask, e, y0, y1, side) for e, side in ((x0, -1), (x1 - 1, 1))]
    if min(sum(t) for t in ticks) >= max(3, round(0.75 * (y1 - y0))):
        return None
    kind: bars.Kind = "block" if y1 - y0 >= 5 else "line"
    made = Bar(kind, x0, x1, x0, y0, x1, y1, y0, y1)
    return ((x, y), _measured(seen, seen.strict, made)) if bars.even(seen.full, made) else None


def _measured(seen: Seen, ink: Ink, bar: Bar) -> Bar:
    """Return a bar whose ends, if it has no ticks, are its stroke's, by its whole contrast."""
    if bar.kind not in ("block", "line") or ink is seen.paper:
        return bar
    x0, x1 = (x - ink.origin[0] for x in (seen.stroke.x0, seen.stroke.x1))
    line = Line(x0, x1, bar.line_y0, bar.line_y1, (0, 0), (0, 0))
    start, end = block_ends(seen.whole(), line, MOST_AT_END)
    return replace(bar, start=start, end=end)


def _own(stroke: Stroke, origin: tuple[int, int], bar: Bar) -> bool:
    """Tell whether a bar, found in a window that begins at `origin`, is made of a stroke."""
    x, y = origin
    rows = bar.line_y0 + y <= stroke.y1 and bar.line_y1 + y >= stroke.y0
    reach = 6 + (stroke.y1 - stroke.y0) // 2
    left = abs(bar.x0 + x - stroke.x0) <= reach
    right = abs(bar.x1 + x - stroke.x1) <= reach
    return rows and ((left and right) or (bar.kind == "broken" and (left or right)))


def _ends_in(stroke: Stroke, ink: Ink, bar: Bar) -> bool:
    """Tell whether a bar's ticks stand on a stroke and end in its window.

    What goes on beyond the window are the sides of a frame, what stands beside a stroke is a part
    of the picture.
    """
    x = ink.origin[0]
    on = stroke.x0 - END_SLACK <= bar.start + x and bar.end + x <= stroke.x1 + END_SLACK
    return on and 0 < bar.y0 <= bar.y1 < ink.mask.shape[0]


def _stroke(gray: Gray, x0: int, y0: int, x1: int, y1: int) -> Stroke | None:
    """Judge what lies between two edges: even, far from its surroundings, with own ends."""
    rows = np.median(gray[y0:y1, x0:x1], axis=1)
    around = np.median(gray[max(0, y0 - ROOM), x0:x1])
    level = round(float(rows[np.argmax(np.abs(rows - around))]))
    if abs(level - around) < MIN_CONTRAST:
        return None
    far = np.abs(rows - level) >= 0.5 * abs(level - around)
    best_row = int(np.argmax(np.abs(rows - around)))
    before, after = np.flatnonzero(far[:best_row]), np.flatnonzero(far[best_row:])
    y1 = y0 + best_row + int(after[0]) if after.size else y1
    y0 = y0 + int(before[-1]) + 1 if before.size else y0
    seen = gray[y0:y1].astype(np.float32)
    if y1 - y0 <= THIN:
        seen -= _leaked(gray, (x0, y0, x1, y1))
    inner = np.abs(seen - level)
    evenest = int(np.argmin(inner[:, x0:x1].mean(axis=1)))
    best, row = inner[evenest], seen[evenest]
    if y1 - y0 > THIN:  # compression may disturb some columns of a row
        near = np.arange(max(0, evenest - 1), min(y1 - y0, evenest + 2))
        grays = np.median(seen[near, x0:x1], axis=1)
        near = near[np.abs(grays - np.median(row[x0:x1])) <= DITHER]
        best, row = np.median(inner[near], axis=0), np.median(seen[near], axis=0)
    spread, share = MAX_SPREAD
    if y1 - y0 <= THIN:
        spread = max(spread, share * abs(level - around))
    if float(np.percentile(best[x0:x1], 60)) > spread:
        return None
    contrast = _contrast(gray, (x0, y0, x1, y1), level)
    if contrast < MIN_CONTRAST:
        return None
    middle = (x0 + x1) // 2
    limit = np.clip(LIKE_SHARE * contrast, 12, 45)
    beyond = ((best > limit) & ((row > level) == (level > around))).astype(np.uint8)
    # a bright edge of the picture that crosses a bright stroke is no end of it
    wide = cv2.morphologyEx(beyond[None], cv2.MORPH_OPEN, np.ones((1, BLIP), np.uint8))[0]
    far = np.flatnonzero((best > limit) & (wide == beyond))
    left, right = far[far < middle], far[far >= middle]
    x0 = int(left[-1]) + 1 if left.size else 0
    x1 = int(right[0]) if right.size else gray.shape[1]
    shortest, longest = (s * gray.shape[1] for s in (edges.MIN_LENGTH_SHARE, MAX_LENGTH_SHARE))
    if not max(14, shortest) <= x1 - x0 <= longest:
        return None
    if y1 - y0 > 0.7 * (x1 - x0):
        return None
    return _with_ends(gray, (x0, y0, x1, y1), level, float(best[x0:x1].mean()))


def _around(gray: Gray, y0: int, y1: int) -> list[int]:
    """Return the rows above and below a stroke that are in the picture."""
    return [y for y in (y0 - ROOM, y1 + ROOM - 1) if 0 <= y < gray.shape[0]]


def _leaked(gray: Gray, box: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """Return what blur adds to each column of a thin stroke from what lies above and below it."""
    x0, y0, x1, y1 = box
    ground = gray[_around(gray, y0, y1)].mean(axis=0, dtype=np.float32)
    # what crosses the stroke, or lies beyond its ends, is no ground of it
    least, middle, most = np.percentile(ground[x0:x1], (10, 50, 90))
    ground = np.clip(ground, least, most) - np.float32(middle)
    line = np.median(gray[y0:y1, x0:x1], axis=0)
    here = ground[x0:x1]
    share = float(here @ (line - np.median(line))) / max(1.0, float(here @ here))
    return np.asarray(np.clip(share, 0, MOST_LEAKED) * ground, np.float32)


def _contrast(gray: Gray, box: tuple[int, int, int, int], level: int) -> float:
    """Return how far, at least, what lies above and below a stroke is from its level."""
    x0, y0, x1, y1 = box
    off = np.abs(gray[_around(gray, y0, y1), x0:x1].astype(np.int16) - level)
    if float(np.percentile(off, 30, axis=1).min()) < MIN_CONTRAST:
        return 0.0
    return float(np.median(off, axis=1).min())


def _goes_on(
    gray: Gray, box: tuple[int, int, int, int], x: int, contrast: float, bright: bool
) -> bool:
    """Tell whether a stroke goes on beyond an end, blurred into other surroundings."""
    _, y0, _, y1 = box
    columns = slice(max(0, x), max(0, x + BEYOND))
    sides = [gray[y, columns] for y in _around(gray, y0, y1)]
    if y1 - y0 > THIN or not sides or not sides[0].size:
        return False
    line = gray[(y0 + y1) // 2, columns].astype(np.int16)
    above = np.min([(line - side if bright else side - line) for side in sides], axis=0)
    return bool(above.min() >= RIDGE_SHARE * contrast)


def _with_ends(
    gray: Gray, box: tuple[int, int, int, int], level: int, spread: float
) -> Stroke | None:
    """Return a stroke whose both ends can be seen."""
    x0, y0, x1, y1 = box
    contrast = _contrast(gray, box, level)
    if contrast < MIN_CONTRAST:
        return None
    beside = gray[_around(gray, y0, y1), x0:x1].astype(np.int16)
    # where the surroundings are as bright as the stroke its end cannot be seen
    reach = min(END, (x1 - x0) // 3)
    for columns in (beside[:, :reach], beside[:, -reach:]):
        if float(np.percentile(np.abs(columns - level), 70, axis=1).max()) < MIN_CONTRAST:
            return None
    for first in (x0 - 4, x1 + 1):
        outer = gray[y0:y1, max(0, first) : max(0, first + 3)].astype(np.int16)
        if not outer.size:
            return None
        if float(np.median(np.abs(outer - level))) < END_SHARE * min(contrast, 80):
            return None
    bright = level > float(np.median(beside))
    if any(_goes_on(gray, box, x, contrast, bright) for x in (x0 - 3 - BEYOND, x1 + 3)):
        return None
    if edges.at_shade(gray, box):
        return None
    middle = round(float(np.median(beside)))
    flat = float(np.abs(beside - middle).mean()) <= PAPER_SPREAD
    return Stroke(x0, y0, x1, y1, level, contrast, spread, level > middle, middle if flat else None)
