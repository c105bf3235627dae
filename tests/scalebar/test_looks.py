"""How sure a value is, by what the engine makes of it and where it is printed."""

from collections.abc import Iterator

import numpy as np
import pytest

from sempark.scalebar import bar as bars
from sempark.scalebar import beside, looks, readers, spelling, value
from sempark.scalebar import text as texts
from sempark.scalebar.databar import DataBar

BOX = DataBar(0, 0, 200, 60, 0, np.ones((1, 1), np.uint8))


def proposed(
    number: float, confidence: float, box: DataBar | None, by: readers.Reader = "glyphs"
) -> beside.Proposal:
    """A text of some px that was spelled as a number of micrometers."""
    scale = value.number(f"{number:g}", "um")
    assert scale is not None
    return beside.Proposal(
        (0, 0),
        bars.Bar("block", 10, 90, 10, 5, 90, 10, 5, 10),
        texts.Piece("below", 20, 24, 60, 36, (1, 2)),
        scale,
        readers.Spelled(spelling.Spelling(f"{number:g}µm", confidence, 2, 42), by),
        np.ones((16, 44), np.float32),
        box,
        20,
    )


@pytest.mark.parametrize(
    ("number", "box", "confidence", "other", "said", "sure"),
    [
        (8, BOX, 0.98, 0.0, ["8um"], 0.98),
        (8, BOX, 0.98, 0.0, ["", "8um", ""], 0.8 * 0.98),
        (8, BOX, 0.9, 0.98, ["", "8um", ""], 0.8 * 0.98),
        (8, BOX, 0.9, 0.98, ["8m", "sum", "8m"], 0.75 * 0.98),  # its number at least
        (8, BOX, 0.98, 0.9, ["3m", "2um?", ""], 0.75 * 0.98),
        (8, BOX, 0.98, 0.2, ["8m", "8m", "8m"], 0),  # one reader of our own is none
        (8, BOX, 0.98, 0.89, ["8m", "8nm", "8m"], 0),  # another scale
        (8, BOX, 0.98, 0.95, ["8m", "8nm", "8m"], 0.75 * 0.98),
        (2, BOX, 0.9, 0.9, ["", "", ""], 0.75 * 0.9),
        (2, None, 0.9, 0.9, ["", "", ""], 0),  # over a picture parts of it may be letters
        (2, BOX, 0.9, 0.89, ["", "", ""], 0.71 * 0.9),
        (2, None, 0.9, 0.99, ["", "", ""], 0.75 * 0.99),
        (2, None, 0.89, 0.99, ["2m", "2m", "2m"], 0),
        (2, None, 0.9, 0.0, ["", "2um", ""], 0.8 * 0.9),
        (20, BOX, 0.98, 0.99, ["20m", "20m", "20m"], 0.75 * 0.99),
        (20, BOX, 0.98, 0.99, ["2 0um", "20m", "20m"], 0),  # a point may be there
        (20, BOX, 0.98, 0.99, ["20 4m", "20m", ""], 0.75 * 0.99),  # the micro sign
        (20, BOX, 0.97, 0.99, ["20 4m", "20m", ""], 0),
        (20, BOX, 0.99, 0.99, ["20 4", "20m", ""], 0),
        (10, BOX, 0.9, 0.2, ["70 um", "", ""], 0.8 * 0.9),  # 7 begins no number, 1 does
        (10, BOX, 0.89, 0.2, ["70 um", "", ""], 0),
        (10, BOX, 0.9, 0.2, ["70 um", "10nm", ""], 0),
        (10, None, 0.9, 0.2, ["tOum", "", ""], 0.8 * 0.9),
        (1, BOX, 0.9, 0.2, ["ium", "iom", ""], 0.8 * 0.9),
        (10, BOX, 0.9, 0.2, ["1 0um", "70 um", ""], 0),
        (50, BOX, 0.99, 0.99, ["30um", "30ym", "30m"], 0),  # a 3 as no font of ours has it
        (50, BOX, 0.99, 0.99, ["30um", "20um", "3um"], 0.75 * 0.99),
        (30, BOX, 0.99, 0.99, ["3u0 um", "30 um", "30 um"], 0),  # more than one digit
        (1.5, BOX, 0.99, 0.99, ["15um", "15um", "15m"], 0.75 * 0.99),  # its point is lost
        (2, None, 0.7, 0.0, ["2um"], 0.7),
        (2, None, 0.69, 0.0, ["2um", "", ""], 0),  # not sure enough for a single look
        (2, None, 0.69, 0.9, ["2um", "", ""], 0.8 * 0.9),
        (2, BOX, 0.5, 0.0, ["2um"], 0.5),
    ],
)
def test_readers_are_weighed(monkeypatch, number, box, confidence, other, said, sure) -> None:
    answers: Iterator[list[str]] = iter([said[:1], said[1:]])
    monkeypatch.setattr(looks.ocr, "read_lines", lambda crops, *_: next(answers)[: len(crops)])
    monkeypatch.setattr(looks.readers, "others", lambda *_: (other, 0.0))
    monkeypatch.setattr(looks.readers, "otherwise", lambda *_: None)
    ((_, found),) = looks.judged([proposed(number, confidence, box)])
    assert found == pytest.approx(sure)


@pytest.mark.parametrize(
    ("by", "box", "confidence", "said", "sure"),
    [
        ("lines", BOX, 0.99, "", 0.71 * 0.99),
        ("lines", BOX, 0.97, "", 0.71 * 0.97),
        ("lines", BOX, 0.95, "", 0),
        ("lines", BOX, 0.99, "200nm", 0),  # another scale
        ("lines", None, 0.99, "", 0),
        ("lines", None, 0.99, "2m", 0.75 * 0.99),  # its number
        ("lines", None, 0.95, "2m", 0),
        ("lines", BOX, 0.91, "2um", 0.8 * 0.91),
        ("lines", BOX, 0.89, "2um", 0),
        ("strips", BOX, 0.99, ["8um", "2um"], 0),  # now so, now otherwise
        ("glyphs", BOX, 0.99, ["8um", "2um"], 0.8 * 0.99),
        ("strips", BOX, 0.99, "", 0),
        ("strips", None, 0.99, "", 0.71 * 0.99),
        ("strips", None, 0.98, "", 0),
        ("strips", None, 0.95, "2m", 0.75 * 0.95),  # its number
        ("strips", None, 0.95, "2 na", 0),  # and the beginning of another unit
        ("strips", BOX, 0.95, "2m", 0),
        ("strips", None, 0.99, "200nm", 0),
        ("glyphs", BOX, 0.99, "", 0),
    ],
)
def test_a_sure_line_or_strip_may_stand_alone(monkeypatch, by, box, confidence, said, sure) -> None:
    said = said if isinstance(said, list) else [said] * 2
    answers = iter([[""], said])  # not at the first look
    monkeypatch.setattr(looks.ocr, "read_lines", lambda crops, *_: next(answers))
    monkeypatch.setattr(looks.readers, "others", lambda *_: (0.0, 0.0))
    monkeypatch.setattr(looks.readers, "otherwise", lambda *_: None)
    ((_, found),) = looks.judged([proposed(2, confidence, box, by=by)])
    assert found == pytest.approx(sure)


@pytest.mark.parametrize(
    ("box", "by", "denials", "read"),
    [
        (BOX, "glyphs", [], 2),
        (BOX, "glyphs", ["lines"], 20),  # what it denies with, once the engine agrees
        (BOX, "glyphs", ["lines", "strips"], None),  # which the third denies
        (BOX, "glyphs", ["strips"], None),
        (BOX, "lines", ["strips"], None),
        (None, "glyphs", ["lines"], None),
    ],
)
def test_what_another_reader_denies_is_not_read(monkeypatch, box, by, denials, read) -> None:
    by_line = readers.Spelled(spelling.Spelling("20µm", 0.99, 2, 42), "lines")
    by_strip = readers.Spelled(spelling.Spelling("200µm", 0.99, 2, 42), "strips")
    answers = iter([{"lines": by_line, "strips": by_strip}[d] for d in denials])
    said = "20um" if denials else "2um"
    monkeypatch.setattr(looks.ocr, "read_lines", lambda crops, *_: [said] * len(crops))
    monkeypatch.setattr(looks.readers, "otherwise", lambda *_: next(answers, None))
    ((found, sure),) = looks.judged([proposed(2, 0.99, box, by)])
    assert (found.scale.value if sure else None) == read


@pytest.mark.parametrize(("other", "sure"), [(0.97, 0), (0.99, 0.75 * 0.99)])
def test_both_readers_of_lines_may_lose_a_point(monkeypatch, other: float, sure: float) -> None:
    monkeypatch.setattr(looks.ocr, "read_lines", lambda crops, *_: [""] * len(crops))
    monkeypatch.setattr(looks.readers, "otherwise", lambda *_: None)
    monkeypatch.setattr(looks.readers, "others", lambda *_: (other, 0.0))
    ((_, found),) = looks.judged([proposed(30, 0.99, BOX, "strips")])
    assert found == pytest.approx(sure)


@pytest.mark.parametrize(
    ("box", "least", "said", "sure"),
    [
        (None, 0.85, "", 0.75 * 0.99),
        (None, 0.84, "", 0),
        (None, 0.85, "200nm", 0),  # another scale
        (BOX, 0.85, "", 0),
    ],
)
def test_three_readers_over_a_picture_may_each_be_less_sure(
    monkeypatch, box, least: float, said: str, sure: float
) -> None:
    monkeypatch.setattr(looks.ocr, "read_lines", lambda crops, *_: [said] * len(crops))
    monkeypatch.setattr(looks.readers, "otherwise", lambda *_: None)
    monkeypatch.setattr(looks.readers, "others", lambda *_: (0.99, least))
    ((_, found),) = looks.judged([proposed(2, 0.87, box, "strips")])
    assert found == pytest.approx(sure)


@pytest.mark.parametrize(("point", "sure"), [(0.04, 0.8 * 0.98), (0.06, 0)])
def test_a_point_that_one_reader_may_see_is_not_lost(monkeypatch, point, sure) -> None:
    monkeypatch.setattr(looks.ocr, "read_lines", lambda crops, *_: ["20m", "20um"][: len(crops)])
    monkeypatch.setattr(looks.readers, "others", lambda *_: (0.98, 0.98))
    monkeypatch.setattr(looks.readers, "otherwise", lambda *_: None)
    monkeypatch.setattr(looks.readers, "line_odds", lambda cut: cut)
    said = []
    monkeypatch.setattr(readers.lines, "probability", lambda odds, text: said.append(text) or point)
    ((_, found),) = looks.judged([proposed(20, 0.98, BOX)])
    assert said == ["2.0µm"]
    assert found == pytest.approx(sure)


@pytest.mark.parametrize(("third", "sure"), [(0.97, 0), (0.98, 0.75 * 0.99)])
def test_two_of_three_readers_are_as_sure_whichever_spelled_it(monkeypatch, third, sure) -> None:
    answers = iter([["20 4m"], ["20 4m", ""]])
    monkeypatch.setattr(looks.ocr, "read_lines", lambda crops, *_: next(answers))
    monkeypatch.setattr(looks.readers, "others", lambda *_: (0.99, third))
    monkeypatch.setattr(looks.readers, "otherwise", lambda *_: None)
    ((_, found),) = looks.judged([proposed(20, 0.6, BOX)])
    assert found == pytest.approx(sure)
