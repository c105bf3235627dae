"""Samples of any kind to 8-bit gray, by rules that keep the order of the values.

In: samples as a decoder gives them and their bits. Out: uint8. Whole numbers of up to 8 bits are
spread so that the largest possible value becomes 255 (1 bit: 0 and 255; 4 bit: times 17).
Anything wider, and floating point, is stretched from the picture's own smallest to its own
largest value: round(255 (x - min) / (max - min)). Microscopes store 10 to 14 bits in 16, so a
fixed division by 256 would give black pictures. x < y never becomes gray(x) > gray(y). NaN
becomes 0, the infinities become the smallest and largest finite value. A constant wide picture
becomes 0. Color becomes Rec. 601 luma in whole numbers, which leaves gray colors as they are.

Source: section 2.1 of the thesis leaves the rule open; ITU-R BT.601 for the luma.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sempark.imaging.reasons import Undecodable

_ROWS: Final = 256  # wide samples pass through float64 in blocks, not the whole picture at once


def to_uint8(samples: NDArray[np.generic], bits: int) -> NDArray[np.uint8]:
    """Bring samples to 0..255, keeping their order.

    Parameters
    ----------
    samples : array of bool, integers or floats, any shape of at least one dimension
        One picture, all channels: they share one minimum and maximum.
    bits : int
        Bits a sample, as the file says; decides the rule for unsigned integers.

    Returns
    -------
    uint8, same shape

    Raises
    ------
    Undecodable
        Complex or other samples; floats without one finite value.
    """
    kind = samples.dtype.kind
    if kind == "b":
        return samples.astype(np.uint8) * np.uint8(255)
    if kind == "u" and bits <= 8:
        return _spread(samples.astype(np.uint8, copy=False), bits)
    if kind == "i" and samples.dtype.itemsize == 1:
        return samples.view(np.uint8) ^ np.uint8(0x80)
    if kind in "ui" and samples.dtype.itemsize == 2:
        return _stretch_by_table(samples)
    if kind in "uif":
        return _stretch(samples)
    raise Undecodable(f"samples of type {samples.dtype} are no gray levels")


def luma(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Weigh red, green, blue to gray: (299 R + 587 G + 114 B) / 1000, rounded.

    Parameters
    ----------
    rgb : uint8 (h, w, 3)

    Returns
    -------
    uint8 (h, w)
        Exactly the common value where the three are equal.
    """
    total = np.full(rgb.shape[:2], 500, np.uint32)
    for channel, weight in enumerate((299, 587, 114)):
        total += rgb[:, :, channel] * np.uint32(weight)
    return (total // 1000).astype(np.uint8)


def cmyk_to_rgb(cmyk: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Print inks to screen colors without a color profile: (255 - ink) (255 - black) / 255.

    Parameters
    ----------
    cmyk : uint8 (h, w, 4)
        Amount of ink, 255 for full.

    Returns
    -------
    uint8 (h, w, 3)
    """
    light = 255 - cmyk.astype(np.uint16)
    return ((light[:, :, :3] * light[:, :, 3:] + 127) // 255).astype(np.uint8)


def apply_palette(indices: NDArray[np.generic], palette: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Look the indices up in a TIFF color map.

    Parameters
    ----------
    indices : unsigned integers (h, w)
    palette : uint16 (3, n)
        The upper byte is the color; where no entry is over 255 the map was written with bytes
        by mistake (old software), and is taken as it stands, as libtiff does.

    Returns
    -------
    uint8 (h, w, 3)

    Raises
    ------
    Undecodable
        An index outside the map.
    """
    if indices.dtype.kind not in "bu":
        raise Undecodable(f"palette indices of type {indices.dtype}")
    if indices.size and int(indices.max()) >= palette.shape[1]:
        raise Undecodable(f"index {indices.max()} in a palette of {palette.shape[1]} colors")
    shift = 8 if palette.size and palette.max() > 255 else 0
    colors = np.ascontiguousarray((palette >> shift).astype(np.uint8).T)
    return colors[indices.astype(np.intp)]


def _spread(samples: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    if bits == 8:
        return samples
    largest = 2**bits - 1
    table = (np.minimum(np.arange(256), largest) * 255 + largest // 2) // largest
    return table.astype(np.uint8)[samples]


def _stretch_by_table(samples: NDArray[np.generic]) -> NDArray[np.uint8]:
    low, high = int(samples.min()), int(samples.max())
    span = max(high - low, 1)
    table = ((np.arange(span + 1) * 510 + span) // (2 * span)).astype(np.uint8)
    if high == low:
        table[:] = 0
    return table[samples.astype(np.int32) - low]


def _stretch(samples: NDArray[np.generic]) -> NDArray[np.uint8]:
    rows = samples.reshape(samples.shape[0], -1)
    low, high = _finite_range(rows)
    # halves, so that the span of float64 values does not overflow
    span = high / 2 - low / 2
    gray = np.zeros(rows.shape, np.uint8)
    if span > 0:
        for start in range(0, len(rows), _ROWS):
            block = rows[start : start + _ROWS].astype(np.float64)
            np.nan_to_num(block, copy=False, nan=low, posinf=high, neginf=low)
            gray[start : start + _ROWS] = np.rint((block / 2 - low / 2) / span * 255)
    return gray.reshape(samples.shape)


def _finite_range(rows: NDArray[np.generic]) -> tuple[float, float]:
    low, high = np.inf, -np.inf
    for start in range(0, len(rows), _ROWS):
        block = rows[start : start + _ROWS].astype(np.float64)
        block = block[np.isfinite(block)]
        if block.size:
            low, high = min(low, float(block.min())), max(high, float(block.max()))
    if low > high:
        raise Undecodable("no finite value in the picture")
    return low, high
