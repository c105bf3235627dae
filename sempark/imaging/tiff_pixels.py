"""The first picture of a TIFF file as 8-bit gray or color.

In: the bytes of a file. Out: uint8 pixels, upright, palette applied, black as 0. tifffile and
imagecodecs do the reading, one thread; before that the declared sizes of the picture, of its
tiles and of every compressed stream inside are held against the limit, and a picture whose
strips are missing or cut is refused: half a picture is no picture.

Source: TIFF 6.0 (Adobe, 1992) and its technical notes; section 2.1 of the thesis.
"""

import io
import logging
import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import tifffile
from numpy.typing import NDArray

from sempark.imaging import levels
from sempark.imaging.declared import declared_size
from sempark.imaging.reasons import Undecodable, check_size

# compressions whose output tifffile bounds by the strip's size
_BOUNDED: Final = frozenset({1, 2, 3, 4, 5, 8, 32773, 32946, 34925, 34926, 50000})
# compressions that carry a size of their own, to be read first
_JPEG: Final = frozenset({6, 7})
_SELF_SIZED: Final = {
    **dict.fromkeys(_JPEG, "JPEG"),
    **dict.fromkeys((33003, 33004, 33005, 34712), "JP2"),
    **dict.fromkeys((50001, 34927), "WEBP"),
    34933: "PNG",
}
# files of these programs make tifffile follow private structures; the plain picture is enough
_PLAIN: Final = dict.fromkeys(
    ("is_lsm", "is_scanimage", "is_ndpi", "is_mdgel", "is_stk", "is_philips", "is_eer"), False
)
# what it complains about comes back as a reason
logging.getLogger("tifffile").setLevel(logging.CRITICAL)

_RGB_LIKE: Final = frozenset({2, 6})


@dataclass(frozen=True)
class TiffPicture:
    """Pixels of a first page: uint8 (h, w) or (h, w, 3), bits a sample, samples, compression."""

    pixels: NDArray[np.uint8]
    bits: int
    samples: int
    compression: str


def read(data: bytes, max_pixels: int) -> TiffPicture:
    """Decode the first page.

    Parameters
    ----------
    data : bytes
        A whole file.
    max_pixels : int
        The most pixels a picture, or a tile of it, may have.

    Returns
    -------
    TiffPicture

    Raises
    ------
    Undecodable
        For anything that stands in the way.
    """
    try:
        with tifffile.TiffFile(io.BytesIO(data), **_PLAIN) as file:
            page = file.pages.first
            _check(page, data, max_pixels)
            samples = page.asarray(squeeze=False, maxworkers=1)
            pixels = _pixels(page, samples)
    except Undecodable:
        raise
    except MemoryError as error:
        raise Undecodable("out of memory", "too_large") from error
    except Exception as error:
        # whatever a hostile file makes the reader stumble over
        raise Undecodable(f"{type(error).__name__}: {error}") from error
    bits = page.bitspersample
    return TiffPicture(
        _upright(pixels, _number(page, 274, 1)),
        max(bits) if isinstance(bits, tuple) else int(bits),
        int(page.samplesperpixel),
        tifffile.COMPRESSION(page.compression).name.lower(),
    )


def _check(page: Any, data: bytes, max_pixels: int) -> None:
    """Hold all declared sizes against the limit, and the strips against the file."""
    height, width, depth = page.imagelength, page.imagewidth, page.imagedepth
    if page.dtype is None:
        raise Undecodable(f"samples of {page.bitspersample} bit, format {page.sampleformat}")
    check_size("the picture", height * max(depth, 1), width, max_pixels, page.nbytes)
    if page.jpegheader is not None:
        raise Undecodable("a JPEG stream split over directories")
    known = page.compression in _BOUNDED or page.compression in _SELF_SIZED
    if not known:
        raise Undecodable(f"compression {page.compression} is not read")
    if page.is_tiled:
        tile = page.tilelength, page.tilewidth * max(page.tiledepth, 1)
        check_size("a tile", *tile, max_pixels, math.prod(tile) * page.samplesperpixel * 8)
    n_expected = _n_segments(page)
    if len(page.dataoffsets) < n_expected or len(page.databytecounts) < n_expected:
        raise Undecodable(f"{len(page.dataoffsets)} of {n_expected} strips or tiles are there")
    if page.compression != 1:
        for index in range(n_expected):
            _check_segment(page, data, index, max_pixels)


def _n_segments(page: Any) -> int:
    planes = page.samplesperpixel if page.planarconfig == 2 else 1
    if not page.is_tiled:
        if page.rowsperstrip < 1:
            raise Undecodable(f"{page.rowsperstrip} rows a strip")
        return planes * page.imagedepth * math.ceil(page.imagelength / page.rowsperstrip)
    down = math.ceil(page.imagelength / page.tilelength)
    across = math.ceil(page.imagewidth / page.tilewidth)
    return planes * down * across * math.ceil(page.imagedepth / page.tiledepth)


def _check_segment(page: Any, data: bytes, index: int, max_pixels: int) -> None:
    start, n_bytes = page.dataoffsets[index], page.databytecounts[index]
    if start <= 0 or n_bytes <= 0 or start + n_bytes > len(data):
        raise Undecodable(
            f"strip or tile {index} is at {start} with {n_bytes} bytes, the file has {len(data)}"
        )
    kind = _SELF_SIZED.get(page.compression)
    if kind is not None:
        size = declared_size(data[start : start + n_bytes], kind)
        check_size("a stream inside", *size, max_pixels)


def _pixels(page: Any, samples: NDArray[Any]) -> NDArray[np.uint8]:
    """Samples (planes, depth, h, w, samples) to gray (h, w) or color (h, w, 3)."""
    first = samples[:, 0]  # the first of a stack
    channels = np.moveaxis(first, 0, 2)[..., 0] if first.shape[0] > 1 else first[0]
    bits = page.bitspersample
    bits = max(bits) if isinstance(bits, tuple) else int(bits)
    photometric = _photometric(page, channels.shape[2])
    if photometric == 3:
        if page.colormap is None:
            raise Undecodable("a palette picture without a palette")
        return levels.apply_palette(channels[:, :, 0], np.asarray(page.colormap, np.uint16))
    if photometric in _RGB_LIKE and channels.shape[2] >= 3:
        if photometric == 6 and page.compression not in _SELF_SIZED:
            raise Undecodable("YCbCr without JPEG compression")
        return levels.to_uint8(channels[:, :, :3], bits)
    if photometric == 5 and channels.shape[2] >= 4:
        return levels.cmyk_to_rgb(levels.to_uint8(channels[:, :, :4], bits))
    if photometric in (0, 1, 4, 6, 34892):
        gray = levels.to_uint8(channels[:, :, 0], bits)
        return 255 - gray if photometric == 0 else gray
    raise Undecodable(f"photometric interpretation {photometric}, {channels.shape[2]} samples")


def _photometric(page: Any, n_samples: int) -> int:
    # the tag is required, but some writers leave it out: black is 0 then, three samples are color
    return _number(page, 262, 2 if n_samples >= 3 else 1)


def _number(page: Any, tag: int, default: int) -> int:
    value = page.tags.valueof(tag, default)
    return int(value[0] if isinstance(value, tuple) else value)


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    if orientation >= 5:  # rows and columns changed places
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
