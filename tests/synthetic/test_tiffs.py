"""TIFF forms against the decoder of `sempark.imaging`; vendors' tags against its reader."""

import numpy as np
import pytest

from sempark.imaging import vendor
from sempark.imaging.decode import decode
from sempark.synthetic import tiffs


@pytest.fixture
def gray() -> np.ndarray:
    ramp = np.add.outer(np.arange(80), np.arange(120)) % 256
    ramp[:2] = (np.arange(240) % 256).reshape(2, 120)
    ramp[0, :2] = (0, 255)
    return ramp.astype(np.uint8)


@pytest.mark.parametrize("form", tiffs.FORMS)
def test_every_form_holds_the_picture(form: str, gray: np.ndarray) -> None:
    data = tiffs.tiff(gray, form, np.random.default_rng(1))
    picture = decode(data)
    tolerance = 1 if form == "deep" else 0
    assert np.abs(picture.gray.astype(int) - gray).max() <= tolerance
    assert picture.pages == (2 if form == "pages" else 1)
    assert picture.bits == (16 if form == "deep" else 8)
    assert data[:2] == (b"MM" if form == "big_endian" else b"II")
    assert tiffs.tiff(gray, form, np.random.default_rng(1)) == data


def test_palettes_are_not_the_identity(gray: np.ndarray) -> None:
    for seed in range(4):
        data = tiffs.tiff(gray, "palette", np.random.default_rng(seed))
        assert gray.tobytes() not in data


def test_forms_are_shares_and_unknown_ones_are_refused(gray: np.ndarray) -> None:
    assert sum(tiffs.FORMS.values()) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="expected a form"):
        tiffs.tiff(gray, "gif", np.random.default_rng(1))


@pytest.mark.parametrize("maker", ["FEI", "Zeiss", "TESCAN", "Phenom"])
@pytest.mark.parametrize("nm_per_px", [0.0712, 3.3, 74.43, 2241.59])
@pytest.mark.parametrize("form", ["plain", "lzw", "big_endian"])
def test_the_pixel_size_is_where_the_vendor_puts_it(
    maker: str, nm_per_px: float, form: str, gray: np.ndarray
) -> None:
    tags = tiffs.vendor_tags(maker, nm_per_px, (80, 120))
    found = vendor.pixel_size(tiffs.tiff(gray, form, np.random.default_rng(1), tags))
    assert found is not None
    assert found.vendor == maker
    assert found.nm_per_px == pytest.approx(nm_per_px, rel=0.001)


def test_sidecars_are_read(gray: np.ndarray) -> None:
    data = tiffs.tiff(gray, "plain", np.random.default_rng(1))
    for wide in (False, True):
        found = vendor.pixel_size(data, tiffs.hitachi_text(12.5, wide))
        assert found is not None
        assert (found.vendor, found.nm_per_px) == ("Hitachi", pytest.approx(12.5))
    found = vendor.pixel_size(data, tiffs.jeol_text(2.0, "um", 100))
    assert found is not None
    assert (found.vendor, found.nm_per_px) == ("JEOL", pytest.approx(20.0))
    found = vendor.pixel_size(data, tiffs.hdr(31.0))
    assert found is not None
    assert (found.vendor, found.nm_per_px) == ("TESCAN", pytest.approx(31.0))
    assert tiffs.vendor_tags("", 5.0, (80, 120)) == []
    assert vendor.pixel_size(data) is None
