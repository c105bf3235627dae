"""What one picture offers: bars with a text beside them that may be their value.

In: a gray picture. Out: proposals, each a bar, its piece of text and what the glyph reader
makes of it, or the status that tells where the search ended. Data bars come first; the
picture itself is searched for overlaid bars only when they give nothing.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sempark.scalebar import bar as bars
from sempark.scalebar import databar as databars
from sempark.scalebar import glyphs, ink, overlay, spelling
from sempark.scalebar import text as texts
from sempark.scalebar import value as values
from sempark.scalebar.databar import Gray

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
MAX_BARS = 12
MAX_PROPOSALS = 3
MIN_SPELLING = 0.02  # weakest glyph of a text worth an engine's look


@dataclass(frozen=True)
class Proposal:
    """A bar with a text beside it that the glyph reader takes for a scale."""

    origin: tuple[int, int]
    bar: bars.Bar
    piece: texts.Piece
    scale: values.Scale
    spelling: spelling.Spelling
    clean: texts.Floats


@dataclass(frozen=True)
class Found:
    """What one picture offers before the engine is asked."""

    status: Status
    box: databars.DataBar | None
    proposals: tuple[Proposal, ...]


def propose(gray: Gray) -> Found:
    """Find the data bar, its bars and the texts beside them."""
    if not isinstance(gray, np.ndarray) or gray.ndim != 2 or gray.dtype != np.uint8:
        return Found("error", None, ())
    if gray.size > MAX_PIXELS:
        return Found("error", None, ())
    best = Found("no_databar", None, ())
    for box in databars.find(gray):
        found = _propose_in(ink.extract(gray, box), box)
        if found.proposals:
            return found
        if best.box is None and found.status != "no_databar":
            best = found
    drawn = [_propose_in(marks, None) for marks in overlay.find(gray)]
    proposals = tuple(p for found in drawn for p in found.proposals)
    if proposals:
        return Found("no_value", best.box, proposals[:MAX_PROPOSALS])
    return best


def _propose_in(marks: ink.Ink | None, box: databars.DataBar | None) -> Found:
    """Find the bars in some ink and spell the texts beside them."""
    if marks is None:
        return Found("no_databar", None, ())
    candidates = bars.find(marks)[:MAX_BARS]
    if not candidates:
        return Found("no_bar", box, ())
    rests = [bars.erase(marks, bar) for bar in candidates]
    pieces = [
        (bar, rest, piece)
        for bar, rest in zip(candidates, rests, strict=True)
        for piece in texts.near(rest, bar)
    ]
    if not pieces:
        return Found("no_text", box, ())
    cuts = [texts.cut(rest, piece) for _, rest, piece in pieces]
    spelled = _spell(cuts, [_where(piece.place) for _, _, piece in pieces])
    proposals = []
    for (bar, _, piece), clean, spelt in zip(pieces, cuts, spelled, strict=True):
        if spelt is None or spelt.confidence < MIN_SPELLING:
            continue
        scale = values.parse(spelt.text)
        if scale is not None:
            columns = clean[:, max(0, spelt.x0 - texts.ROOM) : spelt.x1 + texts.ROOM]
            proposals.append(Proposal(marks.origin, bar, piece, scale, spelt, columns))
    proposals = [p for p in proposals if not any(_inside(p.bar, q.piece) for q in proposals)]
    proposals.sort(key=lambda p: -p.spelling.confidence)  # ties stay in the order of bars
    return Found("no_value", box, tuple(proposals[:MAX_PROPOSALS]))


def _inside(bar: bars.Bar, piece: texts.Piece) -> bool:
    """Tell whether a bar is but a stroke of the letters of a text."""
    wide = min(bar.x1, piece.x1) - max(bar.x0, piece.x0)
    high = min(bar.line_y1, piece.y1) - max(bar.line_y0, piece.y0)
    stroke = wide > 0.8 * (bar.x1 - bar.x0) and high > 0
    return stroke and bar.kind != "broken"


def _spell(cuts: list[texts.Floats], where: list[glyphs.Where]) -> list[spelling.Spelling | None]:
    """Spell all texts of one picture with one pass of the network."""
    lines = [glyphs.segment(clean, place) for clean, place in zip(cuts, where, strict=True)]
    frames = [line.frames for line in lines if line is not None]
    if not frames:
        return [None] * len(cuts)
    odds = glyphs.probabilities(np.concatenate(frames))
    spelled: list[spelling.Spelling | None] = []
    at = 0
    for line, place in zip(lines, where, strict=True):
        if line is None:
            spelled.append(None)
            continue
        stop = at + len(line.pairs)
        spelled.append(spelling.spell(line, odds[at:stop], place))
        at = stop
    return spelled


def _where(place: texts.Place) -> glyphs.Where:
    """Tell where in a piece the value stands: next to the bar."""
    if place == "right":
        return "start"
    return "end" if place == "left" else "whole"
