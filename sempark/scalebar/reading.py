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

import cv2
import numpy as np

from sempark.scalebar import bar as bars
from sempark.scalebar import databar as databars
from sempark.scalebar import glyphs, ink, ocr, overlay, spelling
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
MAX_BARS = 12
MAX_PROPOSALS = 3
MIN_SPELLING = 0.02  # weakest glyph of a text worth an engine's look
SIZES_PX = (40, 28, 54)  # heights of the text for the engine: first look, second looks
SECOND_LOOK = 0.8  # what agreement of the second call counts against the first's
OWN_LOOK = 0.7  # what agreement of the glyph reader with itself counts
MIN_ALONE = 0.7  # weakest glyph of both its spellings where the engine reads nothing
SECOND_INK = 0.58
MIN_SURE = 0.3
MIN_SURE_RARE = 0.7  # for numbers rare on scale bars: 6, 7, 8, 9, 15
SAME_SCALE = 0.03


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
    """A bar with a text beside it that the glyph reader takes for a scale."""

    origin: tuple[int, int]
    bar: bars.Bar
    piece: texts.Piece
    scale: values.Scale
    spelling: spelling.Spelling
    clean: texts.Floats


@dataclass(frozen=True)
class _Found:
    """What one picture offers before the engine is asked."""

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
    proposals = [p for f in found for p in f.proposals]
    try:
        looks = _looks(proposals)
    except ocr.EngineError:
        ocr.available()  # missing: an error for all; else this batch is not read
        LOGGER.exception("batch of %d pictures not read", len(found))
        return [Reading("error", databar=_corners(f.box)) for f in found]
    readings, at = [], 0
    for f in found:
        stop = at + len(f.proposals)
        readings.append(_decide(f, looks[at:stop]))
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
        found = _propose_in(ink.extract(gray, box), box)
        if found.proposals:
            return found
        if best.box is None and found.status != "no_databar":
            best = found
    drawn = [_propose_in(marks, None) for marks in overlay.find(gray)]
    proposals = tuple(p for found in drawn for p in found.proposals)
    if proposals:
        return _Found("no_value", best.box, proposals[:MAX_PROPOSALS])
    return best


def _propose_in(marks: ink.Ink | None, box: databars.DataBar | None) -> _Found:
    """Find the bars in some ink and spell the texts beside them."""
    if marks is None:
        return _Found("no_databar", None, ())
    candidates = bars.find(marks)[:MAX_BARS]
    if not candidates:
        return _Found("no_bar", box, ())
    rests = [bars.erase(marks, bar) for bar in candidates]
    pieces = [
        (bar, rest, piece)
        for bar, rest in zip(candidates, rests, strict=True)
        for piece in texts.near(rest, bar)
    ]
    if not pieces:
        return _Found("no_text", box, ())
    cuts = [texts.cut(rest, piece) for _, rest, piece in pieces]
    spelled = _spell(cuts, [_where(piece.place) for _, _, piece in pieces])
    proposals = []
    for (bar, _, piece), clean, spelt in zip(pieces, cuts, spelled, strict=True):
        if spelt is None or spelt.confidence < MIN_SPELLING:
            continue
        scale = values.parse(spelt.text)
        if scale is not None:
            columns = clean[:, max(0, spelt.x0 - texts.ROOM) : spelt.x1 + texts.ROOM]
            proposals.append(_Proposal(marks.origin, bar, piece, scale, spelt, columns))
    proposals = [p for p in proposals if not any(_inside(p.bar, q.piece) for q in proposals)]
    proposals.sort(key=lambda p: -p.spelling.confidence)  # ties stay in the order of bars
    return _Found("no_value", box, tuple(proposals[:MAX_PROPOSALS]))


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


def _looks(proposals: list[_Proposal]) -> list[float]:
    """Take a second look at every proposal; return how far it agrees, 0 to 1.

    One engine call reads all; a second one, at other sizes, only those where the first
    does not agree. Where the engine makes out no scale at all, the glyph reader looks
    again at another size and binarization; where it makes out another scale, nothing helps.
    """
    first = ocr.read_lines([texts.enlarge(p.clean, SIZES_PX[0]) for p in proposals], 7)
    seen = [[values.parse(t)] for t in first]
    agreed = [float(s[0] == p.scale) for s, p in zip(seen, proposals, strict=True)]
    still_open = [i for i, a in enumerate(agreed) if a == 0.0]
    crops = [texts.enlarge(proposals[i].clean, px) for px in SIZES_PX[1:] for i in still_open]
    again = ocr.read_lines(crops, 7)
    for k, t in enumerate(again):
        seen[still_open[k % len(still_open)]].append(values.parse(t))
    for i in still_open:
        if proposals[i].scale in seen[i]:
            agreed[i] = SECOND_LOOK
        elif not any(seen[i]) and _spelled_again(proposals[i]) >= MIN_ALONE:
            agreed[i] = OWN_LOOK
    return agreed


def _spelled_again(proposal: _Proposal) -> float:
    """Spell a text at another size and binarization; return how sure both spellings are."""
    size = (round(1.6 * proposal.clean.shape[1]), round(1.6 * proposal.clean.shape[0]))
    larger = np.clip(cv2.resize(proposal.clean, size, interpolation=cv2.INTER_CUBIC), 0, 1)
    line = glyphs.segment(larger, threshold=SECOND_INK)
    if line is None:
        return 0.0
    spelt = spelling.spell(line, glyphs.probabilities(line.frames), "whole")
    if spelt is None or spelt.text != proposal.spelling.text:
        return 0.0
    return min(spelt.confidence, proposal.spelling.confidence)


def _decide(found: _Found, looks: list[float]) -> Reading:
    """Choose the one proposal on which the looks agree."""
    box = _corners(found.box)
    agreed = []
    for proposal, look in zip(found.proposals, looks, strict=True):
        sure = proposal.spelling.confidence * look
        if sure >= (MIN_SURE if proposal.scale.common else MIN_SURE_RARE):
            agreed.append((sure, proposal))
    if not agreed:
        seen = found.proposals[0].spelling.text if found.proposals else ""
        return Reading("unsure" if seen else found.status, text=seen, databar=box)
    rank = {kind: i for i, kind in enumerate(bars.ORDER)}
    sure, best = min(agreed, key=lambda a: (_gap(a[1]), rank[a[1].bar.kind], -a[0]))
    nm_per_px = best.scale.nanometers / best.bar.length_px
    for _, other in agreed:
        # a text between two bars belongs to the clearly nearer one
        weaker = _same_text(best, other) and _gap(other) > 1.4 * _gap(best) + 3
        weaker |= other.bar.kind == "line" and best.bar.kind != "line"
        ratio = other.scale.nanometers / other.bar.length_px / nm_per_px
        if not weaker and abs(ratio - 1) > SAME_SCALE:
            return Reading("many_bars", text=best.spelling.text, databar=box)
    (x, y), b = best.origin, best.bar
    return Reading(
        "ok",
        best.scale.value,
        best.scale.unit,
        nm_per_px,
        b.length_px,
        best.spelling.text,
        box,
        sure,
        (b.x0 + x, b.y0 + y, b.x1 + x, b.y1 + y),
    )


def _gap(proposal: _Proposal) -> int:
    """Return the px between a bar's line and its text."""
    bar, piece = proposal.bar, proposal.piece
    beside = max(0, bar.x0 - piece.x1, piece.x0 - bar.x1)
    return beside + max(0, bar.line_y0 - piece.y1, piece.y0 - bar.line_y1)


def _same_text(a: _Proposal, b: _Proposal) -> bool:
    """Tell whether two proposals mean the same piece of text."""
    boxes = [
        (p.piece.x0 + p.origin[0], p.piece.y0 + p.origin[1], p.piece.x1 + p.origin[0])
        for p in (a, b)
    ]
    return all(abs(u - v) <= 6 for u, v in zip(*boxes, strict=True))


def _where(place: texts.Place) -> glyphs.Where:
    """Tell where in a piece the value stands: next to the bar."""
    if place == "right":
        return "start"
    return "end" if place == "left" else "whole"


def _corners(box: databars.DataBar | None) -> tuple[int, int, int, int] | None:
    """Return a data bar's corners."""
    return None if box is None else (box.x0, box.y0, box.x1, box.y1)
