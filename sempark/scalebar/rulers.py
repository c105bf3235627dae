"""Rulers of separate ticks, without a line, in the ink of a data bar.

In: ink. Out: a ruler each as the sub-pixel middles of its first and last tick, and its box. Where
the ticks as they are make none, they may hang from the picture above: what is wide or a row or two
high is taken from the ink, and its parts are made anew.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from sempark.scalebar.ink import Ink, parts

MIN_TICKS = 8
UPRIGHT_PX = 3  # ticks are higher than a row or two of the picture
MIN_WIDE_PX, WIDE_SHARE = 9, 0.01  # no tick is as wide, in px and of the picture's width

Ruler = tuple[float, float, tuple[int, int, int, int]]
"""Middles of the end ticks, and x0, y0, x1, y1 of all ticks, px in the ink's frame."""


def find(ink: Ink) -> list[Ruler]:
    """Find rulers of separate ticks; those of parts as they are, if there are any."""
    found = _among(ink, ink.parts)
    if found or not ink.mask[:UPRIGHT_PX].any():
        return found
    return _among(ink, _uprights(ink))


def _uprights(ink: Ink) -> NDArray[np.int32]:
    """Boxes of what is upright: ticks apart from the picture's last rows, which they touch."""
    wide = np.ones((1, max(MIN_WIDE_PX, round(WIDE_SHARE * ink.picture_width))), np.uint8)
    flat = cv2.morphologyEx(ink.mask, cv2.MORPH_OPEN, wide, borderValue=0)
    upright = np.ones((UPRIGHT_PX, 1), np.uint8)
    return parts(cv2.morphologyEx(ink.mask - flat, cv2.MORPH_OPEN, upright, borderValue=0))[1]


def _among(ink: Ink, boxes: NDArray[np.int32]) -> list[Ruler]:
    """Rulers among parts: eight or more equal solid ones at equal distances."""
    _, _, w, h, area = boxes.T
    # of a dot of three pixels a row may be lost, or a corner
    solid = boxes[1:][((h + 1 >= 0.8 * w) & (area + 1 >= 0.7 * w * h))[1:]].tolist()
    if len(solid) < MIN_TICKS:
        return []
    found: list[Ruler] = []
    rows: list[list[list[int]]] = []
    for part in sorted(solid):
        for row in rows:
            first = row[0]
            unlike = 1 + 0.15 * first[3]
            wider = max(3.0, unlike)  # both sides are rounded to whole pixels, or every other one
            like = abs(part[1] - first[1]) <= unlike and abs(part[3] - first[3]) <= unlike
            if like and abs(part[2] - first[2]) <= wider:
                row.append(part)
                break
        else:
            rows.append([part])
    for row in rows:
        ticks = _evenly_spaced(row)
        if not ticks or (len(ticks) - 1) % 5:  # one was missed
            continue
        y0, y1 = min(p[1] for p in ticks), max(p[1] + p[3] for p in ticks)
        x0, x1 = ticks[0][0], ticks[-1][0] + ticks[-1][2]
        start, end = (_middle(ink, p) for p in (ticks[0], ticks[-1]))
        found.append((start, end, (x0, y0, x1, y1)))
    return found


def _evenly_spaced(row: list[list[int]]) -> list[list[int]]:
    """Return the longest run of parts whose middles are equally far from each other."""
    if len(row) < MIN_TICKS:
        return []
    middles = np.array([p[0] + p[2] / 2 for p in row])
    steps = np.diff(middles)
    step = float(np.median(steps))
    even = np.abs(steps - step) <= max(1.6, 0.06 * step)
    best, start = (0, 0), 0
    for i in range(len(even) + 1):
        if i == len(even) or not even[i]:
            if i - start > best[1] - best[0]:
                best = (start, i)
            start = i + 1
    run = row[best[0] : best[1] + 1]
    return run if len(run) >= MIN_TICKS and step >= 2 * row[0][2] else []


def _middle(ink: Ink, part: list[int]) -> float:
    """Return the sub-pixel middle of an upright part."""
    x, y, w, h, _ = part
    first = max(0, x - 1)
    profile = ink.contrast[y : y + h, first : x + w + 1].astype(float).mean(axis=0)
    return first + float(np.average(np.arange(profile.size), weights=profile)) + 0.5
