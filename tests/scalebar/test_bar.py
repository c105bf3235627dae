"""Bars drawn by hand: their nominal length, their kind, and what is no bar."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.scalebar import bar, ink, rest, strokes
from sempark.scalebar.databar import DataBar

Gray = NDArray[np.uint8]
WIDTH, HEIGHT = 1000, 80


def stripe() -> Gray:
    return np.zeros((HEIGHT, WIDTH), np.uint8)


def found(gray: Gray) -> list[bar.Bar]:
    box = DataBar(0, 0, gray.shape[1], gray.shape[0], 0, np.ones((1, 1), np.uint8))
    marks = ink.extract(gray, box)
    assert marks is not None
    return bar.find(marks)


def ticked(gray: Gray, x0: int, x1: int, y: int, thick: int, up: int, down: int) -> None:
    """Draw a line between the tick middles x0 and x1, ticks as thick as the line."""
    half = thick // 2
    gray[y : y + thick, x0 - half : x1 - half + thick] = 255
    for x in (x0, x1):
        gray[y - up : y + thick + down, x - half : x - half + thick] = 255


@pytest.mark.parametrize("thick", [1, 2, 3, 4])
@pytest.mark.parametrize(("up", "down"), [(8, 8), (20, 0), (0, 15), (3, 3)])
def test_ticked_line_runs_between_the_middles_of_its_ticks(thick: int, up: int, down: int) -> None:
    gray = stripe()
    ticked(gray, 100, 220, 40, thick, up, down)
    (only,) = found(gray)
    assert only.kind == "ticked"
    assert only.length_px == pytest.approx(120, abs=0.01)


def test_smooth_ticks_are_located_to_a_fraction_of_a_pixel() -> None:
    fine = np.zeros((HEIGHT * 4, WIDTH * 4), np.uint8)
    ticked(fine, 403, 1310, 160, 8, 40, 40)  # a quarter pixel each
    gray = fine.reshape(HEIGHT, 4, WIDTH, 4).mean(axis=(1, 3)).astype(np.uint8)
    (only,) = found(gray)
    assert only.length_px == pytest.approx((1310 - 403) / 4, abs=0.1)


def test_line_broken_by_its_text() -> None:
    gray = stripe()
    gray[20:23, 300:400] = gray[20:23, 480:580] = 255
    gray[17:26, 300:303] = gray[17:26, 577:580] = 255
    gray[14:28, 420:424] = gray[14:28, 440:444] = 255  # its text
    kinds = found(gray)
    assert kinds[0].kind == "broken"
    assert kinds[0].length_px == pytest.approx(277, abs=0.01)


@pytest.mark.parametrize(("line_x", "to", "n"), [(296, 80, 1), (582, 80, 1), (582, 40, 0)])
def test_a_broken_lines_tick_may_touch_the_line_of_its_cell(line_x: int, to: int, n: int) -> None:
    gray = stripe()
    gray[20:23, 300:400] = gray[20:23, 480:580] = 255
    gray[17:26, 300:303] = gray[17:26, 577:580] = 255
    gray[14:28, 420:424] = gray[14:28, 440:444] = 255  # its text
    gray[:to, line_x : line_x + 2] = 255
    blur = slice(298, 300) if line_x < 300 else slice(580, 582)
    gray[17:26, blur] = 110
    broken = [b for b in found(gray) if b.kind == "broken"]
    assert [b.length_px for b in broken] == [pytest.approx(277, abs=1)] * n


def test_block_counts_whole() -> None:
    gray = stripe()
    gray[20:34, 500:577] = 255
    (only,) = found(gray)
    assert only.kind == "block"
    assert only.length_px == pytest.approx(77, abs=0.01)


def test_ruler_of_separate_ticks() -> None:
    gray = stripe()
    for i in range(11):
        gray[0:12, 600 + 30 * i : 604 + 30 * i] = 255
    (only,) = found(gray)
    assert only.kind == "ticks"
    assert only.length_px == pytest.approx(300, abs=0.01)


def test_ruler_of_dots_of_unlike_pixels() -> None:
    gray = stripe()
    for i, (wide, high) in enumerate([(4, 3), (3, 3), (6, 4)] * 3 + [(3, 3), (4, 3)]):
        x = 600 + 30 * i - wide // 2
        gray[10 : 10 + high, x : x + wide] = 255
    (only,) = found(gray)
    assert only.kind == "ticks"
    assert only.length_px == pytest.approx(300, abs=1)


def test_ruler_that_lost_a_tick_is_left() -> None:
    gray = stripe()
    for i in range(10):
        gray[0:12, 600 + 30 * i : 604 + 30 * i] = 255
    assert found(gray) == []


def test_inner_ticks_do_not_count() -> None:
    gray = stripe()
    ticked(gray, 100, 400, 50, 2, 24, 0)
    for i in range(1, 10):
        gray[40:50, 100 + 30 * i] = 255
    (only,) = found(gray)
    assert only.length_px == pytest.approx(300, abs=0.01)


def test_frames_and_icons_are_no_bars() -> None:
    gray = stripe()
    gray[10:40, 100:160] = 255
    gray[12:38, 102:158] = 0  # a closed box
    gray[2:4, 2:-2] = gray[-4:-2, 2:-2] = 255  # the stripe's own frame
    gray[2:-2, 2:4] = gray[2:-2, -4:-2] = 255
    assert [b for b in found(gray) if b.kind == "ticked"] == []


def test_mirrored_stripe_has_the_same_lengths() -> None:
    gray = stripe()
    ticked(gray, 100, 333, 40, 2, 9, 9)
    gray[60:70, 700:760] = 255
    lengths = sorted(b.length_px for b in found(gray))
    mirrored = sorted(b.length_px for b in found(np.ascontiguousarray(gray[:, ::-1])))
    np.testing.assert_allclose(mirrored, lengths, atol=0.01)


def test_erase_frees_letters_that_stand_on_the_bar() -> None:
    gray = stripe()
    ticked(gray, 100, 300, 40, 2, 10, 0)
    gray[28:40, 150:153] = 255  # a letter whose foot touches the line
    box = DataBar(0, 0, WIDTH, HEIGHT, 0, np.ones((1, 1), np.uint8))
    marks = ink.extract(gray, box)
    assert marks is not None
    (only,) = [b for b in bar.find(marks) if b.kind == "ticked"]
    left = rest.erase(marks, only)
    assert [150, 28, 3, 12, 36] in left.parts.tolist()


def test_ticks_that_reach_the_edge_stay_inside() -> None:
    contrast = np.zeros((11, 80), np.uint8)
    contrast[5:7, 10:60] = contrast[:, 10] = 255
    marks = ink.Ink(
        contrast, contrast // 255, *([np.zeros((1, 5), np.int32)] * 2), contrast, (0, 0), 80
    )
    line = strokes.Line(10, 60, 5, 7, (5, 4), (0, 0))
    assert strokes.tick_middle(marks, line, -2, 13, -1) == pytest.approx(10.5)


@pytest.mark.parametrize(("gap", "kinds"), [(3, []), (12, ["ticked"])])
@pytest.mark.parametrize("last", [False, True])
def test_joined_letters_of_a_word_are_no_bar(gap: int, kinds: list[str], last: bool) -> None:
    gray = stripe()
    ticked(gray, 300, 345, 40, 2, 10, 0)
    gray[30:42, 295 - gap : 298 - gap] = 255  # the letter before, and the next
    if not last:
        gray[30:42, 347 + gap : 350 + gap] = 255
    assert [b.kind for b in found(gray)] == kinds


@pytest.mark.parametrize(("inked", "kinds"), [(False, ["ticked"]), (True, [])])
def test_a_bar_with_nothing_between_its_ticks_is_no_word(inked: bool, kinds: list[str]) -> None:
    gray = stripe()
    ticked(gray, 300, 360, 40, 2, 10, 0)
    gray[30:42, 364:367] = 255  # the first letter of its text
    if inked:
        gray[32:38, 330:334] = 255
    assert [b.kind for b in found(gray)] == kinds


@pytest.mark.parametrize(("stem", "kinds"), [(0, ["ticked"]), (10, [])])
def test_letters_whose_tops_are_one_line_are_no_bar(stem: int, kinds: list[str]) -> None:
    """ETD in a cell of its own: no letter stands beside it, but a stem hangs on the line."""
    gray = stripe()
    ticked(gray, 300, 326, 40, 2, 0, 10)
    gray[42 : 42 + stem, 312:315] = 255
    assert [b.kind for b in found(gray)] == kinds


def test_a_frame_beside_the_ticks_makes_no_word_of_a_short_bar() -> None:
    gray = stripe()
    ticked(gray, 100, 160, 40, 2, 10, 10)
    gray[5:75, 93:95] = 255
    assert [b.kind for b in found(gray)] == ["ticked"]


def test_dots_of_a_ruler_may_be_rounded_to_other_widths() -> None:
    gray = stripe()
    for k in range(11):
        width = (6, 5, 5, 4, 5)[k % 5]
        gray[30:35, 200 + 24 * k : 200 + 24 * k + width] = 255
    (only,) = found(gray)
    assert only.kind == "ticks"
    assert only.length_px == pytest.approx(240, abs=1)


def test_a_frame_below_the_ticks_makes_no_word_of_a_short_bar() -> None:
    gray = stripe()
    ticked(gray, 100, 160, 40, 2, 0, 24)
    gray[64:66] = 255
    assert [b.kind for b in found(gray)] == ["ticked"]


def test_erase_takes_the_blurred_ends_of_a_block_too() -> None:
    gray = stripe()
    gray[30:42, 100:180] = 255
    gray = np.asarray(cv2.GaussianBlur(gray, (0, 0), 1.2), np.uint8)
    box = DataBar(0, 0, WIDTH, HEIGHT, 0, np.ones((1, 1), np.uint8))
    marks = ink.extract(gray, box, ink.FAINT_SHARE)
    assert marks is not None
    (only,) = bar.find(marks)
    assert len(rest.erase(marks, replace(only, x0=only.x0 + 1, x1=only.x1 - 1)).parts) == 1


def test_a_thin_bar_may_stand_at_the_upper_edge() -> None:
    gray = stripe()
    gray[1:5, 500:577] = 255
    (only,) = found(gray)
    assert only.length_px == pytest.approx(77, abs=0.01)


def test_a_line_of_the_first_row_is_what_the_picture_left() -> None:
    gray = stripe()
    gray[0, 500:577] = 255
    assert found(gray) == []


@pytest.mark.parametrize(("uneven", "n"), [(0, 1), (60, 0)])
def test_a_block_in_the_first_row_is_of_one_gray_along_its_rows(uneven: int, n: int) -> None:
    gray = stripe()
    gray[0:10, 500:577] = 220 - np.linspace(0, uneven, 77).astype(np.uint8)
    gray[0], gray[9] = gray[0] // 2, gray[9] // 2  # blurred
    assert len(found(gray)) == n


@pytest.mark.parametrize(("dips", "kinds"), [(0, ["block"]), (60, [])])
def test_a_short_block_is_of_one_gray_joined_letters_are_not(dips: int, kinds: list[str]) -> None:
    gray = stripe()
    gray[30:38, 500:524] = 220
    for x in (505, 511, 517):  # between the stems, still above the threshold of ink
        gray[32:38, x : x + 2] -= dips
    assert [b.kind for b in found(gray)] == kinds


@pytest.mark.parametrize("last_rows", ["one row in pieces", "a bright area"])
def test_ticks_of_a_ruler_may_touch_the_picture_above(last_rows: str) -> None:
    gray = stripe()
    for k in range(11):
        gray[20:32, 200 + 24 * k : 203 + 24 * k] = 255
    if last_rows == "a bright area":
        gray[0:20, 330:460] = 200
    else:
        gray = gray[19:]  # at the edge of its data bar
        gray[0, 195:450] = 200 * (np.arange(255) % 40 < 29)
    (ruler,) = [b for b in found(gray) if b.kind == "ticks"]
    assert ruler.length_px == pytest.approx(240, abs=0.5)


@pytest.mark.parametrize(
    ("left", "right", "length"),
    [(2, 2, 150 - 3), (0, 0, 150), (0, 2, 150)],  # a single side may be anything
)
def test_a_brackets_short_sides_are_ticks(left: int, right: int, length: float) -> None:
    gray = stripe()
    gray[30:34, 300:450] = 255
    gray[34 : 34 + left, 300:303] = gray[34 : 34 + right, 447:450] = 255
    (only,) = found(gray)
    assert only.length_px == pytest.approx(length, abs=0.1)


def test_the_middle_of_a_tick_hardly_higher_than_its_line() -> None:
    """Its blurred ends are too faint for ink, its line's rows are not."""
    gray = stripe().astype(np.float32)
    gray[32:36, 300:500] = 200
    gray[30:38, 300:303] = gray[30:38, 497:500] = 200
    gray = cv2.GaussianBlur(gray, (0, 0), 1.2).round().astype(np.uint8)
    contrast, mask = gray, (gray > 110).astype(np.uint8)
    marks = ink.Ink(contrast, mask, *ink.parts(mask), np.ones_like(mask), (0, 0), WIDTH)
    (line,) = strokes.lines(marks)
    assert line.y0 - 1 <= 31 and sum(line.left) <= 2
    ends = [
        strokes.tick_middle(marks, line, line.y0 - line.left[0], line.y1 + line.left[1], side)
        for side in (-1, 1)
    ]
    np.testing.assert_allclose(ends, [301.5, 498.5], atol=0.6)


@pytest.mark.parametrize("edge", [0, 90])
def test_a_line_with_a_ragged_edge_row_is_the_row_that_is_full(edge: int) -> None:
    gray = stripe()
    ticked(gray, 100, 220, 40, 1, 0, 15)
    gray[41, 105:216] = np.where(np.arange(111) % 50 < 20, edge, 0)  # blur, near the threshold
    (only,) = found(gray)
    assert (only.kind, only.line_y0, only.line_y1) == ("ticked", 40, 41)
    assert only.length_px == pytest.approx(120, abs=0.3)
