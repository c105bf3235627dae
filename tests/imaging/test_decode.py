"""Decoding: every kind of TIFF that microscopes write, other formats, broken files, bombs."""

import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from sempark.imaging.decode import Decoded, Undecodable, decode

Make = Callable[..., bytes]
Gray = NDArray[np.uint8]


def test_plain(tiff_bytes: Make, scene: Gray) -> None:
    found = decode(tiff_bytes(scene))
    assert np.array_equal(found.gray, scene)
    assert found.gray.dtype == np.uint8 and found.gray.flags.c_contiguous
    facts = found.rgb, found.bits, found.samples, found.pages, found.format, found.compression
    assert facts == (None, 8, 1, 1, "TIFF", "none")


@pytest.mark.parametrize(
    "options",
    [
        {"byteorder": ">"},
        {"bigtiff": True},
        {"bigtiff": True, "byteorder": ">"},
        {"rowsperstrip": 7},
        {"tile": (64, 48)},
        {"tile": (16, 16), "compression": "zlib"},
        {"compression": "lzw"},
        {"compression": "lzw", "predictor": 2, "rowsperstrip": 33},
        {"compression": "zlib", "predictor": 2},
        {"compression": 32946},
        {"compression": "packbits"},
        {"compression": "zstd"},
        {"compression": "lzma"},
        {"compression": "png"},
        {"compression": "jpeg2000", "compressionargs": {"reversible": True, "level": 0}},
    ],
    ids=str,
)
def test_lossless_layouts_give_the_same_pixels(
    tiff_bytes: Make, scene: Gray, options: dict[str, object]
) -> None:
    assert np.array_equal(decode(tiff_bytes(scene, **options)).gray, scene)


def test_jpeg_inside(tiff_bytes: Make, scene: Gray) -> None:
    found = decode(tiff_bytes(scene, compression="jpeg", compressionargs={"level": 95}))
    assert np.abs(found.gray.astype(int) - scene).mean() < 3
    rgb = np.dstack([scene, scene // 2, 255 - scene])
    colored = decode(tiff_bytes(rgb, compression="jpeg", photometric="rgb", tile=(64, 64)))
    assert colored.rgb is not None
    assert np.abs(colored.rgb.astype(int) - rgb).mean() < 8


@pytest.mark.parametrize("compression", [None, "tiff_ccitt", "group3", "group4"])
def test_bilevel(tiff_bytes: Make, scene: Gray, compression: str | None) -> None:
    bits = scene > 120
    if compression is None:
        data = tiff_bytes(bits, photometric="minisblack")
    else:  # an independent writer: Pillow with libtiff
        file = io.BytesIO()
        Image.fromarray(bits).save(file, "TIFF", compression=compression)
        data = file.getvalue()
    found = decode(data)
    assert found.bits == 1
    assert np.array_equal(found.gray, np.where(bits, 255, 0))


def test_white_is_zero(tiff_bytes: Make, scene: Gray) -> None:
    assert np.array_equal(decode(tiff_bytes(scene, photometric="miniswhite")).gray, 255 - scene)
    bits = scene > 120
    found = decode(tiff_bytes(bits, photometric="miniswhite"))
    assert np.array_equal(found.gray, np.where(bits, 0, 255))


@pytest.mark.parametrize(
    "dtype", [np.uint16, np.int16, np.uint32, np.int32, np.float32, "f2", "f8"]
)
def test_wide_samples_keep_order(tiff_bytes: Make, dtype: str) -> None:
    ramp = np.arange(0, 20000, 25).reshape(20, 40).astype(dtype)
    found = decode(tiff_bytes(ramp, photometric="minisblack"))
    assert found.bits == 8 * np.dtype(dtype).itemsize
    assert np.all(np.diff(found.gray.ravel().astype(int)) >= 0)
    assert (found.gray[0, 0], found.gray[-1, -1]) == (0, 255)


@pytest.mark.parametrize("bits", [2, 4, 10, 12, 14])
def test_packed_bits(bits: int) -> None:
    largest = 2**bits - 1
    values = np.array([[0, 1, largest, largest]] * 3)
    words = "".join(
        "".join(f"{v:0{bits}b}" for v in row).ljust(-(-4 * bits // 8) * 8, "0") for row in values
    )
    strip = int(words, 2).to_bytes(len(words) // 8, "big")
    found = decode(_hand_made(4, 3, strip, bits=bits))
    expected = round(255 / largest)
    assert found.gray.tolist() == [[0, expected, 255, 255]] * 3
    assert found.bits == bits


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("tile", [None, (32, 32)])
def test_color(tiff_bytes: Make, scene: Gray, planar: str, tile: tuple[int, int] | None) -> None:
    rgb = np.dstack([scene, scene[::-1], scene // 3])
    stored = rgb if planar == "contig" else np.moveaxis(rgb, 2, 0)
    found = decode(tiff_bytes(stored, photometric="rgb", planarconfig=planar, tile=tile))
    assert found.rgb is not None and np.array_equal(found.rgb, rgb)
    weighed = rgb.astype(float) @ [0.299, 0.587, 0.114]
    assert np.abs(found.gray - weighed).max() <= 0.501


def test_gray_stored_as_color_is_gray(tiff_bytes: Make, scene: Gray) -> None:
    opaque = np.full_like(scene, 255)
    rgba = np.dstack([scene, scene, scene, opaque])
    found = decode(tiff_bytes(rgba, photometric="rgb", extrasamples=["unassalpha"]))
    assert found.rgb is None and found.samples == 4
    assert np.array_equal(found.gray, scene)
    wide = np.dstack([scene.astype(np.uint16) * 257] * 3)
    wide[0, 0], wide[0, 1] = 0, 65535
    assert np.array_equal(decode(tiff_bytes(wide, photometric="rgb")).gray, wide[..., 0] // 257)


def test_gray_with_alpha(tiff_bytes: Make, scene: Gray) -> None:
    data = tiff_bytes(
        np.dstack([scene, scene[::-1]]), photometric="minisblack", planarconfig="contig"
    )
    assert np.array_equal(decode(data).gray, scene)


def test_cmyk(tiff_bytes: Make, scene: Gray) -> None:
    none = np.zeros_like(scene)
    found = decode(tiff_bytes(np.dstack([none, none, none, 255 - scene]), photometric="separated"))
    assert found.rgb is None and np.array_equal(found.gray, scene)


def test_palette_is_applied(tiff_bytes: Make, scene: Gray) -> None:
    inverted = np.array([np.arange(65535, -1, -257)] * 3, np.uint16)
    found = decode(tiff_bytes(scene, photometric="palette", colormap=inverted))
    assert found.rgb is None and np.array_equal(found.gray, 255 - scene)
    green = inverted.copy()
    green[[0, 2]] = 0
    found = decode(tiff_bytes(scene, photometric="palette", colormap=green))
    assert found.rgb is not None and np.array_equal(found.rgb[..., 1], 255 - scene)


def test_first_page_and_their_number(scene: Gray) -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for page in (scene, scene[:50, :60], scene[::-1]):
            writer.write(page, photometric="minisblack", metadata=None)
    found = decode(file.getvalue())
    assert found.pages == 3 and np.array_equal(found.gray, scene)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_against_opencv(scene: Gray, orientation: int) -> None:
    small = scene[:40, :60]
    data = _hand_made(60, 40, small.tobytes(), extra={274: orientation})
    theirs = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(decode(data).gray, theirs)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF"])
def test_other_lossless_formats(scene: Gray, kind: str) -> None:
    file = io.BytesIO()
    Image.fromarray(scene).save(file, kind)
    found = decode(file.getvalue())
    assert np.array_equal(found.gray, scene)
    assert found.format == kind and found.pages == 1 and found.rgb is None


def test_color_channels_come_in_order() -> None:
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 200
    found = decode(cv2.imencode(".png", red[..., ::-1])[1].tobytes())
    assert found.rgb is not None and found.rgb[0, 0].tolist() == [200, 0, 0]


def test_wide_and_transparent_png(scene: Gray) -> None:
    wide = scene.astype(np.uint16) * 200
    gray = decode(cv2.imencode(".png", wide)[1].tobytes())
    assert gray.bits == 16 and (gray.gray.min(), gray.gray.max()) == (0, 255)
    rgba = np.dstack([scene, scene, scene, scene])
    assert np.array_equal(decode(cv2.imencode(".png", rgba)[1].tobytes()).gray, scene)


def test_jpeg_is_opencvs(scene: Gray) -> None:
    data = cv2.imencode(".jpg", scene)[1].tobytes()
    theirs = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(decode(data).gray, theirs)


def test_what_a_program_writes_behind_a_jpeg_does_not_matter(scene: Gray) -> None:
    data = cv2.imencode(".jpg", scene)[1].tobytes()
    whole = decode(data + bytes(100_000))
    assert np.array_equal(whole.gray, decode(data).gray)
    thumbnail = cv2.imencode(".jpg", scene[:20, :20])[1].tobytes()
    with_thumbnail = data[:2] + b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    assert decode(with_thumbnail + data[2:]).gray.shape == scene.shape
    # the end of a thumbnail is not the picture's
    assert "no end" in _why(with_thumbnail + data[2:900]).reason


def _why(data: bytes, max_pixels: int = 10_000_000) -> Undecodable:
    with pytest.raises(Undecodable) as caught:
        decode(data, max_pixels)
    assert caught.value.reason
    return caught.value


def test_no_bytes_and_no_picture() -> None:
    assert _why(b"").status == "empty"
    for data in (b"II*\x00", b"MM\x00*\x00\x00\x00\x08", b"hello", b"\xff\xd8\xff", b"%PDF-1.4"):
        assert _why(data).status == "undecodable"
    with pytest.raises(ValueError, match="max_pixels"):
        decode(b"x", 0)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"compression": "lzw"}], ids=str)
@pytest.mark.parametrize("kept", [0.05, 0.5, 0.97])
def test_cut_tiff(tiff_bytes: Make, scene: Gray, options: dict[str, str], kept: float) -> None:
    data = tiff_bytes(scene, **options)
    assert _why(data[: int(kept * len(data))]).status == "undecodable"


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp"])
@pytest.mark.parametrize("missing", [0.5, 0.03, 0.001])
def test_cut_other_formats(scene: Gray, suffix: str, missing: float) -> None:
    data = cv2.imencode(suffix, scene)[1].tobytes()
    assert _why(data[: -int(missing * len(data))]).status == "undecodable"


def test_missing_strips_are_refused(scene: Gray) -> None:
    # 40 rows declared in strips of 10, one strip there
    data = _hand_made(60, 40, scene[:10, :60].tobytes(), extra={278: 10}, compression=32773)
    assert "1 of 4" in _why(data).reason


def test_corrupted_stream(tiff_bytes: Make, scene: Gray) -> None:
    data = bytearray(tiff_bytes(scene, compression="zlib"))
    data[len(data) // 2 :] = b"\xff" * (len(data) - len(data) // 2)
    assert _why(bytes(data)).status == "undecodable"


def _peak_bytes(data: bytes) -> tuple[Undecodable, int]:
    tracemalloc.start()
    try:
        why = _why(data)
        return why, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_bombs_are_refused_before_allocation(tiff_bytes: Make) -> None:
    tiny = tiff_bytes(np.zeros((16, 16), np.uint8), compression="zlib")
    frame = bytearray(cv2.imencode(".jpg", np.zeros((16, 16), np.uint8))[1].tobytes())
    at = frame.index(b"\xff\xc0") + 5
    frame[at : at + 4] = struct.pack(">HH", 65000, 65000)
    ihdr = b"IHDR" + struct.pack(">IIBBBBB", 200_000, 200_000, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + ihdr + struct.pack(">I", zlib.crc32(ihdr))
    bmp = bytearray(cv2.imencode(".bmp", np.zeros((4, 4), np.uint8))[1].tobytes())
    bmp[18:26] = struct.pack("<ii", 200_000, -200_000)
    bombs = {
        "declared": _hand_made(200_000, 200_000, b"x", compression=8),
        "plain": _hand_made(200_000, 200_000, b"x"),
        "samples": _hand_made(3000, 3000, b"x", compression=8, extra={277: 60000}),
        "tile": _hand_made(16, 16, b"x", compression=8, tile=1_600_000),
        "JPEG": bytes(frame),
        "JPEG inside": _hand_made(16, 16, bytes(frame), compression=7),
        "PNG": png,
        "BMP": bytes(bmp),
    }
    for name, data in bombs.items():
        assert len(data) < 10_000, name
        why, peak = _peak_bytes(data)
        assert why.status == "too_large", (name, why)
        assert peak < 20_000_000, name
    assert decode(tiny).gray.shape == (16, 16)


@pytest.mark.parametrize("compression", [5, 8, 32773, 34925, 50000])
def test_a_strip_that_swells_stays_within_its_size(compression: int) -> None:
    encode = {
        5: imagecodecs.lzw_encode,
        8: imagecodecs.zlib_encode,
        32773: lambda zeros: b"\x81\x00" * (len(zeros) // 128),
        34925: imagecodecs.lzma_encode,
        50000: imagecodecs.zstd_encode,
    }[compression]
    swollen = encode(bytes(50_000_000))
    data = _hand_made(16, 16, bytes(swollen), compression=compression)
    tracemalloc.start()
    try:
        found: Decoded | None = decode(data)
    except Undecodable:
        found = None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found is None or found.gray.shape == (16, 16)
    assert peak < 10_000_000


def test_unknown_compression_and_color(tiff_bytes: Make, scene: Gray) -> None:
    assert "compression 999" in _why(_hand_made(60, 10, b"x" * 600, compression=999)).reason
    assert "photometric" in _why(_hand_made(60, 10, b"x" * 600, extra={262: 32845})).reason


def test_mutated_files_give_pixels_or_a_reason(tiff_bytes: Make, scene: Gray) -> None:
    rng = np.random.default_rng(5)
    small = scene[:64, :80]
    seeds = [
        tiff_bytes(small),
        tiff_bytes(small, compression="lzw", rowsperstrip=9),
        tiff_bytes(np.dstack([small] * 3), photometric="rgb", tile=(32, 32), compression="zlib"),
        cv2.imencode(".png", small)[1].tobytes(),
        cv2.imencode(".jpg", small)[1].tobytes(),
    ]
    for _ in range(300):
        data = bytearray(seeds[rng.integers(len(seeds))])
        for _ in range(rng.integers(1, 8)):
            data[rng.integers(len(data))] = rng.integers(256)
        try:
            found = decode(bytes(data), 1_000_000)
        except Undecodable as why:
            assert why.reason and "\n" not in why.reason
        else:
            assert found.gray.ndim == 2 and found.gray.size <= 1_000_000


def _hand_made(
    width: int,
    height: int,
    strip: bytes,
    *,
    bits: int = 8,
    compression: int = 1,
    tile: int = 0,
    extra: dict[int, int] | None = None,
) -> bytes:
    """A little-endian TIFF of one strip, or one tile of a stated side, as few tags as possible."""
    offset = 8
    tags = {256: width, 257: height, 258: bits, 259: compression, 262: 1, 277: 1}
    places = (324, 325) if tile else (273, 279)
    if tile:
        tags |= {322: tile, 323: tile}
    else:
        tags[278] = height
    tags |= {places[0]: offset, places[1]: len(strip)} | (extra or {})
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, tags[tag]) for tag in sorted(tags))
    padded = strip + b"\x00" * (len(strip) % 2)
    header = b"II*\x00" + struct.pack("<I", offset + len(padded))
    return header + padded + struct.pack("<H", len(tags)) + entries + bytes(4)
