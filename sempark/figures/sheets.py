"""Thumbnails and contact sheets: many pictures in one file.

In: JPEG bytes of gray pictures, boxes of their data bars. Out: JPEG bytes.

A thumbnail shows the object: the data bar is cut off, the rest is cropped to its middle square,
so that pictures compare at a glance and no printed name is in it. A sheet is a grid of them, which
a page cuts up again; 50,000 pictures then are a thousand files. A JPEG is decoded at a fraction of
its size where that is enough, which is many times faster.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

QUALITY = 82
BLANK = 128
"""Gray of a tile without a picture."""

Box = tuple[int, int, int, int]


def thumbnail(jpeg: bytes, px: int, databar: Box | None = None) -> bytes:
    """Make a square thumbnail.

    Parameters
    ----------
    jpeg : bytes
        A gray or color JPEG.
    px : int
        Side of the thumbnail.
    databar : (x0, y0, x1, y1), optional
        The data bar in px of the full picture; the larger part above or below it is kept.

    Returns
    -------
    bytes
        A gray JPEG of px x px.

    Raises
    ------
    ValueError
        If the bytes are no picture, or px is under 1.
    """
    if px < 1:
        raise ValueError(f"expected thumbnails of at least 1 px, received {px}")
    image = _opened(jpeg)
    full_w, full_h = image.size
    x0, y0, x1, y1 = _object(full_w, full_h, databar)
    side = min(x1 - x0, y1 - y0)
    factor = max(1, side // (2 * px))
    image.draft("L", (max(1, full_w // factor), max(1, full_h // factor)))
    left, top = x0 + (x1 - x0 - side) // 2, y0 + (y1 - y0 - side) // 2
    box = _scaled((left, top, left + side, top + side), image.size[0] / full_w, image.size)
    small = image.convert("L").resize((px, px), Image.Resampling.BOX, box=box)
    return _jpeg(small)


def picture(jpeg: bytes, px: int, databar: Box | None = None, hide: bool = False) -> bytes:
    """Make a picture to look at, whole, its longer side at most px.

    Parameters
    ----------
    jpeg : bytes
        A gray or color JPEG.
    px : int
        Most pixels of the longer side.
    databar : (x0, y0, x1, y1), optional
        The data bar in px of the full picture.
    hide : bool
        Paint the data bar over: names of people and samples stand in it.

    Returns
    -------
    bytes
        A gray JPEG; the aspect is the full picture's.

    Raises
    ------
    ValueError
        If the bytes are no picture.
    """
    image = _opened(jpeg)
    full_w, full_h = image.size
    by = min(1.0, px / max(full_w, full_h))
    size = (max(1, round(full_w * by)), max(1, round(full_h * by)))
    image.draft("L", size)
    small = image.convert("L").resize(size, Image.Resampling.BOX)
    if hide and databar is not None:
        x0, y0, x1, y1 = (round(value * by) for value in databar)
        small.paste(BLANK, (max(0, x0 - 2), max(0, y0 - 2), x1 + 2, y1 + 2))
    return _jpeg(small)


def sheet(thumbnails: Sequence[bytes | None], columns: int, px: int) -> bytes:
    """Lay thumbnails out in a grid, row by row.

    Parameters
    ----------
    thumbnails : sequence of bytes or None
        JPEGs of px x px; None leaves a gray tile.
    columns : int
        Thumbnails a row.
    px : int
        Side of a thumbnail.

    Returns
    -------
    bytes
        A gray JPEG of columns * px by as many rows as it takes.

    Raises
    ------
    ValueError
        If there is nothing to lay out, or a thumbnail is of another size.
    """
    if not thumbnails or columns < 1:
        raise ValueError(
            f"expected thumbnails in at least one column, received {len(thumbnails)} in {columns}"
        )
    n_rows = -(-len(thumbnails) // columns)
    canvas: NDArray[np.uint8] = np.full((n_rows * px, columns * px), BLANK, np.uint8)
    for number, jpeg in enumerate(thumbnails):
        if jpeg is None:
            continue
        tile = np.asarray(_opened(jpeg).convert("L"))
        if tile.shape != (px, px):
            raise ValueError(f"expected thumbnails of {px} x {px} px, received {tile.shape}")
        y, x = divmod(number, columns)
        canvas[y * px : (y + 1) * px, x * px : (x + 1) * px] = tile
    return _jpeg(Image.fromarray(canvas))


def columns_of(n_images: int) -> int:
    """Give the columns of a sheet of n images: about four wide for three high."""
    return max(1, round((n_images * 4 / 3) ** 0.5))


def _object(width: int, height: int, databar: Box | None) -> Box:
    """The part of a picture that shows the object: above or below the data bar."""
    if databar is None:
        return 0, 0, width, height
    above, below = max(0, min(databar[1], height)), max(0, height - max(0, databar[3]))
    if max(above, below) < height // 4:  # no data bar is that tall: a false box
        return 0, 0, width, height
    return (0, 0, width, above) if above >= below else (0, height - below, width, height)


def _scaled(box: Box, by: float, size: tuple[int, int]) -> Box:
    """A box in a shrunken picture, to whole pixels inwards, at least one wide and high.

    A pixel that lies half in the data bar would carry it into the thumbnail.
    """
    left, top = (min(math.ceil(box[i] * by), size[i] - 1) for i in (0, 1))
    right, bottom = (min(math.floor(box[i + 2] * by), size[i]) for i in (0, 1))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _opened(jpeg: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(jpeg))
    except UnidentifiedImageError:
        raise ValueError(f"expected a JPEG, received {len(jpeg)} bytes that are none") from None


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
