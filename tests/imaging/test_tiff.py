"""Directories of TIFF files: tifffile as the independent reader, and hostile chains."""

import io
import struct

import numpy as np
import pytest
import tifffile

from sempark.imaging import tiff

PIXELS = np.arange(120, dtype=np.uint8).reshape(10, 12)


def _file(n_pages: int = 1, **options: object) -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file, **options) as writer:
        for _ in range(n_pages):
            writer.write(PIXELS, metadata=None, extratags=[(40000, 2, None, "AP_WIDTH = 1", True)])
    return file.getvalue()


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_against_tifffile(byteorder: str, bigtiff: bool) -> None:
    data = _file(3, byteorder=byteorder, bigtiff=bigtiff)
    ours = tiff.first_tags(data)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        theirs = file.pages.first.tags
        assert set(ours) == {tag.code for tag in theirs}
        for tag in theirs:
            if isinstance(tag.value, int):
                assert ours[tag.code].integer() == tag.value
        assert ours[40000].text() == theirs[40000].value
        assert tiff.n_pages(data) == len(file.pages) == 3


def test_no_tiff() -> None:
    for data in (
        b"",
        b"II",
        b"II*\x00",
        b"MM\x00*",
        b"II+\x00\x08\x00\x00\x00",
        b"PNG rest",
        b"XX",
    ):
        assert tiff.n_pages(data) == 0 and tiff.first_tags(data) == {}


def _chain(*following: int) -> bytes:
    """Directories of no use but their links: page i at 8 + 18 i, one tag each."""
    pages = b"".join(struct.pack("<HHHIII", 1, 256, 4, 1, 9, link) for link in following)
    return b"II*\x00" + struct.pack("<I", 8) + pages


def test_chains_that_loop_or_leave_the_file_end() -> None:
    assert tiff.n_pages(_chain(26, 44, 0)) == 3
    assert tiff.n_pages(_chain(8)) == 1
    assert tiff.n_pages(_chain(26, 8)) == 2
    assert tiff.n_pages(_chain(4_000_000_000)) == 1
    assert tiff.n_pages(_chain(26, 44, 0)[:-40]) == 1


def test_hostile_tags_are_left_out() -> None:
    rows = [
        (256, 4, 1, 640),
        (256, 4, 1, 9),  # a second one of the same number
        (270, 2, 4_000_000_000, 8),
        (271, 2, 100, 4_000_000_000),
        (272, 99, 1, 1),
        (273, 4, 0, 0),
    ]
    body = b"".join(struct.pack("<HHII", *row) for row in rows)
    data = b"II*\x00" + struct.pack("<IH", 8, len(rows)) + body + bytes(4)
    tags = tiff.first_tags(data)
    assert set(tags) == {256} and tags[256].integer() == 640
    assert tiff.first_tags(data[:40]).keys() == {256}
    crowd = b"II*\x00" + struct.pack("<IH", 8, 65535) + bytes(100)
    assert tiff.first_tags(crowd) == {}


def test_text_is_no_integer() -> None:
    assert tiff.Tag(2, 3, b"ab\x00", "<").integer() is None
    assert tiff.Tag(4, 1, b"\x01", "<").integer() is None
    assert tiff.Tag(3, 1, b"\x01\x02", ">").integer() == 258
