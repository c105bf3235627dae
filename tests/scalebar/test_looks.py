"""How sure a value is, by what the engine makes of it and where it is printed."""

from collections.abc import Iterator

import numpy as np
import pytest

from sempark.scalebar import bar as bars
from sempark.scalebar import looks, proposal, spelling, value
from sempark.scalebar import text as texts
from sempark.scalebar.databar import DataBar

BOX = DataBar(0, 0, 200, 60, 0, np.ones((1, 1), np.uint8))


def proposed(number: float, confidence: float, box: DataBar | None) -> proposal.Proposal:
    """A text of some px that was spelled as a number of micrometers."""
    scale = value.number(f"{number:g}", "um")
    assert scale is not None
    return proposal.Proposal(
        (0, 0),
        bars.Bar("block", 10, 90, 10, 5, 90, 10, 5, 10),
        texts.Piece("below", 20, 24, 60, 36, (1, 2)),
        scale,
        spelling.Spelling(f"{number:g}µm", confidence, 2, 42),
        np.ones((16, 44), np.float32),
        box,
        20,
    )


@pytest.mark.parametrize(
    ("number", "box", "confidence", "said", "sure"),
    [
        (8, BOX, 0.98, ["8um"], 0.98),
        (8, BOX, 0.98, ["", "8um", ""], 0.8 * 0.98),
        (8, BOX, 0.98, ["8m", "sum", "8m"], 0.75 * 0.98),  # its number at least
        (8, BOX, 0.98, ["3m", "2um?", ""], 0.7 * 0.98),
        (8, BOX, 0.98, ["8m", "8nm", "8m"], 0),  # another scale
        (2, BOX, 0.9, ["", "", ""], 0.7 * 0.9),
        (2, None, 0.9, ["", "", ""], 0),  # over a picture parts of it may be letters
        (2, None, 0.9, ["", "2um", ""], 0.8 * 0.9),
        (2, None, 0.5, ["2um"], 0.5),
    ],
)
def test_readers_are_weighed(monkeypatch, number, box, confidence, said, sure) -> None:
    answers: Iterator[list[str]] = iter([said[:1], said[1:]])
    monkeypatch.setattr(looks.ocr, "read_lines", lambda crops, *_: next(answers)[: len(crops)])
    monkeypatch.setattr(looks, "_spelled_again", lambda made: made.spelling.confidence)
    (found,) = looks.sureness([proposed(number, confidence, box)])
    assert found == pytest.approx(sure)
