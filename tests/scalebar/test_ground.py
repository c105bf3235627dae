"""What bars and texts are printed on: a data bar's background, or the picture."""

import numpy as np
import pytest

from sempark.scalebar import bar as bars
from sempark.scalebar import ground
from sempark.scalebar.databar import DataBar


@pytest.mark.parametrize(("x1", "printed"), [(196, True), (260, False)])
def test_a_bar_that_goes_on_over_an_edge_of_its_data_bar_is_not_in_it(
    x1: int, printed: bool
) -> None:
    gray = np.full((60, 300), 100, np.uint8)
    gray[:, :200] = 0
    gray[30:33, 20:x1] = 255
    box = DataBar(0, 0, 200, 60, 0, np.ones((1, 1), np.uint8))
    end = min(x1, 200)
    bar = bars.Bar("ticked", 20, end, 20, 25, end, 38, 30, 33)
    assert ground.holds(gray, box, bar) == printed


@pytest.mark.parametrize(
    ("kind", "box", "printed"),
    [
        ("block", (17, 22, 93, 44), True),  # three px of background beside it are enough
        ("block", (0, 0, 300, 60), False),  # the picture is at its ends
        ("ticked", (0, 0, 300, 60), True),
        ("block", (17, 30, 93, 44), False),  # goes on over the upper edge,
        ("block", (17, 22, 93, 36), False),  # the lower,
        ("block", (30, 22, 93, 44), False),  # and the left one
    ],
)
def test_a_bar_is_printed_where_the_background_is_around_it(kind, box, printed) -> None:
    gray = np.full((60, 300), 100, np.uint8)
    gray[22:44, 17:93] = 0
    gray[30:36, 20:90] = 255
    x0, y0, x1, y1 = box
    if y0 == 30:
        gray[20:36, 20:90] = 255
    if y1 == 36:
        gray[30:46, 20:90] = 255
    if x0 == 30:
        gray[30:36, 20:30] = 255
    bar = bars.Bar(kind, max(20, x0), 90, max(20, x0), 30, 90, 36, 30, 36)
    data_bar = DataBar(x0, y0, x1, y1, 0, np.ones((1, 1), np.uint8))
    assert ground.holds(gray, data_bar, bar) == printed


def test_a_ruler_under_a_dark_picture_is_printed() -> None:
    gray = np.zeros((60, 300), np.uint8)
    for x in range(20, 231, 20):
        gray[20:32, x : x + 3] = 255
    bar = bars.Bar("ticks", 21.5, 221.5, 20, 20, 223, 32, 20, 32)
    assert ground.holds(gray, DataBar(0, 20, 300, 60, 0, np.ones((1, 1), np.uint8)), bar)


@pytest.mark.parametrize(("y", "apart"), [(20, True), (70, False)])
def test_a_ticked_bar_above_its_data_bar_is_of_the_picture(y: int, apart: bool) -> None:
    gray = np.full((100, 200), 120, np.uint8)
    gray[50:] = 0
    box = DataBar(0, 50, 200, 100, 0, np.ones((1, 1), np.uint8))
    bar = bars.Bar("ticked", 40, 90, 40, y - 6, 90, y + 8, y, y + 2)
    assert ground.apart(gray, bar, (110, 60, 150, 76), [box]) == apart


@pytest.mark.parametrize(("around", "apart"), [(0, False), (120, True)])
def test_a_block_from_edge_to_edge_of_its_box_does_not_stand_in_the_picture(
    around: int, apart: bool
) -> None:
    """It cuts the box: what is found as a data bar holds the text only."""
    gray = np.full((100, 200), 120, np.uint8)
    gray[20:60, 40:160] = 0
    gray[60:90, 40:160] = around
    gray[60:72, 52:148] = 255
    box = DataBar(40, 20, 160, 60, 0, np.ones((1, 1), np.uint8))
    bar = bars.Bar("block", 52, 148, 52, 60, 148, 72, 60, 72)
    assert ground.apart(gray, bar, (70, 30, 130, 46), [box]) == apart


@pytest.mark.parametrize(
    ("x0", "y1", "apart"), [(40, 90, False), (50, 90, False), (50, 72, True), (40, 74, True)]
)
def test_a_box_may_end_close_beside_one_end_of_its_bar(x0: int, y1: int, apart: bool) -> None:
    gray = np.full((100, 200), 120, np.uint8)
    gray[20:y1, x0:160] = 90
    gray[66:72, 52:148] = 255
    box = DataBar(x0, 20, 160, 60, 90, np.ones((1, 1), np.uint8))
    bar = bars.Bar("ticked", 52, 148, 52, 66, 148, 72, 66, 72)
    assert ground.apart(gray, bar, (70, 30, 130, 46), [box]) == apart


@pytest.mark.parametrize(("between", "printed"), [(255, False), (0, True)])
def test_a_row_of_background_parts_a_block_from_a_picture_of_its_gray(
    between: int, printed: bool
) -> None:
    gray = np.full((60, 300), 240, np.uint8)
    gray[20:] = 0
    gray[20, 50:120] = between
    gray[21:30, 50:120] = 240
    box = DataBar(0, 20, 300, 60, 0, np.ones((1, 1), np.uint8))
    bar = bars.Bar("block", 50, 120, 50, 21, 120, 30, 21, 30)
    assert ground.holds(gray, box, bar) == printed


@pytest.mark.parametrize(("beside", "printed"), [(30, True), (70, False)])
def test_what_compression_leaves_beside_strong_ink_is_background(beside: int, printed) -> None:
    gray = np.zeros((60, 300), np.uint8)
    gray[30:33, 50:120] = 240
    gray[26:37, 122:125] = beside
    box = DataBar(0, 20, 300, 60, 0, np.ones((1, 1), np.uint8))
    bar = bars.Bar("line", 50, 120, 50, 30, 120, 33, 30, 33)
    assert ground.holds(gray, box, bar) == printed


@pytest.mark.parametrize(("line_y", "printed"), [(30, True), (46, False)])
def test_ticks_may_stand_on_a_data_bars_edge_above_a_picture_of_their_gray(
    line_y: int, printed: bool
) -> None:
    gray = np.full((60, 300), 100, np.uint8)
    gray[20:48] = 250
    gray[line_y : line_y + 2, 50:120] = gray[30:48, 50:52] = gray[30:48, 118:120] = 100
    box = DataBar(0, 20, 300, 48, 250, np.ones((1, 1), np.uint8))
    bar = bars.Bar("ticked", 51, 119, 50, 30, 120, 48, line_y, line_y + 2)
    assert ground.holds(gray, box, bar) == printed


@pytest.mark.parametrize(("paper", "apart"), [(0, True), (255, False)])
def test_black_letters_are_not_printed_on_the_black_around_their_box(paper, apart) -> None:
    gray = np.zeros((100, 200), np.uint8)
    gray[20:90, 40:160] = paper
    gray[30:46, 60:140:6] = gray[30:46, 61:140:6] = 255 - paper
    gray[60:70, 60:140] = 255 - paper
    gray[50:] = np.where(gray[50:] == 0, 120, gray[50:]) if paper == 0 else gray[50:]
    box = DataBar(0, 0, 200, 50 if paper == 0 else 100, 0, np.ones((1, 1), np.uint8))
    bar = bars.Bar("block", 60, 140, 60, 60, 140, 70, 60, 70)
    assert ground.apart(gray, bar, (60, 30, 140, 46), [box]) == apart


@pytest.mark.parametrize(
    ("paper", "x0", "off"), [(250, 20, True), (250, 120, False), (120, 20, False), (200, 20, False)]
)
def test_a_bar_beside_the_white_box_of_a_text_is_not_its_bar(paper: int, x0: int, off: bool):
    gray = np.full((100, 300), 120, np.uint8)
    gray[40:90, 100:] = paper
    gray[50:62, 150:200:6] = 20
    gray[54:57, x0 : x0 + 28 if x0 == 120 else 97] = 40
    bar = bars.Bar("line", x0, 97, x0, 54, x0 + 28 if x0 == 120 else 97, 57, 54, 57)
    assert ground.off_paper(gray, bar, (150, 50, 200, 62)) == off


@pytest.mark.parametrize(
    ("beside", "along", "printed"),
    [(0, 0, True), (100, 0, True), (240, 0, False), (100, 90, False)],
)
def test_a_grain_that_shines_through_a_boxs_paper_beside_one_end_of_its_bar(
    beside: int, along: int, printed: bool
) -> None:
    gray = np.zeros((60, 300), np.uint8)
    gray[30:36, 50:120] = 255
    gray[28:38, 120:140] = beside
    gray[38:42, 40:130] = along
    box = DataBar(0, 20, 300, 60, 0, np.ones((1, 1), np.uint8))
    bar = bars.Bar("block", 50, 120, 50, 30, 120, 36, 30, 36)
    assert ground.holds(gray, box, bar) == printed


@pytest.mark.parametrize(
    ("brighter_from", "text_x", "apart"), [(130, 20, False), (85, 20, True), (130, 215, True)]
)
def test_a_bar_that_begins_on_its_texts_ground_may_end_on_a_brighter_one(
    brighter_from: int, text_x: int, apart: bool
) -> None:
    gray = np.full((100, 300), 120, np.uint8)
    gray[40:90] = 40
    gray[30:90, brighter_from:210] = 90
    gray[60:63, 80:200] = 250
    gray[56:68, text_x : text_x + 40 : 4] = 250
    box = DataBar(0, 40, 300, 90, 40, np.ones((1, 1), np.uint8))
    bar = bars.Bar("line", 80, 200, 80, 60, 200, 63, 60, 63)
    assert ground.apart(gray, bar, (text_x, 56, text_x + 40, 68), [box]) == apart
