"""Data bars: stripes and boxes of one level, on noise, wherever they lie."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.scalebar import databar

Gray = NDArray[np.uint8]


def specimen(seed: int = 0, shape: tuple[int, int] = (480, 640)) -> Gray:
    return np.random.default_rng(seed).integers(60, 190, shape).astype(np.uint8)


def write(gray: Gray, x: int, y: int, level: int, n: int = 20) -> None:
    """Draw something like letters: upright strokes 10 px high."""
    for i in range(n):
        gray[y : y + 10, x + 9 * i : x + 9 * i + 3] = level


@pytest.mark.parametrize(("level", "text"), [(0, 255), (255, 0), (53, 230), (150, 255)])
def test_finds_a_stripe_of_any_level(level: int, text: int) -> None:
    gray = specimen()
    gray[430:] = level
    write(gray, 30, 450, text)
    found = databar.find(gray)
    assert len(found) == 1
    box = found[0]
    assert (box.x0, box.x1, box.y1) == (0, 640, 480)
    assert abs(box.y0 - 430) <= 2
    assert abs(box.level - level) <= 1


@pytest.mark.parametrize("level", [12, 67])
def test_a_stripe_of_nearly_the_commonest_gray_has_a_level_of_its_own(level: int) -> None:
    gray = specimen()
    gray[240:400, :320] = level - 12  # a flat part of the picture, larger than the stripe
    gray[430:] = level
    write(gray, 30, 450, 255)
    assert [(b.x0, b.x1, b.y1, b.level) for b in databar.find(gray) if b.y0 > 420] == [
        (0, 640, 480, level)
    ]


def test_finds_a_box_inside_the_picture() -> None:
    gray = specimen()
    gray[380:430, 60:500] = 0
    write(gray, 100, 400, 255)
    (box,) = databar.find(gray)
    np.testing.assert_allclose([box.x0, box.y0, box.x1, box.y1], [60, 380, 500, 430], atol=3)


def test_a_hole_that_touches_the_stripe_is_cut_off() -> None:
    gray = specimen()
    gray[430:] = 0
    gray[250:430, :150] = 0  # vacuum as dark as the stripe
    write(gray, 30, 450, 255)
    assert any(abs(b.y0 - 430) <= 3 and b.x1 - b.x0 > 600 for b in databar.find(gray))


def test_noise_has_no_data_bar() -> None:
    assert databar.find(specimen()) == []


@pytest.mark.parametrize("shape", [(1, 1), (5, 4000), (31, 100), (64, 63)])
def test_tiny_pictures_have_none(shape: tuple[int, int]) -> None:
    assert databar.find(np.zeros(shape, np.uint8)) == []


def test_mirrored_picture_has_the_mirrored_box() -> None:
    gray = specimen(3)
    gray[400:450, 100:500] = 255
    write(gray, 130, 420, 0)
    (box,) = databar.find(gray)
    (mirrored,) = databar.find(np.ascontiguousarray(gray[:, ::-1]))
    assert abs((640 - mirrored.x1) - box.x0) <= 3
    assert abs((640 - mirrored.x0) - box.x1) <= 3


@pytest.mark.parametrize("line", [False, True])
def test_a_picture_as_dark_as_its_data_bar_is_cut_off_it(line: bool) -> None:
    """A black patch behind a line from end to end, or a picture that is dark in most places."""
    gray = np.full((480, 640), 50, np.uint8)
    gray[:240] = specimen()[:240]
    if line:
        gray[428:431] = 255
        gray[240:428, 560:] = 160
    else:
        for x in range(0, 640, 64):
            gray[240:430, x : x + 14] = 160
    write(gray, 30, 440, 255)
    write(gray, 30, 460, 255)
    box = databar.find(gray)[0]
    assert (box.x0, box.x1, box.y1) == (0, 640, 480)
    assert abs(box.y0 - 430) <= databar.EDGE_REACH


def test_rows_from_the_last_one_up_with_their_text() -> None:
    near = np.ones((60, 100), bool)
    near[:20, ::3] = False  # the picture
    near[30:36, 10:60:2] = near[44:50, 10:60:2] = False  # text
    assert databar._lowest_rows(near) == slice(20, 60)
    near[40] = False  # a line from end to end
    assert databar._lowest_rows(near) == slice(41, 60)
    near[58:] = False  # its frame
    assert databar._lowest_rows(near) == slice(41, 58)
    assert databar._lowest_rows(np.zeros((60, 100), bool)) == slice(60, 60)


def test_rows_of_dense_text_belong_to_the_data_bar_that_begins_or_ends_with_them() -> None:
    near = np.ones((40, 100), np.uint8)
    near[:8, ::2] = 0  # the picture
    near[8:20, 10:70:2] = 0  # text that leaves nothing flat
    near[30:, 10:70:2] = 0
    assert databar._with_text(near, slice(11, 14)) == slice(4, 20)
    assert databar._with_text(near[8:30], slice(0, 11)) == slice(0, 11)


def test_a_white_box_whose_upper_half_is_full_of_text_is_whole() -> None:
    gray = specimen()
    gray[400:460] = 250
    for row in range(405, 430, 3):
        gray[row : row + 2, 100:560:3] = 0
    box = databar.find(gray, dense=True)[0]
    assert (box.x0, box.x1) == (0, 640)
    np.testing.assert_allclose([box.y0, box.y1], [400, 460], atol=3)


def test_a_data_bar_under_a_picture_nearly_all_as_dark_begins_below_its_line() -> None:
    gray = np.zeros((480, 640), np.uint8)
    gray[:240] = specimen()[:240]
    gray[240:430, 560:] = specimen()[240:430, 560:]
    for row in (430, 455):
        gray[row] = 255
    write(gray, 30, 436, 255)
    write(gray, 30, 462, 255)
    box = databar.find(gray)[0]
    assert (box.x0, box.x1, box.y1) == (0, 640, 480)
    assert abs(box.y0 - 431) <= 2


def test_a_picture_nearly_as_dark_is_no_dense_text_above_its_data_bar() -> None:
    near = np.ones((40, 200), np.uint8)
    near[:20, 50:80] = 0  # a bright grain
    near[24:27, 20:90] = 0  # a bar
    assert databar._with_text(near, slice(15, 20)) == slice(11, 20)
