"""The ink around a stroke that is drawn straight into a picture, seen in several ways.

In: a gray picture and a stroke of one constant level. Out: how near every pixel around it is to
its level, measured by its full contrast or by smaller and smaller parts of it, and how far it
stands out from what lies around. Bar and text of an overlay share their color, so what is not of
that color is background, whatever it shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from sempark.scalebar.databar import Gray
from sempark.scalebar.ink import Ink, parts

MIN_CONTRAST = 34  # gray levels between a stroke and what lies above and below
BLUR = 4  # px a blurred end may reach
SHARE = 0.4  # of ink's contrast
FAINT_SHARE = 0.27  # for thin letters
STRICT_SHARE = 0.45
CAP = 170.0  # gray levels
STRICT = 70.0
PAPER_SHARE = 0.4  # of a row or column of a box that is of its paper
WIDE, CLOSE = 100.0, 36.0  # likewise, for texts that the picture touches


@dataclass(frozen=True)
class Stroke:
    """A horizontal stroke: box, level, contrast to its surroundings, unevenness, paper's level."""

    x0: int
    y0: int
    x1: int
    y1: int
    level: int
    contrast: float
    spread: float
    bright: bool
    paper: int | None


@dataclass(frozen=True)
class Seen:
    """A stroke with the ink around it, seen in several ways; `paper` where it lies in a flat box.

    `full`: near the stroke's level; `lifted`: far from what lies around; `faint`: the same with
    thinner letters; `strict`: very near the level. All but `paper` are of one window.
    """

    picture: Gray
    stroke: Stroke
    paper: Ink | None
    full: Ink
    lifted: Ink
    faint: Ink
    strict: Ink

    def for_bars(self) -> list[Ink]:
        """Return the looks in which bars are sought, best first."""
        return [i for i in (self.paper, self.full, self.lifted, self.strict) if i is not None]

    def for_texts(self) -> Iterator[tuple[Ink, Ink]]:
        """Give the looks in which texts are sought, best first; the last ones where it comes to it.

        With each the look that shows what else may be a part of its texts. The last ones are
        nearer and nearer to the level: what touches the letters is seldom of their very gray.
        """
        if self.paper is not None:
            yield self.paper, self.paper
        yield from ((look, self.lifted) for look in (self.lifted, self.full, self.faint))
        wide = self.strict if self.stroke.contrast <= STRICT else self._nearer(WIDE)
        yield wide, wide
        if wide is not self.strict:
            yield self.strict, wide
        if self.stroke.contrast >= CLOSE:
            yield self._nearer(CLOSE), wide

    def whole(self) -> Gray:
        """Measure how near each pixel is to the level by the contrast at the stroke's ends too.

        A contrast that is capped, or taken above and below, makes blurred ends seem nearer.
        """
        contrast = max(self.stroke.contrast, _contrast_at_ends(self.picture, self.stroke))
        return _near(self.picture, self.stroke, self._window(), contrast)

    def _nearer(self, contrast: float) -> Ink:
        near = _near(self.picture, self.stroke, self._window(), min(self.stroke.contrast, contrast))
        return _ink(near, STRICT_SHARE, self.stroke, self.full.origin, self.full.picture_width)

    def _window(self) -> tuple[int, int, int, int]:
        (x, y), (height, width) = self.full.origin, self.full.mask.shape
        return x, y, x + width, y + height


def see(gray: Gray, stroke: Stroke) -> Seen:
    """Cut a window around a stroke and look at its ink."""
    height, width = gray.shape
    reach_y = max(30, int(0.13 * height))
    reach_x = max(int(0.14 * width), 40)
    x0, x1 = max(0, stroke.x0 - reach_x), min(width, stroke.x1 + reach_x)
    y0, y1 = max(0, stroke.y0 - reach_y), min(height, stroke.y1 + reach_y)
    box = x0, y0, x1, y1
    paper = None
    if stroke.paper is not None:
        px0, py0, px1, py1 = _paper(gray[y0:y1, x0:x1], stroke, (x0, y0))
        inner = x0 + px0, y0 + py0, x0 + px1, y0 + py1
        paper = _ink(_near(gray, stroke, inner, stroke.contrast), SHARE, stroke, inner[:2], width)
    full, strict = (_near(gray, stroke, box, min(stroke.contrast, c)) for c in (CAP, STRICT))
    lifted = _lifted(gray, stroke, box)
    looks = ((full, SHARE), (lifted, SHARE), (lifted, FAINT_SHARE), (strict, STRICT_SHARE))
    inks = (_ink(near, share, stroke, box[:2], width) for near, share in looks)
    return Seen(gray, stroke, paper, *inks)


def _contrast_at_ends(gray: Gray, stroke: Stroke) -> float:
    """Return how far, at least, what lies beyond a stroke's ends is from its level."""
    sides = (stroke.x0 - 2 * BLUR, stroke.x0 - BLUR), (stroke.x1 + BLUR, stroke.x1 + 2 * BLUR)
    beyond = [gray[stroke.y0 : stroke.y1, max(0, a) : max(0, b)] for a, b in sides]
    far = [abs(float(np.median(part)) - stroke.level) for part in beyond if part.size]
    return min(far, default=0.0)


def _near(gray: Gray, stroke: Stroke, box: tuple[int, int, int, int], contrast: float) -> Gray:
    """Measure how near each pixel of a box is to a stroke's level: 255 at it, 0 at the contrast."""
    x0, y0, x1, y1 = box
    off = cv2.absdiff(gray[y0:y1, x0:x1], np.full((y1 - y0, x1 - x0), stroke.level, np.uint8))
    near = np.clip(contrast - off.astype(np.float32), 0, None) * (255 / contrast)
    return np.asarray(near, np.uint8)


def _lifted(gray: Gray, stroke: Stroke, box: tuple[int, int, int, int]) -> Gray:
    """Measure how far each pixel is on the way from what lies around it to a stroke's level."""
    x0, y0, x1, y1 = box
    part = gray[y0:y1, x0:x1]
    side = 2 * max(4, round(0.01 * gray.shape[0])) + 1  # wider than strokes of letters
    bright = stroke.paper < stroke.level if stroke.paper is not None else stroke.bright
    how = cv2.MORPH_OPEN if bright else cv2.MORPH_CLOSE
    ground = cv2.morphologyEx(part, how, np.ones((side, side), np.uint8)).astype(np.float32)
    ground = cv2.blur(ground, (side, side))
    way = stroke.level - ground if bright else ground - stroke.level
    done = part - ground if bright else ground - part
    share = np.where(way >= MIN_CONTRAST, done / np.maximum(way, MIN_CONTRAST), 0)
    over = np.clip(2 - share, 0, 1)  # what goes beyond the level is of another color
    return np.asarray(255 * np.clip(share, 0, 1) * over, np.uint8)


def _paper(part: Gray, stroke: Stroke, origin: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the box, in a window, of the flat paper a stroke lies on."""
    level = stroke.paper or 0
    room = max(12, round(0.25 * stroke.contrast))
    near = cv2.inRange(part, max(0, level - room), min(255, level + room)) & 1
    near[max(0, stroke.y0 - origin[1] - 1) : stroke.y1 - origin[1] + 1][
        :, max(0, stroke.x0 - origin[0]) : stroke.x1 - origin[0]
    ] = 1
    _, labels, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=4)
    x, y = stroke.x0 - origin[0], (stroke.y0 + stroke.y1) // 2 - origin[1]
    left, top, w, h, _ = (int(v) for v in stats[labels[y, x]])
    own = labels[top : top + h, left : left + w] == labels[y, x]
    # at a blurred edge some of what lies around is as bright as the paper
    rows = np.flatnonzero(own.mean(axis=1) >= PAPER_SHARE).tolist()
    columns = np.flatnonzero(own.mean(axis=0) >= PAPER_SHARE).tolist()
    if not (rows and columns):
        return left, top, left + w, top + h
    return left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1


def _ink(near: Gray, share: float, stroke: Stroke, origin: tuple[int, int], width: int) -> Ink:
    """Make ink of what is near enough to a stroke's level; the stroke itself is no letter."""
    x0, y0 = origin
    mask = (near > 255 * share).astype(np.uint8)
    letters = mask.copy()
    letters[max(0, stroke.y0 - y0) : stroke.y1 - y0, max(0, stroke.x0 - x0) : stroke.x1 - x0] = 0
    return Ink(near, mask, *parts(letters), np.ones_like(mask), (x0, y0), width)
