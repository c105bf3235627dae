"""Scale bars in the ink of a data bar: ticked lines, broken lines, rulers, brackets, blocks.

In: the ink of a data bar. Out: bar candidates with their nominal length, sub-pixel where
ticks allow. The idea: long horizontal runs of ink are lines; what stands at their two ends
(ticks of equal height, knobs, nothing) tells a bar from a frame or an underline. A line
broken by its text is two lines of equal length with a tick at the outer ends; a ruler may
be separate ticks only.

The nominal length runs between the middles of the two end ticks; a filled block counts
whole. Source: section 2.3 of the thesis, step 2, widened to the layouts of eight makers.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sempark.scalebar import broken, rulers
from sempark.scalebar.ink import Ink
from sempark.scalebar.strokes import Line, block_ends, lines, tick_middle

Kind = Literal["ticked", "broken", "ticks", "block", "line"]

ORDER: tuple[Kind, ...] = ("broken", "ticked", "ticks", "block", "line")
MIN_TICKED_SHARE = 0.022
MIN_TICKED_PX = 18
WORD_LENGTH = 6.0  # of its height: longer bars are no letters
EMPTY_LENGTH = 4.0  # of its height: so long bars without ink between their ticks are no letters
LETTER_ROWS = 0.3  # of a bar's rows: a letter beside it has ink in more
LETTER_GAP = 0.35  # of a bar's height: letters of one word are nearer
EVEN_SHARE = 0.6  # of a bar's contrast: letters that blur joins have less between their stems
FLAT_SHARE = 0.06  # of a block's contrast: what is printed deviates by less
ROOM = 3  # px of known background around a line or block


@dataclass(frozen=True)
class Bar:
    """A scale bar candidate, px in the data bar's frame.

    start and end are its nominal ends (pixel centers are at x + 0.5); the box
    x0, y0, x1, y1 holds all its ink; line_y0, line_y1 its horizontal line, gap the columns
    where a text breaks it.
    """

    kind: Kind
    start: float
    end: float
    x0: int
    y0: int
    x1: int
    y1: int
    line_y0: int
    line_y1: int
    gap: tuple[int, int] | None = None

    @property
    def length_px(self) -> float:
        """Return the nominal length in px."""
        return self.end - self.start

    def moved(self, dx: int, dy: int) -> "Bar":
        """Return the same bar in another frame."""
        return Bar(
            self.kind,
            self.start + dx,
            self.end + dx,
            self.x0 + dx,
            self.y0 + dy,
            self.x1 + dx,
            self.y1 + dy,
            self.line_y0 + dy,
            self.line_y1 + dy,
            self.gap and (self.gap[0] + dx, self.gap[1] + dx),
        )


def find(ink: Ink, rows: tuple[int, int] | None = None) -> list[Bar]:
    """Find scale bar candidates.

    Parameters
    ----------
    ink
        The ink of one data bar.
    rows
        First and last row of the line sought; without them all are, and rulers of ticks alone.

    Returns
    -------
    list of Bar
        Likeliest kinds first, then from top left; empty when there is none.
    """
    strokes = lines(ink, rows)
    bars = [
        Bar("broken", start, end, *box, *rows, gap=gap)
        for start, end, box, rows, gap in broken.find(ink, strokes)
    ]
    used = [(b.x0, b.x1, b.line_y0) for b in bars]
    for line in strokes:
        if any(x0 <= line.x0 and line.x1 <= x1 and abs(line.y0 - y) < 3 for x0, x1, y in used):
            continue
        bar = _single(ink, line)
        if bar is not None:
            bars.append(bar)
    bars = [b for b in bars if even(ink, b)]
    if rows is None:
        for start, end, box in rulers.find(ink):
            bars.append(Bar("ticks", start, end, *box, line_y0=box[1], line_y1=box[3]))
    return sorted(bars, key=lambda b: (ORDER.index(b.kind), b.y0, b.x0))


def even(ink: Ink, bar: Bar) -> bool:
    """Tell whether a bar's line is of one contrast from end to end: it is no row of letters."""
    y0, y1, sides = bar.line_y0, bar.line_y1, [(bar.x0, bar.x1)]
    if bar.gap is not None:  # the halves may lie a row apart
        y0, y1, sides = max(0, y0 - 1), y1 + 1, [(bar.x0, bar.gap[0]), (bar.gap[1], bar.x1)]
    for x0, x1 in sides:
        room = min(ROOM, (x1 - x0) // 4)  # blurred ends
        line = ink.contrast[y0:y1, x0 + room : x1 - room].max(axis=0)
        weakest, full = np.percentile(line, (5, 90))
        if weakest < EVEN_SHARE * full:
            return False
    return True


def _single(ink: Ink, line: Line) -> Bar | None:
    """Return the bar that one line makes with its own ends, if any."""
    tall = max(3, round(0.75 * (line.y1 - line.y0)))
    ticks = [sum(line.left) >= tall, sum(line.right) >= tall]
    # a bracket's short sides
    alike = line.left == line.right and min(line.left) == 0 and max(line.left) >= 2
    if all(ticks) or alike:
        return _ticked(ink, line)
    if not any(ticks):
        return _plain(ink, line)
    return None


def _ticked(ink: Ink, line: Line) -> Bar | None:
    """Return the bar of a line with two ticks of equal height, if it is one."""
    thick, length = line.y1 - line.y0, line.x1 - line.x0
    if length < max(MIN_TICKED_PX, MIN_TICKED_SHARE * ink.picture_width, 2.8 * thick):
        return None
    heights = []
    unlike = 0
    for pair in zip(line.left, line.right, strict=True):
        # a letter or frame that touches one tick lengthens it
        differ = max(pair) - min(pair) > max(2, 0.2 * min(sum(line.left), sum(line.right)))
        unlike += differ
        heights.append(min(pair) if differ else max(pair))
    if unlike == 2 or sum(heights) < 2 or sum(heights) + thick >= 0.93 * ink.mask.shape[0]:
        return None
    y0, y1 = line.y0 - heights[0], line.y1 + heights[1]
    if _closed(ink, line, y0, y1) or _in_word(ink, line, y0, y1):
        return None
    start, end = (tick_middle(ink, line, y0, y1, side) for side in (-1, 1))
    if end - start < MIN_TICKED_PX:
        return None
    return Bar("ticked", start, end, line.x0, y0, line.x1, y1, line.y0, line.y1)


def _plain(ink: Ink, line: Line) -> Bar | None:
    """Return the block or line without ticks, if its ends are its own."""
    # edge rows may be blurred
    inside = np.median(ink.mask[line.y0 : line.y1, line.x0 : line.x1].mean(axis=1))
    if line.x1 - line.x0 < MIN_TICKED_PX and line.y1 - line.y0 < 5:
        return None
    kind: Kind = "block" if line.y1 - line.y0 >= 5 else "line"
    # what reaches the edge of the known background may go on beyond it
    height, width = ink.mask.shape
    if inside < 0.9 or line.x0 < ROOM or line.x1 > width - ROOM:
        return None
    first = line.y0 == 0  # of the data bar's rows, which may be the picture's last
    if kind == "line" and first:
        return None
    # a short block may be some joined letters
    short = line.x1 - line.x0 <= WORD_LENGTH * (line.y1 - line.y0)
    if kind == "block" and (first or short) and not _flat(ink, line):
        return None
    rows = slice(line.y0, line.y1)
    if kind == "line":
        rows = slice(max(0, line.y0 - ROOM), line.y1 + ROOM)
        if rows.stop > height:
            return None
    if not ink.region[rows, line.x0 - ROOM : line.x1 + ROOM].all():
        return None
    start, end = block_ends(ink.contrast, line)
    return Bar(kind, start, end, line.x0, line.y0, line.x1, line.y1, line.y0, line.y1)


def _flat(ink: Ink, line: Line) -> bool:
    """Tell whether each row of a block is of one gray, as of what is printed, not of a grain."""
    part = ink.contrast[line.y0 : line.y1, line.x0 + ROOM : line.x1 - ROOM].astype(float)
    off = np.abs(part - np.median(part, axis=1, keepdims=True))
    return float(np.percentile(off, 90)) <= FLAT_SHARE * float(np.median(part))


def _in_word(ink: Ink, line: Line, y0: int, y1: int) -> bool:
    """Tell whether a short bar is but some joined letters: another stands close beside it."""
    high, long = y1 - y0, line.x1 - line.x0
    if long > WORD_LENGTH * high:
        return False
    # letters have more strokes between their first and last, of which some hang on the line
    inner = slice(line.x0 + high // 2, line.x1 - high // 2)
    rows = np.r_[y0 : line.y0 - 1, line.y1 + 1 : y1]
    if long > EMPTY_LENGTH * high:
        if rows.size and not ink.mask[rows][:, inner].any():
            return False
    elif ink.mask[rows[(rows == line.y0 - 2) | (rows == line.y1 + 1)]][:, inner].any():
        return True
    reach = max(4, round(LETTER_GAP * high))
    before = slice(max(0, line.x0 - 2 - reach), max(0, line.x0 - 2))
    after = slice(line.x1 + 2, line.x1 + 2 + reach)
    return any(_is_letter(ink, columns, y0, y1) for columns in (before, after))


def _is_letter(ink: Ink, columns: slice, y0: int, y1: int) -> bool:
    """Tell whether ink beside a bar is a letter: no frame, neither below its ticks nor higher."""
    high = y1 - y0
    above, beside, below = (
        ink.mask[rows, columns].any(axis=1)
        for rows in (slice(max(0, y0 - high), y0), slice(y0, y1), slice(y1, y1 + high))
    )
    higher = all(part.mean() > 0.5 for part in (above, below) if part.size)
    return bool(beside.mean() >= LETTER_ROWS) and not higher


def _closed(ink: Ink, line: Line, y0: int, y1: int) -> bool:
    """Tell whether the ends are joined by a second line: a frame, an icon, no bar."""
    thick = line.y1 - line.y0
    inner = slice(line.x0 + 2, max(line.x0 + 3, line.x1 - 2))
    reach = thick + 8
    beyond = np.r_[max(0, line.x0 - reach) : max(0, line.x0 - thick - 3)]
    beyond = np.r_[beyond, line.x1 + thick + 3 : min(ink.mask.shape[1], line.x1 + reach)]
    for rows in (slice(max(0, y0), line.y0 - 1), slice(line.y1 + 1, y1)):
        if rows.stop - rows.start <= thick:
            continue
        full = ink.mask[rows, inner].mean(axis=1) > 0.9
        if beyond.size:  # a line that goes on is a frame the ticks stand on
            full &= ink.mask[rows][:, beyond].mean(axis=1) < 0.5
        if full.any():
            return True
    return False
