"""What one picture offers: bars with a text beside them that may be their value.

In: a gray picture. Out: proposals, each a bar, its piece of text and what the glyph reader
makes of it, or the status that tells where the search ended. Data bars come first; the
picture itself is searched for overlaid bars only when they give nothing.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from sempark.scalebar import bar as bars
from sempark.scalebar import databar as databars
from sempark.scalebar import glyphs, ink, overlay, spelling
from sempark.scalebar import rest as without
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
STATUSES: tuple[Status, ...] = get_args(Status)


MAX_PIXELS = 200_000_000
MAX_BARS = 12
MAX_PROPOSALS = 3
MIN_SPELLING = 0.02  # weakest glyph of a text worth an engine's look
STRONG = 0.3  # from there on no other place is searched
MIN_FIELD_NM, MAX_FIELD_NM = 10.0, 2e8  # no electron microscope shows less, or more
MAX_APART = 6.0  # heights of a text: no maker sets it farther from its bar


@dataclass(frozen=True)
class Proposal:
    """A bar with a text beside it that the glyph reader takes for a scale.

    `box` is the data bar it stands in; `clean` the ink of the value alone.
    """

    origin: tuple[int, int]
    bar: bars.Bar
    piece: texts.Piece
    scale: values.Scale
    spelling: spelling.Spelling
    clean: texts.Floats
    box: databars.DataBar | None


@dataclass(frozen=True)
class Found:
    """What one picture offers before the engine is asked."""

    status: Status
    box: databars.DataBar | None
    proposals: tuple[Proposal, ...]


def propose(gray: Gray) -> Found:
    """Find the data bar, its bars and the texts beside them.

    Places are searched one after another until one has a clearly spelled value: data bars,
    data bars for fainter ink, bars drawn into the picture.
    """
    if not isinstance(gray, np.ndarray) or gray.ndim != 2 or gray.dtype != np.uint8:
        return Found("error", None, ())
    if gray.size > MAX_PIXELS:
        return Found("error", None, ())
    best = Found("no_databar", None, ())
    boxes = databars.find(gray)
    proposals: list[Proposal] = []
    for share in (ink.INK_SHARE, ink.FAINT_SHARE):
        for box in boxes:
            found = _propose_in(ink.extract(gray, box, share), box)
            proposals += found.proposals
            if best.box is None and found.status != "no_databar":
                best = found
        if _strong(proposals):
            return _best(proposals, best)
    for marks in overlay.find(gray):
        proposals += _propose_in(marks, None).proposals
    return _best(proposals, best)


def _strong(proposals: list[Proposal]) -> bool:
    """Tell whether a value is spelled clearly enough to look no further."""
    return any(p.spelling.confidence >= STRONG for p in proposals)


def _best(proposals: list[Proposal], otherwise: Found) -> Found:
    """Keep the likeliest proposals; ties stay in the order of places and bars."""
    if not proposals:
        return otherwise
    kept = sorted(proposals, key=lambda p: -p.spelling.confidence)[:MAX_PROPOSALS]
    return Found("no_value", kept[0].box or otherwise.box, tuple(kept))


def _propose_in(marks: ink.Ink | None, box: databars.DataBar | None) -> Found:
    """Find the bars in some ink and spell the texts beside them."""
    if marks is None:
        return Found("no_databar", None, ())
    candidates = bars.find(marks)[:MAX_BARS]
    if not candidates:
        return Found("no_bar", box, ())
    rests = [without.erase(marks, bar) for bar in candidates]
    pieces = [
        (bar, rest, piece)
        for bar, rest in zip(candidates, rests, strict=True)
        for piece in texts.near(rest, bar)
    ]
    if not pieces:
        return Found("no_text", box, ())
    cuts = [(bar, piece, texts.cut(rest, piece)) for bar, rest, piece in pieces]
    if box is None:  # parts of the picture may stand beside the text
        cuts += [(bar, piece, part) for bar, piece, c in cuts for part in texts.trimmed(c)]
    spelled = _spell([c for *_, c in cuts], [_where(piece.place) for _, piece, _ in cuts])
    proposals = []
    for (bar, piece, clean), spelt in zip(cuts, spelled, strict=True):
        if spelt is None or spelt.confidence < MIN_SPELLING:
            continue
        scale = values.parse(spelt.text)
        if scale is not None:
            columns = clean[:, max(0, spelt.x0 - texts.ROOM) : spelt.x1 + texts.ROOM]
            proposals.append(Proposal(marks.origin, bar, piece, scale, spelt, columns, box))
    proposals = [p for p in proposals if _possible(p, marks.picture_width)]
    proposals = [p for p in proposals if not any(_inside(p.bar, q.piece) for q in proposals)]
    return Found("no_value", box, tuple(proposals))


def _possible(proposal: Proposal, picture_width: int) -> bool:
    """Tell whether the text is near enough, and a microscope can show so wide a field."""
    bar, piece = proposal.bar, proposal.piece
    apart = max(bar.x0 - piece.x1, piece.x0 - bar.x1)
    if apart > MAX_APART * (piece.y1 - piece.y0):
        return False
    field = proposal.scale.nanometers / bar.length_px * picture_width
    return MIN_FIELD_NM <= field <= MAX_FIELD_NM


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
