"""What one picture offers: bars with a text beside them that may be their value.

In: a gray picture. Out: proposals, each a bar, its piece of text and what our own readers
make of it, or the status that tells where the search ended. Data bars come first; the
picture itself is searched for overlaid bars only when they give nothing.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from sempark.scalebar import bar as bars
from sempark.scalebar import databar as databars
from sempark.scalebar import glyphs, ground, ink, overlay, overlay_ink, readers, rows
from sempark.scalebar import rest as without
from sempark.scalebar import text as texts
from sempark.scalebar import value as values
from sempark.scalebar.databar import Gray
from sempark.scalebar.spelling import Spelling

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
TRIES = 5  # lines of text begun above and below a bar in the picture, where much looks like letters
CLEAR = 0.9  # and from there on no other look at the same place
BEFORE = (0.12, 0.5)  # of a text's height: so near before it no ink may stand in the picture
GAP = 0.35  # of its height: wider gaps may hold a digit
BEFORE_ROWS = 0.15  # of its rows, or it may be a digit or a dot
FAINTEST = 0.35  # of its text's contrast: that of a bar, a thin line among them
BEYOND = 20.0, 0.2  # gray levels, or of a stroke's contrast: so far may its text's ink be beyond it
THIN_BEYOND = 0.6  # of a thin stroke's
MOST_BEYOND = 0.05  # of a text's box; letters fill more
MIN_FIELD_NM, MAX_FIELD_NM = 10.0, 2e8  # no electron microscope shows less, or more
BESIDE_HALF = 2, 5  # px above and below it, where there is no ink
MIN_LEGIBLE_PX = 8  # of a text with a unit: in lower ones a point is lost
MAX_APART = 4.0  # heights of a text: no maker sets it farther beside its bar
MAX_ASIDE = 0.6  # and none farther aside above or below it
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
    box: databars.DataBar | None
    first: int

    @property
    def spelling(self) -> Spelling:
        """Of the surer reader."""
        return self.spelled.spelling


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
            found = _propose_in(gray, ink.extract(gray, box, share), box)
            proposals += found.proposals
            if best.box is None and found.status != "no_databar":
                best = found
        if _strong(proposals):
            return _best(proposals, best)
    stripes = [b for b in boxes if (b.x0, b.x1) == (0, gray.shape[1])]
    stripes = [b for b in stripes if ground.printed(gray, (b.x0, b.y0, b.x1, b.y1), b.level)]
    for seen in overlay.find(gray, stripes):
        proposals += [p for p in _propose_over(seen) if not _apart(gray, p, boxes)]
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


def _propose_in(gray: Gray, marks: ink.Ink | None, box: databars.DataBar) -> Found:
    """Find the bars in the ink of a data bar and spell the texts beside them."""
    if marks is None:
        return Found("no_databar", None, ())
    candidates = [b for b in bars.find(marks) if ground.holds(gray, box, b.moved(*marks.origin))]
    if not candidates:
        return Found("no_bar", box, ())
    proposals = _beside([(marks, bar) for bar in candidates[:MAX_BARS]], box)
    return Found("no_text", box, ()) if proposals is None else Found("no_value", box, proposals)


def _apart(gray: Gray, proposal: Proposal, boxes: list[databars.DataBar]) -> bool:
    """Tell whether a proposal's text is printed in a data bar or box, its bar in the picture."""
    (x, y), piece = proposal.origin, proposal.piece
    bar = proposal.bar.moved(x, y)
    text = piece.x0 + x, piece.y0 + y, piece.x1 + x, piece.y1 + y
    return ground.apart(gray, bar, text, boxes) or ground.off_paper(gray, bar, text)


def _propose_over(seen: overlay_ink.Seen) -> list[Proposal]:
    """Spell the texts beside one stroke of the picture, in one look after another."""
    drawn = overlay.bar(seen)
    if drawn is None:
        return []
    (x, y), bar = drawn
    found: list[Proposal] = []
    for marks, others in seen.for_texts():
        own = bar.moved(x - marks.origin[0], y - marks.origin[1])
        if min(own.x0, own.y0) >= 0:
            made = _beside([(marks, own)], None) or ()
            found += [p for p in made if _whole(p, others) and _of_one_color(p, seen)]
        if any(p.spelling.confidence >= CLEAR for p in found):
            break
    # what is seen less well may be a part of the same text
    found = [p for p in found if not any(_part(p, q) for q in found)]
    if not any(p.spelling.confidence >= CLEAR for p in found):
        found += _in_rows(seen, bar.moved(x - seen.full.origin[0], y - seen.full.origin[1]))
    return found


def _in_rows(seen: overlay_ink.Seen, bar: bars.Bar) -> list[Proposal]:
    """Read the rows around a bar in a picture whose texts cannot be cut out."""
    if min(bar.x0, bar.y0) < 0:
        return []
    looks = [without.erase(ink, bar) for ink in (seen.lifted, seen.full, seen.faint, seen.strict)]
    found = []
    for text in rows.texts(seen.full.contrast, bar, looks, seen.full.picture_width)[:MAX_PROPOSALS]:
        scale = values.parse(text.word.text)
        if scale is None:
            continue
        piece = texts.Piece(text.place, text.x0, text.y0, text.x1, text.y1, ())
        near = seen.full.contrast[max(0, text.y0) : text.y1, max(0, text.x0) : text.x1]
        clean = np.pad(near.astype(np.float32) * np.float32(1 / 255), texts.ROOM)
        spelt = Spelling(text.word.text, text.word.confidence, 0, clean.shape[1])
        spelled = readers.Spelled(spelt, "strips")
        made = Proposal(seen.full.origin, bar, piece, scale, spelled, clean, None, text.x0)
        if _possible(made, seen.full.picture_width) and _of_one_color(made, seen):
            found.append(made)
    return found


def _of_one_color(proposal: Proposal, seen: overlay_ink.Seen) -> bool:
    """Tell whether a text is no brighter, or no darker, than the stroke that may be its bar."""
    x0 = max(0, proposal.first + proposal.origin[0])
    y0 = max(0, proposal.piece.y0 - texts.ROOM + proposal.origin[1])
    part = seen.picture[y0:, x0:][: proposal.clean.shape[0], : proposal.clean.shape[1]]
    beyond = (part.astype(np.int16) - seen.stroke.level) * (1 if seen.stroke.bright else -1)
    least, share = BEYOND
    if seen.stroke.y1 - seen.stroke.y0 <= overlay.THIN:  # blur takes more of it than of letters
        share = THIN_BEYOND
    return float(np.mean(beyond > max(least, share * seen.stroke.contrast))) <= MOST_BEYOND


def _whole(proposal: Proposal, marks: ink.Ink) -> bool:
    """Tell whether nothing that may be a digit stands before a text or in a gap of it."""
    piece = proposal.piece
    dx, dy = (a - b for a, b in zip(proposal.origin, marks.origin, strict=True))
    text = marks.mask[max(0, piece.y0 + dy) : max(0, piece.y1 + dy)]
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


def _part(a: Proposal, b: Proposal) -> bool:
    """Tell whether a proposal's text is a narrower part of another's, surely spelled one."""
    left, right = (p.origin[0] + p.piece.x0 for p in (a, b))
    wide_a, wide_b = a.piece.x1 - a.piece.x0, b.piece.x1 - b.piece.x0
    tall = b.piece.y1 - b.piece.y0
    rows = abs(a.piece.y1 + a.origin[1] - b.piece.y1 - b.origin[1]) < 0.5 * tall
    inside = left >= right - 2 and left + wide_a <= right + wide_b + 2
    return rows and inside and wide_a < wide_b - 0.2 * tall and b.spelling.confidence >= STRONG


def _beside(
    pairs: list[tuple[ink.Ink, bars.Bar]], box: databars.DataBar | None
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
    proposals = []
    for (marks, bar, piece, offset, clean), made in zip(cuts, spelled, strict=True):
        if made is None or made.spelling.confidence < MIN_SPELLING:
            continue
        spelt = made.spelling
        scale = values.parse(spelt.text)
        if scale is not None and _as_strong(marks, bar, piece) and not _half(marks, bar, piece):
            start = max(0, spelt.x0 - texts.ROOM)
            columns = clean[:, start : spelt.x1 + texts.ROOM]
            first = piece.x0 - texts.ROOM + offset + start
            found = Proposal(marks.origin, bar, piece, scale, made, columns, box, first)
            if _possible(found, marks.picture_width):
                proposals.append(found)
    proposals = [p for p in proposals if not _inside(p, p)]
    return tuple(p for p in proposals if not any(_inside(p, q) for q in proposals))


def gap(bar: bars.Bar, piece: texts.Piece) -> int:
    """Return the px between a bar's line and a text."""
    beside = max(0, bar.x0 - piece.x1, piece.x0 - bar.x1)
    return beside + max(0, bar.line_y0 - piece.y1, piece.y0 - bar.line_y1)


def _possible(proposal: Proposal, picture_width: int) -> bool:
    """Tell whether the text is high and near enough, and a microscope can show so wide a field."""
    bar, piece = proposal.bar, proposal.piece
    if piece.y1 - piece.y0 < MIN_LEGIBLE_PX:
        return False
    apart = max(bar.x0 - piece.x1, piece.x0 - bar.x1)
    farthest = MAX_ASIDE if piece.place in ("above", "below") else MAX_APART
    if apart > farthest * (piece.y1 - piece.y0):
        return False
    field = proposal.scale.nanometers / bar.length_px * picture_width
    return MIN_FIELD_NM <= field <= MAX_FIELD_NM


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
    y0, y1 = bar.line_y0, bar.line_y1
    gap, reach = BESIDE_HALF
    rows = slice(y0, y1), slice(max(0, y0 - reach), max(0, y0 - gap)), slice(y1 + gap, y1 + reach)
    line, above, below = (marks.mask[r, beyond].any(axis=0) for r in rows)
    # what is higher is a logo
    return line.size > 0 and line.mean() > 0.9 and max(above.mean(), below.mean()) < 0.5


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
