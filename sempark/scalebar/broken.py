"""Lines broken by their text: two halves of like length with a tick at the outer ends.

In: the ink of a data bar and its strokes. Out: nominal ends, between the middles of the outer
ticks. A tick may touch the line of the cell it stands in, which is left out then.
"""

from dataclasses import replace

import numpy as np

from sempark.scalebar.ink import Ink
from sempark.scalebar.strokes import MAX_LENGTH_SHARE, Line, tick_middle

FRAME_ROOM, FRAME_ROWS = 2, 4  # px beyond a tick where a cell's line is alone, so many of them
FRAME_REACH, FRAME_SHARE = 8, 0.9  # px of columns around a tick; inked rows of such a line

# start and end; box x0, y0, x1, y1; rows of the line; columns of its gap
Broken = tuple[float, float, tuple[int, int, int, int], tuple[int, int], tuple[int, int]]


def find(ink: Ink, strokes: list[Line]) -> list[Broken]:
    """Pair half lines around a text: same row and thickness, like lengths, outer ticks."""
    bars: list[Broken] = []
    for a in strokes:
        for b in strokes:
            gap = b.x0 - a.x1
            thick = max(a.y1 - a.y0, b.y1 - b.y0)
            if gap < 8 or abs(a.y0 - b.y0) > 1 or abs(a.y1 - b.y1) > 1 or thick > 12:
                continue
            if b.x1 - a.x0 > MAX_LENGTH_SHARE * ink.picture_width:
                continue
            len_a, len_b = a.x1 - a.x0, b.x1 - b.x0
            if (
                abs(len_a - len_b) > max(6, 0.25 * max(len_a, len_b))
                or gap > 12 * thick + 6 * len_a
            ):
                continue
            (ink_a, a_end), (ink_b, b_end) = _unframed(ink, a, b, -1), _unframed(ink, b, a, 1)
            outer_a, outer_b = sum(a_end.left), sum(b_end.right)
            inner = max(sum(a.right), sum(b.left))
            if (
                min(outer_a, outer_b) < 2
                or abs(outer_a - outer_b) > 3
                or inner >= min(outer_a, outer_b)
            ):
                continue
            y0 = a.y0 - max(a_end.left[0], b_end.right[0])
            y1 = a.y1 + max(a_end.left[1], b_end.right[1])
            start = tick_middle(ink_a, a_end, y0, y1, -1)
            end = tick_middle(ink_b, b_end, y0, y1, 1)
            box = (a_end.x0, y0, b_end.x1, y1)
            bars.append((start, end, box, (a.y0, a.y1), (a.x1, b.x0)))
    return bars


def _unframed(ink: Ink, half: Line, other: Line, side: int) -> tuple[Ink, Line]:
    """Return a half line without a line of its cell that touches its outer tick, and ink without.

    Such a line goes through all rows. Its columns are known by the rows beyond the other half's
    tick, which is as high.
    """
    own, opposite = (half.left, other.right) if side < 0 else (half.right, other.left)
    height, width = ink.mask.shape
    y0, y1 = half.y0 - opposite[0], half.y1 + opposite[1]
    beyond = np.r_[1 : y0 - FRAME_ROOM, y1 + FRAME_ROOM : height - 1]
    through = half.y0 - own[0] <= 1 and half.y1 + own[1] >= height - 1
    if not through or sum(own) - sum(opposite) <= 3 or beyond.size < FRAME_ROWS:
        return ink, half
    outer = half.x0 if side < 0 else half.x1 - 1
    columns = np.arange(max(0, outer - FRAME_REACH), min(width, outer + FRAME_REACH + 1))
    inked = columns[ink.mask[np.ix_(beyond, columns)].mean(axis=0) > FRAME_SHARE]
    if not inked.size:
        return ink, half
    frame = np.percentile(ink.contrast[np.ix_(beyond, columns)], 75, axis=0).astype(np.int16)
    contrast = ink.contrast.copy()
    contrast[:, columns] = np.clip(contrast[:, columns] - frame, 0, 255)
    if side < 0:
        return replace(ink, contrast=contrast), replace(half, x0=int(inked[-1]) + 1, left=opposite)
    return replace(ink, contrast=contrast), replace(half, x1=int(inked[0]), right=opposite)
