"""What the reader saw, drawn on the picture: data bar, bar, text.

In: a gray picture and its Reading. Out: RGB, uint8 (h, w, 3).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from sempark.scalebar.databar import Gray
from sempark.scalebar.reading import Reading

DATABAR_COLOR = (0, 160, 255)
BAR_COLOR = (0, 220, 0)
FAILED_COLOR = (255, 60, 60)


def draw(gray: Gray, reading: Reading) -> NDArray[np.uint8]:
    """Draw a Reading on its picture.

    Parameters
    ----------
    gray
        uint8 (h, w).
    reading
        What `reading.read` made of it.

    Returns
    -------
    uint8 (h, w, 3)
        RGB: the data bar's box in blue, the bar's in green, what was read above it; the
        status in red when nothing was.
    """
    picture = cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)
    thick = max(1, gray.shape[1] // 700)
    if reading.databar is not None:
        x0, y0, x1, y1 = reading.databar
        cv2.rectangle(picture, (x0, y0), (x1 - 1, y1 - 1), DATABAR_COLOR, thick)
    if reading.bar is not None:
        x0, y0, x1, y1 = reading.bar
        cv2.rectangle(picture, (x0 - 2, y0 - 2), (x1 + 1, y1 + 1), BAR_COLOR, thick)
    said: str = reading.status
    if reading.status == "ok":
        said = f"{reading.value:g} {reading.unit} {reading.bar_px:.1f} px {reading.confidence:.2f}"
    color = BAR_COLOR if reading.status == "ok" else FAILED_COLOR
    size = max(0.4, gray.shape[1] / 1400)
    at = (4, max(14, int(30 * size)))
    cv2.putText(picture, said, at, cv2.FONT_HERSHEY_SIMPLEX, size, color, thick, cv2.LINE_AA)
    return np.asarray(picture, dtype=np.uint8)
