"""The text that belongs to a bar: found by its place, cut out, made ready for reading.

In: ink and a bar. Out: up to four pieces of text (inside, above, below, right, left of the
bar) and for each a clean cut, all ink but its own masked, which `enlarge` readies for an engine.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from sempark.scalebar.bar import Bar
from sempark.scalebar.databar import Gray
from sempark.scalebar.ink import Ink

Place = Literal["inside", "above", "below", "right", "left"]

Floats = NDArray[np.float32]

MIN_TEXT_PX = 6
ROOM = 2  # px around a cut
MARK_GAP = 0.4  # of the text's height: marks apart by so much may be no letters
MARK_WIDTH = 0.6  # of the text's height: wider marks are letters
TALLEST = 1.7  # of an m's height: a digit that touches a micro sign
WORD_WIDTH = 1.3  # of its height: one part as wide is a word of letters that touch
WORD_GAP = 1.15  # of the text's height: a blank is under it, the next column over it


@dataclass(frozen=True)
class Piece:
    """A line of text near a bar: its place, box in the data bar's frame, numbers of its parts."""

    place: Place
    x0: int
    y0: int
    x1: int
    y1: int
    members: tuple[int, ...]


def near(ink: Ink, bar: Bar, tries: int = 2) -> list[Piece]:
    """Find the pieces of text around a bar.

    Parameters
    ----------
    ink
        Ink of the data bar.
    bar
        A bar in it.
    tries
        From how many letters, the nearest first, lines above and below the bar are begun.

    Returns
    -------
    list of Piece
        One for each place the bar's kind allows, more above and below.
    """
    x, y, w, h, area = ink.parts.T
    right, bottom = x + w, y + h
    own = (x >= bar.x0 - 2) & (right <= bar.x1 + 2) & (y <= bar.line_y1) & (bottom >= bar.line_y0)
    own &= (2 * w <= h) | (h < MIN_TEXT_PX)  # ticks; a micro sign may stand on the line
    letters = (h >= MIN_TEXT_PX) & (h <= 0.75 * ink.mask.shape[0]) & (w <= 6 * h)
    letters &= (area >= 0.12 * w * h) & ~((h > 5 * w) & (h > 30))
    letters[0] = False
    if bar.kind == "broken":
        inside = letters & (x > bar.x0 + 4) & (right < bar.x1 - 4)
        inside &= (y < bar.line_y1) & (bottom > bar.line_y0)
        off_center = np.abs(x + w / 2 - (bar.x0 + bar.x1) / 2)
        return _pieces(ink, [("inside", letters, inside, off_center)])
    letters &= ~own
    tall = max(bar.y1 - bar.y0, MIN_TEXT_PX)
    reach = max(2.5 * tall, 48.0 * ink.picture_width / 1024)
    margin = 0.5 * (bar.x1 - bar.x0) + reach
    over = (right > bar.x0 - 0.3 * margin) & (x < bar.x1 + 0.3 * margin)
    above = letters & over & (bottom <= bar.line_y0 + 1) & (bottom > bar.y0 - reach)
    below = letters & over & (y >= bar.line_y1 - 1) & (y < bar.y1 + reach)
    beside = letters & (y < bar.line_y1 + 0.8 * h) & (bottom > bar.line_y0 - 0.8 * h)
    after = beside & (x >= bar.x1 - 1) & (x < bar.x1 + 2 * reach)
    before = beside & (right <= bar.x0 + 1) & (right > bar.x0 - 2 * reach)
    if bar.kind not in ("block", "line"):
        before[:] = False  # no maker puts the value left of ticks
    outside_x = np.maximum(0, np.maximum(bar.x0 - right, x - bar.x1))
    # the letters of another row may reach nearer to the bar's end
    aside = 2 * reach * ((bottom < bar.line_y0) | (y > bar.line_y1))
    return _pieces(
        ink,
        [
            ("right", letters & (x >= bar.x1 - 1), after, x - bar.x1 + aside),
            ("left", letters & (right <= bar.x0 + 1), before, bar.x0 - right + aside),
            ("above", letters, above, bar.line_y0 - bottom + 2 * outside_x),
            ("below", letters, below, y - bar.line_y1 + 2 * outside_x),
        ],
        tries,
    )


def _pieces(
    ink: Ink,
    wanted: list[tuple[Place, NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]],
    tries: int = 1,
) -> list[Piece]:
    """Grow pieces from the nearest letters of each place; wanted: place, letters, first, far."""
    pieces: list[Piece] = []
    for place, letters, allowed, distance in wanted:
        free = allowed.copy()
        for _ in range(tries if place in ("above", "below") else 1):
            seeds = np.flatnonzero(free)
            if seeds.size == 0:
                break
            seed = int(seeds[np.argmin(distance[seeds])])
            piece = _grow(ink, letters, seed, place)
            free[seed] = False
            if piece is None or _goes_on(ink, piece, letters):
                continue
            free[list(piece.members)] = False
            if all(piece.members != p.members for p in pieces):
                pieces.append(piece)
    return pieces


def _goes_on(ink: Ink, piece: Piece, letters: NDArray[np.bool_]) -> bool:
    """Tell whether a piece beside a bar is the rest of a text that stands over the bar."""
    if piece.place not in ("right", "left"):
        return False
    x, y, w, h, _ = ink.parts.T
    gap = 1.3 * (piece.y1 - piece.y0)
    row = ~letters & (y + h // 2 < piece.y1) & (y + h // 2 >= piece.y0)
    row &= (h >= 2) & (h < 2 * (piece.y1 - piece.y0))
    row[list(piece.members)] = False
    row[0] = False
    if piece.place == "right":
        return bool(np.any(row & (x < piece.x0) & (x + w > piece.x0 - gap)))
    return bool(np.any(row & (x + w > piece.x1) & (x < piece.x1 + gap)))


def _grow(ink: Ink, letters: NDArray[np.bool_], seed: int, place: Place) -> Piece | None:
    """Collect the letters of the seed's row, outwards while the gaps are those of one line."""
    x, y, w, h, _ = ink.parts.T
    middle = y[seed] + h[seed] / 2
    row = letters & (y < middle) & (y + h > middle) & (h < TALLEST * h[seed]) & (h > 0.5 * h[seed])
    tall = float(np.max(h[row & (np.abs(x - x[seed]) < 6 * h[seed])]))
    order = np.flatnonzero(row)
    order = order[np.argsort(x[order], kind="stable")]
    at = int(np.flatnonzero(order == seed)[0])
    first = last = at
    gap = WORD_GAP * tall
    while last + 1 < order.size and x[order[last + 1]] - _end(ink, order[: last + 1]) <= gap:
        last += 1
    while first > 0 and x[order[first]] - _end(ink, order[:first]) <= gap:
        first -= 1
    members = order[first : last + 1]
    x0, x1 = int(x[members].min()), int((x + w)[members].max())
    y0, y1 = int(y[members].min()), int((y + h)[members].max())
    # dots and the like between the letters
    small = (x >= x0) & (x + w <= x1) & (y >= y0 - 1) & (y + h <= y1 + 2)
    small[0] = False
    small &= (w <= 1.2 * tall) & (h <= 0.5 * tall)
    members = np.union1d(members, np.flatnonzero(small))
    if not (2 <= members.size <= 60 or x1 - x0 > WORD_WIDTH * tall):
        return None
    return Piece(place, x0, y0, x1, y1, tuple(int(m) for m in members))


def _end(ink: Ink, members: NDArray[np.int64]) -> int:
    """Return the right end of some parts."""
    return int((ink.parts[members, 0] + ink.parts[members, 2]).max())


def cut(ink: Ink, piece: Piece) -> Floats:
    """Cut a piece of text out at the picture's own resolution.

    Parameters
    ----------
    ink
        Ink of the data bar.
    piece
        The piece of text.

    Returns
    -------
    float32 (h, w)
        0 background to 1 full ink; all ink but the piece's own removed; 2 px of room around.
    """
    y0, y1 = piece.y0 - ROOM, piece.y1 + ROOM
    x0, x1 = piece.x0 - ROOM, piece.x1 + ROOM
    height, width = ink.mask.shape
    inner = slice(max(0, y0), min(height, y1)), slice(max(0, x0), min(width, x1))
    chosen = np.zeros(len(ink.parts), np.uint8)
    chosen[list(piece.members)] = 1
    own = chosen[ink.labels[inner]]
    window = ink.contrast[inner].astype(np.float32)
    window[cv2.dilate(own, np.ones((3, 3), np.uint8)) == 0] = 0
    window[(ink.mask[inner] > 0) & (own == 0)] = 0
    peak = float(np.percentile(window[own > 0], 80)) or 1.0
    room = max(0, -y0), max(0, y1 - height), max(0, -x0), max(0, x1 - width)
    clean = cv2.copyMakeBorder(window / peak, *room, cv2.BORDER_CONSTANT, value=(0.0,))
    return np.clip(clean, 0, 1)


def trimmed(clean: Floats) -> list[tuple[int, Floats]]:
    """Leave out narrow marks that stand apart at a cut's ends: parts of the picture, mostly.

    Parameters
    ----------
    clean
        float32 (h, w) of `cut`.

    Returns
    -------
    list of (int, float32 (h, w'))
        Without the first mark, the last, both: first column kept, and the rest; empty where none
        stands apart.
    """
    inked = clean > 0.4
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if rows.size == 0:
        return []
    tall = rows[-1] - rows[0] + 1
    gaps = np.flatnonzero(np.diff(columns) >= MARK_GAP * tall)
    first, last = 0, clean.shape[1]
    if gaps.size and columns[gaps[0]] - columns[0] < MARK_WIDTH * tall:
        first = int(columns[gaps[0] + 1]) - ROOM
    if gaps.size and columns[-1] - columns[gaps[-1] + 1] < MARK_WIDTH * tall:
        last = int(columns[gaps[-1]]) + 1 + ROOM
    spans = {(first, clean.shape[1]), (0, last), (first, last)} - {(0, clean.shape[1])}
    return [(max(0, a), clean[:, max(0, a) : b]) for a, b in sorted(spans) if b - max(0, a) > tall]


def enlarge(clean: Floats, height_px: int = 40) -> Gray:
    """Make a cut ready for an engine: dark on white, enlarged, with a white border.

    Parameters
    ----------
    clean
        float32 (h, w) of `cut`, or some of its columns.
    height_px
        Height of the text after enlargement.

    Returns
    -------
    uint8 (h, w)
        Dark text on white.
    """
    rows = np.flatnonzero((clean > 0.4).any(axis=1))
    if rows.size:
        clean = clean[max(0, rows[0] - ROOM) : rows[-1] + 1 + ROOM]
    scale = height_px / max(1, clean.shape[0] - 2 * ROOM)
    size = (max(1, round(clean.shape[1] * scale)), max(1, round(clean.shape[0] * scale)))
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    large = 255 - 255 * cv2.resize(np.ascontiguousarray(clean), size, interpolation=how)
    border = height_px // 2
    padded = cv2.copyMakeBorder(
        large, border, border, border, border, cv2.BORDER_CONSTANT, value=(255.0,)
    )
    return np.clip(padded, 0, 255).astype(np.uint8)
