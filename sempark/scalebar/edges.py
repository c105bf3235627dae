"""Long straight edges of a picture: what lies between an upper and a lower one may be a bar.

In: a gray picture. Out: boxes between two edges of opposite sense, one below the other; whether a
box's edge is that of a shade over the whole picture.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from sempark.scalebar.databar import Gray

MIN_LENGTH_SHARE = 0.028  # of the picture's width
MIN_EDGE = 26  # gray levels over two rows, at a stroke's upper and lower edge
EDGE_ROWS = 6  # of a straight edge, at most
LONGER = 1, 2, 4  # times the shortest edge: so long it must be to be cut off others it joins
EDGE_GAP = 5  # px along an edge that may be missing
MAX_HEIGHT_SHARE = 0.06  # of the picture's height
BESIDE_SHADE = 2  # px above and below a shade's edge
AROUND_SHADE, MOST_STEPS = 30, 12  # rows where edges over the whole picture are few
SHADED = 0.88  # of a gray: what is darker by a shade
SHADE_COLUMNS = 0.85  # of a picture's columns, so much of them in a shade
SEEN_IN_SHADE, MIN_SEEN = 24, 0.25  # gray levels a shade makes less, and the columns that have them
ASIDE = 6  # px beside a box, where a shade goes on


def between(gray: Gray) -> list[tuple[int, int, int, int]]:
    """Return boxes x0, y0, x1, y1 between an upper and a lower edge that are long and straight."""
    height, width = gray.shape
    shortest = max(12, int(0.8 * MIN_LENGTH_SHARE * width))
    sides = []
    for a, b in ((gray[2:], gray[:-2]), (gray[:-2], gray[2:])):  # brighter below; above
        steep = cv2.inRange(cv2.subtract(a, b), MIN_EDGE, 255)
        steep = cv2.morphologyEx(steep, cv2.MORPH_CLOSE, np.ones((1, EDGE_GAP), np.uint8))
        sides.append(_straight(steep, shortest))
    boxes = []
    for upper, lower in (sides, sides[::-1]):
        for x, y, w, h, _ in upper.tolist():
            # rows y .. y + h lie one above the stroke's first ones
            across = np.minimum(x + w, lower[:, 0] + lower[:, 2]) - np.maximum(x, lower[:, 0])
            # an edge of the picture's may lengthen one upwards
            gap = lower[:, 1] + lower[:, 3] - y - h
            near = (gap >= 1) & (gap <= max(4, MAX_HEIGHT_SHARE * height) + h)
            # one of them may go on in an edge of the picture
            shorter = np.maximum(2 * shortest, np.minimum(w, lower[:, 2]))
            like = across >= 0.5 * np.maximum(w, lower[:, 2])
            best = np.flatnonzero(near & like)
            best = best[np.argsort(gap[best], kind="stable")[:1]]
            part = np.flatnonzero(near & ~like & (across >= 0.9 * shorter))
            for x2, y2, w2, h2, _ in lower[np.r_[best, part]].tolist():
                boxes.append((max(x, x2), y + 1, min(x + w, x2 + w2), y2 + h2 + 1))
    return boxes


def _straight(steep: Gray, shortest: int) -> NDArray[np.int32]:
    """Return x, y, w, h, area of the long parts of edges that are no more than some rows high.

    An edge that joins others of the picture is longer in its row than they are in theirs.
    """
    found = []
    for longer in LONGER:
        row = np.ones((1, longer * shortest), np.uint8)
        steep = cv2.morphologyEx(steep, cv2.MORPH_OPEN, row, borderValue=0)
        count, labels, parts, _ = cv2.connectedComponentsWithStats(steep, connectivity=4)
        high = parts[:, 3] > EDGE_ROWS
        high[0] = False
        found.append(parts[1:count][~high[1:]])
        if not high.any():
            break
        steep = high.astype(np.uint8)[labels]
    return np.concatenate(found)


def at_shade(gray: Gray, box: tuple[int, int, int, int]) -> bool:
    """Tell whether a box ends, above or below, where a shade over the whole picture begins.

    What is bright in the picture is cut off there, and a text stands in the shade.
    """
    x0, y0, x1, y1 = box
    outside = np.r_[: max(0, x0 - ASIDE), min(gray.shape[1], x1 + ASIDE) : gray.shape[1]]
    first, last = max(0, y0 - AROUND_SHADE), min(gray.shape[0], y1 + AROUND_SHADE)
    rows = gray[first:last, outside].astype(np.float32)
    above, below = rows[: 1 - 2 * BESIDE_SHADE], rows[2 * BESIDE_SHADE - 1 :]
    seen = np.maximum(above, below) >= SEEN_IN_SHADE
    counted = np.maximum(seen.sum(axis=1), 1)
    darker, brighter = (
        ((dark < SHADED * bright) & seen).sum(axis=1) / counted
        for dark, bright in ((below, above), (above, below))
    )
    steps = np.maximum(darker, brighter) >= SHADE_COLUMNS
    steps &= seen.mean(axis=1) >= MIN_SEEN
    at = first + BESIDE_SHADE + np.flatnonzero(steps)
    near = np.minimum(np.abs(at - y0), np.abs(at - y1)) <= 1
    return bool(near.any()) and at.size <= MOST_STEPS  # more of them are stripes
