"""Formats by content, against files that libraries write and signatures from specifications."""

import io

import cv2
import numpy as np
import pytest
import tifffile

from sempark.imaging.formats import HEAD_BYTES, name_lies, sniff

PIXELS = np.zeros((8, 9), np.uint8)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_tiff_in_all_four_forms(byteorder: str, bigtiff: bool) -> None:
    file = io.BytesIO()
    tifffile.imwrite(file, PIXELS, byteorder=byteorder, bigtiff=bigtiff)
    assert sniff(file.getvalue()[:HEAD_BYTES]) == "TIFF"


@pytest.mark.parametrize(
    ("suffix", "expected"), [(".jpg", "JPEG"), (".png", "PNG"), (".bmp", "BMP")]
)
def test_what_opencv_writes(suffix: str, expected: str) -> None:
    assert sniff(cv2.imencode(suffix, PIXELS)[1].tobytes()) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"GIF89a\x10\x00\x10\x00", "GIF"),
        (b"GIF87a\x10\x00\x10\x00", "GIF"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"AT&TFORM\x00\x00\x10\x00DJVUINFO", "DJVU"),
        (b"\x00\x00\x00\x03\x00\x10\x00\x00\x00\x00\x00\x01\x01\x00", "DM3"),
        (b"\x00\x00\x00\x04" + (12345).to_bytes(8, "big") + b"\x00\x00\x00\x01\x01\x00", "DM4"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "WEBP"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"\x00" * 257 + b"ustar", "TAR"),
        (b"<?xml version='1.0'?>", "XML"),
        (b"\xef\xbb\xbf<svg>", "XML"),
        (b"$CM_MAG 1000\n", "TEXT"),
        ("PixelSize=1".encode("utf-16"), "TEXT"),
        (b"BM is how this text begins", "TEXT"),
        (b"II*", "TEXT"),
        (b"\x01\x02\x03\x04\x05", "magic:01020304"),
        (b"\x00", "magic:00"),
        (b"", "EMPTY"),
    ],
)
def test_signatures(head: bytes, expected: str) -> None:
    assert sniff(head) == expected


def test_never_raises_on_noise() -> None:
    rng = np.random.default_rng(0)
    for length in range(64):
        assert sniff(rng.bytes(length))


@pytest.mark.parametrize(
    ("name", "content", "lies"),
    [
        ("a.tif", "TIFF", False),
        ("A.TIFF", "TIFF", False),
        ("a.tif", "JPEG", True),
        ("a.jpg", "TEXT", True),
        ("a.dat", "TIFF", True),
        ("a.txt", "TEXT", False),
        ("notes.txt", "PNG", True),
        ("tif", "JPEG", False),
        ("dir.tif/file", "JPEG", False),
        ("a.", "JPEG", False),
        ("a.tif", "EMPTY", True),
    ],
)
def test_names_that_lie(name: str, content: str, lies: bool) -> None:
    assert name_lies(name, content) is lies
