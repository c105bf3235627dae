"""Bars drawn into a picture: found by their edges, and what must not be taken for their value."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.scalebar import databar, edges, over, overlay, proposal, strips, value
from sempark.synthetic.lettering import Face, wheel_fonts
from sempark.synthetic.sheet import Scale, Sheet

Gray = NDArray[np.uint8]


def drawn(ticks: bool = False, crossed: int = 0) -> Gray:
    """A bar of 100 px from x = 60 over a dark uneven picture, its text above it.

    `crossed`: gray of what lies in the picture behind the text.
    """
    noise = cv2.GaussianBlur(np.random.default_rng(1).normal(size=(400, 500)), (0, 0), 6)
    gray = np.clip(60 + 15 * noise / noise.std(), 10, 110).astype(np.uint8)
    if crossed:
        for x in range(20, 180, 30):
            cv2.line(gray, (x, 280), (x + 60, 336), crossed, 3)
    sheet = Sheet(gray, Scale(300, "nm", 3.0), np.random.default_rng(2), wheel_fonts()[:1])
    sheet.gray, sheet.face = 255, Face(wheel_fonts()[0], 16)
    if ticks:
        sheet.ticked(60, 340, 2, 14)
    else:
        sheet.block(60, 340, 6)
    sheet.text(70, 326, "300 nm")
    return sheet.canvas


def spelled(gray: Gray) -> list[tuple[str, float]]:
    found = proposal.propose(gray).proposals
    return [(p.spelling.text, p.bar.length_px) for p in found if p.spelling.confidence > 0.3]


@pytest.mark.parametrize("ticks", [False, True])
def test_a_bar_over_an_uneven_picture_is_found_by_its_edges(ticks: bool) -> None:
    ((text, bar_px),) = spelled(drawn(ticks=ticks))
    assert (text, bar_px) == ("300nm", pytest.approx(100, abs=1))


@pytest.mark.parametrize("gray", [150, 190])
def test_a_text_is_told_from_what_it_stands_on_by_its_own_gray(gray: int) -> None:
    ((text, bar_px),) = spelled(drawn(crossed=gray))
    assert (text, bar_px) == ("300nm", pytest.approx(100, abs=1))


def test_ink_that_may_be_a_digit_stands_before_no_value_that_is_cut_out(monkeypatch) -> None:
    monkeypatch.setattr(over.rows, "texts", lambda *_: [])  # the strip reader may see what it is
    gray = drawn()
    assert spelled(gray)
    gray[314:326, 63:67] = 255  # the right half of a letter that is lost
    assert spelled(gray) == []


def test_a_stroke_whose_end_cannot_be_seen_is_no_bar() -> None:
    gray = drawn()
    assert [s.stroke.x0 for s in overlay.find(gray) if s.stroke.level == 255] == [60]
    gray[320:362, 146:160] = 255  # as bright as the bar
    assert [s for s in overlay.find(gray) if s.stroke.x0 == 60] == []


def test_strokes_in_a_wide_data_bar_are_not_sought_again() -> None:
    gray = drawn()
    whole = databar.DataBar(0, 300, 500, 400, 60, np.ones((1, 1), np.uint8))
    assert overlay.find(gray, [replace(whole, y0=350)])
    assert overlay.find(gray, [whole]) == []
    assert overlay.find(gray, [replace(whole, level=0)])  # on another paper: a hole behind its box


def test_blurred_ends_are_measured_by_their_whole_contrast() -> None:
    ground = cv2.GaussianBlur(np.random.default_rng(1).normal(size=(400, 500)), (0, 0), 4)
    picture = 20 + 12 * ground / ground.std()
    picture[320:326, 340:383] = 250
    gray = np.clip(cv2.GaussianBlur(picture, (0, 0), 1.3), 0, 255).astype(np.uint8)
    made = [overlay.bar(seen) for seen in overlay.find(gray)]
    assert [m[1].length_px for m in made if m] == [pytest.approx(43, abs=0.5)]


@pytest.mark.parametrize(("legs", "kinds"), [(12, ["ticked"]), (100, [])])
def test_the_upper_side_of_a_frame_is_no_bar(legs: int, kinds: list[str]) -> None:
    gray = drawn()
    gray[300:360, 50:190] = 60  # without its bar
    gray[245:248, 60:160] = 255
    for x in (60, 157):
        gray[245 : 245 + legs, x : x + 3] = 255
    made = [overlay.bar(seen) for seen in overlay.find(gray)]
    assert [m[1].kind for m in made if m] == kinds


def test_an_end_beside_something_bright_is_measured_by_what_is_there() -> None:
    ground = cv2.GaussianBlur(np.random.default_rng(1).normal(size=(400, 500)), (0, 0), 4)
    gray = np.clip(20 + 12 * ground / ground.std(), 0, 255).astype(np.uint8)
    gray[318:328, 250:340] = 160
    gray[320:326, 340:440] = 250
    made = [overlay.bar(seen) for seen in overlay.find(gray) if seen.stroke.level == 250]
    assert [m[1].length_px for m in made if m] == [pytest.approx(100, abs=0.5)]


@pytest.mark.parametrize("beside", [40, 160])
def test_an_edge_of_the_picture_that_meets_one_of_a_bar_does_not_hide_it(beside: int) -> None:
    gray = np.full((400, 500), 40, np.uint8)
    gray[340:342, 60:160] = 250
    for i in range(3):  # its lower edge comes down to where the bar's begins
        gray[330 : 339 + i, 15 + 15 * i : 30 + 15 * i] = beside
    assert any(y0 <= 340 < 342 <= y1 for _, y0, _, y1 in edges.between(gray))


@pytest.mark.parametrize(
    ("spread", "thick", "found"), [(12, 2, 1), (40, 2, 0), (12, 9, 0), (4, 9, 1)]
)
def test_how_uneven_a_thin_stroke_may_be_is_a_share_of_its_contrast(
    spread: int, thick: int, found: int
) -> None:
    gray = np.full((400, 500), 40, np.uint8)
    gray[340 : 340 + thick, 60:160] = 220 + spread * np.resize([-1, 0, 1], 100)
    assert len(overlay.find(gray)) == found


@pytest.mark.parametrize("edge", [0, 200])
def test_what_lies_around_a_box_is_not_of_its_text(edge: int) -> None:
    """Its blurred edge: some of the picture is as bright as the paper."""
    gray = np.full((400, 500), 30, np.uint8)
    gray[300:360, 100:260] = 255
    gray[310:350:3, 92:100] = 255 if edge else 30
    sheet = Sheet(gray, Scale(300, "nm", 3.0), np.random.default_rng(2), wheel_fonts()[:1])
    sheet.gray, sheet.face = 0, Face(wheel_fonts()[0], 16)
    sheet.block(110, 340, 6)
    sheet.text(110, 326, "300 nm")
    (stroke,) = overlay.find(sheet.canvas)
    assert stroke.paper is not None and stroke.paper.origin == (100, 300)
    assert all(type(v) is int for v in stroke.paper.origin)
    assert stroke.paper.mask.shape == (60, 160)


@pytest.mark.parametrize(("level", "texts"), [(240, ["300nm"]), (200, [])])
def test_a_text_brighter_than_a_stroke_is_not_that_strokes_value(level: int, texts) -> None:
    gray = drawn()
    gray[340:346, 60:160] = level
    assert [text for text, _ in spelled(gray)] == texts


@pytest.mark.parametrize(("rows", "texts"), [(3, ["300nm"]), (4, [])])
def test_a_thin_line_that_blur_weakened_may_be_fainter_than_its_text(rows: int, texts) -> None:
    gray = drawn()
    gray[338:348] = gray[350:360]
    gray[340 : 340 + rows, 60:160] = 190
    assert [text for text, _ in spelled(gray)] == texts


@pytest.mark.parametrize(("beyond", "found"), [(40, 1), (150, 0)])
def test_a_thin_stroke_that_goes_on_less_bright_has_no_end_there(beyond: int, found: int) -> None:
    gray = np.full((400, 500), 100, np.uint8)
    gray[:, 160:] = 40
    gray[340:343, 60:160] = 220
    gray[340:343, 160:200] = beyond
    assert len([s for s in overlay.find(gray) if s.stroke.y0 == 340]) == found


@pytest.mark.parametrize(("wide", "ends"), [(2, [(60, 160)]), (6, [(60, 120), (126, 160)])])
def test_a_bright_edge_across_a_thin_stroke_is_no_end_of_it(
    wide: int, ends: list[tuple[int, int]]
) -> None:
    gray = np.full((400, 500), 60, np.uint8)
    gray[340:342, 60:160] = 190
    gray[330:352, 120 : 120 + wide] = 245
    assert [(s.stroke.x0, s.stroke.x1) for s in overlay.find(gray)] == ends


@pytest.mark.parametrize(("leak", "found"), [(0.3, 1), (0.8, 0)])
def test_blur_lets_some_of_the_picture_into_a_thin_stroke(leak: float, found: int) -> None:
    gray = np.full((400, 500), 100, np.uint8)
    gray[:, ::40] = gray[:, 1::40] = gray[:, 2::40] = 30
    for x in range(0, 500, 80):
        gray[:, x : x + 40] = 20
    own = 200 + leak * (gray[340, 60:260].astype(float) - 60)
    gray[340:342, 60:260] = own
    strokes = [s.stroke for s in overlay.find(gray) if s.stroke.y0 == 340]
    assert [(s.x0, s.x1) for s in strokes] == [(60, 260)] * found


def test_an_edge_of_the_picture_that_has_a_lower_one_hides_no_bar_that_meets_it() -> None:
    gray = np.full((400, 500), 60, np.uint8)
    gray[340:342, 170:300] = 140
    gray[340:344, 300:336] = 250  # their upper edges are one
    strokes = [s.stroke for s in overlay.find(gray)]
    assert (300, 336, 340, 344) in [(s.x0, s.x1, s.y0, s.y1) for s in strokes]


@pytest.mark.parametrize(("shift", "found"), [(6, 1), (0, 0)])
def test_columns_that_compression_disturbs_in_one_row_are_in_the_next(shift, found: int) -> None:
    gray = np.full((400, 500), 60, np.uint8)
    for k, level in enumerate((180, 181, 180, 180, 181, 180)):
        gray[330 + k, 60:160] = level
        gray[330 + k, 64 + shift * k : 68 + shift * k] = 110
    strokes = [s.stroke for s in overlay.find(gray)]
    assert len([s for s in strokes if (s.x0, s.x1) == (60, 160)]) == found


def test_the_rows_of_a_resampled_bar_are_not_alike() -> None:
    gray = np.full((400, 500), 60, np.uint8)
    for k, level in enumerate((150, 200, 172, 176, 174, 140)):
        gray[330 + k, 60:160] = level
    assert (60, 160) in [(s.stroke.x0, s.stroke.x1) for s in overlay.find(gray)]


@pytest.mark.parametrize(("shade_from", "found"), [(0.5, 0), (1.0, 1)])
def test_what_a_shade_over_the_picture_cuts_off_is_no_bar(shade_from: float, found: int) -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(3).normal(size=(400, 500)), (0, 0), 4)
    gray = np.clip(90 + 15 * noise / noise.std(), 40, 140).astype(np.uint8)
    gray[334:380, 60:160] = 230
    gray[344:] = gray[344:] * shade_from
    if found:
        gray[344:380, 60:160] = 60
    strokes = [s.stroke for s in overlay.find(gray)]
    assert len([s for s in strokes if (s.y0, s.y1) == (334, 344)]) == found


@pytest.mark.parametrize(("aside", "kind"), [(0, "ticked"), (4, "block")])
def test_what_stands_beside_a_stroke_is_no_tick_of_it(aside: int, kind: str) -> None:
    gray = np.full((400, 500), 60, np.uint8)
    gray[340:345, 60:160] = 255
    for x in (60 - aside, 155 + aside):
        gray[334:351, x : x + 5] = 255
        gray[340:345, x : x + 5] = 255 if aside == 0 else 200
    (seen,) = (s for s in overlay.find(gray) if s.stroke.y0 == 340)
    drawn_bar = overlay.bar(seen)
    assert drawn_bar is not None
    assert drawn_bar[1].kind == kind


@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_a_bar_over_stripes_that_lie_nearly_along_it_is_found(slope: float) -> None:
    """Its edges go on in theirs."""
    gray = np.full((400, 500), 60, np.uint8)
    for y in range(-400, 1200, 20):
        cv2.line(gray, (0, y), (500, round(y + 500 * slope)), 120, 8)
    gray = cv2.GaussianBlur(gray, (0, 0), 1)
    gray[340:346, 160:300] = 250
    assert [(s.stroke.x0, s.stroke.x1) for s in overlay.find(gray) if s.stroke.level == 250] == [
        (160, 300)
    ]


def test_what_is_bright_beside_a_block_does_not_lengthen_it() -> None:
    gray = drawn()
    gray[340:346, 160:166] = 190
    made = [overlay.bar(seen) for seen in overlay.find(gray) if seen.stroke.level == 255]
    assert [m[1].length_px for m in made if m] == [pytest.approx(100, abs=0.5)]


def test_an_even_bar_is_seen_before_many_strokes_of_the_picture_that_are_brighter() -> None:
    gray = np.full((400, 500), 60, np.uint8)
    rng = np.random.default_rng(4)
    for k in range(14):
        y, x = 20 + 40 * (k % 7), 30 + 200 * (k // 7)
        gray[y : y + 12, x : x + 100] = rng.integers(235, 256, (12, 100))
    gray[340:346, 200:300] = 235
    found = overlay.find(gray)
    assert len(found) == overlay.MAX_WINDOWS
    assert found[0].stroke.level == 235


@pytest.mark.parametrize(("sure", "read"), [(0.8, []), (0.95, ["300nm"])])
def test_a_text_that_one_look_sees_cut_must_be_clear_in_another(monkeypatch, sure, read) -> None:
    """What stands before it in the first look may be a part of its first digit."""
    gray = drawn()
    found = [p for s in overlay.find(gray) for p in over.proposals(s) if p.spelling.text == "300nm"]
    spelt = replace(found[0].spelling, confidence=sure)
    made = replace(found[0], spelled=replace(found[0].spelled, spelling=spelt))
    answers = iter([False])
    monkeypatch.setattr(over.beside, "proposals", lambda *_: (made,))
    monkeypatch.setattr(over.beside, "whole", lambda *_: next(answers, True))
    monkeypatch.setattr(over, "_in_rows", lambda *_: [])
    stroke = next(s for s in overlay.find(gray) if s.stroke.level == 255)
    assert [p.spelling.text for p in over.proposals(stroke)][:1] == read


@pytest.mark.parametrize(("said", "sure", "read"), [
    ("800nm", 0.9, False), ("800nm", 0.89, True), ("300nm", 0.99, True)
])  # fmt: skip
def test_what_the_picture_itself_surely_shows_otherwise_is_not_read(
    monkeypatch, said: str, sure: float, read: bool
) -> None:
    """What is cut out may lack a faint stroke."""
    scale = value.parse(said)
    assert scale is not None
    monkeypatch.setattr(over.strips, "words", lambda _: [strips.Word(said, scale, sure, 0, 60)])
    stroke = next(s for s in overlay.find(drawn()) if s.stroke.level == 255)
    monkeypatch.setattr(over, "_in_rows", lambda *_: [])
    assert [p.spelling.text for p in over.proposals(stroke)] == ["300nm"] * read
