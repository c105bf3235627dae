"""Texts around a bar in a picture that no look can cut out: read row by row."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sempark.scalebar import over, overlay, proposal, rows
from sempark.scalebar.bar import Bar
from sempark.scalebar.ink import Ink, parts
from tests.scalebar.test_lines import drawn
from tests.scalebar.test_overlay import drawn as overlaid

BAR = Bar("block", 100, 200, 100, 90, 200, 96, 90, 96)


def window(text: str, x: int, y: int, digit_px: int = 16) -> tuple[NDArray[np.uint8], Ink]:
    """A text, a bar and a bright patch that joins all letters but the first."""
    near = np.zeros((160, 400), np.uint8)
    ink = (255 * drawn(text, digit_px)).astype(np.uint8)
    near[y : y + len(ink), x : x + ink.shape[1]] = ink
    behind = near[y : y + len(ink), x + digit_px + 2 : x + ink.shape[1]]
    np.maximum(behind, 120, out=behind)
    near[BAR.y0 : BAR.y1, BAR.x0 : BAR.x1] = 255
    rest = (near > 100).astype(np.uint8)
    rest[BAR.y0 : BAR.y1, BAR.x0 : BAR.x1] = 0
    return near, Ink(near, rest, *parts(rest), np.ones_like(rest), (0, 0), 800)


@pytest.mark.parametrize(
    ("x", "y", "place"),
    [(110, 50, "above"), (110, 104, "below"), (20, 82, "left"), (220, 82, "right")],
)
def test_one_free_letter_tells_where_a_text_stands(x: int, y: int, place: str) -> None:
    near, ink = window("30 µm", x, y)
    found = rows.texts(near, BAR, [ink], ink.picture_width)
    assert found and found[0].word.text == "30µm" and found[0].piece.place == place
    assert found == sorted(found, key=lambda t: -t.word.confidence)
    text = found[0].piece
    assert y - 4 <= text.y0 < y + 8 and y + 12 < text.y1 < y + 30
    assert x - 16 <= text.x0 <= x + 6 and x + 40 <= text.x1 <= x + 110
    assert near[BAR.y0, BAR.x0] == 255  # the window itself stays as it was


def test_no_texts_where_no_letters_are() -> None:
    near, ink = window("30 µm", 110, 50)
    empty = Ink(near, ink.mask * 0, *parts(ink.mask * 0), ink.region, (0, 0), 800)
    assert rows.texts(near, BAR, [empty], 800) == rows.texts(near, BAR, [], 800) == []


def test_rows_of_more_letters_come_first() -> None:
    mask = np.zeros((160, 400), np.uint8)
    for x in (110, 130, 150):
        mask[60:76, x : x + 8] = 1
    mask[110:126, 120:128] = 1
    ink = Ink(mask * 255, mask, *parts(mask), mask, (0, 0), 800)
    found = rows._rows([ink, ink], BAR, 800)
    assert found[0] == (60, 76) and (110, 126) in found
    assert (76 - round(16 / rows.X_HEIGHT), 76) in found  # they may be the letters of mm


@pytest.mark.parametrize("gray", [210, 235])
def test_what_crosses_all_letters_hides_no_text(monkeypatch, gray: int) -> None:
    picture = overlaid(crossed=gray)
    assert [p.scale.value for p in proposal.propose(picture).proposals][:1] == [300]
    monkeypatch.setattr(over.rows, "texts", lambda *_: [])
    assert proposal.propose(picture).proposals == ()


@pytest.mark.parametrize("other", [False, True])
def test_a_half_of_a_line_that_a_text_breaks_is_no_bar(other: bool) -> None:
    gray = np.pad(overlaid(crossed=210), ((0, 0), (0, 700)), mode="reflect")
    gray[340:] = gray[276:336].copy()  # the text with what crosses it, without its bar
    gray[276:340] = 60
    gray[381:384, 10:64] = 255
    if other:
        gray[381:384, 162:216] = 255
    (seen,) = (s for s in overlay.find(gray) if s.stroke.x0 == 10)
    drawn_bar = overlay.bar(seen)
    assert drawn_bar is not None
    (x, y), bar = drawn_bar
    own = bar.moved(x - seen.full.origin[0], y - seen.full.origin[1])
    assert bool(over._in_rows(seen, own)) != other
