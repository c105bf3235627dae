"""What one picture offers: bars with a text beside them that may be their value.

In: a gray picture. Out: proposals, each a bar, its piece of text and what our own readers
make of it, or the status that tells where the search ended. Data bars come first; the
picture itself is searched for overlaid bars only when they give nothing.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from sempark.scalebar import bar as bars
from sempark.scalebar import beside, ground, ink, over, overlay
from sempark.scalebar import databar as databars
from sempark.scalebar.beside import Proposal
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
STRONG = 0.3  # from there on no other place is searched


@dataclass(frozen=True)
class Found:
    """What one picture offers before the engine is asked."""

    status: Status
    box: databars.DataBar | None
    proposals: tuple[Proposal, ...]


def propose(gray: Gray) -> Found:
    """Find the data bar, its bars and the texts beside them.

    Places are searched one after another until one has a clearly spelled value: data bars,
    data bars for fainter ink, the same with rows of dense text, bars drawn into the picture.
    """
    if not isinstance(gray, np.ndarray) or gray.ndim != 2 or gray.dtype != np.uint8:
        return Found("error", None, ())
    if gray.size > MAX_PIXELS:
        return Found("error", None, ())
    best = Found("no_databar", None, ())
    proposals: list[Proposal] = []
    boxes = databars.find(gray)
    for dense in (False, True):
        looked_at = boxes
        if dense:
            looked_at = [b for b in databars.find(gray, dense=True) if b not in boxes]
        drawn: dict[databars.DataBar, list[bars.Bar]] = {}
        for share in (ink.INK_SHARE, ink.FAINT_SHARE):
            for box in looked_at:
                marks = ink.extract(gray, box, share)
                # a bar that fainter ink joins to something else was seen before
                drawn[box] = _bars(gray, marks, box) or drawn.get(box, [])
                found = _propose_in(marks, box, drawn[box])
                proposals += found.proposals
                if best.box is None and found.status != "no_databar":
                    best = found
            if _strong(proposals):
                return _best(proposals, best)
    stripes = [b for b in boxes if (b.x0, b.x1) == (0, gray.shape[1])]
    stripes = [b for b in stripes if ground.printed(gray, (b.x0, b.y0, b.x1, b.y1), b.level)]
    for seen in overlay.find(gray, stripes):
        proposals += [p for p in over.proposals(seen) if not _apart(gray, p, boxes)]
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


def _bars(gray: Gray, marks: ink.Ink | None, box: databars.DataBar) -> list[bars.Bar]:
    """Find the bars in the ink of a data bar that are printed in it."""
    found = [] if marks is None else bars.find(marks)
    return [b for b in found if marks and ground.holds(gray, box, b.moved(*marks.origin))]


def _propose_in(marks: ink.Ink | None, box: databars.DataBar, drawn: list[bars.Bar]) -> Found:
    """Spell the texts beside the bars in the ink of a data bar."""
    if marks is None:
        return Found("no_databar", None, ())
    if not drawn:
        return Found("no_bar", box, ())
    proposals = beside.proposals([(marks, bar) for bar in drawn[:MAX_BARS]], box)
    return Found("no_text", box, ()) if proposals is None else Found("no_value", box, proposals)


def _apart(gray: Gray, proposal: Proposal, boxes: list[databars.DataBar]) -> bool:
    """Tell whether a proposal's text is printed in a data bar or box, its bar in the picture."""
    (x, y), piece = proposal.origin, proposal.piece
    bar = proposal.bar.moved(x, y)
    text = piece.x0 + x, piece.y0 + y, piece.x1 + x, piece.y1 + y
    return ground.apart(gray, bar, text, boxes) or ground.off_paper(gray, bar, text)
