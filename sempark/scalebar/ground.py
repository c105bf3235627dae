"""What a bar and its text are printed on: one even background, or the picture.

In: a gray picture, its data bars, a bar and the box of a text. Out: whether the bar stands on a
data bar's background, and whether a printed text and the bar beside it stand on the same.
"""

from collections.abc import Sequence

import numpy as np

from sempark.scalebar.bar import Bar
from sempark.scalebar.databar import LEVEL_TOLERANCE, DataBar, Gray

Box = tuple[int, int, int, int]

RIM = 2, 5  # px beside a bar, where what it stands on is seen
RIM_SHARE = 0.6  # of the rim's pixels that are of the background
RINGING = 0.2  # of a bar's contrast
EVEN = 4  # gray levels: most of a printed background is as near to its level
PAPER = 15, 235  # gray levels of what a box is filled with, at most and at least
GROUND_SHARE = 0.5  # of what is around a text: its letters fill less
BETWEEN = 50, 0.15  # gray levels from it, and the share that letters' edges have there
BLURRED = 0.2  # and what blurred letters' have beside their bar


def holds(gray: Gray, box: DataBar, bar: Bar) -> bool:
    """Tell whether a bar is printed in a data bar: it ends there, on its background.

    What goes on over the data bar's edges, with no row of background between, is a part of the
    picture. A bar without ticks has the background at both ends and along one side, as far as the
    data bar reaches; a block along both, where one end is but fainter than the block. The bar is in
    the picture's frame.
    """
    x0, y0, x1, y1 = bar.x0, bar.line_y0, bar.x1, bar.line_y1
    at_edges = x0 <= box.x0 + 1, x1 >= box.x1 - 1, y0 <= box.y0 + 1, y1 >= box.y1 - 1
    next_to = (x0 - 1, y0, x0, y1), (x1, y0, x1 + 1, y1), (x0, y0 - 1, x1, y0), (x0, y1, x1, y1 + 1)
    line = gray[y0:y1, x0:x1]
    inked = line[np.abs(line.astype(np.int16) - box.level) > LEVEL_TOLERANCE]
    level = float(np.median(inked)) if inked.size else float(box.level)
    rim = _rim(x0, y0, x1, y1)
    # a ruler may hang from the edge, under white as well
    if (
        inked.size
        and bar.kind != "ticks"
        and any(
            at_edge and _like(gray, beyond, level) and not _like(gray, between, box.level)
            for at_edge, between, beyond in zip(at_edges, next_to, rim, strict=True)
        )
    ):
        return False
    if bar.kind not in ("block", "line"):
        return True
    left, right, above, below = (_clipped(side, box) for side in rim)
    # beside strong ink what JPEG leaves is no other background
    tolerance = max(LEVEL_TOLERANCE, RINGING * abs(level - box.level))
    ends = [_like(gray, side, box.level, tolerance) for side in (left, right) if side]
    along = [_like(gray, side, box.level, tolerance) for side in (above, below) if side]
    if all(ends):
        return any(along) or not along
    if bar.kind == "line":
        return False
    # through half transparent paper a grain may be seen at one end of a block
    through = [_unlike(gray, side, box.level, level) for side in (left, right) if side]
    return len(ends) == 2 and any(ends) and all(through) and len(along) == 2 and all(along)


def apart(gray: Gray, bar: Bar, text: Box, boxes: Sequence[DataBar]) -> bool:
    """Tell whether a text is printed in a data bar, but the bar beside it in the picture.

    Bar and text are in the picture's frame.
    """
    x0, y0, x1, y1 = text
    room = y1 - y0
    for box in boxes:
        inside = box.x0 <= x0 and x1 <= box.x1 and box.y0 <= y0 and y1 <= box.y1
        around = _clipped((x0 - room, y0 - room, x1 + room, y1 + room), box)
        if inside and around and _on(gray, around, box.level):
            within = box.y0 <= bar.line_y0 + 1 and bar.line_y1 <= box.y1 + 1
            printed_there = within and (holds(gray, box, bar) or _begins(gray, box, bar, text))
            return not (printed_there or _same_ground(gray, bar, text, box.level))
    return False


def off_paper(gray: Gray, bar: Bar, text: Box) -> bool:
    """Tell whether a text is printed on white or black paper, but the bar beside it is not.

    Bar and text are in the picture's frame.
    """
    x0, y0, x1, y1 = text
    room = (y1 - y0) // 3
    around = max(0, x0 - room), max(0, y0 - room), x1 + room, y1 + room
    level = round(float(np.median(gray[around[1] : around[3], around[0] : around[2]])))
    if PAPER[0] < level < PAPER[1] or not _on(gray, around, level):
        return False
    sides = _rim(bar.x0, bar.line_y0, bar.x1, bar.line_y1)
    return sum(_like(gray, side, level) for side in sides) < 2


def _begins(gray: Gray, box: DataBar, bar: Bar, text: Box) -> bool:
    """Tell whether a bar beside a text stands on the text's ground at the end that is next to it.

    Beyond, what is darkened for both may be brighter.
    """
    x0, y0, x1, y1 = bar.x0, bar.line_y0, bar.x1, bar.line_y1
    third = (x1 - x0) // 3
    if text[2] <= x0:
        end, columns = 0, (x0, x0 + third)
    elif text[0] >= x1:
        end, columns = 1, (x1 - third, x1)
    else:
        return False
    _, _, above, below = _rim(columns[0], y0, columns[1], y1)
    sides = _rim(x0, y0, x1, y1)[end], above, below
    return all(_clipped(s, box) == s and _like(gray, s, box.level) for s in sides)


def _same_ground(gray: Gray, bar: Bar, text: Box, level: int) -> bool:
    """Tell whether a bar that cuts its data bar in two stands on the even ground of its text."""
    x0, y0, x1, y1 = bar.x0, bar.y0, bar.x1, bar.y1
    both = max(0, min(x0, text[0])), max(0, min(y0, text[1])), max(x1, text[2]), max(y1, text[3])
    left, right, above, below = (_like(gray, side, level) for side in _rim(x0, y0, x1, y1))
    # a box may end close behind one end of its bar; blurred letters have more edges than others
    return above and below and (left or right) and printed(gray, both, level, BLURRED)


def _rim(x0: int, y0: int, x1: int, y1: int) -> tuple[Box, Box, Box, Box]:
    """Return what lies beside a box: left, right, above, below."""
    near, far = RIM
    return (
        (x0 - far, y0, x0 - near, y1),
        (x1 + near, y0, x1 + far, y1),
        (x0, y0 - far, x1, y0 - near),
        (x0, y1 + near, x1, y1 + far),
    )


def printed(gray: Gray, box: Box, level: int, between: float = BETWEEN[1]) -> bool:
    """Tell whether the background of a box is even: printed, not a part of the picture."""
    x0, y0, x1, y1 = box
    off = np.abs(gray[y0:y1, x0:x1].astype(np.int16) - level)
    off = off[off <= BETWEEN[0]]  # without the letters
    near = off[off <= LEVEL_TOLERANCE]
    even = near.size > 0 and float(np.percentile(near, 75)) <= EVEN
    return even and near.size >= (1 - between) * off.size


def _on(gray: Gray, around: Box, level: int) -> bool:
    """Tell whether a text is printed on a gray level, which is not but its letters'."""
    x0, y0, x1, y1 = around
    near = np.abs(gray[y0:y1, x0:x1].astype(np.int16) - level) <= LEVEL_TOLERANCE
    return printed(gray, around, level) and float(near.mean()) >= GROUND_SHARE


def _clipped(part: Box, box: DataBar) -> Box | None:
    """Return what of a part lies in a data bar."""
    x0, y0 = max(part[0], box.x0), max(part[1], box.y0)
    x1, y1 = min(part[2], box.x1), min(part[3], box.y1)
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _like(gray: Gray, box: Box, level: float, tolerance: float = LEVEL_TOLERANCE) -> bool:
    """Tell whether most of a box, where it lies in the picture, is near a gray level."""
    x0, y0, x1, y1 = (max(0, v) for v in box)
    part = gray[y0:y1, x0:x1].astype(np.int16)
    near = np.abs(part - level) <= tolerance
    return bool(part.size) and float(near.mean()) >= RIM_SHARE


def _unlike(gray: Gray, box: Box, level: int, ink: float) -> bool:
    """Tell whether most of a box is nearer to a gray level than to the ink on it."""
    x0, y0, x1, y1 = box
    part = gray[y0:y1, x0:x1].astype(np.int16)
    return float(np.mean(np.abs(part - level) < np.abs(part - ink))) >= RIM_SHARE
