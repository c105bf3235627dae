"""Whether a JPEG was made from a given picture, and by which settings of an encoder.

In: the bytes of a JPEG from elsewhere and the pixels it may come from. Out: the encoding that
gives the same bytes, or one that gives the same pixels under another header, or None. All of
`sempark.imaging.jpeg.encodings` need not be tried: the quantization tables and the sampling
stand in the JPEG, so that only encodings with the same ones can be its origin.

Source: section 2.2 of the thesis (85 labelled JPEGs without a match by md5, 3 of them matched by
another compression).
"""

import struct
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sempark.imaging import jpeg


@dataclass(frozen=True)
class Origin:
    """How a JPEG came from a picture: ``"bytes"`` or ``"pixels"`` equal, and by which encoding."""

    equal: Literal["bytes", "pixels"]
    encoding: str


def origin(data: bytes, gray: NDArray[np.uint8], rgb: NDArray[np.uint8] | None) -> Origin | None:
    """Find the encoding that makes a JPEG of a picture.

    Parameters
    ----------
    data : bytes
        A JPEG that `sempark.imaging.decode` accepts.
    gray : uint8 (h, w)
        The picture that it may have been made from.
    rgb : uint8 (h, w, 3) or None
        Its colors, where it has any.

    Returns
    -------
    Origin or None
        The first encoding with equal bytes, else the first with equal gray pixels, else None.
    """
    wanted = _signature(data)
    target = None
    found: Origin | None = None
    pictures = [gray] if rgb is None else [rgb, gray]
    for picture in pictures:
        names = _same_tables(wanted, picture.ndim)
        for name, made in jpeg.encodings(picture, names):
            if made == data:
                return Origin("bytes", name)
            if found is None:
                target = jpeg.decode(data) if target is None else target
                if np.array_equal(jpeg.decode(made), target):
                    found = Origin("pixels", name)
    return found


def _same_tables(wanted: bytes, n_dimensions: int) -> frozenset[str]:
    return frozenset(name for name, signature in _signatures(n_dimensions) if signature == wanted)


@cache
def _signatures(n_dimensions: int) -> tuple[tuple[str, bytes], ...]:
    """Tables and sampling of every encoding, from a picture of one block."""
    shape = (16, 16, 3)[:n_dimensions]
    tiny = np.zeros(shape, np.uint8)
    return tuple((name, _signature(data)) for name, data in jpeg.encodings(tiny))


def _signature(data: bytes) -> bytes:
    """The quantization tables in the order of their numbers and the components' sampling."""
    tables: dict[int, bytes] = {}
    components = b""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        length = struct.unpack_from(">H", data, at + 2)[0]
        body = data[at + 4 : at + 2 + length]
        if data[at + 1] == 0xDB:  # one or more tables of 64 values, of a byte or two each
            while body:
                size = 1 + 64 * (2 if body[0] >> 4 else 1)
                tables[body[0] & 15] = body[:size]
                body = body[size:]
        elif 0xC0 <= data[at + 1] <= 0xC2:  # baseline, extended, progressive
            components = b"".join(body[i + 1 : i + 3] for i in range(6, len(body), 3))
        at += 2 + length
    return components + b"".join(tables[number] for number in sorted(tables))
