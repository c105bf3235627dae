"""What is left of the ink once a bar is taken out: the letters around it, as parts of their own.

In: ink and a bar in it. Out: ink with other parts. A letter that stands on the line or touches a
tick is one part with it until then.
"""

from dataclasses import replace

import numpy as np

from sempark.scalebar.bar import Bar
from sempark.scalebar.ink import Ink, parts


def erase(ink: Ink, bar: Bar) -> Ink:
    """Take a bar's own ink out, so that letters standing on it become parts of their own.

    Parameters
    ----------
    ink
        Ink of the data bar.
    bar
        A bar in it.

    Returns
    -------
    Ink
        The same but for labels and parts.
    """
    rest = (ink.labels > 0).astype(np.uint8)
    thick = bar.line_y1 - bar.line_y0
    if bar.gap is not None:
        for side in (slice(bar.x0, bar.gap[0]), slice(bar.gap[1], bar.x1)):
            rest[bar.y0 : bar.y1, side] = 0
    elif bar.kind != "ticks":
        blurred = 1 if bar.kind in ("block", "line") else 0
        rows = slice(max(0, bar.line_y0 - blurred), bar.line_y1 + blurred)
        rest[rows, max(0, bar.x0 - 2 * blurred) : bar.x1 + 2 * blurred] = 0
    if bar.kind == "ticked":
        half = 0.5 * min(thick, 8) + 1
        for middle in (bar.start, bar.end):
            first, last = max(0, int(middle - half)), int(middle + half) + 1
            rest[bar.y0 : bar.y1, first:last] = 0
    labels, stats = parts(rest)
    return replace(ink, labels=labels, parts=stats)
