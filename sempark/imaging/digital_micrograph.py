"""The picture of a Digital Micrograph file, version 3 or 4 (.dm3, .dm4).

In: the bytes of a file. Out: its samples as they are stored, and how many pictures it holds. The
file is a tree of tags: groups, and data whose type stands before it. Below `ImageList` lie the
pictures, the first of them mostly a thumbnail: the one with the most pixels is taken, and of a
stack of planes the first. Only the numbers that lead to a picture are read; everything else is
stepped over, so that a file can declare what it likes.

Source: the layout as read from files by C. Jeffery and B. Schaffer ("The DM3 file format",
"DM4"), and by R. Harris.
"""

import struct
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sempark.imaging.reasons import Undecodable, check_size

Order = Literal["<", ">"]
_GROUP: Final = 20
_STRUCT: Final = 15
_STRING: Final = 18
_ARRAY: Final = 20
_MAX_TAGS: Final = 200_000
_MAX_DEPTH: Final = 64
# type of a number in a tag: its struct letter
_NUMBERS: Final = {
    **{2: "h", 3: "i", 4: "H", 5: "I", 6: "f", 7: "d"},
    **{8: "B", 9: "b", 10: "B", 11: "q", 12: "Q"},
}
# type of a picture's samples; 23 is blue, green, red and a byte without meaning
_SAMPLES: Final = {
    **{1: "i2", 2: "f4", 6: "u1", 7: "i4", 9: "i1", 10: "u2", 11: "u4", 12: "f8"},
    **{14: "u1", 23: "4u1", 39: "i8", 40: "u8"},
}


@dataclass
class _Image:
    """What is known of one picture: type, sides from the fastest on, where its bytes lie."""

    data_type: int = 0
    sides: list[int] = field(default_factory=list)
    start: int = 0
    n_bytes: int = 0


def read(data: bytes, max_pixels: int) -> tuple[NDArray[np.generic], int]:
    """Find the largest picture.

    Parameters
    ----------
    data : bytes
        A whole file.
    max_pixels : int
        The most pixels it may have.

    Returns
    -------
    samples : (h, w) of the stored type, or uint8 (h, w, 3)
    n_images : int
        Pictures in the file, thumbnails included.

    Raises
    ------
    Undecodable
        Cut, without a picture, or of samples that are no gray levels or colors.
    """
    reader = _Reader(data)
    try:
        reader.run()
    except (struct.error, IndexError) as error:
        raise Undecodable(f"Digital Micrograph tags are cut: {error}") from error
    images = [image for image in reader.images.values() if image.n_bytes and image.sides]
    if not images:
        raise Undecodable("Digital Micrograph file without a picture")
    best = max(images, key=lambda image: (image.data_type in _SAMPLES, image.n_bytes))
    return _samples(data, best, reader.order, max_pixels), len(images)


def _samples(data: bytes, image: _Image, order: Order, max_pixels: int) -> NDArray[np.generic]:
    width, height = (*image.sides, 1)[:2]
    check_size("the picture", height, width, max_pixels)
    if image.data_type not in _SAMPLES:
        raise Undecodable(f"Digital Micrograph samples of type {image.data_type}")
    dtype = np.dtype(_SAMPLES[image.data_type]).newbyteorder(order)
    shape = (height, width)
    needed = height * width * dtype.itemsize
    if min(image.n_bytes, len(data) - image.start) < needed:
        raise Undecodable(f"the picture needs {needed} bytes, {image.n_bytes} are there")
    pixels = np.frombuffer(data, dtype, height * width, image.start)
    if dtype.subdtype is not None:
        return np.ascontiguousarray(pixels.reshape(*shape, 4)[:, :, 2::-1])
    native = pixels.reshape(shape).astype(dtype.newbyteorder("="))
    return native != 0 if image.data_type == 14 else native  # 14: binary, a byte each


class _Reader:
    """Walks the tags of one file and notes the pictures."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.n_tags = 0
        self.images: dict[str, _Image] = {}
        self.order: Order = "<"
        self._word = ">i"

    def run(self) -> None:
        version = self._take(">i")
        self._word = ">q" if version == 4 else ">i"
        self._take(self._word)  # the length of what follows, which writers get wrong
        self.order = "<" if self._take(">i") else ">"
        self._group(())

    def _take(self, layout: str) -> int:
        (value,) = struct.unpack_from(layout, self.data, self.at)
        self.at += struct.calcsize(layout)
        return int(value)

    def _group(self, path: tuple[str, ...]) -> None:
        if len(path) > _MAX_DEPTH:
            raise Undecodable(f"Digital Micrograph tags over {_MAX_DEPTH} deep")
        self.at += 2  # sorted, open
        for number in range(self._take(self._word)):
            self.n_tags += 1
            if self.n_tags > _MAX_TAGS:
                raise Undecodable(f"over {_MAX_TAGS} Digital Micrograph tags")
            self._tag(path, number)

    def _tag(self, path: tuple[str, ...], number: int) -> None:
        kind, length = self._take(">B"), self._take(">H")
        name = self.data[self.at : self.at + length].decode("latin-1") or f"#{number}"
        self.at += length
        if self._word == ">q":
            self._take(">q")  # bytes of the tag
        if kind == _GROUP:
            self._group((*path, name))
        elif kind == 21:
            self._data((*path, name))
        else:
            raise Undecodable(f"no Digital Micrograph tag at byte {self.at}")

    def _data(self, path: tuple[str, ...]) -> None:
        if self.data[self.at : self.at + 4] != b"%%%%":
            raise Undecodable(f"no Digital Micrograph data at byte {self.at}")
        self.at += 4
        n_info = self._take(self._word)
        if not 0 < n_info <= 1000:
            raise Undecodable(f"Digital Micrograph data described by {n_info} words")
        info = [self._take(self._word) for _ in range(n_info)]
        start = self.at
        n_bytes = _n_bytes(info)
        self.at += n_bytes
        if self.at > len(self.data) or n_bytes < 0:
            raise Undecodable("Digital Micrograph data is cut")
        self._note(path, info, start, n_bytes)

    def _note(self, path: tuple[str, ...], info: list[int], start: int, n_bytes: int) -> None:
        """Keep what belongs to a picture: ImageList / #i / ImageData / ..."""
        if len(path) < 4 or path[0] != "ImageList" or path[2] != "ImageData":
            return
        image = self.images.setdefault(path[1], _Image())
        if path[3] == "Data" and info[0] == _ARRAY:
            image.start, image.n_bytes = start, n_bytes
        elif info[0] in _NUMBERS:
            (value,) = struct.unpack_from(self.order + _NUMBERS[info[0]], self.data, start)
            if path[3] == "DataType":
                image.data_type = int(value)
            elif path[3] == "Dimensions":
                image.sides.append(int(value))


def _n_bytes(info: list[int]) -> int:
    """Bytes of the data that the words describe."""
    kind = info[0]
    if kind in _NUMBERS:
        return struct.calcsize("=" + _NUMBERS[kind])
    if kind == _STRING:
        return info[1]
    if kind == _STRUCT:
        return sum(_n_bytes([each]) for each in info[4::2])
    if kind == _ARRAY:
        return _n_bytes(info[1:-1]) * info[-1]
    raise Undecodable(f"Digital Micrograph data of type {kind}")
