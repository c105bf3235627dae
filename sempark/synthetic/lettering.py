"""Text drawn from fonts that come with the packages, not with the system.

In: a string and a face (font file, height of its digits in pixels, stretch, smooth or not).
Out: its ink, uint8 (h, w), and where the baseline lies.

FreeType draws through Pillow: neither OpenCV's nor Tesseract's code is involved, so that what
reads the text has never seen the drawing of it. The fonts of matplotlib's wheel are the same on
every machine; files of other fonts may be given for a benchmark.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

_NAMES = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSans-BoldOblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSansMono-Oblique",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
)


def wheel_fonts() -> tuple[str, ...]:
    """Return the font files of matplotlib's wheel that hold digits, letters and a micro sign."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return tuple(str(folder / f"{name}.ttf") for name in _NAMES)


_INKED = 100  # coverage of 255 from which a pixel counts as inked


@dataclass(frozen=True)
class Face:
    """How text looks: font file, height of a digit in pixels, width factor, smoothing.

    Text that is not smooth is drawn as one-bit pixels and never stretched: strokes would vanish.
    """

    path: str
    digit_px: int
    stretch: float = 1.0
    smooth: bool = True


@dataclass(frozen=True)
class Ink:
    """Drawn text: coverage 0..255 (h, w), and the row of the baseline below its top."""

    coverage: NDArray[np.uint8]
    baseline: int


@lru_cache(maxsize=512)
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=512)
def _size_for(path: str, digit_px: int) -> int:
    """Return the font size whose digits are `digit_px` high, as near as whole sizes allow."""
    size = max(4, round(200 * digit_px / _digit_height(path, 200)))
    heights = {s: _digit_height(path, s) for s in range(max(4, size - 2), size + 3)}
    return min(heights, key=lambda s: (abs(heights[s] - digit_px), s))


def _digit_height(path: str, size: int) -> float:
    """Return the rows of a zero that are well inked."""
    font = _font(path, size)
    image = Image.new("L", (2 * size, 2 * size))
    ImageDraw.Draw(image).text((size // 2, size // 4), "0", fill=255, font=font)
    rows = np.flatnonzero((np.asarray(image) > _INKED).any(axis=1))
    return float(rows[-1] - rows[0] + 1) if len(rows) else 0.0


def ink(text: str, face: Face) -> Ink:
    """Draw text, cut to its ink.

    Parameters
    ----------
    text : one line; a blank text gives one empty pixel.
    face : Face

    Returns
    -------
    Ink
    """
    font = _font(face.path, _size_for(face.path, face.digit_px))
    left, top, right, bottom = (round(v) for v in font.getbbox(text, anchor="ls"))
    if right <= left or bottom <= top:
        return Ink(np.zeros((1, 1), np.uint8), 1)
    image = Image.new("L", (right - left + 2, bottom - top + 2))
    pen = ImageDraw.Draw(image)
    pen.fontmode = "L" if face.smooth else "1"
    pen.text((1 - left, 1 - top), text, fill=255, font=font, anchor="ls")
    if face.smooth and abs(face.stretch - 1) > 0.01:
        width = max(1, round(image.width * face.stretch))
        image = image.resize((width, image.height), Image.Resampling.BICUBIC)
    return Ink(np.asarray(image), 1 - top)
