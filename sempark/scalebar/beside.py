"""Texts beside bars, as our own readers spell them: proposals of a scale.

In: bars, each in its ink, and the data bar they are in, if any. Out: proposals, each a bar, the
piece of text near it and what our own readers make of that; what no maker prints is left out.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sempark.scalebar import bar as bars
from sempark.scalebar import glyphs, ink, readers
from sempark.scalebar import rest as without
from sempark.scalebar import text as texts
from sempark.scalebar import value as values
from sempark.scalebar.databar import DataBar, Gray
from sempark.scalebar.spelling import Spelling

MIN_SPELLING = 0.02  # weakest glyph of a text worth an engine's look
TRIES = 5  # lines of text begun above and below a bar in the picture, where much looks like letters
FAINTEST = 0.35  # of its text's contrast: that of a bar, a thin line among them
MIN_FIELD_NM, MAX_FIELD_NM = 10.0, 2e8  # no electron microscope shows less, or more
MIN_LEGIBLE_PX = 8  # of a text with a unit: in lower ones a point is lost
MAX_APART = 4.0  # heights of a text: no maker sets it farther beside its bar
MAX_OVER = 1.7  # heights of it above or below its bar
MAX_OVER_RULER = 2.5  # and a ruler of separate ticks, which nothing else looks like
MAX_ASIDE = 0.6  # and none farther aside above or below it
BESIDE_LINE = 2, 5  # px above and below a line, where there is no ink
BEFORE = (0.12, 0.5)  # of a text's height: so near before it no ink may stand in the picture
GAP = 0.35  # of its height: wider gaps may hold a digit
BEFORE_ROWS = 0.15  # of its rows, or it may be a digit or a dot
FAINT = 0.25  # of a text's contrast: so strong ink may be a digit of it
OTHER_HALF = 0.1, 0.5  # of a half bar's length: so far beyond the text the other is looked for


@dataclass(frozen=True)
class Proposal:
    """A bar with a text beside it that a reader of our own takes for a scale.

    `box` is the data bar it stands in; `clean` the value's ink alone, from column `first`.
    """

    origin: tuple[int, int]
    bar: bars.Bar
    piece: texts.Piece
    scale: values.Scale
    spelled: readers.Spelled
    clean: texts.Floats
    box: DataBar | None
    first: int

    @property
    def spelling(self) -> Spelling:
        """Of the surer reader."""
        return self.spelled.spelling


def proposals(
    pairs: list[tuple[ink.Ink, bars.Bar]], box: DataBar | None
) -> tuple[Proposal, ...] | None:
    """Spell the texts beside bars, each in its ink; None where there is no text."""
    rests = [without.erase(marks, bar) for marks, bar in pairs]
    cuts = [
        (marks, bar, piece, 0, texts.cut(rest, piece))
        for (marks, bar), rest in zip(pairs, rests, strict=True)
        for piece in texts.near(rest, bar, 2 if box else TRIES)
    ]
    if not cuts:
        return None
    if box is None:  # parts of the picture may stand beside the text
        cuts += [(*c[:3], *part) for c in cuts for part in texts.trimmed(c[4])]
    places = [_where(c[2].place) for c in cuts]
    gaps = [gap(bar, piece) for _, bar, piece, *_ in cuts]
    spelled = readers.spelled([c[4] for c in cuts], places, box is not None, gaps)
    found = []
    for (marks, bar, piece, offset, clean), made in zip(cuts, spelled, strict=True):
        if made is None or made.spelling.confidence < MIN_SPELLING:
            continue
        spelt = made.spelling
        scale = values.parse(spelt.text)
        if scale is not None and _as_strong(marks, bar, piece) and not _half(marks, bar, piece):
            start = max(0, spelt.x0 - texts.ROOM)
            columns = clean[:, start : spelt.x1 + texts.ROOM]
            first = piece.x0 - texts.ROOM + offset + start
            proposal = Proposal(marks.origin, bar, piece, scale, made, columns, box, first)
            if possible(proposal, marks.picture_width) and (
                box is None or _printed_whole(proposal, marks)
            ):
                found.append(proposal)
    found = [p for p in found if not _inside(p, p)]
    return tuple(p for p in found if not any(_inside(p, q) for q in found))


def gap(bar: bars.Bar, piece: texts.Piece) -> int:
    """Return the px between a bar's line and a text."""
    beside = max(0, bar.x0 - piece.x1, piece.x0 - bar.x1)
    return beside + max(0, bar.line_y0 - piece.y1, piece.y0 - bar.line_y1)


def possible(proposal: Proposal, picture_width: int) -> bool:
    """Tell whether the text is high and near enough, and a microscope can show so wide a field."""
    bar, piece = proposal.bar, proposal.piece
    if piece.y1 - piece.y0 < MIN_LEGIBLE_PX:
        return False
    apart = max(bar.x0 - piece.x1, piece.x0 - bar.x1)
    farthest = MAX_ASIDE if piece.place in ("above", "below") else MAX_APART
    if apart > farthest * (piece.y1 - piece.y0):
        return False
    over = max(bar.y0 - piece.y1, piece.y0 - bar.y1)
    most = MAX_OVER_RULER if bar.kind == "ticks" else MAX_OVER
    if over > most * (piece.y1 - piece.y0):
        return False
    field = proposal.scale.nanometers / bar.length_px * picture_width
    return MIN_FIELD_NM <= field <= MAX_FIELD_NM


def whole(proposal: Proposal, mask: NDArray[np.bool_] | Gray, origin: tuple[int, int]) -> bool:
    """Tell whether nothing that may be a digit stands before a text or in a gap of it.

    `mask` tells where there is ink, of a part of the picture that begins at `origin`.
    """
    piece = proposal.piece
    dx, dy = (a - b for a, b in zip(proposal.origin, origin, strict=True))
    text = mask[max(0, piece.y0 + dy) : max(0, piece.y1 + dy)]
    tall = piece.y1 - piece.y0
    at = proposal.first + dx
    inked = np.flatnonzero(proposal.clean.max(axis=0) > 0.5).tolist()
    start = at + (inked[0] if inked else 0)
    near, far = max(2, round(BEFORE[0] * tall)), max(4, round(BEFORE[1] * tall))
    strips = [(start - far, start - near)]
    # where a letter that touches the picture was left out
    strips += [(at + a + 2, at + b - 1) for a, b in pairwise(inked) if b - a > GAP * tall]
    inside = (text[:, max(0, a) : max(0, b)] for a, b in strips)
    return all(not s.size or float(s.any(axis=1).mean()) < BEFORE_ROWS for s in inside)


def _printed_whole(proposal: Proposal, marks: ink.Ink) -> bool:
    """Tell whether a text above or below its bar has lost no fainter digit."""
    piece = proposal.piece
    if piece.place not in ("above", "below"):
        return True
    text = marks.contrast[max(0, piece.y0) : piece.y1, max(0, piece.x0) : piece.x1]
    mask = marks.contrast > FAINT * np.percentile(text, 95)
    bar = proposal.bar
    for x in (bar.start, bar.end):  # its ticks
        reach = 2 + (bar.line_y1 - bar.line_y0) // 2
        mask[:, max(0, round(x) - 1 - reach) : max(0, round(x) + 1 + reach)] = False
    # what goes on above and below is a frame
    room = (piece.y1 - piece.y0) // 2
    over, under = (
        slice(max(0, piece.y0 - room), max(0, piece.y0 - 1)),
        slice(piece.y1 + 1, piece.y1 + room),
    )
    mask[:, mask[over].any(axis=0) & mask[under].any(axis=0)] = False
    return whole(proposal, mask, marks.origin)


def _as_strong(marks: ink.Ink, bar: bars.Bar, piece: texts.Piece) -> bool:
    """Tell whether a bar is not far fainter than its text: what shines through is no bar."""
    line = marks.contrast[bar.line_y0 : bar.line_y1, max(0, bar.x0) : bar.x1]
    text = marks.contrast[max(0, piece.y0) : piece.y1, max(0, piece.x0) : piece.x1]
    if not (line.size and text.size):
        return False
    strong = np.median(line.max(axis=0)) if bar.kind != "ticks" else line.max()
    return float(strong) >= FAINTEST * float(np.percentile(text, 95))


def _half(marks: ink.Ink, bar: bars.Bar, piece: texts.Piece) -> bool:
    """Tell whether a bar is but one half of a line that its text breaks: beyond it goes on."""
    if bar.kind == "broken" or piece.place not in ("left", "right"):
        return False
    # as far from the text as this half, and somewhat farther
    near, far = (round(share * (bar.x1 - bar.x0)) for share in OTHER_HALF)
    if piece.place == "left":
        edge = piece.x0 - (bar.x0 - piece.x1)
        beyond = slice(max(0, edge - far), max(0, edge - near))
    else:
        edge = piece.x1 + (piece.x0 - bar.x1)
        beyond = slice(edge + near, edge + far)
    line, bare = along(marks, bar, beyond)
    return line.size > 0 and line.mean() > 0.9 and bare.mean() > 0.5


def along(
    marks: ink.Ink, bar: bars.Bar, columns: slice
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell in which columns a bar's line has ink, and where there is none above and below it."""
    y0, y1 = bar.line_y0, bar.line_y1
    near, far = BESIDE_LINE
    rows = slice(y0, y1), slice(max(0, y0 - far), max(0, y0 - near)), slice(y1 + near, y1 + far)
    line, above, below = (marks.mask[r, columns].max(axis=0, initial=0) > 0 for r in rows)
    return line, ~above & ~below  # what is higher is a logo


def _inside(a: Proposal, b: Proposal) -> bool:
    """Tell whether a proposal's bar is but a stroke of the letters of another's text."""
    bar, piece = a.bar.moved(a.origin[0] - b.origin[0], a.origin[1] - b.origin[1]), b.piece
    wide = min(bar.x1, piece.x1) - max(bar.x0, piece.x0)
    high = min(bar.line_y1, piece.y1) - max(bar.line_y0, piece.y0)
    # the foot of a letter may stand beside the bar
    deep = high > 0.5 * (bar.line_y1 - bar.line_y0)
    return wide > 0.8 * (bar.x1 - bar.x0) and deep and bar.kind != "broken"


def _where(place: texts.Place) -> glyphs.Where:
    """Tell where in a piece the value stands: next to the bar."""
    if place == "right":
        return "start"
    return "end" if place == "left" else "whole"
