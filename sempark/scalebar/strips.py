"""A reader of strips of a picture, text and all that lies behind and beside it.

In: how near each pixel of a picture is to the level of its ink, and the rows of a text. Out: the
words in these rows. Where a picture touches or crosses a text, no letter and no line can be cut
out; the network has seen drawn text over drawn pictures and tells them apart by itself.

The network's weights (`strips.npz`) are trained by `benchmarks/train_strips.py`; nothing in them
comes from a real micrograph.
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from sempark.scalebar import lines
from sempark.scalebar import value as values
from sempark.scalebar.databar import Gray
from sempark.scalebar.glyphs import Floats

OVER = (lines.HEIGHT - lines.INK_PX) / 2 / lines.INK_PX  # of a text's height: so much above, below
WIDEST = 1024  # px of a strip
COLUMN_PX = 2  # of a strip
LETTER_GAP = 22  # columns between the middles of letters, 1.8 of a text's height: nearer are of one
ASIDE = 8  # columns beside the middles of a text's first and last letter that tell of it
HALF_LETTER = 5  # columns of them that it fills


@dataclass(frozen=True)
class Word:
    """A scale text in a strip: what it says, how probable it is, its columns in px of the strip."""

    text: str
    scale: values.Scale
    confidence: float
    x0: int
    x1: int


def cut(near: Gray, x0: int, y0: float, x1: int, y1: float) -> Floats | None:
    """Cut a strip out.

    Parameters
    ----------
    near
        uint8 (h, w), 255 at the ink's level, 0 far from it.
    x0, x1
        Its columns.
    y0, y1
        Rows of the text.

    Returns
    -------
    float32 (32, w') or None
        0 to 1; the text's rows in the middle 24. None where it is too short or too wide.
    """
    tall = y1 - y0
    scale = lines.INK_PX / max(tall, 1)
    width = round((x1 - x0) * scale)
    if not lines.HEIGHT <= width <= WIDEST:
        return None
    # of pixel centers, as cv2.resize lays them
    matrix = np.array([[1 / scale, 0, x0], [0, 1 / scale, y0 - OVER * tall]])
    matrix[:, 2] += 0.5 / scale - 0.5
    if scale < 1:  # shrinking averages
        kernel = round(1 / scale) | 1
        near = np.asarray(cv2.blur(near, (kernel, kernel)), np.uint8)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    strip = cv2.warpAffine(near, matrix, (width, lines.HEIGHT), flags=how)
    return strip.astype(np.float32) * np.float32(1 / 255)


def of_cut(clean: Floats) -> Floats | None:
    """Make a strip of a clean cut, its text's rows as they are."""
    rows = np.flatnonzero((clean > lines.INK).any(axis=1))
    if not rows.size:
        return None
    room = int(rows[-1]) + 1 - int(rows[0])
    near = cv2.copyMakeBorder(255 * clean, 0, 0, room, room, cv2.BORDER_CONSTANT)
    y0, y1 = int(rows[0]), int(rows[-1]) + 1
    return cut(np.asarray(near, np.uint8), 0, y0, near.shape[1], y1)


def words(strip: Floats) -> list[Word]:
    """Read the scale texts of a strip.

    Parameters
    ----------
    strip
        float32 (32, w) of `cut`.

    Returns
    -------
    list of Word
        From left to right; what is no scale is left out.
    """
    odds = lines.log_odds(strip, "strips")
    best = odds.argmax(axis=1)
    first = np.flatnonzero(np.diff(best, prepend=-1) != 0)
    first = first[best[first] != lines.BLANK]
    found = []
    starts = np.flatnonzero(np.diff(first, prepend=-LETTER_GAP) >= LETTER_GAP)
    for start, stop in pairwise([*starts.tolist(), len(first)]):
        letters = first[start:stop]
        text = "".join(lines.CLASSES[k] for k in best[letters])
        scale = values.parse(text)
        if scale is None:
            continue
        x0 = max(0, int(letters[0]) - ASIDE)
        x1 = min(len(odds), int(letters[-1]) + ASIDE)
        if start > 0:
            x0 = max(x0, int(first[start - 1] + letters[0]) // 2)
        if stop < len(first):
            x1 = min(x1, int(letters[-1] + first[stop]) // 2)
        sure = lines.probability(odds[x0:x1], text)
        left = max(x0, int(letters[0]) - HALF_LETTER)
        right = min(x1, int(letters[-1]) + HALF_LETTER)
        found.append(Word(text, scale, sure, COLUMN_PX * left, COLUMN_PX * right))
    return found


def probability(strip: Floats | None, text: str) -> float:
    """How probable it is that a strip holds nothing but a text, 0 to 1."""
    return 0.0 if strip is None else lines.probability(lines.log_odds(strip, "strips"), text)
