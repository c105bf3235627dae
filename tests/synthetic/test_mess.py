"""Foreign formats have right magic and structure; broken files break as they should."""

import re
import struct

import cv2
import numpy as np
import pytest

from sempark.imaging import jpeg
from sempark.imaging.decode import decode
from sempark.imaging.formats import sniff
from sempark.imaging.reasons import Undecodable
from sempark.synthetic import mess, tiffs

_GRAY = np.random.default_rng(7).integers(0, 256, (60, 90)).astype(np.uint8)


def test_magic_numbers() -> None:
    found = {
        "BMP": mess.bmp(_GRAY),
        "PDF": mess.pdf(jpeg.encode(_GRAY), (60, 90)),
        "DM3": mess.dm3(_GRAY),
        "DJVU": mess.djvu((60, 90)),
    }
    assert {sniff(data[:512]) for data in found.values()} == set(found)


def test_a_bitmap_holds_its_picture() -> None:
    data = np.frombuffer(mess.bmp(_GRAY), np.uint8)
    np.testing.assert_array_equal(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), _GRAY)


def test_the_table_of_a_pdf_points_at_its_objects() -> None:
    data = mess.pdf(jpeg.encode(_GRAY), (60, 90))
    start = int(re.search(rb"startxref\n(\d+)", data)[1])
    assert data[start : start + 4] == b"xref"
    offsets = [int(o) for o in re.findall(rb"(\d{10}) 00000 n", data[start:])]
    assert len(offsets) == 5
    for number, offset in enumerate(offsets, 1):
        assert data[offset:].startswith(b"%d 0 obj" % number)


def test_the_picture_in_a_dm3_file_lies_where_its_tag_says() -> None:
    data = mess.dm3(_GRAY)
    at = data.index(b"%%%%") + 4
    count, kind, item, length = struct.unpack(">IIII", data[at : at + 16])
    assert (count, kind, item, length) == (3, 20, 10, _GRAY.size)
    assert data[at + 16 : at + 16 + length] == _GRAY.tobytes()


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("empty", "empty"),
        ("truncated", "undecodable"),
        ("header", "undecodable"),
        ("garbage", "undecodable"),
        ("huge", "too_large"),
    ],
)
@pytest.mark.parametrize("form", ["plain", "lzw", "rgb"])
def test_broken_files_are_refused_for_the_right_reason(kind: str, status: str, form: str) -> None:
    sound = tiffs.tiff(_GRAY, form, np.random.default_rng(1))
    for seed in range(5):
        with pytest.raises(Undecodable) as caught:
            decode(mess.broken(kind, sound, np.random.default_rng(seed)))
        assert caught.value.status == status


def test_an_unknown_damage_is_refused() -> None:
    with pytest.raises(ValueError, match="kind of damage"):
        mess.broken("odd", b"", np.random.default_rng(1))


def test_a_comment_changes_the_bytes_and_not_the_pixels() -> None:
    plain = jpeg.encode(_GRAY)
    tagged = mess.tagged_jpeg(plain)
    assert tagged != plain
    np.testing.assert_array_equal(jpeg.decode(tagged), jpeg.decode(plain))


def test_near_copies_are_near_and_no_copies() -> None:
    rng = np.random.default_rng(1)
    smooth = cv2.GaussianBlur(_GRAY, (0, 0), 3)
    few = mess.near(smooth, "pixels", rng)
    assert (few != smooth).sum() == 33
    assert jpeg.encode(few) != jpeg.encode(smooth)
    shifted = mess.near(smooth, "brightness", rng)
    assert set(np.unique(shifted.astype(int) - smooth)) == {9}
    again = mess.near(smooth, "recompressed", rng)
    assert 0 < np.abs(again.astype(int) - smooth).mean() < 4
    assert mess.near(smooth, "rescaled", rng).shape == (48, 72)


def test_names_are_odd_and_unique() -> None:
    rng = np.random.default_rng(2)
    names = [mess.file_name(rng, k) for k in range(2000)]
    assert len(set(names)) == 2000
    assert any(n.startswith(".") for n in names)
    assert any("\udcb5" in n for n in names)
    assert max(map(len, names)) > 150
    assert all("/" not in n and len(n.encode("utf-8", "surrogateescape")) < 240 for n in names)
    folders = {mess.folder(rng) for _ in range(200)}
    assert {f.count("/") for f in folders} == {0, 1, 2, 3, 4}
    assert {mess.suffix(rng) for _ in range(500)} == {".tif", ".TIF", ".tiff", ".Tif", ""}
