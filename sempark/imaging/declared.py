"""The size a compressed picture declares, read from its header alone.

In: the bytes of a JPEG, PNG, GIF, BMP, JPEG 2000 or WebP stream. Out: height and width, before a
decoder allocates them: a file of a few kilobytes can declare 65500 x 65500 pixels.

Source: ITU-T T.81 annex B (JPEG), T.800 annex A (JPEG 2000), the PNG, GIF89a, BMP and WebP
specifications.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final

from sempark.imaging.reasons import Undecodable

# start-of-frame markers: C0 to CF without DHT (C4), JPG (C8), DAC (CC)
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})


def declared_size(data: bytes, kind: str) -> tuple[int, int]:
    """Read height and width from a header.

    Parameters
    ----------
    data : bytes
        The whole stream.
    kind : str
        ``"JPEG"``, ``"PNG"``, ``"GIF"``, ``"BMP"``, ``"JP2"`` or ``"WEBP"``.

    Returns
    -------
    (int, int)
        Height and width, px, as declared: they may be 0 or huge. For GIF the larger of screen
        and first frame.

    Raises
    ------
    Undecodable
        The header is cut or not one of this kind.
    """
    try:
        return _READERS[kind](data)
    except (struct.error, IndexError) as error:
        raise Undecodable(f"{kind} header is cut after {len(data)} bytes") from error


def jpeg_has_end(data: bytes) -> bool:
    """Whether a JPEG's end marker follows its first scan, wherever: programs write on behind it.

    Parameters
    ----------
    data : bytes
        The whole stream.
    """
    try:
        scan = next((at for marker, at in _jpeg_segments(data) if marker == 0xDA), len(data))
    except (struct.error, IndexError):
        return False
    # inside a scan the two bytes never follow each other; a thumbnail's lie before it
    return data.find(b"\xff\xd9", scan) >= 0


def _jpeg(data: bytes) -> tuple[int, int]:
    for marker, at in _jpeg_segments(data):
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return height, width
    raise Undecodable("JPEG has no frame header")


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Markers and where they stand, up to the first scan or the end."""
    at = 2
    while at < len(data):
        if data[at] != 0xFF:
            raise Undecodable(f"JPEG has no marker at byte {at}")
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        yield marker, at
        if marker in (0xD9, 0xDA):
            return
        at += 2 if marker in _ALONE else 2 + struct.unpack_from(">H", data, at + 2)[0]


def _png(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR":
        raise Undecodable("PNG does not begin with IHDR")
    width, height = struct.unpack_from(">II", data, 16)
    return height, width


def _gif(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", data, 6)
    at = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    while data[at] == 0x21:  # extensions: two bytes, then blocks up to an empty one
        at += 2
        while data[at]:
            at += 1 + data[at]
        at += 1
    if data[at] != 0x2C:
        raise Undecodable("GIF has no picture")
    left, top, frame_width, frame_height = struct.unpack_from("<HHHH", data, at + 1)
    return max(height, top + frame_height), max(width, left + frame_width)


def _bmp(data: bytes) -> tuple[int, int]:
    if struct.unpack_from("<I", data, 14)[0] == 12:
        width, height = struct.unpack_from("<HH", data, 18)
        return height, width
    width, height = struct.unpack_from("<ii", data, 18)
    return abs(height), width  # a negative height means rows from the top


def _jp2(data: bytes) -> tuple[int, int]:
    at = data.find(b"\xff\x4f\xff\x51")
    if at < 0:
        raise Undecodable("JPEG 2000 has no size marker")
    x1, y1, x0, y0 = struct.unpack_from(">IIII", data, at + 8)
    return y1 - y0, x1 - x0


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return height & 0x3FFF, width & 0x3FFF
    if kind == b"VP8L":
        packed = struct.unpack_from("<I", data, 21)[0]
        return ((packed >> 14) & 0x3FFF) + 1, (packed & 0x3FFF) + 1
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
        return height, width
    raise Undecodable("WebP has no picture")


_READERS: Final[dict[str, Callable[[bytes], tuple[int, int]]]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "GIF": _gif,
    "BMP": _bmp,
    "JP2": _jp2,
    "WEBP": _webp,
}
