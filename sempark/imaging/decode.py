"""The bytes of a picture file to 8-bit gray pixels, or the reason why not.

In: a whole file. Out: `Decoded`; or `Undecodable` with a status and a reason. TIFF goes through
tifffile and imagecodecs, Digital Micrograph is read by `digital_micrograph`, the others through
OpenCV; the size a file declares is checked before anything is allocated. How wide samples become
8 bit is told in `levels`. Alpha is dropped, of several pages the first is taken and the number
kept.

Source: section 2.1 of the thesis.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sempark.imaging import digital_micrograph, levels, tiff, tiff_pixels
from sempark.imaging.declared import declared_size, jpeg_has_end
from sempark.imaging.formats import HEAD_BYTES, sniff
from sempark.imaging.reasons import DEFAULT_MAX_PIXELS, Status, Undecodable, check_size

__all__ = ["FORMATS", "Decoded", "Status", "Undecodable", "decode"]

FORMATS: Final = ("TIFF", "JPEG", "PNG", "BMP", "GIF", "DM3", "DM4")


@dataclass(frozen=True)
class Decoded:
    """A picture.

    Attributes
    ----------
    gray : uint8 (h, w)
        0 is black. C-contiguous.
    rgb : uint8 (h, w, 3) or None
        The colors, where at least one pixel is not gray.
    bits : int
        Bits a sample in the file.
    samples : int
        Samples a pixel in the file.
    pages : int
        Pictures in the file.
    format : str
        One of `FORMATS`.
    compression : str
        A TIFF's, as tifffile names it: ``"none"``, ``"lzw"``, ...; else ``""``.
    """

    gray: NDArray[np.uint8]
    rgb: NDArray[np.uint8] | None
    bits: int
    samples: int
    pages: int
    format: str
    compression: str


def decode(data: bytes, max_pixels: int = DEFAULT_MAX_PIXELS) -> Decoded:
    """Decode the first picture of a file.

    Parameters
    ----------
    data : bytes
        The whole file; its name does not matter.
    max_pixels : int
        The most pixels the picture may have.

    Returns
    -------
    Decoded

    Raises
    ------
    Undecodable
        ``"empty"``, ``"too_large"`` or ``"undecodable"``, with the reason. A decoder that
        crashes or hangs takes the process along: see `sempark.imaging.isolated`.
    ValueError
        `max_pixels` under 1.
    """
    if max_pixels < 1:
        raise ValueError(f"expected max_pixels of at least 1, received {max_pixels}")
    if not data:
        raise Undecodable("no bytes", "empty")
    kind = sniff(data[:HEAD_BYTES])
    if kind == "TIFF":
        picture = tiff_pixels.read(data, max_pixels)
        gray, rgb = _split(picture.pixels)
        pages = max(1, tiff.n_pages(data))
        return Decoded(gray, rgb, picture.bits, picture.samples, pages, kind, picture.compression)
    if kind not in FORMATS:
        raise Undecodable(f"no picture format: {kind}")
    if kind in ("DM3", "DM4"):
        samples, pages = digital_micrograph.read(data, max_pixels)
        bits, n_samples = samples.dtype.itemsize * 8, 1 if samples.ndim == 2 else 3
        gray, rgb = _split(levels.to_uint8(samples, bits))
        return Decoded(gray, rgb, bits, n_samples, pages, kind, "")
    check_size("the picture", *declared_size(data, kind), max_pixels)
    # a cut JPEG is filled up with gray by the decoder, without a word
    if kind == "JPEG" and not jpeg_has_end(data):
        raise Undecodable("JPEG has no end: the file is cut")
    return _by_opencv(data, kind)


def _by_opencv(data: bytes, kind: str) -> Decoded:
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise Undecodable(f"OpenCV: {error}") from error
    except MemoryError as error:
        raise Undecodable("out of memory", "too_large") from error
    if pixels is None:
        raise Undecodable(f"OpenCV reads no picture from this {kind}")
    bits, samples = pixels.dtype.itemsize * 8, 1 if pixels.ndim == 2 else pixels.shape[2]
    if samples >= 3:
        pixels = pixels[:, :, 2::-1]  # OpenCV has blue first
    elif pixels.ndim == 3:
        pixels = pixels[:, :, 0]
    gray, rgb = _split(levels.to_uint8(pixels, bits))
    return Decoded(gray, rgb, bits, samples, 1, kind, "")


def _split(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Gray, and the colors where there are any."""
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels), None
    red = pixels[:, :, 0]
    if np.array_equal(red, pixels[:, :, 1]) and np.array_equal(red, pixels[:, :, 2]):
        return np.ascontiguousarray(red), None
    rgb = np.ascontiguousarray(pixels)
    return levels.luma(rgb), rgb
