"""What a picture offers: faint values, two data bars, fields no microscope shows, framing of 4."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.scalebar import bar as bars
from sempark.scalebar import beside, glyphs, proposal, readers, reading, rest, spelling, value
from sempark.scalebar import ink as inks
from sempark.scalebar import text as texts
from sempark.scalebar.databar import DataBar
from sempark.synthetic.databars import draw_databar
from sempark.synthetic.lettering import Face, ink, wheel_fonts
from sempark.synthetic.sheet import Scale, Sheet

Gray = NDArray[np.uint8]


def specimen(height: int = 600) -> Gray:
    return np.random.default_rng(1).integers(60, 180, (height, 800)).astype(np.uint8)


def striped(value_gray: int) -> Gray:
    """A white stripe with black words and a bar and value of another gray."""
    gray = specimen()
    sheet = Sheet(gray, Scale(2, "um", 20.0), np.random.default_rng(2), wheel_fonts()[:1])
    sheet.rule(0, 530, 800, 600, 255)
    sheet.gray, sheet.face = 0, Face(wheel_fonts()[1], 12)
    for k in range(3):
        sheet.text(300, 550 + 20 * k, "Signal A = InLens   EHT = 5.00 kV   Date")
    sheet.gray, sheet.face = value_gray, Face(wheel_fonts()[0], 12)
    sheet.ticked(40, 580, 2, 20)
    sheet.value(50, 560, "2 µm")
    return sheet.canvas


def printed(x: int, y: int) -> Gray:
    """A black stripe with a white "2 µm" that begins at x and stands on row y, without a bar."""
    gray = specimen()
    gray[530:] = 0
    sheet = Sheet(gray, Scale(2, "um", 20.0), np.random.default_rng(2), wheel_fonts()[:1])
    sheet.gray, sheet.face = 255, Face(wheel_fonts()[0], 16)
    sheet.text(x, y, "2 µm")
    return sheet.canvas


@pytest.mark.ocr
@pytest.mark.parametrize("level", [0, 120, 195])
def test_a_value_fainter_than_the_words_beside_it_is_read(level: int) -> None:
    only = reading.read(striped(level))
    assert (only.status, only.value, only.unit) == ("ok", 2.0, "um")
    assert only.bar_px == pytest.approx(100, abs=1)


@pytest.mark.ocr
def test_two_data_bars_of_unlike_scales_are_refused() -> None:
    rng = np.random.default_rng(3)
    upper, _ = draw_databar(specimen(400), "fei_xl", 20, "um", 150.0, rng)
    lower, _ = draw_databar(specimen(400), "fei_xl", 20, "um", 110.0, rng)
    # the upper one ends at half of the height: both are in the part that is searched
    both = np.vstack([upper, lower[200:]])
    assert reading.read(lower).status == "ok"
    only = reading.read(both)
    assert (only.status, only.value) == ("many_databars", None)


def test_fields_no_microscope_shows_are_no_scales() -> None:
    found = proposal.propose(striped(0))
    (best, *_) = found.proposals
    assert beside.possible(best, 800)  # 2 µm are 100 px: 16 µm
    assert not beside.possible(best, 20_000_000)
    assert not beside.possible(best, 0)
    height = best.piece.y1 - best.piece.y0
    kinds = ("block", "ticks")  # a ruler of separate ticks may lie farther from its value
    for heights, possible in ((1.6, kinds), (1.8, ("ticks",)), (2.7, ())):
        y0 = best.bar.y1 + round(heights * height)
        far = replace(best.piece, place="below", y0=y0, y1=y0 + height)
        for kind in kinds:
            moved = replace(best, piece=far, bar=replace(best.bar, kind=kind))
            assert beside.possible(moved, 800) == (kind in possible)
    low = replace(best.piece, y1=best.piece.y0 + beside.MIN_LEGIBLE_PX - 1)
    assert not beside.possible(replace(best, piece=low), 800)


@pytest.mark.parametrize("font", [0, 1, 2, 3])
@pytest.mark.parametrize("text", ["4 µm", "40 µm", "400 nm"])
def test_a_four_is_framed_whole(font: int, text: str) -> None:
    drawn = ink(text, Face(wheel_fonts()[font], 12)).coverage.astype(np.float32) / 255
    line = glyphs.segment(np.pad(drawn, 2))
    assert line is not None
    assert line.digit_px / line.scale == pytest.approx(12, abs=1.5)
    spelt = spelling.spell(line, glyphs.probabilities(line.frames), "whole")
    assert spelt is not None and spelt.text == text.replace(" ", "")


def test_what_was_seen_is_kept_when_it_is_unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        reading.looks, "judged", lambda proposals, engine: [(p, 0.0) for p in proposals]
    )
    only = reading.read(striped(0))
    assert (only.status, only.value, only.text) == ("unsure", None, "2µm")
    assert only.nm_per_px is None and only.bar_px == pytest.approx(100, abs=1)
    assert only.bar is not None and only.databar is not None


def test_decimals_of_a_millimeter_are_working_distances() -> None:
    assert value.parse("8.0 mm") is None and value.parse("15.0mm") is None
    assert value.parse("1.0mm") == value.Scale(1.0, "mm", True)
    assert value.parse("8.0 um") is not None


def test_letters_that_overlap_are_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "_atoms", lambda *_: [(2, 12), (9, 12), (6, 8), (14, 20)])
    clean = np.zeros((30, 24), np.float32)
    clean[4:26, 2:12] = clean[4:26, 14:20] = 1
    line = glyphs.segment(clean)
    assert line is not None and (1, 2) not in line.pairs


@pytest.mark.parametrize(("x", "texts"), [(60, ["50.0µm"]), (170, [])])
def test_a_length_aside_of_a_bar_is_not_its_value(x: int, texts: list[str]) -> None:
    gray = specimen()
    sheet = Sheet(gray, Scale(2, "um", 20.0), np.random.default_rng(2), wheel_fonts()[:1])
    sheet.rule(0, 530, 800, 600, 0)
    sheet.gray, sheet.face = 255, Face(wheel_fonts()[0], 12)
    sheet.ticked(40, 550, 2, 20)  # to x = 140
    sheet.text(x, 590, "50.0 µm")  # the field's width, say
    assert [p.spelling.text for p in proposal.propose(sheet.canvas).proposals] == texts


@pytest.mark.parametrize(
    ("text_x", "x", "y", "words"),
    [
        (175, 40, 570, ""),
        (175, 40, 570, "University Lab"),  # nearer to the bar's end than the text
        (155, 10, 572, "University Lab"),  # a letter of it higher than a micro sign's foot
    ],
)
def test_a_text_beside_a_bar_is_begun_in_its_own_row(
    text_x: int, x: int, y: int, words: str
) -> None:
    gray = specimen()
    sheet = Sheet(gray, Scale(20, "um", 200.0), np.random.default_rng(2), wheel_fonts()[:1])
    sheet.rule(0, 530, 800, 600, 0)
    sheet.gray, sheet.face = 255, Face(wheel_fonts()[0], 14)
    sheet.ticked(40, 550, 2, 20)  # to x = 140
    sheet.text(text_x, 557, "20 µm")
    sheet.text(x, y, words)  # under the bar, and on beyond its end
    assert [p.spelling.text for p in proposal.propose(sheet.canvas).proposals] == ["20µm"]


@pytest.mark.parametrize(("level", "texts"), [(110, ["20µm"]), (60, [])])
def test_a_line_far_fainter_than_its_text_is_no_bar(level: int, texts: list[str]) -> None:
    gray = specimen()
    sheet = Sheet(gray, Scale(20, "um", 200.0), np.random.default_rng(2), wheel_fonts()[:1])
    sheet.rule(0, 530, 800, 600, 0)
    sheet.gray, sheet.face = 255, Face(wheel_fonts()[0], 14)
    sheet.text(175, 557, "20 µm")
    sheet.gray = level
    sheet.ticked(40, 550, 2, 20)
    found = proposal.propose(sheet.canvas).proposals
    assert sorted({p.spelling.text for p in found}) == texts


@pytest.mark.parametrize(
    ("first", "x", "high", "n"),
    [(40, 190, 3, 0), (88, 190, 3, 0), (40, 340, 3, 1), (40, 190, 30, 1)],  # the last is a logo
)
def test_a_half_of_a_line_that_its_text_breaks_is_no_bar(
    first: int, x: int, high: int, n: int
) -> None:
    canvas = printed(120, 572)  # to x = 170
    canvas[564:567, 40:105] = canvas[567 - high : 567, x : x + 65] = 255
    canvas = canvas[:, first:] if first > 40 else canvas
    found = proposal.propose(canvas).proposals
    assert len({p.bar.start for p in found}) == n


@pytest.mark.ocr
@pytest.mark.parametrize(("y", "status"), [(None, "ok"), (530, "many_bars"), (531, "many_bars")])
def test_a_bright_grain_above_the_text_is_not_its_bar(y: int | None, status: str) -> None:
    canvas = printed(320, 560)
    canvas[551:558, 180:300] = 255  # 20 px beside the text
    if y is not None:
        canvas[y : y + 6, 330:370] = 255  # the nearer one
    assert reading.read(canvas).status == status


@pytest.mark.parametrize(("high", "joined"), [(13, True), (19, True), (23, False)])
def test_digits_that_touch_a_micro_sign_are_of_its_text(high: int, joined: bool) -> None:
    gray = np.zeros((80, 400), np.uint8)
    for x in range(88, 108, 6):
        gray[40:52, x : x + 3] = 255  # an m's stems, and what joins them
    gray[40:42, 88:109] = 255
    gray[36 : 36 + high, 60:64] = gray[36 : 36 + high, 80:84] = gray[46:48, 60:84] = 255
    gray[44:47, 130:200] = 255
    marks = inks.extract(gray, DataBar(0, 0, 400, 80, 0, np.ones((1, 1), np.uint8)))
    assert marks is not None
    bar = bars.Bar("line", 130, 200, 130, 44, 200, 47, 44, 47)
    lefts = [p.x0 for p in texts.near(rest.erase(marks, bar), bar)]
    assert (60 in lefts) == joined, lefts


@pytest.mark.parametrize(("between", "n"), [(255, 1), (110, 0)])
def test_letters_that_blur_joins_are_no_bar(between: int, n: int) -> None:
    canvas = printed(320, 560)
    canvas[551:558, 200:300] = between
    for x in range(200, 300, 8):
        canvas[551:558, x : x + 4] = 255
    assert len({p.bar.start for p in proposal.propose(canvas).proposals}) == n


@pytest.mark.parametrize(
    ("y", "around", "n"),
    [
        (546, 0, 1),  # in the data bar
        (556, None, 1),  # there too, below the text
        (516, 120, 0),  # in the picture
        (546, 90, 0),  # in what is left of the picture there
        (526, None, 0),  # over the data bar's edge
    ],
)
def test_a_printed_text_has_its_bar_on_the_same_background(
    y: int, around: int | None, n: int
) -> None:
    canvas = printed(320, 575 if y == 546 else 550)
    if around is not None:
        canvas[y - 6 : min(y + 16, 530 if y < 530 else 600), 290:410] = around
    canvas[y : y + 9, 310:390] = 255
    assert len({p.bar.start for p in proposal.propose(canvas).proposals}) == n


@pytest.mark.parametrize(("x", "whole"), [(None, True), (35, False), (12, False), (70, True)])
def test_a_letter_left_out_of_a_gap_of_a_text_may_be_a_digit(x: int | None, whole: bool) -> None:
    mask = np.zeros((60, 100), np.uint8)
    mask[24:36, 20:28] = mask[24:36, 44:60] = 1  # "5" and "nm", a digit's width between them
    clean = mask[22:38, 18:62].astype(np.float32)
    if x is not None:
        mask[10:50, x : x + 4] = 1  # a digit that hangs on a part of the picture
    marks = inks.Ink(mask, mask, *inks.parts(mask), np.ones_like(mask), (0, 0), 1000)
    bar = bars.Bar("block", 10, 90, 10, 5, 90, 10, 5, 10)
    piece = texts.Piece("below", 20, 24, 60, 36, (1, 2))
    spelt = readers.Spelled(spelling.Spelling("5nm", 1.0, 2, 42), "glyphs")
    made = beside.Proposal((0, 0), bar, piece, value.Scale(5, "nm", True), spelt, clean, None, 18)
    assert beside.whole(made, marks.mask, marks.origin) == whole


@pytest.mark.ocr
def test_a_bar_that_fainter_ink_joins_to_a_frame_keeps_its_faint_value() -> None:
    gray = striped(195)
    gray[579:583, 38:143] = gray[570:592, 38:41] = gray[570:592, 139:142] = 0  # the bar is black
    gray[570:572, 38:143] = gray[590:592, 38:143] = 205
    only = reading.read(gray)
    assert (only.status, only.value, only.unit) == ("ok", 2.0, "um")


@pytest.mark.parametrize(("wide", "n"), [(20, 1), (16, 0)])
def test_a_word_whose_letters_touch_is_one_wide_part(wide: int, n: int) -> None:
    gray = np.zeros((60, 400), np.uint8)
    gray[10:14, 100:200] = gray[30:44, 130 : 130 + wide] = 255
    marks = inks.extract(gray, DataBar(0, 0, 400, 60, 0, np.ones((1, 1), np.uint8)))
    assert marks is not None
    bar = bars.Bar("line", 100, 200, 100, 10, 200, 14, 10, 14)
    assert len(texts.near(rest.erase(marks, bar), bar)) == n


@pytest.mark.parametrize(("level", "texts"), [(0, ["2µm"]), (80, [])])
def test_a_fainter_digit_before_a_printed_value_is_not_lost(level: int, texts: list[str]) -> None:
    gray = printed(200, 560)
    gray[575:579, 180:280] = 255
    gray[548:560, 190:196] = level  # under a third of the ink, which the strong ink needs
    found = proposal.propose(gray).proposals
    assert [
        p.spelling.text for p in found if p.box is not None and p.spelling.confidence > 0.9
    ] == texts
