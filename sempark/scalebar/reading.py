"""The printed scale of a micrograph: data bar, bar, text and value as one Reading.

In: gray pictures. Out: a Reading each, with a status from a closed list. Bars and the
text beside them are proposed first; then all crops of a batch are read by one Tesseract
process and by the glyph reader. A value counts only when two looks agree: what is
unsure is not read, since a wrong scale is far worse than none.

Source: section 2.3 of the thesis.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sempark.scalebar import bar as bars
from sempark.scalebar import databar as databars
from sempark.scalebar import ink, ocr
from sempark.scalebar import text as texts
from sempark.scalebar import value as values
from sempark.scalebar.databar import Gray

LOGGER = logging.getLogger(__name__)

Status = Literal[
    "ok",
    "no_databar",
    "many_databars",
    "no_bar",
    "many_bars",
    "no_text",
    "no_value",
    "unsure",
    "error",
]

MAX_PIXELS = 200_000_000
MAX_PROPOSALS = 6


@dataclass(frozen=True)
class Reading:
    """What is printed on one micrograph.

    status, and when it is "ok": value in unit, nm_per_px, bar_px (nominal length in px),
    text as read, databar (x0, y0, x1, y1 in px; None for a bar drawn into the picture),
    confidence 0..1. When it is not "ok": value, unit, nm_per_px are None, confidence 0, and
    what was found on the way is kept. bar is the bar's box in px.
    """

    status: Status
    value: float | None = None
    unit: values.Unit | None = None
    nm_per_px: float | None = None
    bar_px: float | None = None
    text: str = ""
    databar: tuple[int, int, int, int] | None = None
    confidence: float = 0.0
    bar: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class _Proposal:
    """A bar with a piece of text that may be its value."""

    box: databars.DataBar
    bar: bars.Bar
    piece: texts.Piece
    crop: Gray
    smaller: Gray


@dataclass(frozen=True)
class _Found:
    """What one picture offers before anything is read."""

    status: Status
    box: databars.DataBar | None
    proposals: tuple[_Proposal, ...]


def read(gray: Gray) -> Reading:
    """Read the printed scale of one micrograph.

    Parameters
    ----------
    gray
        uint8 (h, w).

    Returns
    -------
    Reading
        See `read_many`.
    """
    return read_many([gray])[0]


def read_many(grays: Sequence[Gray]) -> list[Reading]:
    """Read the printed scales of many micrographs.

    Parameters
    ----------
    grays
        uint8 (h, w) each; any other array gives the status "error".

    Returns
    -------
    list of Reading
        One each, in order; the same whatever else is in the batch.

    Raises
    ------
    EngineError
        When Tesseract is missing.
    """
    found = [_propose(gray) for gray in grays]
    pairs = [(p.crop, p.smaller) for f in found for p in f.proposals]
    try:
        lines = ocr.read_lines([crop for pair in pairs for crop in pair], 7)
    except ocr.EngineError:
        ocr.available()  # missing: an error for all; else this batch is not read
        LOGGER.exception("batch of %d pictures not read", len(found))
        return [Reading("error", databar=_corners(f.box)) for f in found]
    readings, at = [], 0
    for f in found:
        stop = at + len(f.proposals)
        looks = lines[2 * at : 2 * stop]
        readings.append(_decide(f, list(zip(looks[::2], looks[1::2], strict=True))))
        at = stop
    return readings


def _propose(gray: Gray) -> _Found:
    """Find the data bar, its bars and the texts beside them."""
    if not isinstance(gray, np.ndarray) or gray.ndim != 2 or gray.dtype != np.uint8:
        return _Found("error", None, ())
    if gray.size > MAX_PIXELS:
        return _Found("error", None, ())
    best = _Found("no_databar", None, ())
    for box in databars.find(gray):
        found = _propose_in(gray, box)
        if found.proposals:
            return found
        if best.box is None and found.status != "no_databar":
            best = found
    return best


def _propose_in(gray: Gray, box: databars.DataBar) -> _Found:
    """Find the bars of one data bar and the texts beside them."""
    marks = ink.extract(gray, box)
    if marks is None:
        return _Found("no_databar", None, ())
    candidates = bars.find(marks)
    if not candidates:
        return _Found("no_bar", box, ())
    proposals: list[_Proposal] = []
    for candidate in candidates:
        for piece in texts.near(marks, candidate):
            if 2 <= len(piece.members) <= 10 and len(proposals) < MAX_PROPOSALS:
                crops = texts.crop(marks, piece, 40), texts.crop(marks, piece, 26)
                proposals.append(_Proposal(box, candidate, piece, *crops))
    return _Found("no_text" if not proposals else "no_value", box, tuple(proposals))


def _decide(found: _Found, looks: list[tuple[str, str]]) -> Reading:
    """Choose the one proposal whose looks agree on a value."""
    agreed: list[tuple[_Proposal, values.Scale, str]] = []
    seen = ""
    for proposal, (one, two) in zip(found.proposals, looks, strict=True):
        where = _where(proposal.piece.place)
        scales = [values.parse(t, where) for t in (one, two)]
        if any(s is not None for s in scales):
            seen = one
        if scales[0] is not None and scales[0] == scales[1]:
            agreed.append((proposal, scales[0], one))
    box = _corners(found.box)
    if not agreed:
        return Reading("unsure" if seen else found.status, text=seen, databar=box)
    proposal, scale, words = agreed[0]
    x, y = proposal.box.x0, proposal.box.y0
    b = proposal.bar
    corners = (b.x0 + x, b.y0 + y, b.x1 + x, b.y1 + y)
    if any(other[1] != scale for other in agreed[1:]):
        return Reading("many_bars", text=words, databar=box)
    return Reading(
        "ok",
        scale.value,
        scale.unit,
        scale.nanometers / b.length_px,
        b.length_px,
        words,
        box,
        0.9,
        corners,
    )


def _where(place: texts.Place) -> Literal["whole", "start", "end"]:
    """Tell where in a piece the value stands: next to the bar."""
    if place == "right":
        return "start"
    return "end" if place == "left" else "whole"


def _corners(box: databars.DataBar | None) -> tuple[int, int, int, int] | None:
    """Return a data bar's corners."""
    return None if box is None else (box.x0, box.y0, box.x1, box.y1)
