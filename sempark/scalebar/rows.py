"""Rows of text around a bar in a picture, where letters are seen but no text can be cut out.

In: a stroke of a picture with the ink around it, and its bar. Out: scale texts in the rows of the
letters that stand free in one look or another, as the strip reader reads them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sempark.scalebar import beside, lines, strips
from sempark.scalebar.bar import Bar
from sempark.scalebar.databar import Gray
from sempark.scalebar.ink import Ink
from sempark.scalebar.text import MIN_TEXT_PX, Piece, Place

TALLEST = 0.1  # of the picture's width: no letter is higher
SAME = 0.15  # of a letter's height: letters with ends so near are of one row
X_HEIGHT = 0.73  # of a digit's height: that of an m
REACH = 2.6, 48.0  # heights of the bar, px at 1024: so far letters are looked for above and below
ASIDE = 4.0  # heights of a row, beyond a bar's ends above and below it
BESIDE = 9.0  # and beside it
MAX_ROWS = 8
MIN_SURE = 0.5
OTHER_HALF = 0.35  # of a bar's length: so long a line beyond the text is its other half


@dataclass(frozen=True)
class Text:
    """A scale text near a bar: its piece of the window, of no parts, and its word in a strip."""

    piece: Piece
    word: strips.Word


def texts(near: Gray, bar: Bar, looks: Sequence[Ink], picture_width: int) -> list[Text]:
    """Read the scale texts in the rows of letters around a bar.

    Parameters
    ----------
    near
        uint8 (h, w) of a window: how near each pixel is to the bar's level.
    bar
        In the window's frame.
    looks
        Ink of the same window, without the bar, seen in several ways.
    picture_width
        px.

    Returns
    -------
    list of Text
        The surest first.
    """
    near = near.copy()
    near[max(0, bar.y0 - 1) : bar.y1 + 1, max(0, bar.x0 - 2) : bar.x1 + 2] = 0
    found = []
    for y0, y1 in _rows(looks, bar, picture_width)[:MAX_ROWS]:
        for place, x0, x1 in _spans(bar, y0, y1, near.shape[1]):
            strip = strips.cut(near, x0, y0, x1, y1)
            scale = (y1 - y0) / lines.INK_PX
            for word in strips.words(strip) if strip is not None else ():
                if word.confidence < MIN_SURE:
                    continue
                left, right = round(x0 + word.x0 * scale), round(x0 + word.x1 * scale)
                piece = Piece(place, left, y0, right, y1, ())
                if not any(_half(look, bar, piece) for look in looks):
                    found.append(Text(piece, word))
    return sorted(found, key=lambda text: -text.word.confidence)


def _half(look: Ink, bar: Bar, piece: Piece) -> bool:
    """Tell whether a bar is but one half of a line that its text breaks: it goes on somewhere.

    Where a text ends is known roughly.
    """
    if piece.place not in ("left", "right"):
        return False
    room, long = max(4, (piece.x1 - piece.x0) // 4), bar.x1 - bar.x0
    first = piece.x1 - room if piece.place == "right" else piece.x0 - room - long
    columns = slice(max(0, first), max(0, first + 2 * room + long))
    line, bare = beside.along(look, bar, columns)
    runs = np.flatnonzero(np.diff(np.pad(line & bare, 1).astype(np.int8)))
    longest = (runs[1::2] - runs[::2]).max(initial=0)
    return bool(longest >= max(6, OTHER_HALF * long))


def _rows(looks: Sequence[Ink], bar: Bar, picture_width: int) -> list[tuple[int, int]]:
    """Return first and last row and on of what may be texts, those with the most letters first."""
    reach = max(REACH[0] * (bar.y1 - bar.y0), REACH[1] * picture_width / 1024)
    counted: list[tuple[float, int, int]] = []
    for look in looks:
        x, y, w, h, area = look.parts[1:].T
        letters = (h >= MIN_TEXT_PX) & (h <= TALLEST * picture_width) & (w <= 6 * h)
        letters &= (area >= 0.12 * w * h) & (h <= 5 * w)
        letters &= (y < bar.y1 + reach) & (y + h > bar.y0 - reach)
        letters &= (x < bar.x1 + BESIDE * h) & (x + w > bar.x0 - BESIDE * h)
        for top, tall in zip(y[letters].tolist(), h[letters].tolist(), strict=True):
            # a digit's rows, or an m's
            for weight, high in ((1.0, tall), (0.6, round(tall / X_HEIGHT))):
                _count(counted, weight, top + tall - high, top + tall)
    kept = [c for c in counted if c[2] - c[1] >= beside.MIN_LEGIBLE_PX and _free(c, bar)]
    return [(y0, y1) for _, y0, y1 in sorted(kept, key=lambda c: (-c[0], c[1], c[2]))]


def _free(row: tuple[float, int, int], bar: Bar) -> bool:
    """Tell whether a row lies above a bar, below it, or beside its line."""
    _, y0, y1 = row
    beside_line = y0 < bar.line_y1 and y1 > bar.line_y0
    return y1 <= bar.y0 + 1 or y0 >= bar.y1 - 1 or beside_line


def _count(counted: list[tuple[float, int, int]], weight: float, y0: int, y1: int) -> None:
    """Add a letter to the row it stands in, or begin one."""
    near = max(1.5, SAME * (y1 - y0))
    for i, (sum_, top, bottom) in enumerate(counted):
        if abs(top - y0) <= near and abs(bottom - y1) <= near:
            counted[i] = sum_ + weight, top, bottom
            return
    counted.append((weight, y0, y1))


def _spans(bar: Bar, y0: int, y1: int, width: int) -> Iterator[tuple[Place, int, int]]:
    """Give the columns of a row that are read: beside the bar, or above or below it."""
    tall = y1 - y0
    if y1 <= bar.y0 + 1 or y0 >= bar.y1 - 1:
        place: Place = "above" if y1 <= bar.y0 + 1 else "below"
        aside = round(ASIDE * tall)
        yield place, max(0, bar.x0 - aside), min(width, bar.x1 + aside)
        return
    reach = round(BESIDE * tall)
    yield "left", max(0, bar.x0 - reach), bar.x0 - 1
    yield "right", bar.x1 + 1, min(width, bar.x1 + reach)
