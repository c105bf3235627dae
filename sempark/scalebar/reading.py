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

import cv2
import numpy as np

from sempark.scalebar import bar as bars
from sempark.scalebar import databar as databars
from sempark.scalebar import glyphs, ocr, spelling
from sempark.scalebar import text as texts
from sempark.scalebar import value as values
from sempark.scalebar.databar import Gray
from sempark.scalebar.proposal import Found, Proposal, Status, propose

LOGGER = logging.getLogger(__name__)


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
    found = [propose(gray) for gray in grays]
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


def _looks(proposals: list[Proposal]) -> list[float]:
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


def _spelled_again(proposal: Proposal) -> float:
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


def _decide(found: Found, looks: list[float]) -> Reading:
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


def _gap(proposal: Proposal) -> int:
    """Return the px between a bar's line and its text."""
    bar, piece = proposal.bar, proposal.piece
    beside = max(0, bar.x0 - piece.x1, piece.x0 - bar.x1)
    return beside + max(0, bar.line_y0 - piece.y1, piece.y0 - bar.line_y1)


def _same_text(a: Proposal, b: Proposal) -> bool:
    """Tell whether two proposals mean the same piece of text."""
    boxes = [
        (p.piece.x0 + p.origin[0], p.piece.y0 + p.origin[1], p.piece.x1 + p.origin[0])
        for p in (a, b)
    ]
    return all(abs(u - v) <= 6 for u, v in zip(*boxes, strict=True))


def _corners(box: databars.DataBar | None) -> tuple[int, int, int, int] | None:
    """Return a data bar's corners."""
    return None if box is None else (box.x0, box.y0, box.x1, box.y1)
