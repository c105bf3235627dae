"""JPEG files made from gray pictures, the same bytes every time.

In: uint8 pixels. Out: JPEG bytes; or the other way round; or one picture written in each of the
ways that other people's converters write it, to find the picture behind a JPEG that is known by
its md5 only. The bytes depend on the encoder's build, so `ENCODER` names it and is stored beside
them; it is libjpeg-turbo in OpenCV, baseline, standard Huffman tables, which for gray pictures
writes the same bytes as imagecodecs and Pillow at the same quality.

Source: sections 2.1 and 2.2 of the thesis (3 of 85 labels were matched by another compression).
"""

import re
from collections.abc import Container, Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

DEFAULT_QUALITY: Final = 95
MAX_SIDE_PX: Final = 65_500
"""The longest side that libjpeg writes."""


def _encoder() -> str:
    found = re.search(r"JPEG:\s+(.*)", cv2.getBuildInformation())
    library = found.group(1).strip() if found else "unknown libjpeg"
    return f"opencv {cv2.__version__}, {library}"


ENCODER: Final[str] = _encoder()


def encode(pixels: NDArray[np.uint8], quality: int = DEFAULT_QUALITY) -> bytes:
    """Write a picture as baseline JPEG.

    Parameters
    ----------
    pixels : uint8 (h, w) or (h, w, 3)
        Gray, or red, green, blue; sides of 1 to 65500 px.
    quality : int
        1 to 100, the scale of the IJG's library.

    Returns
    -------
    bytes
        The same for the same pixels, quality and `ENCODER`.

    Raises
    ------
    ValueError
        Wrong dtype, shape or quality.
    """
    if not 1 <= quality <= 100:
        raise ValueError(f"expected a quality of 1 to 100, received {quality}")
    return _encode(pixels, (cv2.IMWRITE_JPEG_QUALITY, quality))


def decode(data: bytes) -> NDArray[np.uint8]:
    """Read a JPEG known to be sound, such as one that `encode` wrote, as gray.

    Files from elsewhere go through `sempark.imaging.decode`, which checks their size first.

    Parameters
    ----------
    data : bytes
        A JPEG file.

    Returns
    -------
    uint8 (h, w)
        A color picture's luma.

    Raises
    ------
    ValueError
        The bytes are no JPEG.
    """
    gray = None
    if data:
        gray = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if gray is None:
        raise ValueError(f"expected a JPEG file, received {len(data)} bytes that are none")
    return gray


def encodings(
    pixels: NDArray[np.uint8], names: Container[str] | None = None
) -> Iterator[tuple[str, bytes]]:
    """Write a picture in every way that is tried for matching a foreign JPEG.

    Parameters
    ----------
    pixels : uint8 (h, w) or (h, w, 3)
        Gray, or red, green, blue.
    names : container of str, optional
        Only these are made; None: all.

    Yields
    ------
    (str, bytes)
        A name such as ``"gray q90 optimized"`` and the file. Qualities 100 to 50, common ones
        first; gray, or color with chroma sampled 4:2:0, 4:2:2 and 4:4:4; standard or optimized
        Huffman tables; baseline or progressive; the density field of the JFIF header as
        libjpeg writes it (none) and as converters do that copy 72 or 96 dpi.
    """
    common = [95, 92, 75, 90, 85, 100, 80]
    qualities = common + [q for q in range(99, 49, -1) if q not in common]
    for quality in qualities:
        for color, color_flags, picture in _colorings(pixels):
            for coding, coding_flags in _CODINGS.items():
                stem = f"{color} q{quality} {coding}"
                wanted = [d for d in _DENSITIES if names is None or stem + d in names]
                if wanted:
                    flags = (cv2.IMWRITE_JPEG_QUALITY, quality, *color_flags, *coding_flags)
                    data = _encode(picture, flags)
                    for density in wanted:
                        yield stem + density, data[:13] + _DENSITIES[density] + data[18:]


_CODINGS: Final[dict[str, tuple[int, ...]]] = {
    "baseline": (),
    "optimized": (cv2.IMWRITE_JPEG_OPTIMIZE, 1),
    "progressive": (cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
}
# bytes 13..17 of the file: the unit of the JFIF density (0 none, 1 dots per inch), x and y
_DENSITIES: Final[dict[str, bytes]] = {
    "": bytes((0, 0, 1, 0, 1)),
    " 72 dpi": bytes((1, 0, 72, 0, 72)),
    " 96 dpi": bytes((1, 0, 96, 0, 96)),
}
_SAMPLINGS: Final[dict[str, int]] = {
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    "4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
}


def _colorings(
    pixels: NDArray[np.uint8],
) -> Iterator[tuple[str, tuple[int, ...], NDArray[np.uint8]]]:
    if pixels.ndim == 2:
        yield "gray", (), pixels
        color = np.repeat(pixels[:, :, None], 3, axis=2)
    else:
        color = pixels
    for name, factor in _SAMPLINGS.items():
        yield f"color {name}", (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor), color


def _encode(pixels: NDArray[np.uint8], flags: tuple[int, ...]) -> bytes:
    shape_ok = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)
    if pixels.dtype != np.uint8 or not shape_ok:
        raise ValueError(
            f"expected uint8 (h, w) or (h, w, 3), received {pixels.dtype} {pixels.shape}"
        )
    if not 1 <= min(pixels.shape[:2]) <= max(pixels.shape[:2]) <= MAX_SIDE_PX:
        raise ValueError(f"expected sides of 1 to {MAX_SIDE_PX} px, received {pixels.shape[:2]}")
    source = pixels if pixels.ndim == 2 else pixels[:, :, ::-1]  # OpenCV wants blue first
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(source), list(flags))
    if not done:
        raise ValueError(f"the JPEG encoder refused a picture of shape {pixels.shape}")
    return data.tobytes()
