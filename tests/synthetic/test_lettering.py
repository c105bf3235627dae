"""Text: the asked height, cut to its ink, the same each time."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.font_manager import get_font

from sempark.synthetic.lettering import Face, ink, wheel_fonts


@pytest.mark.parametrize("path", wheel_fonts(), ids=lambda p: Path(p).stem)
def test_fonts_hold_all_that_is_printed(path: str) -> None:
    known = get_font(path).get_charmap()
    assert all(ord(c) in known for c in "0123456789.,:= nmuµμkVWDx°*#()%-+/ABCXYZabc")


@pytest.mark.parametrize("path", wheel_fonts(), ids=lambda p: Path(p).stem)
@pytest.mark.parametrize("digit_px", [8, 10, 13, 24, 40])
def test_digits_are_as_high_as_asked(path: str, digit_px: int) -> None:
    drawn = ink("0", Face(path, digit_px))
    rows = np.flatnonzero((drawn.coverage > 100).any(axis=1))
    assert abs(rows[-1] - rows[0] + 1 - digit_px) <= 1


def test_the_baseline_is_below_digits_and_above_descenders() -> None:
    face = Face(wheel_fonts()[0], 20)
    digit, descender = ink("1", face), ink("p", face)
    assert np.flatnonzero(digit.coverage.max(axis=1) > 100)[-1] + 1 == digit.baseline
    assert np.flatnonzero(descender.coverage.max(axis=1) > 100)[-1] > descender.baseline + 2


def test_stretch_changes_the_width_only() -> None:
    path = wheel_fonts()[0]
    plain, wide = ink("500 nm", Face(path, 14)), ink("500 nm", Face(path, 14, 1.5))
    assert wide.coverage.shape[0] == plain.coverage.shape[0]
    assert wide.coverage.shape[1] == pytest.approx(1.5 * plain.coverage.shape[1], abs=1)


def test_one_bit_text_has_two_levels_and_is_not_stretched() -> None:
    path = wheel_fonts()[0]
    hard = ink("2 µm", Face(path, 12, 0.7, smooth=False)).coverage
    assert set(np.unique(hard)) == {0, 255}
    assert abs(hard.shape[1] - ink("2 µm", Face(path, 12)).coverage.shape[1]) <= 3


def test_a_blank_text_is_no_trouble_and_drawing_is_repeatable() -> None:
    face = Face(wheel_fonts()[3], 11, 0.9)
    assert ink(" ", face).coverage.sum() == 0
    np.testing.assert_array_equal(ink("10 µm", face).coverage, ink("10 µm", face).coverage)
