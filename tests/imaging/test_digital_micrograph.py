"""DM3 and DM4: files written tag by tag come back without the thumbnail; hostile ones are told."""

import struct

import numpy as np
import pytest

from sempark.imaging import digital_micrograph as dm
from sempark.imaging.decode import Undecodable, decode
from sempark.imaging.formats import sniff

TYPES = {
    "int16": 1,
    "float32": 2,
    "uint8": 6,
    "int32": 7,
    "uint16": 10,
    "uint32": 11,
    "float64": 12,
}
CODES = {"int16": 2, "int32": 3, "uint16": 4, "uint32": 5, "float32": 6, "float64": 7, "uint8": 10}


class Writer:
    """A file of the published layout: the numbers of the tree big-endian, the data by `order`."""

    def __init__(self, version: int, order: str) -> None:
        self.version, self.order = version, order
        self.word = ">i" if version == 3 else ">q"

    def group(self, *tags: bytes) -> bytes:
        return b"\x01\x00" + struct.pack(self.word, len(tags)) + b"".join(tags)

    def tag(self, kind: int, name: str, content: bytes) -> bytes:
        size = b"" if self.version == 3 else struct.pack(">q", len(content))
        return bytes([kind]) + struct.pack(">H", len(name)) + name.encode() + size + content

    def data(self, name: str, info: list[int], content: bytes) -> bytes:
        words = b"".join(struct.pack(self.word, n) for n in (len(info), *info))
        return self.tag(21, name, b"%%%%" + words + content)

    def number(self, name: str, code: int, value: float) -> bytes:
        letter = {3: "i", 5: "I", 6: "f"}[code]
        return self.data(name, [code], struct.pack(self.order + letter, value))

    def image(self, pixels: np.ndarray, data_type: int, code: int) -> bytes:
        sides = pixels.shape[1::-1] if pixels.dtype.kind != "V" else pixels.shape[::-1]
        raw = pixels.astype(pixels.dtype.newbyteorder(self.order)).tobytes()
        count = len(raw) // {2: 2, 4: 2, 3: 4, 5: 4, 6: 4, 7: 8, 10: 1}[code]
        return self.tag(20, "", self.group(self.tag(20, "ImageData", self.group(
self.tag(20, "Calibrations", self.group(self.tag(20, "Dimension", self.group(
                *(self.tag(20, "", self.group(
                    self.number("Origin", 6, 0.0), self.number("Scale", 6, 0.5),
                    self.data("Units", [20, 4, 2], b"n\0m\0"))) for _ in range(2)))))),
            self.data("Data", [20, code, count], raw),
            self.number("DataType", 5, data_type),
            self.tag(20, "Dimensions", self.group(*(self.number("", 5, n) for n in sides))),
            self.number("PixelDepth", 5, pixels.dtype.itemsize),
        )), self.data("Name", [20, 4, 3], b"a\0b\0c\0")))  # fmt: skip

    def file(self, *images: bytes) -> bytes:
        root = self.group(
            *([self.data("Old", [18, 4], b"a\0b\0")] if self.version == 3 else []),
            self.data("Points", [20, 15, 0, 2, 0, 4, 0, 6, 5], bytes(30)),
            self.tag(20, "ImageList", self.group(*images)),
        )
        order = struct.pack(">i", self.order == "<")
        return struct.pack(">i", self.version) + struct.pack(self.word, len(root)) + order + root


def _file(pixels: np.ndarray, version: int = 3, order: str = "<") -> bytes:
    name = pixels.dtype.name
    writer = Writer(version, order)
    thumbnail = np.full((5, 6), 0x00102030, np.int32)
    return writer.file(
        writer.image(thumbnail, 23, 3), writer.image(pixels, TYPES[name], CODES[name])
    )


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", list(TYPES))
def test_samples_come_back(version: int, order: str, dtype: str) -> None:
    pixels = (np.arange(20 * 30).reshape(20, 30) % 250).astype(dtype)
    data = _file(pixels, version, order)
    assert sniff(data[:512]) == f"DM{version}"
    samples, n_images = dm.read(data, 10_000)
    assert np.array_equal(samples, pixels) and samples.dtype == dtype
    assert n_images == 2
    found = decode(data)
    assert (found.format, found.bits, found.pages) == (f"DM{version}", 8 * pixels.itemsize, 2)
    assert np.all(np.diff(found.gray.ravel()[:250].astype(int)) >= 0)


def test_color() -> None:
    writer = Writer(3, "<")
    blue_first = np.array([[0x00FF8000, 0x00000040]], np.int32)
    samples, _ = dm.read(writer.file(writer.image(blue_first, 23, 3)), 100)
    assert samples.tolist() == [[[255, 128, 0], [0, 0, 64]]]


def test_limits_and_cuts() -> None:
    data = _file(np.zeros((20, 30), np.uint16))
    with pytest.raises(Undecodable, match="limit") as caught:
        dm.read(data, 599)
    assert caught.value.status == "too_large"
    for kept in range(0, len(data) - 60, 7):
        with pytest.raises(Undecodable):
            dm.read(data[:kept], 10_000)
    writer = Writer(3, "<")
    with pytest.raises(Undecodable, match="without a picture"):
        dm.read(writer.file(), 10_000)
    complex_ = writer.image(np.zeros((4, 4), np.int32), 3, 3)
    with pytest.raises(Undecodable, match="type 3"):
        dm.read(writer.file(complex_), 10_000)


def test_mutated_files_give_pixels_or_a_reason() -> None:
    rng = np.random.default_rng(11)
    seeds = [_file(np.arange(600, dtype=np.uint16).reshape(20, 30), v) for v in (3, 4)]
    for _ in range(2000):
        data = bytearray(seeds[rng.integers(2)])
        for _ in range(rng.integers(1, 6)):
            data[rng.integers(600)] = rng.choice([0, 1, 2, 20, 21, 127, 255, rng.integers(256)])
        try:
            samples, _ = dm.read(bytes(data), 100_000)
        except Undecodable as why:
            assert why.reason
        else:
            assert samples.shape[0] * samples.shape[1] <= 100_000
