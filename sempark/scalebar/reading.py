"""The printed scale of a micrograph: data bar, bar, text and value as one Reading.

In: gray pictures. Out: a Reading each, with a status from a closed list. Bars and the
text beside them are proposed first, as our own readers spell it; then all crops of a batch are
read by one Tesseract process. A value counts only when two looks agree: what is unsure is not
read, since a wrong scale is far worse than none.

Source: section 2.3 of the thesis.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import cv2

from sempark.scalebar import bar as bars
from sempark.scalebar import databar as databars
from sempark.scalebar import looks, ocr
from sempark.scalebar import value as values
from sempark.scalebar.beside import Proposal, gap
from sempark.scalebar.databar import Gray
from sempark.scalebar.proposal import Found, Status, propose

LOGGER = logging.getLogger(__name__)


SAME_SCALE = 0.03
NEARER = 1.4, 3  # times the gap between a text and its bar, and px: another bar is farther away


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


def read(gray: Gray, engine: ocr.Engine = "tesseract") -> Reading:
    """Read the printed scale of one micrograph.

    Parameters
    ----------
    gray
        uint8 (h, w).
    engine
        "tesseract": the program; "tesserocr": the library, in process.

    Returns
    -------
    Reading
        See `read_many`.
    """
    return read_many([gray], engine)[0]


def read_many(grays: Iterable[Gray], engine: ocr.Engine = "tesseract") -> list[Reading]:
    """Read the printed scales of many micrographs.

    Parameters
    ----------
    grays
        uint8 (h, w) each; any other array gives the status "error". Taken one after another:
        a generator keeps one picture in memory at a time.
    engine
        "tesseract": the program, one process a batch; "tesserocr": the library, in process.

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
        judged = looks.judged(proposals, engine)
    except ocr.EngineError:
        ocr.available(engine)  # missing: an error for all; else this batch is not read
        LOGGER.exception("batch of %d pictures not read", len(found))
        return [Reading("error", databar=_corners(f.box)) for f in found]
    readings, at = [], 0
    for f in found:
        stop = at + len(f.proposals)
        readings.append(_decide(f, judged[at:stop]))
        at = stop
    return readings


def _propose(gray: Gray) -> Found:
    """Search one picture; a fault in the search costs this picture, not the batch."""
    try:
        return propose(gray)
    except (IndexError, ValueError, cv2.error):
        LOGGER.exception("a picture of %s px not read", gray.shape)
        return Found("error", None, ())


def _decide(found: Found, judged: list[tuple[Proposal, float]]) -> Reading:
    """Choose the one proposal on which the looks agree."""
    agreed = [(sure, proposal) for proposal, sure in judged if sure >= looks.least(proposal)]
    if not agreed:
        return _unsure(found)
    sure, best = _nearest(agreed)
    nm_per_px = best.scale.nanometers / best.bar.length_px
    box = _corners(best.box or found.box)
    for _, other in agreed:
        # a text between two bars belongs to the clearly nearer one, if this is no grain at the edge
        # nor one of the picture
        nearer = _same_text(best, other) and _farther(other, best)
        weaker = nearer and best.box is not None and (_at_edge(other) or not _at_edge(best))
        weaker |= other.bar.kind == "line" and best.bar.kind != "line"
        ratio = other.scale.nanometers / other.bar.length_px / nm_per_px
        if not weaker and abs(ratio - 1) > SAME_SCALE:
            apart = best.box is not None and other.box is not None and best.box != other.box
            status: Status = "many_databars" if apart else "many_bars"
            return Reading(status, text=best.spelling.text, databar=box)
    return Reading(
        "ok",
        best.scale.value,
        best.scale.unit,
        nm_per_px,
        best.bar.length_px,
        best.spelling.text,
        box,
        sure,
        _corners_of_bar(best),
    )


def _nearest(agreed: list[tuple[float, Proposal]]) -> tuple[float, Proposal]:
    """Return the proposal whose bar is nearest to its text, and how sure it is."""
    rank = {kind: i for i, kind in enumerate(bars.ORDER)}
    sure, best = min(agreed, key=lambda a: (gap(a[1].bar, a[1].piece), rank[a[1].bar.kind], -a[0]))
    if best.box is not None or best.bar.kind != "line":
        return sure, best
    # the picture has lines, but hardly any ticks
    as_near = [(s, p) for s, p in agreed if _same_text(best, p) and not _farther(p, best)]
    ticked = [(s, p) for s, p in as_near if p.bar.kind == "ticked"]
    return max(ticked, key=lambda a: a[0], default=(sure, best))


def _farther(a: Proposal, b: Proposal) -> bool:
    """Tell whether a proposal's bar is clearly farther from its text than another's."""
    return gap(a.bar, a.piece) > NEARER[0] * gap(b.bar, b.piece) + NEARER[1]


def _unsure(found: Found) -> Reading:
    """Return the Reading of a picture on which no two looks agree, with what was seen."""
    box = _corners(found.box)
    if not found.proposals:
        return Reading(found.status, databar=box)
    likeliest = found.proposals[0]
    return Reading(
        "unsure",
        bar_px=likeliest.bar.length_px,
        text=likeliest.spelling.text,
        databar=box,
        bar=_corners_of_bar(likeliest),
    )


def _at_edge(proposal: Proposal) -> bool:
    """Tell whether a bar touches its data bar's upper edge: it may be a part of the picture."""
    return proposal.box is not None and proposal.bar.y0 <= 1


def _same_text(a: Proposal, b: Proposal) -> bool:
    """Tell whether two proposals mean the same piece of text."""
    boxes = [
        (p.piece.x0 + p.origin[0], p.piece.y0 + p.origin[1], p.piece.x1 + p.origin[0])
        for p in (a, b)
    ]
    return all(abs(u - v) <= 6 for u, v in zip(*boxes, strict=True))


def _corners_of_bar(proposal: Proposal) -> tuple[int, int, int, int]:
    """Return the corners of a proposal's bar in the picture."""
    (x, y), b = proposal.origin, proposal.bar
    return b.x0 + x, b.y0 + y, b.x1 + x, b.y1 + y


def _corners(box: databars.DataBar | None) -> tuple[int, int, int, int] | None:
    """Return a data bar's corners."""
    return None if box is None else (box.x0, box.y0, box.x1, box.y1)
