"""Ink: what stands out from a flat background, as connected parts.

In: a gray picture and a box with a background level. Out: a mask of ink and the boxes of
its connected parts. Faint captions and compression noise stay under the threshold, which
follows the strongest ink of the box.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sempark.scalebar.databar import DataBar, Gray

MIN_CONTRAST = 22
INK_SHARE = 0.33  # of the contrast of strong ink
FAINT_SHARE = 0.15  # for values fainter than the text beside them
LINE_SHARE = 0.07  # of the picture's width: longer runs of ink are no strokes of letters

Labels = NDArray[np.uint16] | NDArray[np.int32]


@dataclass(frozen=True)
class Ink:
    """Ink of a box.

    contrast uint8 (h, w) against the background; mask uint8 0/1 (h, w); labels
    (h, w) and parts int32 (n, 5) as x, y, w, h, area: connected parts once long lines are
    taken out, part 0 being the background; region uint8 0/1 (h, w): where the background
    is known; origin x, y of the box in the picture.
    """

    contrast: Gray
    mask: NDArray[np.uint8]
    labels: Labels
    parts: NDArray[np.int32]
    region: Gray
    origin: tuple[int, int]
    picture_width: int


def extract(gray: Gray, box: DataBar, share: float = INK_SHARE) -> Ink | None:
    """Separate ink from the background of a box.

    Parameters
    ----------
    gray
        uint8 (h, w).
    box
        Where, and the level of the background.
    share
        Of the contrast of strong ink: what counts as ink.

    Returns
    -------
    Ink or None
        None when nothing stands out.
    """
    crop = gray[box.y0 : box.y1, box.x0 : box.x1]
    size = (crop.shape[1], crop.shape[0])
    region = cv2.resize(box.region, size, interpolation=cv2.INTER_NEAREST)
    contrast = cv2.absdiff(crop, np.full_like(crop, box.level)) * region
    strong = contrast[contrast > MIN_CONTRAST]
    if strong.size < 30:
        return None
    threshold = max(MIN_CONTRAST, share * float(np.percentile(strong, 90)))
    mask = (contrast > threshold).astype(np.uint8)
    # letters touch cell lines, mostly a micro sign's descender
    longest = max(40, int(LINE_SHARE * gray.shape[1]))
    lines = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, longest), np.uint8), borderValue=0)
    return Ink(contrast, mask, *parts(mask - lines), region, (box.x0, box.y0), gray.shape[1])


def parts(mask: NDArray[np.uint8], connectivity: int = 8) -> tuple[Labels, NDArray[np.int32]]:
    """Return labels of a mask's connected parts, and their x, y, w, h, area."""
    # labels of 16 bits are three times faster; no part but one in four pixels is possible
    depth = cv2.CV_16U if mask.size < 4 * 2**16 else cv2.CV_32S
    _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        mask, connectivity, depth, cv2.CCL_DEFAULT
    )
    return labels, stats
