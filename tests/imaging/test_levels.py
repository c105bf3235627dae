"""Samples to 8 bit: hand-sized cases, order kept for any values, independent formulas."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sempark.imaging import levels
from sempark.imaging.reasons import Undecodable


def test_few_bits_are_spread_over_the_range() -> None:
    assert levels.to_uint8(np.array([[False, True]]), 1).tolist() == [[0, 255]]
    assert levels.to_uint8(np.array([[0, 1, 2, 3]], np.uint8), 2).tolist() == [[0, 85, 170, 255]]
    assert levels.to_uint8(np.array([[0, 7, 15]], np.uint8), 4).tolist() == [[0, 119, 255]]
    eight = np.arange(256, dtype=np.uint8)[None]
    assert np.array_equal(levels.to_uint8(eight, 8), eight)
    assert levels.to_uint8(np.array([[-128, 0, 127]], np.int8), 8).tolist() == [[0, 128, 255]]


def test_wide_samples_use_their_own_range() -> None:
    twelve_bit = np.array([[100, 1100, 2100, 4100]], np.uint16)
    assert levels.to_uint8(twelve_bit, 16).tolist() == [[0, 64, 128, 255]]
    assert levels.to_uint8(twelve_bit.astype(np.float32), 32).tolist() == [[0, 64, 128, 255]]
    assert levels.to_uint8(np.array([[-5, 5]], np.int16), 16).tolist() == [[0, 255]]
    assert levels.to_uint8(np.full((3, 3), 700, np.uint16), 16).max() == 0
    assert levels.to_uint8(np.full((3, 3), 0.5, np.float32), 32).max() == 0


def test_full_sixteen_bit_range_is_division_by_257() -> None:
    everything = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = np.rint(everything / 257).astype(np.uint8)
    assert np.array_equal(levels.to_uint8(everything, 16), expected)


def test_table_and_formula_agree() -> None:
    values = np.random.default_rng(1).integers(-3000, 3000, (50, 60)).astype(np.int16)
    by_table = levels.to_uint8(values, 16).astype(int)
    by_formula = levels.to_uint8(values.astype(np.int32), 32).astype(int)
    # halves are rounded up by the one, to even by the other
    assert np.abs(by_table - by_formula).max() <= 1
    assert np.mean(by_table != by_formula) < 0.01


def test_not_a_number_and_infinities() -> None:
    values = np.array([[np.nan, -np.inf, -1.0, 3.0, np.inf]], np.float32)
    assert levels.to_uint8(values, 32).tolist() == [[0, 0, 0, 255, 255]]
    with pytest.raises(Undecodable, match="no finite"):
        levels.to_uint8(np.full((2, 2), np.nan, np.float64), 64)
    with pytest.raises(Undecodable, match="complex"):
        levels.to_uint8(np.zeros((2, 2), np.complex64), 64)


@pytest.mark.parametrize(
    "dtype", [np.uint16, np.int16, np.uint32, np.int32, np.int64, np.uint64, np.float32, np.float64]
)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_order_is_kept(dtype: type, data: st.DataObject) -> None:
    finite = {"allow_nan": False, "allow_infinity": False} if dtype(0).dtype.kind == "f" else {}
    elements = arrays.from_dtype(np.dtype(dtype), **finite)
    values = data.draw(arrays.arrays(dtype, (4, 5), elements=elements))
    gray = levels.to_uint8(values, 8 * values.itemsize).ravel()
    order = np.argsort(values.ravel(), kind="stable")
    assert np.all(np.diff(gray[order].astype(int)) >= 0)
    if values.min() < values.max():
        assert (gray.min(), gray.max()) == (0, 255)


def test_blocks_of_rows_do_not_show() -> None:
    values = np.random.default_rng(2).normal(size=(levels._ROWS * 2 + 3, 4))
    span = values.max() - values.min()
    expected = np.rint((values - values.min()) / span * 255)
    assert np.abs(levels.to_uint8(values, 64) - expected).max() <= 1


def test_luma_keeps_gray_and_is_opencvs_to_one_level() -> None:
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(levels.luma(np.dstack([gray] * 3)), gray)
    rgb = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    theirs = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(int)
    assert np.abs(levels.luma(rgb) - theirs).max() <= 1
    assert levels.luma(np.array([[[255, 0, 0]]], np.uint8))[0, 0] == 76


def test_inks() -> None:
    inks = np.array([[[0, 0, 0, 0], [0, 0, 0, 255], [255, 0, 0, 0], [0, 0, 0, 155]]], np.uint8)
    rgb = levels.cmyk_to_rgb(inks)[0].tolist()
    assert rgb == [[255, 255, 255], [0, 0, 0], [0, 255, 255], [100, 100, 100]]


def test_palettes_of_words_and_of_bytes() -> None:
    indices = np.array([[0, 1], [2, 1]], np.uint8)
    words = np.array([[0, 256, 65535], [0, 512, 65280], [0, 768, 65535]], np.uint16)
    assert levels.apply_palette(indices, words)[0].tolist() == [[0, 0, 0], [1, 2, 3]]
    assert levels.apply_palette(indices, words)[1, 0].tolist() == [255, 255, 255]
    assert levels.apply_palette(indices, words >> 8)[0, 1].tolist() == [1, 2, 3]
    with pytest.raises(Undecodable, match="index 9"):
        levels.apply_palette(np.array([[9]], np.uint8), words)
    with pytest.raises(Undecodable, match="palette indices"):
        levels.apply_palette(np.array([[1.0]], np.float32), words)
