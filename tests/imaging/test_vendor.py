"""Pixel sizes of six makers, in files as they write them; and hostile ones.

The layouts of tags and texts follow real files of each maker; numbers are made up.
"""

import numpy as np
import pytest

from sempark.imaging.vendor import VendorScale, pixel_size

FEI = (
    "[User]\r\nDate=01/02/2013\r\n[Beam]\r\nHFW=1e-005\r\nPixelWidth=9\r\n[Scan]\r\n"
    "InternalScan=true\r\nPixelWidth=3.125e-009\r\nPixelHeight=3.125e-009\r\n"
    "HorFieldsize=3.2e-006\r\n[PrivateFei]\r\nDatabarHeight=59\r\n"
)
FEI_FIELD = "[Scan]\r\nHorFieldsize=1.2e-006\r\n"
FEI_XML = (
    '<?xml version="1.0"?><Metadata><BinaryResult><PixelSize>'
    '<X unit="m" unitPrefixPower="1">2.5E-09</X><Y unit="m">2.5E-09</Y></PixelSize>'
    "</BinaryResult></Metadata>"
)
ZEISS = (
    "\r\nAP_PIXEL_SIZE\r\nPixel Size = 22.33 nm\r\nAP_FIB_PIXEL_SIZE\r\nFIB Pixel Size = 1.0 nm\r\n"
    "AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 11.16 nm\r\nAP_WIDTH\r\nWidth = 3.600 \xb5m\r\n"
)
ZEISS_OLD = "\r\nAP_PIXEL_SIZE\r\nPixel Size = 22.33 nm\r\nAP_WIDTH\r\nWidth = 3.600 \xb5m\r\n"
TESCAN = "[MAIN]\r\nDevice=MIRA\r\nPixelSizeX=7.8125e-09\r\nPixelSizeY=7.8125e-09\r\n[SEM]\r\n"
PHENOM = '<FeiImage><databarHeight>64</databarHeight><pixelWidth unit="um">0.25</pixelWidth>'
JEOL = "$CM_FORMAT JEOL\r\n$$SM_MICRON_BAR 79\r\n$$SM_MICRON_MARKER 1um\r\n$CM_MAG 5000\r\n"
HITACHI = "[SemImageFile]\r\nImageName=a.tif\r\nDataSize=1280x960\r\nPixelSize=99.21875\r\n"


@pytest.fixture
def file(tiff_bytes):
    def make(tag: int, text: str, kind: int = 2) -> bytes:
        data = text.encode("latin-1")
        extra = (tag, kind, len(data), data, True)
        return tiff_bytes(np.zeros((300, 400), np.uint8), extratags=[extra])

    return make


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        (34680, FEI, VendorScale(3.125, "FEI", "[Scan] PixelWidth")),
        (34682, FEI, VendorScale(3.125, "FEI", "[Scan] PixelWidth")),
        (34682, FEI_FIELD, VendorScale(3.0, "FEI", "[Scan] HorFieldsize")),
        (34683, FEI_XML, VendorScale(2.5, "FEI", "PixelSize/X")),
        (34118, ZEISS, VendorScale(11.16, "Zeiss", "AP_IMAGE_PIXEL_SIZE")),
        (34118, ZEISS_OLD, VendorScale(9.0, "Zeiss", "AP_WIDTH")),
        (50431, "\x04\x00MAIN]" + TESCAN, VendorScale(7.8125, "TESCAN", "[MAIN] PixelSizeX")),
        (34683, PHENOM, VendorScale(250.0, "Phenom", "pixelWidth")),
        (270, PHENOM, VendorScale(250.0, "Phenom", "pixelWidth")),
    ],
)
@pytest.mark.parametrize("kind", [1, 2, 7])
def test_tags(file, tag: int, text: str, expected: VendorScale, kind: int) -> None:
    if kind == 2 and tag == 50431:
        pytest.skip("begins with bytes")
    _same(pixel_size(file(tag, text, kind)), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (JEOL, VendorScale(1000 / 79, "JEOL", "$$SM_MICRON_MARKER")),
        (JEOL.replace("1um", "200nm"), VendorScale(200 / 79, "JEOL", "$$SM_MICRON_MARKER")),
        (HITACHI, VendorScale(99.21875, "Hitachi", "PixelSize")),
        (HITACHI.replace("99.21875", "99,21875"), VendorScale(99.21875, "Hitachi", "PixelSize")),
        (TESCAN, VendorScale(7.8125, "TESCAN", "[MAIN] PixelSizeX")),
        (PHENOM, VendorScale(250.0, "Phenom", "pixelWidth")),
    ],
)
@pytest.mark.parametrize("encoding", ["latin-1", "utf-8-sig", "utf-16", "utf-16-le"])
def test_sidecars(file, text: str, expected: VendorScale, encoding: str) -> None:
    plain = file(40000, "no maker's tag")
    _same(pixel_size(plain, text.encode(encoding)), expected)
    _same(pixel_size(b"\xff\xd8\xff a JPEG", text.encode(encoding)), expected)


def test_the_files_own_tag_goes_first(file) -> None:
    found = pixel_size(file(34682, FEI), HITACHI.encode())
    assert found is not None and found.vendor == "FEI"


def test_phenom_behind_a_jpeg() -> None:
    _same(
        pixel_size(b"\xff\xd8\xff" + bytes(1000) + PHENOM.encode()),
        VendorScale(250.0, "Phenom", "pixelWidth"),
    )


@pytest.mark.parametrize(
    "number", ["0", "-3e-9", "nan", "1e999", "1e-999", "", "abc", "3 e-9", "1e30", "9" * 400]
)
def test_numbers_that_are_none(file, number: str) -> None:
    assert pixel_size(file(34682, f"[Scan]\r\nPixelWidth={number}\r\n")) is None
    assert pixel_size(file(40000, "x"), f"PixelSize={number}\r\n".encode()) is None
    assert pixel_size(file(40000, "x"), f"$$SM_MICRON_BAR {number}\n".encode()) is None


def test_resolution_tags_mean_nothing(tiff_bytes) -> None:
    data = tiff_bytes(np.zeros((9, 9), np.uint8), resolution=(72, 72), resolutionunit=2)
    assert pixel_size(data) is None


def test_jeol_bar_of_length_zero_and_other_units() -> None:
    assert pixel_size(b"", JEOL.replace("BAR 79", "BAR 0").encode()) is None
    assert pixel_size(b"", JEOL.replace("1um", "1xy").encode()) is None


def test_hostile_input_never_raises(file) -> None:
    rng = np.random.default_rng(3)
    whole = file(34118, ZEISS)
    for text in (b"", b"\xff\xfe", b"\xfe\xff\x00", b"[" * 100_000, b"PixelSize=" * 50_000):
        pixel_size(text, text)
    for _ in range(300):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), 5):
            data[at] = rng.integers(256)
        pixel_size(bytes(data[: rng.integers(8, len(data))]), rng.bytes(200))


def _same(found: VendorScale | None, expected: VendorScale) -> None:
    assert found is not None
    assert (found.vendor, found.key) == (expected.vendor, expected.key)
    assert found.nm_per_px == pytest.approx(expected.nm_per_px, rel=1e-12)
